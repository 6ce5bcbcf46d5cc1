package oauth

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// service is how errors call the sign-in service.
const service = "sign-in"

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
// texts may hold the whole answer of the token endpoint. The result is a
// *entra.ServiceError or a *entra.NoAnswerError.
func tokenError(path string, err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return serviceError(refused.Response, refused.Body)
	}
	var lost *url.Error // its text repeats the address
	if errors.As(err, &lost) {
		return unanswered(http.MethodPost, path, lost.Err)
	}
	return &entra.NoAnswerError{
		Service: service, Method: http.MethodPost, Path: path, Sent: true,
		Err: errors.New("what came back holds no token"),
	}
}

// unanswered keeps the cause of a request without an answer. One that did not
// pass through outbound was refused before it left.
func unanswered(method, path string, err error) error {
	e := &entra.NoAnswerError{Service: service, Method: method, Path: path, Err: err}
	var lost *outbound.Error
	if errors.As(err, &lost) {
		e.Sent, e.Err = lost.Sent, lost.Err
		if lost.Sent {
			e.RequestID = lost.ClientRequestID
		}
	}
	return e
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

func serviceError(resp *http.Response, raw []byte) *entra.ServiceError {
	var b errorBody
	// An answer that is no JSON, of a proxy for example, leaves b empty; the
	// status alone is reported then.
	_ = json.Unmarshal(raw, &b)
	e := &entra.ServiceError{
		Service:   service,
		Status:    resp.StatusCode,
		Code:      entra.ForeignText(b.Error),
		AADSTS:    tellingCode(b.Description, b.URI),
		SubError:  entra.ForeignText(b.SubError),
		Message:   entra.ForeignText(b.Description),
		RequestID: entra.ForeignText(b.TraceID),
	}
	e.RetryAfter, _ = outbound.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	if n := len(b.Codes); n > 0 {
		e.AADSTS = b.Codes[n-1] // wrapping codes come first
	}
	if e.RequestID == "" {
		e.RequestID = entra.ForeignText(cmp.Or(resp.Header.Get("x-ms-request-id"), resp.Header.Get("client-request-id")))
	}
	if e.Message == "" {
		e.Message = "the answer gives no reason"
	}
	return e
}
