package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

const (
	perTry  = 20 * time.Second // one request, body included
	maxBody = 4 << 20          // bytes of an answer, decompressed
)

var (
	errForeignHost = errors.New("the address is not on the configured Microsoft Graph host")
	errTooLarge    = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
)

// transport sends requests to one origin, decides about repeating them, and
// leaves what came of them in the request's exchange.
type transport struct {
	carrier http.RoundTripper
	base    *url.URL
	observe func(Call)
	tokens  *tokens
	clock
}

// An answer is what one try brought.
type answer struct {
	status int // 0: none
	header http.Header
	body   []byte
	// clientRequestID is what we called the request.
	clientRequestID string
	// sent is false only when the request certainly did not leave.
	sent bool
	// lost: the connection failed before the whole answer was here.
	lost bool
	// err says why there is no usable answer. A status may be known all the same.
	err error
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req.Context())
	if err := t.admit(req.URL); err != nil {
		return nil, err
	}
	body, err := drain(req)
	if err != nil {
		return nil, err
	}
	start := t.now()
	for try := 1; ; try++ {
		began := t.now()
		a := t.try(req, body)
		*ex = exchange{answer: a, received: t.now()}
		if a.status == http.StatusUnauthorized {
			t.tokens.forget()
		}
		wait, again := repeat(req, a, try, start, t.now())
		t.report(req, a, try, t.now().Sub(began), wait)
		if !again || t.sleep(req.Context(), wait) != nil {
			return a.response(req)
		}
	}
}

// admit keeps the bearer token on the one origin it is meant for: next links
// come from the wire. The SDK's own allow-list would send the request anyway,
// only without a token.
func (t *transport) admit(u *url.URL) error {
	same := u.Scheme == t.base.Scheme && strings.EqualFold(u.Host, t.base.Host) && u.User == nil &&
		strings.HasPrefix(u.Path, t.base.Path+"/")
	if !same {
		return errForeignHost
	}
	return nil
}

func drain(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// try sends the request once and reads the whole answer, so that the time
// limit covers the body and a broken body counts as no answer.
func (t *transport) try(req *http.Request, body []byte) answer {
	if err := req.Context().Err(); err != nil {
		return answer{err: err}
	}
	ctx, cancel := context.WithTimeout(req.Context(), perTry)
	defer cancel()
	var asked, wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { asked.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	})
	a := answer{clientRequestID: uuid.NewString()}
	resp, err := t.carrier.RoundTrip(outgoing(ctx, req, body, a.clientRequestID))
	// A carrier that does not trace leaves it open whether the request left.
	a.sent = wrote.Load() || !asked.Load() || err == nil
	if err != nil {
		a.err, a.lost = err, true
		return a
	}
	a.status, a.header = resp.StatusCode, resp.Header
	defer resp.Body.Close()
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		a.err, a.lost = fmt.Errorf("the answer (status %d) broke off: %w", a.status, err), true
		return a
	}
	a.err = unusable(a)
	return a
}

func outgoing(ctx context.Context, req *http.Request, body []byte, id string) *http.Request {
	out := req.Clone(ctx)
	out.Body, out.GetBody, out.ContentLength = http.NoBody, nil, int64(len(body))
	if len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	out.Header.Set("User-Agent", "consentry")
	out.Header.Set("client-request-id", id)
	out.Header.Set("return-client-request-id", "true")
	return out
}

// unusable insists on JSON where Graph says yes: a proxy's sign-in page is no
// answer. Refusals are taken whatever their type.
func unusable(a answer) error {
	switch {
	case len(a.body) > maxBody:
		return errTooLarge
	case a.status >= 300 || len(a.body) == 0:
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("the answer (status %d) is %q instead of JSON", a.status, kind)
	}
	return nil
}

// response hands a success to the SDK. A refusal goes up bare: the exchange
// keeps it, and the SDK's reading of error bodies and claims challenges panics
// on unexpected ones.
func (a answer) response(req *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	resp := &http.Response{
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	if a.status < 300 {
		resp.Header = a.header
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(a.body)), int64(len(a.body))
	}
	return resp, nil
}

// requestID is what support would ask for.
func (a answer) requestID() string {
	if id := a.header.Get("request-id"); id != "" {
		return id
	}
	return a.clientRequestID
}

func (t *transport) report(req *http.Request, a answer, try int, took, wait time.Duration) {
	if t.observe == nil {
		return
	}
	t.observe(Call{
		Method: req.Method, Path: shown(req.URL, t.base), Status: a.status, RequestID: a.requestID(),
		Try: try, Duration: took, RetryIn: wait,
	})
}

// shown is the path with those query values that only name properties.
func shown(u, base *url.URL) string {
	path := strings.TrimPrefix(u.Path, strings.TrimSuffix(base.Path, "/v1.0"))
	var parts []string
	for _, part := range strings.Split(u.RawQuery, "&") {
		name, _, ok := strings.Cut(part, "=")
		switch {
		case !ok:
		case name == "$select" || name == "$top":
			parts = append(parts, part)
		default:
			parts = append(parts, name+"=…")
		}
	}
	if len(parts) == 0 {
		return path
	}
	return path + "?" + strings.Join(parts, "&")
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
