package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
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
	resp, body, err := c.get(ctx, path)
	if err != nil {
		return Discovery{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Discovery{}, serviceError(resp, body)
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(body, &document); err != nil || document.Issuer == "" {
		return Discovery{}, unusable(resp.Request, errors.New("what came back is not OpenID Connect metadata"))
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
func (c *Client) get(ctx context.Context, pathAndQuery string) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Cloud.Login+pathAndQuery, nil)
	if err != nil {
		return nil, nil, &entra.NoAnswerError{Service: service, Method: http.MethodGet, Path: pathOf(pathAndQuery), Err: err}
	}
	req.Header.Set("User-Agent", "consentry")
	resp, err := c.guarded().Do(req)
	if err != nil {
		return nil, nil, lost(req, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, lost(req, err)
	}
	return resp, body, nil
}

func lost(req *http.Request, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return noAnswer(wrapped)
	}
	return unusable(req, err)
}

// unusable is an answer that came and cannot be read.
func unusable(req *http.Request, err error) error {
	return &entra.NoAnswerError{Service: service, Method: req.Method, Path: req.URL.Path, Sent: true, Err: err}
}
