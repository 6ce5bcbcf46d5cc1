//go:build !unix

package handlers

import "time"

var began = time.Now()

// processorTime is the clock's where the system does not tell: right on a
// machine that is idle otherwise.
func processorTime() time.Duration { return time.Since(began) }
