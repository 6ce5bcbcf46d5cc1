package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	requestTimeout = 30 * time.Second
	mostBody       = 1 << 20 // bytes of an answer that are read
	mostRecords    = 1000    // of the newest requests that are kept
)

// A record is one request as GET /requests tells it: nothing in it is secret.
type record struct {
	Purpose string `json:"purpose"` // "authorize", "token", "refresh", "metadata", or the operation
	// By is "browser" for the page that a person was sent to, else "connector".
	By         string   `json:"by"`
	Method     string   `json:"method"`
	URL        string   `json:"url"` // state, nonce and challenge are left out
	Auth       string   `json:"auth"`
	GrantType  string   `json:"grant_type,omitempty"`
	Parameters []string `json:"parameters,omitempty"` // names of the form's, or of the page's query
	UserAgent  string   `json:"user_agent,omitempty"`
	Accept     string   `json:"accept,omitempty"`
	Status     int      `json:"status,omitempty"` // 0: no answer came
}

// A wire sends requests and writes them down. It follows no redirect.
type wire struct {
	http      *http.Client
	userAgent string

	mu      sync.Mutex
	records []record
}

func newWire(t http.RoundTripper, userAgent string) *wire {
	return &wire{userAgent: userAgent, http: &http.Client{Transport: t, Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

func (w *wire) note(r record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, r)
	if n := len(w.records); n > mostRecords {
		w.records = slices.Clone(w.records[n-mostRecords:])
	}
}

func (w *wire) list() []record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]record{}, w.records...)
}

// A request is one to be sent.
type request struct {
	purpose, method, url string
	header               http.Header
	form                 url.Values // the body, unless body is given
	body                 string
	auth                 string // how the client or the person is named: "none", "basic", "body", "assertion", "bearer"
}

// send returns the body of a JSON answer of 200 to 299, or a *failure.
func (w *wire) send(ctx context.Context, q request) ([]byte, error) {
	text := q.body
	if q.form != nil {
		text = q.form.Encode()
	}
	f := &failure{At: q.purpose, Method: q.method, URL: q.url}
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, strings.NewReader(text))
	if err != nil {
		f.Message = "The address " + q.url + " cannot be used."
		return nil, f
	}
	maps.Copy(r.Header, q.header)
	r.Header.Set("User-Agent", w.userAgent)
	if q.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	told := record{Purpose: q.purpose, By: "connector", Method: q.method, URL: withoutSecrets(r.URL), Auth: q.auth,
		GrantType: q.form.Get("grant_type"), Parameters: names(q.form), UserAgent: w.userAgent, Accept: r.Header.Get("Accept")}
	resp, err := w.http.Do(r)
	if err != nil {
		w.note(told)
		f.Message = "No answer came: " + cause(err)
		return nil, f
	}
	defer resp.Body.Close()
	told.Status = resp.StatusCode
	w.note(told)
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	if err != nil {
		f.Message = "The answer broke off: " + cause(err)
		return nil, f
	}
	return body, judge(f, resp, body)
}

// judge tells data from everything else. A sign-in page is none, whatever its
// status.
func judge(f *failure, resp *http.Response, body []byte) error {
	f.Status, f.ContentType, f.Raw = resp.StatusCode, resp.Header.Get("Content-Type"), strings.TrimSpace(string(body))
	media, _, _ := mime.ParseMediaType(f.ContentType)
	page := media == "text/html"
	switch {
	case resp.StatusCode >= 400:
		f.Message = resp.Status
		f.read(body)
		return f
	case resp.StatusCode >= 300:
		f.Message = "Not authenticated: sent to " + resp.Header.Get("Location")
		f.Raw = "Location: " + resp.Header.Get("Location") + "\n\n" + f.Raw
		return f
	case resp.StatusCode == http.StatusNonAuthoritativeInfo || page:
		f.Message = "Not authenticated: a page came in place of data."
		return f
	case len(body) > 0 && !json.Valid(body):
		f.Message = "The answer is not JSON."
		return f
	}
	return nil
}

// cause is an error without the address, which stands elsewhere.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

func names(form url.Values) []string { return slices.Sorted(maps.Keys(form)) }

// withoutSecrets is an address without what only its two ends should know.
func withoutSecrets(u *url.URL) string {
	q := u.Query()
	for _, name := range []string{"state", "nonce", "code_challenge", "code"} {
		if q.Has(name) {
			q.Set(name, "[left out]")
		}
	}
	clean := *u
	clean.RawQuery = q.Encode()
	return clean.String()
}
