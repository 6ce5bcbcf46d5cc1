package advise

import (
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// A Retirement is one date of the end of Azure DevOps' own OAuth.
type Retirement struct {
	When string // as exactly as it is known: "April 2025"
	What string
}

// Retirements in the order of time [MicrosoftDocs/azure-devops-docs/docs/
// integrate, release notes; the day of April is from Paragon's page].
func Retirements() []Retirement {
	return []Retirement{
		{"March 2025", "New secrets of old apps last 60 days. Whoever has not moved renews them that often."},
		{"23 April 2025", "No new apps are registered. The old ones go on."},
		{"2026, the day is not known", "The service ends. What still signs in through it stops, for everybody at once."},
	}
}

// A Counterpart says what becomes of one value of an old app.
type Counterpart struct {
	Old string // as the old app's page calls it
	New string // as Entra calls it; empty when nothing corresponds
	// Keeps: the value itself stays the same.
	Keeps bool
	Note  string
}

// Counterparts are the values of an old app, in the order of its page.
func Counterparts() []Counterpart {
	return []Counterpart{
		{"App ID", "Application (client) ID", false, "Both are GUIDs and neither works in the other's place: the registration in Entra has an id of its own."},
		{"App Secret", "", false, "Nothing corresponds to it. Do not put it into a field for a client secret."},
		{"Client Secret", "Client secret: its Value", false, "The old one is a signed token of several hundred characters, the new one about 40 characters long. The Secret ID beside it is not the secret."},
		{"Authorized Scopes", "API permissions: Azure DevOps, delegated", true, "The names stay. At sign-in each has the resource in front: " + entra.ScopeName(entra.AzureDevOps, "vso.work") + "."},
		{"Authorization callback URL", "Redirect URI, platform Web", true, "Unless the product has another address for Entra. Entra compares it letter for letter."},
		{"Application website, company", "Branding & properties", true, "People see them on the consent page; they are not needed for signing in."},
		{"Organization", "Organization", true, "It must be connected to a tenant of Entra: with personal Microsoft accounts nobody can sign in."},
		{"Third-party application access via OAuth (organization policy)", "", false, "It governs old apps alone. Apps of Entra are governed by consent in the tenant."},
		{"Consent and refresh tokens of connected users", "", false, "They do not carry over: every connected user connects again."},
	}
}

// WireChanges are what changes in the requests, for whoever writes them.
func WireChanges(c entra.Cloud) []Counterpart {
	return []Counterpart{
		{"https://app.vssps.visualstudio.com/oauth2/authorize", c.AuthorizeURL("organizations"), false, ""},
		{"https://app.vssps.visualstudio.com/oauth2/token", c.TokenURL("organizations"), false, ""},
		{"response_type=Assertion", "response_type=code", false, ""},
		{"scope=vso.work vso.code", "scope=" + entra.ScopeString(entra.AzureDevOps, []string{"vso.work", "vso.code"}, true, true), false, "offline_access brings the refresh token."},
		{"client_assertion={Client Secret}", "client_id={client ID} and client_secret={secret}", false, "client_assertion_type goes."},
		{"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer with assertion={code}", "grant_type=authorization_code with code={code}", false, ""},
		{"grant_type=refresh_token with assertion={refresh token}", "grant_type=refresh_token with refresh_token={refresh token}", false, "Refresh tokens of Entra are longer: look at the width of the column that keeps them."},
		{"expires_in as a text, token_type jwt-bearer", "expires_in as a number, token_type Bearer", false, ""},
	}
}

// Support says what a product's own page tells of signing in through Entra.
type Support string

// EntraOnly: the page knows Entra alone. Both: it offers both kinds.
// LegacyOnly: it describes the retired one alone. Yours: it is your own
// service.
const (
	EntraOnly  Support = "entra"
	Both       Support = "both"
	LegacyOnly Support = "legacy"
	Yours      Support = "yours"
)

// A FieldChange is one field of the product's form, before and after.
type FieldChange struct {
	Label    string // the product's own
	Old, New string
	Note     string
	Place    string // where it is, when not on the form
}

// A Guide leads one integration from Azure DevOps' own OAuth to Entra.
type Guide struct {
	Preset  preset.Preset
	Support Support
	// Known says what the product's page tells of the change.
	Known string
	// First is what to find out before anything is changed.
	First []string
	// Fields are to be filled in anew, at Preset.Place.
	Fields []FieldChange
	// Then are the steps in the product besides the fields.
	Then []string
	// Reconnect says who connects again, and how they are told.
	Reconnect []string
	// Unsourced is what the product's page does not say.
	Unsourced []string
}

// GuideFor is the guide of an integration; ok is false for an unknown id.
func GuideFor(id string) (Guide, bool) {
	p, ok := preset.ByID(id)
	own, listed := guides[id]
	if !ok || !listed {
		return Guide{}, false
	}
	own.Preset = p
	own.Fields = fieldChanges(p, own.oldFixed)
	own.Reconnect = append([]string{everybodyReconnects}, own.tell...)
	return own.Guide, true
}

// Guides are those of all integrations, in the order they are offered.
func Guides() []Guide {
	var out []Guide
	for _, p := range preset.All {
		if g, ok := GuideFor(p.ID); ok {
			out = append(out, g)
		}
	}
	return out
}

const everybodyReconnects = "Every user who is connected connects again, once: consent and tokens of the old app are worth nothing to the new one."

// fieldChanges says for each field of a product's form what was in it and
// what goes in.
func fieldChanges(p preset.Preset, oldFixed map[string]string) []FieldChange {
	var out []FieldChange
	for _, f := range p.Fields {
		old, becomes := oldAndNew(f.Value)
		if f.Value == preset.FixedValue {
			old, becomes = oldFixed[f.Label], f.Fixed
		}
		out = append(out, FieldChange{Label: f.Label, Old: old, New: becomes, Note: f.Note, Place: f.Place})
	}
	return out
}

func oldAndNew(v preset.FieldValue) (old, becomes string) {
	switch v {
	case preset.ClientIDValue:
		return "the App ID", "the Application (client) ID of the new registration"
	case preset.ClientSecretValue:
		return "the Client Secret, a long signed token", "the Value of the new client secret"
	case preset.ScopesValue:
		return "the Authorized Scopes", "the scopes carried over, in the form the field takes"
	case preset.RedirectURIValue:
		return "the Authorization callback URL", "the same, registered as redirect URI"
	case preset.OrganizationValue, preset.ProjectValue:
		return "the name", "the same"
	case preset.TenantIDValue:
		return "", "the Directory (tenant) ID, or organizations"
	}
	return "", ""
}
