package oauth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/consentry/consentry/outbound"
)

// deadline bounds one exchange with the sign-in service; an earlier one of the
// caller's context stands.
const deadline = outbound.Deadline

// prepare returns a context that carries the guarded HTTP client to x/oauth2
// and go-oidc, and a deadline.
func (c *Client) prepare(ctx context.Context) (context.Context, context.CancelFunc) {
	guarded := &http.Client{
		Transport:     guard{next: c.carrier(), login: c.Cloud.Login},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, guarded), deadline)
}

// guard is an http.RoundTripper that asks nobody but the cloud's sign-in
// service and hands on whole answers that are JSON: go-oidc reads answers
// without limit and follows the jwks_uri it is told, x/oauth2 takes a form for
// a token.
type guard struct {
	next  http.RoundTripper
	login string
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := admit(r.URL, g.login); err != nil {
		return nil, err
	}
	a := outbound.Send(g.next, r, outbound.MaxTokenBody)
	if a.Err == nil {
		a.Err = a.JSON()
	}
	return responseTo(r, a)
}

// admit keeps secrets and codes on the cloud's sign-in service.
func admit(u *url.URL, login string) error {
	base, err := url.Parse(login)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host {
		return fmt.Errorf("refused to ask %s: it is not this cloud's sign-in service", u.Host)
	}
	return nil
}

func responseTo(r *http.Request, a outbound.Answer) (*http.Response, error) {
	if err := a.Failure(); err != nil {
		return nil, err
	}
	header := a.Header.Clone()
	header.Set("client-request-id", a.ClientRequestID)
	return &http.Response{
		StatusCode: a.Status, Status: http.StatusText(a.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(a.Body)), ContentLength: int64(len(a.Body)), Request: r,
	}, nil
}
