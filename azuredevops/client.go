// Package azuredevops reads from Azure DevOps what proves an integration: to
// which tenant an organization belongs, who a token is there, which projects
// it sees, and whether each of its scopes opens what it should. It only reads.
//
// The service answers an unauthenticated request in many ways: 401, a
// redirect to a sign-in page, 203, or 200 with that page. All of them are one
// *entra.ServiceError with Code NotAuthenticated here.
package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/consentry/consentry/entra"
)

const (
	deadline = 20 * time.Second
	// maxBody is the most that is read of one answer.
	maxBody = 4 << 20
	// version is the REST version of released resources; preview resources
	// refuse it with 400 and want previewVersion, which released ones take too
	// [MicrosoftDocs/azure-devops-docs].
	version        = "7.1"
	previewVersion = "7.1-preview"
)

// A Client asks one cloud's Azure DevOps. Every request goes to one of the
// cloud's three Azure DevOps bases; redirects are not followed.
type Client struct {
	Cloud entra.Cloud
	// HTTP trusts the cloud's certificate authority; nil means
	// http.DefaultClient.
	HTTP *http.Client
}

var errNotJSON = errors.New("what came back is not the expected JSON")

// call is one request. Path begins with a slash and is escaped already.
type call struct {
	base, path string
	query      url.Values
	token      entra.Sensitive
}

// get sends c and decodes its JSON answer; header is the answer's. Errors are
// *entra.ServiceError for a no, *entra.NoAnswerError for no usable answer.
func (c *Client) get(ctx context.Context, r call, into any) (http.Header, error) {
	resp, body, err := c.send(ctx, http.MethodGet, r)
	if err != nil {
		return nil, err
	}
	if err := refusal(resp, body); err != nil {
		return resp.Header, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return resp.Header, noAnswer(resp.Request, errNotJSON)
	}
	return resp.Header, nil
}

// send makes one request and reads its answer up to maxBody. An error means
// that no answer came.
func (c *Client) send(ctx context.Context, method string, r call) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	target := r.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return nil, nil, &entra.NoAnswerError{Service: service, Method: method, Path: r.path, Err: err}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "consentry")
	req.Header.Set("X-TFS-FedAuthRedirect", "Suppress") // 401 instead of a sign-in redirect
	if !r.token.IsZero() {
		req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	}
	resp, err := c.guarded().Do(req)
	if err != nil {
		return nil, nil, noAnswer(req, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, nil, noAnswer(req, err)
	}
	return resp, body, nil
}

func (c *Client) guarded() *http.Client {
	base := c.HTTP
	if base == nil {
		base = http.DefaultClient
	}
	guarded := *base
	guarded.Jar = nil
	guarded.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &guarded
}
