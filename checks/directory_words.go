package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// ofRegistration completes a check that reads the app registration: it comes
// after its existence, and is open where the registration is in another
// tenant.
func ofRegistration(c *Check) *Check { return seeing(c, (*Facts).app, registeredElsewhere) }

// ofVisible completes a check that reads no more of the registration than is
// visible in other tenants too.
func ofVisible(c *Check) *Check { return seeing(c, (*Facts).visible, invisible) }

// seeing completes a check that reads what see returns; gap is why there is
// nothing to read.
func seeing(c *Check, see func(*Facts) *entra.Application, gap func(*Facts) *Gap) *Check {
	c.Group = WithGraph
	c.Needs = append([]Need{NeedApplication}, c.Needs...)
	c.Wants = unneeded(append([]Need{NeedPrincipal, NeedSignIn, NeedSecretTrial, NeedOperator}, c.Wants...), c.Needs)
	c.After = append([]string{"registration-exists"}, c.After...)
	concerns, open := c.Concerns, c.Open
	if concerns != nil {
		c.Concerns = func(f *Facts) bool { return see(f) == nil || concerns(f) }
	}
	c.Open = func(f *Facts) *Gap {
		if g := gap(f); g != nil || open == nil {
			return g
		}
		return open(f)
	}
	return c
}

// unneeded are the facts of a list that are not needed anyway, each once.
func unneeded(list, taken []Need) []Need {
	var out []Need
	for _, n := range list {
		if !slices.Contains(taken, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// registeredElsewhere is why nothing is known of a registration that exists
// in another tenant than the one signed in to.
func registeredElsewhere(f *Facts) *Gap {
	if f.app() != nil {
		return nil
	}
	home := f.homeTenant()
	switch {
	case home != "":
		return &Gap{Why: fmt.Sprintf("The app is registered in the tenant %s; only somebody signed in there can read its registration.", home), Would: fmt.Sprintf("Let the app's owner run the checks signed in to the tenant %s.", home)}
	case f.knownToSignIn():
		return &Gap{Why: "The app exists, but in another tenant than the one signed in to; only somebody signed in there can read its registration.", Would: "Let the app's owner run the checks signed in to the tenant that the app is registered in."}
	}
	return nil
}

// visible is what can be seen of the registration: itself, or in another
// tenant what the enterprise application there repeats of it (name, audience
// and redirect URIs, these without platform); nil when neither is there.
func (f *Facts) visible() *entra.Application {
	app, p := f.app(), f.Principal.Or(nil)
	if app != nil || p == nil || p.Audience == "" {
		return app
	}
	seen := entra.Application{ClientID: p.ClientID, DisplayName: p.DisplayName, Audience: p.Audience, Verified: p.Verified}
	for _, uri := range p.RedirectURIs {
		seen.RedirectURIs = append(seen.RedirectURIs, entra.RedirectURI{URI: uri})
	}
	return &seen
}

// invisible is why nothing is known of what visible shows.
func invisible(f *Facts) *Gap {
	if f.visible() != nil {
		return nil
	}
	return registeredElsewhere(f)
}

// homeTenant is the tenant that the app is registered in when that is another
// one than the one signed in to; empty when it is not known or the same.
func (f *Facts) homeTenant() entra.TenantID {
	p := f.Principal.Or(nil)
	if p == nil || p.OwnerTenant == f.signedInTo() {
		return ""
	}
	return p.OwnerTenant
}

func (f *Facts) signedInTo() entra.TenantID { return f.Operator.Or(Operator{}).Tenant.ID }

// knownToSignIn reports whether the sign-in service took the client ID for
// that of an app, whatever it said about the rest.
func (f *Facts) knownToSignIn() bool {
	s, t := f.SignIn.Or(SignInProbe{}), f.SecretTrial.Or(SecretTrial{})
	if s.AADSTS == unknownApp || t.AADSTS == unknownApp {
		return false
	}
	return s.Accepted || t.Accepted || aboutKnownApp[s.AADSTS] || aboutKnownApp[t.AADSTS]
}

// unknownApp is the code for a client ID that is no app's.
const unknownApp = 700016

// aboutKnownApp are codes that the service gives after it found the app.
var aboutKnownApp = map[int]bool{
	50011: true, 500113: true, 50194: true, 650052: true, 650053: true, 650056: true, 50058: true, 65001: true,
	7000229: true, 7000215: true, 7000222: true, 7000218: true, 7000112: true,
}

// called is the app's name, or its client ID where no name is known.
func (f *Facts) called() string {
	switch app, p := f.app(), f.Principal.Or(nil); {
	case app != nil && app.DisplayName != "":
		return app.DisplayName
	case p != nil && p.DisplayName != "":
		return p.DisplayName
	}
	return f.Given.ClientID
}

// tenantWords name the tenant that is signed in to.
func (f *Facts) tenantWords() string {
	switch t := f.Operator.Or(Operator{}).Tenant; {
	case t.DisplayName != "":
		return t.DisplayName
	case t.ID != "":
		return string(t.ID)
	}
	return "this tenant"
}

// seeApp is evidence from the app registration.
func (f *Facts) seeApp(page entra.Blade, what, got, want string) Evidence {
	return Evidence{What: what, Got: got, Want: want, Portal: f.portal(page), Command: f.graphCommand("applications(appId='" + f.clientID() + "')")}
}

// seePrincipal is evidence from the enterprise application.
func (f *Facts) seePrincipal(what, got, want string) Evidence {
	return Evidence{What: what, Got: got, Want: want, Portal: f.enterprisePage(), Command: f.graphCommand("servicePrincipals(appId='" + f.clientID() + "')")}
}

// seeGrants is evidence from the consents.
func (f *Facts) seeGrants(what, got, want string) Evidence {
	e := f.seePrincipal(what, got, want)
	e.Command = f.graphCommand("servicePrincipals(appId='" + f.clientID() + "')/oauth2PermissionGrants")
	return e
}

// clientID is the given one when it is one; it goes into commands.
func (f *Facts) clientID() string {
	id, err := entra.ParseClientID(f.Given.ClientID)
	if err != nil {
		return ""
	}
	return string(id)
}

// enterprisePage is the page of the enterprise application where consent is
// seen and given, else the registration's.
func (f *Facts) enterprisePage() string {
	if p := f.Principal.Or(nil); p != nil && p.ID != "" {
		return entra.PortalEnterpriseApp(f.Cloud, p.ID, p.ClientID)
	}
	return f.portal(entra.PortalPermissions)
}

// graphCommand reads something of Microsoft Graph v1.0: with the Azure CLI in
// the public cloud, with a token in TOKEN elsewhere.
func (f *Facts) graphCommand(path string) string {
	if strings.Contains(path, "''") {
		return ""
	}
	address := `"` + f.Cloud.Graph + "/v1.0/" + strings.ReplaceAll(path, "$", `\$`) + `"`
	if f.Cloud.Graph == entra.Public().Graph {
		return "az rest --method get --url " + address
	}
	return `curl -s -H "Authorization: Bearer $TOKEN" ` + address
}

// orNone writes a list for people.
func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// plural writes a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
