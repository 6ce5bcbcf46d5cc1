package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

const perTry = outbound.Deadline // one request, body included

var errForeignHost = errors.New("the address is not on the configured Microsoft Graph host")

// transport sends requests to one origin, decides about repeating them, and
// leaves what came of them in the request's exchange.
type transport struct {
	carrier http.RoundTripper
	base    *url.URL
	observe func(Call)
	tokens  *tokens
	budget  *outbound.Budget
	clock
}

// An answer is what one try brought.
type answer struct{ outbound.Answer }

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
		if a.Status == http.StatusUnauthorized {
			t.tokens.forget()
		}
		wait, again := repeat(req, a, try, start, t.now())
		t.report(req, a, try, t.now().Sub(began), wait)
		if !again || t.pause(req.Context(), a, wait) != nil {
			return a.response(req)
		}
	}
}

// pause waits before the next try, and tells whoever wants to know why.
func (t *transport) pause(ctx context.Context, a answer, wait time.Duration) error {
	entra.TellWaiting(ctx, entra.Waiting{Service: service, Status: a.Status, RequestID: a.requestID(), For: wait})
	return t.sleep(ctx, wait)
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

// try sends the request once, when its turn in the tenant's budget has come.
func (t *transport) try(req *http.Request, body []byte) answer {
	leave, err := t.budget.Enter(req.Context(), t.spending(req))
	if err != nil {
		return answer{outbound.Answer{Err: err}}
	}
	defer leave()
	out := outgoing(req, body)
	if t.tokens.each { // what the SDK was given may be older than the wait
		token, err := t.tokens.GetToken(req.Context(), policy.TokenRequestOptions{})
		if err != nil {
			return answer{outbound.Answer{Err: err}}
		}
		out.Header.Set("Authorization", "Bearer "+token.Token)
	}
	a := answer{outbound.Send(t.carrier, out, outbound.MaxBody)}
	if a.Err == nil {
		a.Err = a.JSON()
	}
	return a
}

// spending says what the request costs. The token's tenant only chooses whose
// budget it is.
func (t *transport) spending(req *http.Request) outbound.Spending {
	bearer := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	s := outbound.Spending{Tenant: string(claimsOf(bearer).Tenant)}
	rest, isApp := strings.CutPrefix(req.URL.Path, t.base.Path+"/applications")
	if isApp && req.Method != http.MethodGet {
		s.Application = true
		s.App, _, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	}
	return s
}

// outgoing is the request with a body that can be sent again.
func outgoing(req *http.Request, body []byte) *http.Request {
	out := req.Clone(req.Context())
	out.Body, out.GetBody, out.ContentLength = http.NoBody, nil, int64(len(body))
	if len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	return out
}

// response hands a success to the SDK. A refusal goes up bare: the exchange
// keeps it, and the SDK's reading of error bodies and claims challenges panics
// on unexpected ones.
func (a answer) response(req *http.Request) (*http.Response, error) {
	if a.Err != nil {
		return nil, a.Err
	}
	resp := &http.Response{
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	if a.Status < 300 {
		resp.Header = a.Header
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(a.Body)), int64(len(a.Body))
	}
	return resp, nil
}

// requestID is what support would ask for.
func (a answer) requestID() string {
	if id := a.Header.Get("request-id"); id != "" {
		return id
	}
	return a.ClientRequestID
}

func (t *transport) report(req *http.Request, a answer, try int, took, wait time.Duration) {
	if t.observe == nil {
		return
	}
	t.observe(Call{
		Method: req.Method, Path: shown(req.URL, t.base), Status: a.Status, RequestID: a.requestID(),
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
