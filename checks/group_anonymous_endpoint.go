package checks

import (
	"net/url"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

var endpointChecks = []*Check{
	{
		ID:       "legacy-sign-in-unused",
		Title:    "The integration signs in with Microsoft Entra, not with Azure DevOps' retired OAuth",
		Why:      "Azure DevOps' own OAuth takes no new registrations since April 2025 and ends in 2026. What belongs to it (App ID, App Secret, Client Secret, bare scopes) does not work with Entra, and nothing of Entra works with it.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeDevOpsLegacy,
		Asks:     []Input{InputSignIn},
		Evaluate: legacySignIn,
	},
	{
		ID:       "sign-in-endpoint-current",
		Title:    "The integration signs in at the v2.0 endpoint",
		Why:      "The older endpoint knows no scopes: it wants one resource instead and refuses, or silently ignores, the scopes of the integration.",
		Group:    Anonymous,
		Severity: Risks,
		AADSTS:   []int{901002, 90009},
		Cites:    citeProtocols,
		Needs:    nil,
		After:    []string{"legacy-sign-in-unused"},
		Applies:  func(f *Facts) bool { return f.Given.Endpoint != "" },
		Evaluate: oldEndpoint,
	},
}

// endpoint is the address the integration signs in at; nil when none is known
// or it is none.
func (f *Facts) endpoint() *url.URL {
	u, err := url.Parse(strings.TrimSpace(f.Given.Endpoint))
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// legacyHosts are where Azure DevOps' own OAuth listened besides the cloud's
// VSSPS base: one name for everybody, and one for each organization.
func (f *Facts) legacyHost(host string) bool {
	host = strings.ToLower(host)
	if base, err := url.Parse(f.Cloud.VSSPS); err == nil && strings.EqualFold(base.Host, host) {
		return true
	}
	return host == "app.vssps.visualstudio.com" || strings.HasSuffix(host, ".vssps.visualstudio.com")
}

// legacyAddress reports whether the sign-in address is of the retired OAuth.
func (f *Facts) legacyAddress() bool {
	u := f.endpoint()
	return u != nil && f.legacyHost(u.Host) && strings.HasPrefix(strings.ToLower(u.Path), "/oauth2/")
}

func legacySignIn(f *Facts) []Finding {
	var shown []Evidence
	if f.legacyAddress() {
		u := f.endpoint()
		shown = append(shown, Evidence{What: "sign-in address", Got: u.Scheme + "://" + u.Host + u.Path, Want: f.Cloud.AuthorizeURL("organizations")})
	}
	if f.Given.Secret.Shape == LegacyShape {
		shown = append(shown, Evidence{What: "form of the client secret", Got: "a signed token in three parts, as Azure DevOps' own OAuth gave out", Want: "the value of a client secret of Entra, 16 to 64 characters"})
	}
	if len(shown) == 0 {
		return nil
	}
	return []Finding{{
		Summary: "The integration still signs in with Azure DevOps' own OAuth, which is being retired.",
		Shown:   shown,
		Mend: Remedy{
			Say: "Register the integration in Microsoft Entra and give it the new client ID, secret and scopes.", Who: entra.AppOwner,
			Steps: []string{
				"Set up an app registration for the integration; the scopes carry over by their names.",
				"In the integration choose Microsoft Entra as the kind of application, where it offers a choice.",
				"Replace App ID, App Secret and Client Secret by the new client ID and client secret.",
				"Tell everybody who is connected that they have to connect again.",
			},
			Portal: entra.PortalApp(f.Cloud, "", entra.PortalRegister),
		},
	}}
}

// loginHosts are names of Microsoft's sign-in service in the public cloud.
var loginHosts = []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}

func (f *Facts) loginHost(host string) bool {
	for _, base := range []string{f.Cloud.Authorize, f.Cloud.Login} {
		if u, err := url.Parse(base); err == nil && strings.EqualFold(u.Host, host) {
			return true
		}
	}
	return slices.Contains(loginHosts, strings.ToLower(host))
}

func oldEndpoint(f *Facts) []Finding {
	u := f.endpoint()
	if u == nil || !f.loginHost(u.Host) || strings.Contains(strings.ToLower(u.Path), "/v2.0/") || !strings.Contains(strings.ToLower(u.Path), "/oauth2/") {
		return nil
	}
	return []Finding{{
		Summary: "The integration signs in at the v1.0 endpoint, which knows no scopes.",
		Shown:   []Evidence{{What: "sign-in address", Got: u.Scheme + "://" + u.Host + u.Path, Want: u.Scheme + "://" + u.Host + strings.Replace(u.Path, "/oauth2/", "/oauth2/v2.0/", 1)}},
		Mend: Remedy{
			Say: "Use the v2.0 endpoint for signing in and for tokens, with scope and without resource.", Who: entra.AppOwner,
			Steps: []string{"Change the authorization and token addresses in the integration.", "Leave out the parameter resource and ask for scopes instead, each with its resource in front."},
		},
	}}
}
