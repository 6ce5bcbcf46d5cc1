package checks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

var signInChecks = []*Check{{
	ID:       "sign-in-accepted",
	Title:    "Microsoft's sign-in page takes the integration's request",
	Why:      "Everybody who wants to connect gets an error there instead of signing in.",
	Group:    Anonymous,
	Severity: Blocks,
	AADSTS: []int{
		50011, 500113, 900971, 90102, 700016, 7000112, 50194, 650052, 650053, 650054, 650056, 650059,
		500011, 500014, 70001, 70011, 65005, 700051, 700054, 900144, 90008, 90002, 900023,
	},
	Cites: citeCodeFlow,
	Asks:  []Input{InputClientID, InputRedirectURI, InputScopes},
	Needs: []Need{NeedSignIn},
	After: []string{
		"legacy-sign-in-unused", "tenant-well-formed", "tenant-exists", "client-id-well-formed", "redirect-uri-well-formed",
		"scopes-well-formed", "scopes-have-resource", "scopes-not-mixed-with-default", "scopes-known",
	},
	Behind: []string{
		"app-in-tenant", "registration-exists", "registration-enabled", "audience-multitenant", "redirect-uri-registered", "permissions-declared",
		"service-principal-exists", "service-principal-enabled", "devops-principal-exists", "devops-principal-enabled",
	},
	Open:     func(f *Facts) *Gap { return serviceFailed(f.SignIn.Get().AADSTS, f.SignIn.Get().OAuth) },
	Evaluate: signInRefused,
	Shows: func(f *Facts) []Evidence {
		return []Evidence{{What: "answer to the integration's request, with nobody signed in", Got: f.SignIn.Get().OAuth, Command: signInCommand(f)}}
	},
}}

// goesOn are answers that a request without anybody signed in gets when all is
// well with it.
var goesOn = []string{"login_required", "interaction_required", "consent_required", "account_selection_required"}

func signInRefused(f *Facts) []Finding {
	p := f.SignIn.Get()
	if p.Accepted || slices.Contains(goesOn, p.OAuth) {
		return nil
	}
	why := explain(p.AADSTS, p.OAuth)
	return []Finding{{
		Summary: fmt.Sprintf("The sign-in page answers %s: %s", refusalWords(p.AADSTS, p.OAuth), why.Cause),
		AADSTS:  p.AADSTS,
		Shown: []Evidence{{
			What: "answer to the integration's request, with nobody signed in", Got: refusalText(p.AADSTS, p.OAuth, p.Text), Want: "login_required",
			Portal: f.portal(bladeOf(p.AADSTS)), Command: signInCommand(f),
		}},
		Mend: f.mendOf(p.AADSTS, why),
	}}
}

// signInCommand makes the integration's request in a form that asks nobody.
func signInCommand(f *Facts) string {
	query := url.Values{
		"client_id": {f.Given.ClientID}, "redirect_uri": {f.Given.RedirectURI}, "scope": {f.Given.Scopes},
		"response_type": {"code"}, "response_mode": {"query"}, "prompt": {"none"},
	}
	tenant := strings.TrimSpace(f.Given.Tenant)
	if tenant == "" {
		tenant = anyWorkTenant
	}
	return f.curl("-D", "-", "-o", "/dev/null") + "'" + f.Cloud.AuthorizeURL(tenant) + "?" + query.Encode() + "'"
}

// serviceFailed is why an answer of the sign-in service decides nothing: it
// is about the service and not about the request.
func serviceFailed(aadsts int, oauth string) *Gap {
	known, _ := entra.LookupAADSTS(aadsts)
	if known.Who != entra.Microsoft && oauth != "server_error" && oauth != "temporarily_unavailable" {
		return nil
	}
	return &Gap{Why: fmt.Sprintf("Microsoft's sign-in service answered %s, which is about itself.", refusalWords(aadsts, oauth)), Would: "Run the checks again in a minute."}
}

// explain is what a refusal means, by its number or else by its OAuth value.
func explain(aadsts int, oauth string) entra.Explanation {
	if known, ok := entra.LookupAADSTS(aadsts); ok {
		return known.Explanation
	}
	if known, ok := entra.ExplainOAuth(oauth, ""); ok {
		return known
	}
	return entra.Explanation{Cause: "The request was refused.", Next: "Look the code up on Microsoft's page.", Who: entra.AppOwner}
}

// refusalText is a refusal with the service's own words.
func refusalText(aadsts int, oauth, text string) string {
	words, text := refusalWords(aadsts, oauth), entra.ForeignText(text)
	switch {
	case text == "":
		return words
	case strings.HasPrefix(text, words):
		return text
	}
	return words + ": " + text
}

// blades are where in the portal a code is mended.
var blades = map[int]entra.Blade{
	50011: entra.PortalAuthentication, 500113: entra.PortalAuthentication, 900971: entra.PortalAuthentication, 90102: entra.PortalAuthentication,
	700051: entra.PortalAuthentication, 700054: entra.PortalAuthentication, 700025: entra.PortalAuthentication,
	650056: entra.PortalPermissions, 650057: entra.PortalPermissions, 650053: entra.PortalPermissions, 90008: entra.PortalPermissions,
	7000215: entra.PortalSecrets, 7000222: entra.PortalSecrets, 7000218: entra.PortalSecrets, 7000216: entra.PortalSecrets,
}

func bladeOf(aadsts int) entra.Blade {
	if b, ok := blades[aadsts]; ok {
		return b
	}
	return entra.PortalOverview
}

// mendOf is what a person does about a refusal.
func (f *Facts) mendOf(aadsts int, why entra.Explanation) Remedy {
	steps := []string{why.Next}
	if known, ok := entra.LookupAADSTS(aadsts); ok && known.Transient {
		steps = append(steps, "Right after a change of the registration wait a minute: it has to spread first.")
	}
	if aadsts != 0 {
		steps = append(steps, fmt.Sprintf("Microsoft's own page about it: https://login.microsoftonline.com/error?code=%d", aadsts))
	}
	return Remedy{Say: why.Next, Who: why.Who, Portal: f.portal(bladeOf(aadsts)), Steps: append(steps, "Run the checks again.")}
}
