package trial

import (
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// CustomerLink is the address to send to an administrator of a customer's
// tenant: it asks them to consent for everybody there. Scopes are full scope
// strings of one resource; state comes back with the answer.
func CustomerLink(c entra.Cloud, tenant string, id entra.ClientID, scopes []string, redirectURI, state string) string {
	return oauth.AdminConsentURL(c, oauth.Request{
		Tenant: tenant, ClientID: id, RedirectURI: redirectURI, Scopes: scopes,
	}, state)
}

// An Outcome explains to a customer's administrator what their consent did.
type Outcome struct {
	OK    bool
	Title string
	Words string
	// Tenant is the one that consented, as the answer says.
	Tenant entra.TenantID
	// Scopes are what was granted, as the answer says.
	Scopes  []string
	Failure *Failure
}

// ReadOutcome explains the answer to a CustomerLink. Nothing of it is proven:
// anybody can make such an address, so it may only be shown.
func ReadOutcome(cb oauth.Callback) Outcome {
	switch {
	case cb.Error != "":
		f := explainCallback(cb)
		return Outcome{Title: "Consent was not given", Words: f.Cause, Failure: &f}
	case !cb.AdminConsent:
		return Outcome{
			Title:   "This page shows what came of a consent",
			Words:   "It was opened without an answer of Microsoft's.",
			Failure: &Failure{Cause: "No answer of Microsoft's came with this address.", Next: "Open the link you were sent, and finish on Microsoft's page."},
		}
	}
	o := Outcome{
		OK:     true,
		Title:  "Consent was given",
		Words:  "The app may now be used by everybody in your tenant, each within what they may do themselves. Nobody is asked again. You can withdraw this in the Entra admin center under Enterprise applications.",
		Scopes: fields(cb.Scope),
	}
	if entra.IsGUID(cb.Tenant) {
		o.Tenant = entra.TenantID(strings.ToLower(cb.Tenant))
	}
	return o
}

// maxScopes bounds how many names of a foreign answer are shown.
const maxScopes = 100

// fields splits a foreign scope string into names fit to show.
func fields(scope string) []string {
	var out []string
	for s := range strings.FieldsSeq(scope) {
		if len(out) == maxScopes {
			break
		}
		out = append(out, entra.ForeignText(s))
	}
	return out
}
