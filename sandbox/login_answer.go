package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// A loginAnswer is an answer of the sign-in service before it is written.
type loginAnswer struct {
	status int
	kind   string // Content-Type
	body   []byte
	to     string // Location
	nonce  string // of the one inline script a page may have
	public bool   // metadata: may be cached and read by any origin
	forAny bool   // a single-page app may read it
	extra  http.Header
}

const (
	contentHTML = "text/html; charset=utf-8"
	contentJSON = "application/json; charset=utf-8"
)

func (a *loginAnswer) write(rw http.ResponseWriter, v *visit) {
	h := rw.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("P3P", `CP="DSP CUR OTPi IND OTRi ONL FIN"`)
	h.Set("x-ms-request-id", v.trace)
	h.Set("x-ms-ests-server", "2.1.0 - SANDBOX")
	if id := v.request.Header.Get("client-request-id"); isGUID(id) && v.request.Header.Get("return-client-request-id") == "true" {
		h.Set("client-request-id", id)
	}
	// On loopback names this header would bind every other port of the
	// machine to TLS as well.
	if isPublicHost(callerHost(v.request)) {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	a.writeCaching(h)
	for name, values := range a.extra {
		h[name] = values
	}
	if a.kind != "" {
		h.Set("Content-Type", a.kind)
	}
	if a.kind == contentHTML {
		a.writePagePolicy(h)
	}
	if a.to != "" {
		h.Set("Location", a.to)
	}
	rw.WriteHeader(a.status)
	_, _ = rw.Write(a.body) // a caller that left has no use for the rest
}

func (a *loginAnswer) writeCaching(h http.Header) {
	if a.public || a.forAny {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	if a.public {
		h.Set("Cache-Control", "max-age=86400, private")
		return
	}
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
}

// writePagePolicy names no form-action: browsers apply it to the redirect
// that answers a form, and that one leads to the app.
func (a *loginAnswer) writePagePolicy(h http.Header) {
	script := ""
	if a.nonce != "" {
		script = "; script-src 'nonce-" + a.nonce + "'"
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"+script)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
}

// json answers with a JSON value.
func (v *visit) json(status int, value any) *loginAnswer {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return broken(err)
	}
	return &loginAnswer{status: status, kind: contentJSON, body: b.Bytes()}
}

// metadata is json for documents that change with the service only.
func (v *visit) metadata(value any) *loginAnswer {
	answer := v.json(http.StatusOK, value)
	answer.public = true
	return answer
}

// broken answers when the sandbox itself failed.
func broken(err error) *loginAnswer {
	return &loginAnswer{
		status: http.StatusInternalServerError, kind: "text/plain; charset=utf-8",
		body: fmt.Appendf(nil, "The sandbox failed: %v\n", err),
	}
}

// page answers with one of the pages.
func (v *visit) page(status int, name string, data any) *loginAnswer {
	var b bytes.Buffer
	if err := loginPages[name].Execute(&b, data); err != nil {
		return broken(err)
	}
	return &loginAnswer{status: status, kind: contentHTML, body: b.Bytes()}
}

// tokenErrorBody is an error of the endpoints that answer in JSON.
type tokenErrorBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri,omitempty"`
	SubError      string `json:"suberror,omitempty"`
	Claims        string `json:"claims,omitempty"`
}

// errorJSON answers as the token endpoint does when it says no.
func (v *visit) errorJSON(e *refusal) *loginAnswer {
	return v.json(e.status(), tokenErrorBody{
		Error: e.oauth,
		Description: fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.line(), v.trace, v.correlation, v.timestamp()),
		Codes: []int{e.code}, Timestamp: v.timestamp(), TraceID: v.trace, CorrelationID: v.correlation,
		URI: v.errorURI(e), SubError: e.sub, Claims: e.claims,
	})
}

func (v *visit) errorURI(e *refusal) string {
	if e.unlisted {
		return ""
	}
	return fmt.Sprintf("%s/error?code=%d", v.origin, e.code)
}

// errorPage is what a browser shows when the app hears nothing. Whether the
// public service answers 200 or 400 there is not sourced; 400 lets a client
// without a browser see that it went wrong.
func (v *visit) errorPage(e *refusal) *loginAnswer {
	return v.page(http.StatusBadRequest, "error", v.errorView(e))
}

// An errorView is the troubleshooting block of the error page.
type errorView struct {
	Line, Message, RequestID, CorrelationID, Timestamp string
}

func (v *visit) errorView(e *refusal) errorView {
	return errorView{Line: e.line(), Message: e.line(), RequestID: v.trace, CorrelationID: v.correlation, Timestamp: v.at.Format("2006-01-02T15:04:05Z")}
}
