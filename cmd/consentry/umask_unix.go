//go:build unix

package main

import "syscall"

// init lets every file that this program makes be its owner's alone, whatever
// the shell or the container begins with.
func init() { syscall.Umask(0o077) }
