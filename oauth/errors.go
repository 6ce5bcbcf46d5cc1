package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/consentry/consentry/entra"
)

// errorBody is the token endpoint's error answer.
type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	SubError    string `json:"suberror"`
	TraceID     string `json:"trace_id"`
	URI         string `json:"error_uri"`
}

// tokenError turns what x/oauth2 reports into an error safe to print: its own
// texts may hold the whole answer of the token endpoint.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return serviceError(refused.Response, refused.Body)
	}
	var unsent *url.Error
	if errors.As(err, &unsent) {
		return fmt.Errorf("no answer from the sign-in service: %w", unsent)
	}
	return errors.New("the sign-in service's answer could not be read: it holds no token")
}

func serviceError(resp *http.Response, raw []byte) *entra.ServiceError {
	var b errorBody
	// An answer that is no JSON, of a proxy for example, leaves b empty; the
	// status alone is reported then.
	_ = json.Unmarshal(raw, &b)
	e := &entra.ServiceError{
		Service:    "sign-in",
		Status:     resp.StatusCode,
		Code:       clean(b.Error),
		AADSTS:     firstNumber(b.Description, b.URI),
		SubError:   clean(b.SubError),
		Message:    clean(b.Description),
		RequestID:  clean(b.TraceID),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")),
	}
	if n := len(b.Codes); n > 0 {
		e.AADSTS = b.Codes[n-1] // wrapping codes come first
	}
	if e.RequestID == "" {
		e.RequestID = clean(resp.Header.Get("x-ms-request-id"))
	}
	if e.Message == "" {
		e.Message = "the answer gives no reason"
	}
	return e
}

// retryAfter reads a number of seconds; the sign-in service sends no dates.
func retryAfter(header string) time.Duration {
	s, err := strconv.Atoi(header)
	if err != nil || s < 0 {
		return 0
	}
	return time.Duration(s) * time.Second
}
