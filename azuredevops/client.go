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
	"net/http"
	"net/url"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

const (
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
	// HTTP is the client whose transport carries the requests and trusts the
	// cloud's certificate authority; nil means the system's authorities.
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
	a, err := c.send(ctx, http.MethodGet, r)
	if err != nil {
		return nil, err
	}
	if err := refusal(a); err != nil {
		return a.Header, err
	}
	if err := readable(a); err != nil {
		return a.Header, unusable(a, r.path, err)
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return a.Header, unusable(a, r.path, errNotJSON)
	}
	return a.Header, nil
}

// readable insists on a JSON document where the service says yes.
func readable(a outbound.Answer) error {
	if len(a.Body) == 0 {
		return errNotJSON
	}
	return a.JSON()
}

// send makes one request and reads its answer. An error means that no answer
// came.
func (c *Client) send(ctx context.Context, method string, r call) (outbound.Answer, error) {
	target := r.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return outbound.Answer{}, &entra.NoAnswerError{Service: service, Method: method, Path: r.path, Err: err}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-TFS-FedAuthRedirect", "Suppress") // 401 instead of a sign-in redirect
	if !r.token.IsZero() {
		req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	}
	a := outbound.Send(outbound.CarrierOf(c.HTTP), req, outbound.MaxBody)
	if a.Err != nil {
		return a, noAnswer(a, method, req.URL.Path)
	}
	return a, nil
}
