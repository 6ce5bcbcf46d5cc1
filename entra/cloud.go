package entra

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// A Cloud is where one Microsoft cloud listens. Bases have no trailing slash;
// each stands where the public host of that service stands, so
// Login+"/{tenant}/oauth2/v2.0/token" is a token endpoint in every cloud.
type Cloud struct {
	// Name is "public", "sandbox" or what a cloud file calls itself.
	Name string
	// Authorize is the sign-in base a person's browser is sent to. It differs
	// from Login only in the sandbox, where browsers are spared its
	// throw-away certificate.
	Authorize string
	// Login is the sign-in base our own requests go to (token, discovery).
	Login string
	// Graph is Microsoft Graph without a version.
	Graph string
	// DevOps stands for https://dev.azure.com.
	DevOps string
	// VSSPS stands for https://app.vssps.visualstudio.com, and with an
	// organization as first path segment for https://vssps.dev.azure.com.
	VSSPS string
	// VSSPSOrganizations stands for https://vssps.dev.azure.com. In the
	// sandbox it equals VSSPS.
	VSSPSOrganizations string
	// Portal is the Entra admin centre that deep links lead to.
	Portal string
	// CAFile is a PEM file with the authority to trust besides the system's;
	// empty for the public cloud.
	CAFile string
}

// Public is the worldwide Microsoft cloud.
func Public() Cloud {
	return Cloud{
		Name:               "public",
		Authorize:          "https://login.microsoftonline.com",
		Login:              "https://login.microsoftonline.com",
		Graph:              "https://graph.microsoft.com",
		DevOps:             "https://dev.azure.com",
		VSSPS:              "https://app.vssps.visualstudio.com",
		VSSPSOrganizations: "https://vssps.dev.azure.com",
		Portal:             "https://entra.microsoft.com",
	}
}

// cloudBases are the four bases of a cloud file.
type cloudBases struct {
	Login  string `json:"login"`
	Graph  string `json:"graph"`
	DevOps string `json:"devops"`
	VSSPS  string `json:"vssps"`
	CAFile string `json:"ca_file"`
}

// cloudFile is the JSON of --cloud FILE. The line that "consentry sandbox"
// prints is one: fields it does not name are ignored on purpose.
type cloudFile struct {
	Name string `json:"name"`
	cloudBases
	TLS *cloudBases `json:"tls"`
}

// ParseCloud reads the JSON of a cloud file: the four base URLs "login",
// "graph", "devops", "vssps" and, where the certificates are not publicly
// trusted, "ca_file". When a "tls" object repeats the bases with https, our
// own requests use those and only the browser uses the plain "login".
// The error names the field that is wrong.
func ParseCloud(data []byte) (Cloud, error) {
	var f cloudFile
	if err := json.Unmarshal(data, &f); err != nil {
		return Cloud{}, fmt.Errorf("cloud file: not JSON: %w", err)
	}
	own, prefix := f.cloudBases, ""
	if f.TLS != nil {
		own, prefix = *f.TLS, "tls."
		if own.CAFile == "" {
			own.CAFile = f.CAFile
		}
	}
	c := Cloud{Name: f.Name, CAFile: own.CAFile, Portal: Public().Portal}
	if c.Name == "" {
		c.Name = "custom"
	}
	for _, b := range []struct {
		name, value string
		into        *string
	}{
		{"login", f.Login, &c.Authorize},
		{prefix + "login", own.Login, &c.Login},
		{prefix + "graph", own.Graph, &c.Graph},
		{prefix + "devops", own.DevOps, &c.DevOps},
		{prefix + "vssps", own.VSSPS, &c.VSSPS},
	} {
		base, err := parseBase(b.value)
		if err != nil {
			return Cloud{}, fmt.Errorf("cloud file: field %q: %w", b.name, err)
		}
		*b.into = base
	}
	if c.Name == Public().Name && c.Login != Public().Login {
		return Cloud{}, fmt.Errorf("cloud file: field \"name\": only Microsoft's own cloud is called %q: give another name", c.Name)
	}
	c.VSSPSOrganizations = c.VSSPS
	if c.VSSPS == Public().VSSPS {
		c.VSSPSOrganizations = Public().VSSPSOrganizations
	}
	return c, nil
}

// parseBase accepts an absolute http(s) URL without query, fragment or
// credentials; plain http only towards this machine.
func parseBase(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("is missing: give a base URL such as https://login.microsoftonline.com")
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(s, "?#") {
		return "", fmt.Errorf("%q is not a base URL: give scheme, host and at most a path", s)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopbackHost(u.Hostname()):
	default:
		return "", fmt.Errorf("%q must use https (plain http only to 127.0.0.1 or localhost)", s)
	}
	return strings.TrimSuffix(s, "/"), nil
}

func isLoopbackHost(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// AuthorizeURL is the v2.0 authorization endpoint for a browser; tenant is a
// tenant ID, a domain or "organizations".
func (c Cloud) AuthorizeURL(tenant string) string {
	return c.Authorize + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/authorize"
}

// TokenURL is the v2.0 token endpoint for our own requests.
func (c Cloud) TokenURL(tenant string) string {
	return c.Login + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
}

// AdminConsentURL is the v2.0 admin-consent endpoint for a browser. The
// tenant may not be "common"
// [MicrosoftDocs/entra-docs/docs/identity-platform/v2-admin-consent.md].
func (c Cloud) AdminConsentURL(tenant string) string {
	return c.Authorize + "/" + url.PathEscape(tenant) + "/v2.0/adminconsent"
}

// IsSandbox reports whether nothing done here touches a real tenant; the
// console shows its banner then. It decides about words only, never about
// what is done.
func (c Cloud) IsSandbox() bool { return c.Name == "sandbox" }
