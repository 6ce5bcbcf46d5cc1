package entra

import (
	"errors"
	"fmt"
	"time"
)

// A NoAnswerError is a request without a usable answer: it could not be sent,
// the connection broke, time ran out, or what came back was not the service's.
type NoAnswerError struct {
	Service string // "Microsoft Graph"
	Method  string
	Path    string // without query
	// Sent is false when the request certainly never left this machine (no
	// token, no connection): nothing happened then. When it is true the
	// service may or may not have done what was asked.
	Sent bool
	// RequestID is the client-request-id we sent; empty when nothing was sent.
	RequestID string
	Err       error
}

// Error says what was asked and why there is no answer.
func (e *NoAnswerError) Error() string {
	if !e.Sent {
		return fmt.Sprintf("%s %s was not sent to %s: %v", e.Method, e.Path, e.Service, e.Err)
	}
	return fmt.Sprintf("no answer of %s to %s %s: %v", e.Service, e.Method, e.Path, e.Err)
}

// Unwrap gives the cause: a network or context error, or the sign-in
// service's *ServiceError when no token could be had.
func (e *NoAnswerError) Unwrap() error { return e.Err }

// A PausedError is why a request was not sent: the host gave no answer several
// times in a row and is left alone for a while.
type PausedError struct {
	Host  string    // with port
	Until time.Time // when it is tried again
	Err   error     // why there was no answer the last time
}

// Error says until when the host is not asked.
func (e *PausedError) Error() string {
	return fmt.Sprintf("%s gave no answer several times in a row and is not asked again before %s; the last time: %v", e.Host, e.Until.UTC().Format(time.TimeOnly), e.Err)
}

// Unwrap gives the cause of the last time.
func (e *PausedError) Unwrap() error { return e.Err }

// OutcomeUnknown reports whether, after err, a write may nevertheless have
// been carried out, so that it must be looked up before it is sent again. A
// clear no is known; so is a request that never left. A 5xx or 408 is not:
// such answers are also given after the work was done. Errors of any other
// type count as unknown.
func OutcomeUnknown(err error) bool {
	if err == nil {
		return false
	}
	var lost *NoAnswerError
	if errors.As(err, &lost) {
		return lost.Sent
	}
	var no *ServiceError
	if errors.As(err, &no) {
		return no.Status >= 500 || no.Status == 408
	}
	return true
}
