package entra

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestOutcomeUnknown(t *testing.T) {
	busy := &ServiceError{Service: "sign-in", Status: 503}
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"success", nil, false},
		{"a clear no", &ServiceError{Status: 400}, false},
		{"a wrapped clear no", fmt.Errorf("step: %w", &ServiceError{Status: 409}), false},
		{"throttled", &ServiceError{Status: 429}, false},
		{"gateway gave up after the work may be done", &ServiceError{Status: 504}, true},
		{"service timed out reading us", &ServiceError{Status: 408}, true},
		{"connection broke after sending", &NoAnswerError{Sent: true, Err: errors.New("EOF")}, true},
		{"never left", &NoAnswerError{Err: errors.New("no such host")}, false},
		{"no token because sign-in is down", &NoAnswerError{Err: busy}, false},
		{"anything else", context.DeadlineExceeded, true},
	}
	for _, tt := range tests {
		if got := OutcomeUnknown(tt.err); got != tt.want {
			t.Errorf("%s: OutcomeUnknown = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNoAnswerErrorSaysWhetherItLeft(t *testing.T) {
	cause := errors.New("connection reset")
	sent := &NoAnswerError{Service: "Microsoft Graph", Method: "POST", Path: "/applications", Sent: true, Err: cause}
	if got, want := sent.Error(), "no answer of Microsoft Graph to POST /applications: connection reset"; got != want {
		t.Errorf("sent: %q, want %q", got, want)
	}
	sent.Sent = false
	if got, want := sent.Error(), "POST /applications was not sent to Microsoft Graph: connection reset"; got != want {
		t.Errorf("not sent: %q, want %q", got, want)
	}
	if !errors.Is(sent, cause) {
		t.Error("the cause is not reachable through errors.Is")
	}
}
