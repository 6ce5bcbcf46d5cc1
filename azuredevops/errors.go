package azuredevops

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// service is how errors call it.
const service = "Azure DevOps"

// NotAuthenticated is the Code of the *entra.ServiceError for an answer that
// asks the caller to sign in, whatever its status: 401 without a reason, 203,
// a redirect, or HTML where JSON was asked for.
const NotAuthenticated = "NotAuthenticated"

// errorBody covers the forms an error takes: the usual one, and
// {"count":1,"value":{"Message":"…"}}.
type errorBody struct {
	Message string `json:"message"`
	TypeKey string `json:"typeKey"`
	Value   struct {
		Message string `json:"Message"`
	} `json:"value"`
}

// noAnswer is a request to which no whole answer came.
func noAnswer(a outbound.Answer, method, path string) error {
	e := &entra.NoAnswerError{Service: service, Method: method, Path: path, Sent: a.Sent, Err: a.Err}
	if a.Sent {
		e.RequestID = a.ClientRequestID
	}
	return e
}

// unusable is an answer that came and cannot be read.
func unusable(a outbound.Answer, path string, err error) error {
	a.Err = err
	return noAnswer(a, http.MethodGet, path)
}

// refusal returns the error an answer is, or nil for a 2xx with JSON.
func refusal(a outbound.Answer) error {
	if wantsSignIn(a) {
		return newError(a, NotAuthenticated, "the answer is a sign-in page or a redirect to one")
	}
	if a.Status < 300 {
		return nil
	}
	var b errorBody
	// HTML and empty bodies leave b empty; header and status remain then.
	_ = json.Unmarshal(a.Body, &b)
	message := firstOf(b.Message, b.Value.Message, headerText(a.Header), http.StatusText(a.Status))
	code := b.TypeKey
	if code == "" && a.Status == http.StatusUnauthorized {
		code = NotAuthenticated
	}
	return newError(a, code, message)
}

func wantsSignIn(a outbound.Answer) bool {
	switch {
	case a.Status == http.StatusNonAuthoritativeInfo:
		return true
	case a.Status >= 300 && a.Status < 400:
		return true
	}
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return a.Status < 300 && kind == "text/html"
}

func newError(a outbound.Answer, code, message string) *entra.ServiceError {
	wait, _ := outbound.RetryAfter(a.Header.Get("Retry-After"), time.Now())
	return &entra.ServiceError{
		Service:    service,
		Status:     a.Status,
		Code:       entra.ForeignText(code),
		Message:    entra.ForeignText(message),
		RequestID:  entra.ForeignText(firstOf(a.Header.Get("ActivityId"), a.Header.Get("X-VSS-E2EID"))),
		RetryAfter: wait,
	}
}

// headerText is the text that an error with an empty body carries, URL-escaped.
func headerText(h http.Header) string {
	text := h.Get("X-TFS-ServiceError")
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// statusOf is the HTTP status of a service's refusal, 0 for any other error.
func statusOf(err error) int {
	var se *entra.ServiceError
	if errors.As(err, &se) {
		return se.Status
	}
	return 0
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
