package azuredevops

import (
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/consentry/consentry/entra"
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

// noAnswer keeps the cause of a request without a usable answer. A request
// whose connection was never made was not sent.
func noAnswer(req *http.Request, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own text repeats the address
	}
	var dial *net.OpError
	return &entra.NoAnswerError{
		Service: service, Method: req.Method, Path: req.URL.Path,
		Sent: !errors.As(err, &dial) || dial.Op != "dial", Err: err,
	}
}

// refusal returns the error an answer is, or nil for a 2xx with JSON.
func refusal(resp *http.Response, body []byte) error {
	if wantsSignIn(resp) {
		return newError(resp, NotAuthenticated, "the answer is a sign-in page or a redirect to one")
	}
	if resp.StatusCode < 300 {
		return nil
	}
	var b errorBody
	// HTML and empty bodies leave b empty; header and status remain then.
	_ = json.Unmarshal(body, &b)
	message := firstOf(b.Message, b.Value.Message, headerText(resp), http.StatusText(resp.StatusCode))
	code := b.TypeKey
	if code == "" && resp.StatusCode == http.StatusUnauthorized {
		code = NotAuthenticated
	}
	return newError(resp, code, message)
}

func wantsSignIn(resp *http.Response) bool {
	switch {
	case resp.StatusCode == http.StatusNonAuthoritativeInfo:
		return true
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return true
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return resp.StatusCode < 300 && kind == "text/html"
}

func newError(resp *http.Response, code, message string) *entra.ServiceError {
	return &entra.ServiceError{
		Service:    service,
		Status:     resp.StatusCode,
		Code:       entra.ForeignText(code),
		Message:    entra.ForeignText(message),
		RequestID:  entra.ForeignText(firstOf(resp.Header.Get("ActivityId"), resp.Header.Get("X-VSS-E2EID"))),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")),
	}
}

// headerText is the text that an error with an empty body carries, URL-escaped.
func headerText(resp *http.Response) string {
	text := resp.Header.Get("X-TFS-ServiceError")
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

func retryAfter(header string) time.Duration {
	s, err := strconv.Atoi(header)
	if err != nil || s < 0 {
		return 0
	}
	return time.Duration(s) * time.Second
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
