package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// A Discovery is what anybody may learn about a tenant from its OpenID
// Connect metadata.
type Discovery struct {
	// Tenant is the tenant's ID, whichever of its names was asked for; empty
	// for "organizations" and "common", which are no tenant.
	Tenant entra.TenantID
	Issuer string
}

// Discover reads the v2.0 metadata of a tenant: an ID, a domain or
// "organizations". A tenant that does not exist is a *entra.ServiceError with
// AADSTS 90002, something that cannot name one 900023.
func (c *Client) Discover(ctx context.Context, tenant string) (Discovery, error) {
	path := "/" + url.PathEscape(tenant) + "/v2.0/.well-known/openid-configuration"
	resp, answer, err := c.get(ctx, path)
	if err != nil {
		return Discovery{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Discovery{}, serviceError(resp, answer.Body)
	}
	if err := answer.JSON(); err != nil {
		return Discovery{}, unusable(answer, resp.Request, err)
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(answer.Body, &document); err != nil || document.Issuer == "" {
		return Discovery{}, unusable(answer, resp.Request, errors.New("what came back is not OpenID Connect metadata"))
	}
	return Discovery{Tenant: issuerTenant(document.Issuer), Issuer: entra.ForeignText(document.Issuer)}, nil
}

// issuerTenant is the tenant ID in an issuer's path; the issuer of
// "organizations" has the literal {tenantid} there.
func issuerTenant(issuer string) entra.TenantID {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if entra.IsGUID(segment) {
			return entra.TenantID(strings.ToLower(segment))
		}
	}
	return ""
}

// get asks the sign-in service itself, never the address for browsers.
func (c *Client) get(ctx context.Context, pathAndQuery string) (*http.Response, outbound.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Cloud.Login+pathAndQuery, nil)
	if err == nil {
		err = admit(req.URL, c.Cloud.Login)
	}
	if err != nil {
		return nil, outbound.Answer{}, &entra.NoAnswerError{Service: service, Method: http.MethodGet, Path: pathOf(pathAndQuery), Err: err}
	}
	a := outbound.Send(c.carrier(), req, outbound.MaxTokenBody)
	resp, err := responseTo(req, a)
	if err != nil {
		return nil, a, unanswered(req.Method, req.URL.Path, err)
	}
	return resp, a, nil
}

// unusable is an answer that came and cannot be read.
func unusable(a outbound.Answer, req *http.Request, err error) error {
	return &entra.NoAnswerError{Service: service, Method: req.Method, Path: req.URL.Path, Sent: true, RequestID: a.ClientRequestID, Err: err}
}
