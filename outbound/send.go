package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/consentry/consentry/entra"
)

// Most of an answer's body that is read, in bytes after decompression.
const (
	MaxBody      = 4 << 20 // of a service
	MaxTokenBody = 1 << 20 // of the sign-in service
)

// ErrTooLarge says that an answer was longer than its limit.
var ErrTooLarge = errors.New("the answer is larger than any that is expected")

// An Answer is what one request brought.
type Answer struct {
	Status int // 0: none
	Header http.Header
	Body   []byte
	// ClientRequestID is what we called the request (a GUID), in the header
	// client-request-id.
	ClientRequestID string
	// Sent is false only when the request certainly did not leave.
	Sent bool
	// Lost: the connection failed, or time ran out, before the whole answer
	// was here.
	Lost bool
	// Err says why there is no usable answer; a status may be known all the
	// same.
	Err error
}

// Send sends the request once through the carrier and reads its answer, at
// most limit bytes, within [Deadline]: a broken body counts as no answer. No
// redirect is followed, no cookie is kept. The request itself is not changed.
func Send(carrier http.RoundTripper, req *http.Request, limit int64) Answer {
	if err := req.Context().Err(); err != nil {
		return Answer{Err: err}
	}
	ctx, cancel := context.WithTimeout(req.Context(), Deadline)
	defer cancel()
	var asked, wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { asked.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	})
	a := Answer{ClientRequestID: uuid.NewString()}
	resp, err := carrier.RoundTrip(named(req.Clone(ctx), a.ClientRequestID))
	// A carrier that does not trace leaves it open whether the request left,
	// unless it says so itself.
	a.Sent = wrote.Load() || !asked.Load() && !certainlyUnsent(err) || err == nil
	if err != nil {
		a.Err, a.Lost = err, true
		return a
	}
	defer resp.Body.Close()
	a.Status, a.Header = resp.StatusCode, resp.Header
	return a.read(resp.Body, limit)
}

func (a Answer) read(body io.Reader, limit int64) Answer {
	var err error
	a.Body, err = io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		a.Err, a.Lost = fmt.Errorf("the answer (status %d) broke off: %w", a.Status, err), true
	case int64(len(a.Body)) > limit:
		a.Body, a.Err = nil, fmt.Errorf("%w: over %d MiB", ErrTooLarge, limit>>20)
	}
	return a
}

// certainlyUnsent: the host rests, or the request's turn did not come in time.
func certainlyUnsent(err error) bool {
	_, paused := errors.AsType[*entra.PausedError](err)
	return paused || errors.Is(err, errWaited)
}

// errWaited: too many requests to the same place were under way.
var errWaited = errors.New("four requests to the same tenant were under way for too long")

// named gives the request a name of its own, to be asked back.
func named(req *http.Request, id string) *http.Request {
	req.Header.Set("User-Agent", "consentry")
	req.Header.Set("client-request-id", id)
	req.Header.Set("return-client-request-id", "true")
	return req
}

// JSON insists that a success with a body is one JSON document and says so:
// a proxy's sign-in page is no answer, and of two values under one name nobody
// knows which one the sender meant. A refusal is taken whatever it holds.
func (a Answer) JSON() error {
	if a.Status >= 300 || len(a.Body) == 0 {
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("the answer (status %d) is %q instead of JSON", a.Status, kind)
	}
	if err := CheckJSON(a.Body); err != nil {
		return fmt.Errorf("the answer (status %d) cannot be used: %w", a.Status, err)
	}
	return nil
}

// An Error is a request without a usable answer, for senders that only know
// the interface of net/http.
type Error struct {
	Sent            bool // as in [Answer]
	ClientRequestID string
	Err             error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Failure is the answer's error as an [Error]; nil when it can be used.
func (a Answer) Failure() error {
	if a.Err == nil {
		return nil
	}
	return &Error{Sent: a.Sent, ClientRequestID: a.ClientRequestID, Err: a.Err}
}
