package oauth

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/consentry/consentry/entra"
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
	var unanswered *url.Error
	if errors.As(err, &unanswered) {
		return noAnswer(unanswered)
	}
	return &entra.NoAnswerError{
		Service: service, Method: http.MethodPost, Path: path, Sent: true,
		Err: errors.New("what came back holds no token"),
	}
}

// noAnswer keeps the cause and drops the URL's query. A request whose
// connection was never made was not sent.
func noAnswer(e *url.Error) error {
	var dial *net.OpError
	return &entra.NoAnswerError{
		Service: service, Method: strings.ToUpper(e.Op), Path: pathOf(e.URL),
		Sent: !errors.As(e.Err, &dial) || dial.Op != "dial", Err: e.Err,
	}
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
		Service:    service,
		Status:     resp.StatusCode,
		Code:       entra.ForeignText(b.Error),
		AADSTS:     tellingCode(b.Description, b.URI),
		SubError:   entra.ForeignText(b.SubError),
		Message:    entra.ForeignText(b.Description),
		RequestID:  entra.ForeignText(b.TraceID),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")),
	}
	if n := len(b.Codes); n > 0 {
		e.AADSTS = b.Codes[n-1] // wrapping codes come first
	}
	if e.RequestID == "" {
		e.RequestID = entra.ForeignText(resp.Header.Get("x-ms-request-id"))
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
