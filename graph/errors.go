package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// maxMessage bounds the service's own text, in characters.
const maxMessage = 500

// errIncomplete: Graph said yes, and what it should have sent is missing.
var errIncomplete = errors.New("the answer lacks what was asked for")

// An exchange is what came of the last try of a request.
type exchange struct {
	answer
	received time.Time
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	if ex, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return ex
	}
	return &exchange{}
}

// call runs one SDK request. Its error is nil, *entra.ServiceError or
// *entra.NoAnswerError.
func call[T any](ctx context.Context, method, path string, send func(context.Context) (T, error)) (T, *exchange, error) {
	ex := &exchange{}
	v, err := send(context.WithValue(ctx, exchangeKey{}, ex))
	return v, ex, ex.verdict(method, path, err)
}

func (ex *exchange) verdict(method, path string, err error) error {
	switch {
	case ex.Status >= 300 && !ex.Lost:
		return refusal(ex)
	case err != nil:
		return ex.noAnswer(method, path, err)
	}
	return nil
}

func (ex *exchange) noAnswer(method, path string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL may hold what a person typed
	}
	e := &entra.NoAnswerError{Service: service, Method: method, Path: path, Sent: ex.Sent, Err: err}
	if ex.Sent {
		e.RequestID = ex.requestID()
	}
	return e
}

// unsent is for requests that are wrong before they are sent.
func unsent(method, path string, err error) error {
	return &entra.NoAnswerError{Service: service, Method: method, Path: path, Err: err}
}

// odataError is Graph's error body. Every part may be missing or of another
// type; none may keep the status from being told.
type odataError struct {
	Error struct {
		Code       text              `json:"code"`
		Message    text              `json:"message"`
		Details    list[odataDetail] `json:"details"`
		InnerError struct {
			RequestID text `json:"request-id"`
		} `json:"innerError"`
	} `json:"error"`
}

type odataDetail struct {
	Code text `json:"code"`
}

// text is a string, or nothing when the JSON holds something else.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// list is an array, or nothing when the JSON holds something else.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	var items []T
	if json.Unmarshal(data, &items) == nil {
		*l = items
	}
	return nil
}

func refusal(ex *exchange) *entra.ServiceError {
	e := &entra.ServiceError{Service: service, Status: ex.Status, RequestID: ex.requestID()}
	var body odataError
	if err := json.Unmarshal(ex.Body, &body); err == nil || body.Error.Code != "" {
		e.Code, e.Message = string(body.Error.Code), bounded(string(body.Error.Message))
		if len(body.Error.Details) > 0 {
			e.Detail = string(body.Error.Details[0].Code)
		}
		if id := string(body.Error.InnerError.RequestID); id != "" && ex.Header.Get("request-id") == "" {
			e.RequestID = id
		}
	}
	if e.Message == "" {
		e.Message = http.StatusText(ex.Status)
	}
	e.RetryAfter, _ = outbound.RetryAfter(ex.Header.Get("Retry-After"), ex.received)
	return e
}

func bounded(s string) string {
	if r := []rune(s); len(r) > maxMessage {
		return string(r[:maxMessage]) + "…"
	}
	return s
}

// missing reports that Graph does not have what was asked for.
func missing(err error) bool {
	no, ok := errors.AsType[*entra.ServiceError](err)
	return ok && no.Service == service && no.Status == http.StatusNotFound
}
