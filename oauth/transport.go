package oauth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

const (
	// deadline bounds one exchange with the sign-in service; an earlier one
	// of the caller's context stands.
	deadline = 20 * time.Second
	// maxBody is the most that is read of one answer.
	maxBody = 1 << 20
)

// prepare returns a context that carries the guarded HTTP client to x/oauth2
// and go-oidc, and a deadline.
func (c *Client) prepare(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.guarded())
	return context.WithTimeout(ctx, deadline)
}

// guarded is a copy of the client that follows no redirect, reads at most
// maxBody and asks nobody but the cloud's sign-in service. go-oidc reads
// answers without limit and follows the jwks_uri it is told.
func (c *Client) guarded() *http.Client {
	base := c.HTTP
	if base == nil {
		base = http.DefaultClient
	}
	guarded := *base
	guarded.Jar = nil
	guarded.Timeout = deadline
	guarded.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	guarded.Transport = guard{next: base.Transport, login: c.Cloud.Login}
	return &guarded
}

// guard is an http.RoundTripper for one origin with bounded bodies.
type guard struct {
	next  http.RoundTripper
	login string
}

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	login, err := url.Parse(g.login)
	if err != nil || r.URL.Scheme != login.Scheme || r.URL.Host != login.Host {
		if r.Body != nil {
			_ = r.Body.Close() // a RoundTripper's duty; there is nobody to tell
		}
		return nil, fmt.Errorf("refused to ask %s: it is not this cloud's sign-in service", r.URL.Host)
	}
	next := g.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = limitedBody{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

type limitedBody struct {
	io.Reader
	io.Closer
}
