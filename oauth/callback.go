package oauth

import (
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A Callback is what came to the redirect URI. All of it is untrusted: check
// the state before showing any of it, and show it escaped. Texts hold one line
// of at most entra.ForeignTextLimit characters.
type Callback struct {
	Code        entra.Sensitive
	State       string
	Error       string // OAuth error code: "access_denied"
	Description string
	Subcode     string // error_subcode: "cancel"
	URI         string // error_uri; text, never a link of ours
	AADSTS      int    // 0 when the answer names none
	// AdminConsent: an administrator's consent succeeded. Microsoft sends
	// admin_consent=True with failures too; those are false here.
	AdminConsent bool
	Tenant       string // of an admin consent
	Scope        string // granted by an admin consent, blank-separated
}

// ParseCallback reads the query of a request to a redirect URI.
func ParseCallback(v url.Values) Callback {
	cb := Callback{
		Code:        entra.NewSensitive(v.Get("code")),
		State:       v.Get("state"),
		Error:       entra.ForeignText(v.Get("error")),
		Description: entra.ForeignText(v.Get("error_description")),
		Subcode:     entra.ForeignText(v.Get("error_subcode")),
		URI:         entra.ForeignText(v.Get("error_uri")),
	}
	if cb.Error != "" {
		cb.Code = entra.Sensitive{}
		cb.AADSTS = tellingCode(cb.Description, cb.URI)
		return cb
	}
	cb.AdminConsent = strings.EqualFold(v.Get("admin_consent"), "true")
	cb.Tenant = entra.ForeignText(v.Get("tenant"))
	cb.Scope = v.Get("scope")
	return cb
}

// tellingCode is the last code of the first text that holds one: where texts
// nest codes ("AADSTS70002: … AADSTS50011: …"), the ones before only wrap it.
func tellingCode(texts ...string) int {
	for _, s := range texts {
		if codes := entra.FindAADSTS(s); len(codes) > 0 {
			return codes[len(codes)-1]
		}
	}
	return 0
}
