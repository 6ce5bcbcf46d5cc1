package web

import (
	"testing"

	"go.uber.org/goleak"
)

// No request, stream or server leaves anything running behind it.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
