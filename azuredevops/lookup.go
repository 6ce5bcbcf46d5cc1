package azuredevops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/consentry/consentry/entra"
)

// An Organization is what anybody may learn about one without signing in.
type Organization = entra.DevOpsOrganization

// ErrCannotTell says that neither request showed whether an organization
// exists.
var ErrCannotTell = errors.New("could not tell whether the organization exists")

// noTenant is the tenant of organizations that are not connected to Entra.
const noTenant = "00000000-0000-0000-0000-000000000000"

// Lookup asks, without any credential, whether an organization exists and
// which tenant backs it. A missing one is no error. When no answer shows
// either, the error wraps ErrCannotTell.
//
// The first request's own status says nothing: 404 is its usual answer for
// organizations that exist, only its header counts
// [microsoft/azure-devops-mcp/src/org-tenants.ts]. The second is what
// [git-ecosystem/git-credential-manager/src/shared/Microsoft.AzureRepos] asks.
func (c *Client) Lookup(ctx context.Context, slug string) (Organization, error) {
	path, err := organizationPath(slug)
	if err != nil {
		return Organization{}, err
	}
	first, _, err := c.probe(ctx, c.Cloud.VSSPSOrganizations, path, slug)
	if first.Exists {
		return first, nil
	}
	second, status, err2 := c.probe(ctx, c.Cloud.DevOps, path+"/", slug)
	switch {
	case second.Exists, status == http.StatusNotFound:
		return second, nil
	case err2 != nil:
		return second, fmt.Errorf("%w: %w", ErrCannotTell, errors.Join(err, err2))
	}
	return second, fmt.Errorf("%w: %s answered %d and named no tenant", ErrCannotTell, second.Checked, status)
}

// probe sends one HEAD and reads the tenant its headers name.
func (c *Client) probe(ctx context.Context, base, path, slug string) (Organization, int, error) {
	org := Organization{Slug: slug, Checked: http.MethodHead + " " + base + path}
	a, err := c.send(ctx, http.MethodHead, call{base: base, path: path})
	if err != nil {
		return org, 0, err
	}
	tenant := challengedTenant(a.Header)
	if tenant == "" {
		tenant = strings.ToLower(a.Header.Get("X-VSS-ResourceTenant"))
	}
	if !entra.IsGUID(tenant) {
		return org, a.Status, nil
	}
	org.Exists = true
	if tenant != noTenant {
		org.Tenant, org.Connected = entra.TenantID(tenant), true
	}
	return org, a.Status, nil
}

// authorizationURI ends in the tenant: Bearer authorization_uri=https://…/{tenant}
var authorizationURI = regexp.MustCompile(`(?i)\bBearer\b[^,]*?\bauthorization_uri="?[^\s,"]*/([0-9a-f-]{36})\b`)

// challengedTenant reads the tenant of a Bearer challenge. Challenges may
// share one header line or have one each.
func challengedTenant(h http.Header) string {
	for _, line := range h.Values("WWW-Authenticate") {
		if m := authorizationURI.FindStringSubmatch(line); m != nil {
			return strings.ToLower(m[1])
		}
	}
	return ""
}
