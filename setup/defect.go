package setup

import (
	"fmt"
	"runtime/debug"
)

// A DefectError is a panic in one of the goroutines of an operation: it ends
// that step and not the program. Its text is for people; Value and Stack are
// for the log.
type DefectError struct {
	Value any
	Stack []byte
}

// Error says that it is not the person's fault.
func (e *DefectError) Error() string {
	return "this program has a defect and stopped here; its log has the details"
}

// Details are what the log should have.
func (e *DefectError) Details() string { return fmt.Sprintf("%v\n%s", e.Value, e.Stack) }

// contained runs f and turns its panic into a *DefectError.
func contained(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &DefectError{Value: p, Stack: debug.Stack()}
		}
	}()
	return f()
}
