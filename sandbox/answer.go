package sandbox

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// An answer is a response writer that knows its status.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK // what net/http sends when a handler says nothing
	}
	return a.status
}

// A recording is an answer that has not been sent: what a service did is
// done, what the caller hears of it is for a fault to say.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func record(h http.Handler, r *http.Request) *recording {
	rec := &recording{header: http.Header{}}
	h.ServeHTTP(rec, r)
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	return rec
}

// Header is the answer's header.
func (rec *recording) Header() http.Header { return rec.header }

// WriteHeader keeps the first status, as net/http does.
func (rec *recording) WriteHeader(status int) {
	if rec.status == 0 {
		rec.status = status
	}
}

// Write keeps the body.
func (rec *recording) Write(data []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(data)
}

// send passes the recorded header on and the body given.
func (rec *recording) send(w http.ResponseWriter, body []byte) {
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(body) // a caller that left has no use for the rest
}

// pause waits for d. It reports false when the caller gave up or the sandbox
// ended before.
func pause(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	return wait(ctx, done, timer.C)
}

// wait is pause for an event.
func wait[T any](ctx context.Context, done <-chan struct{}, event <-chan T) bool {
	select {
	case <-event:
		return true
	case <-ctx.Done():
	case <-done:
	}
	return false
}
