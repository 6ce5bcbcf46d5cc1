package oauth

import (
	"net/url"
	"regexp"
	"strconv"
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
		cb.AADSTS = firstNumber(cb.Description, cb.URI)
		return cb
	}
	cb.AdminConsent = strings.EqualFold(v.Get("admin_consent"), "true")
	cb.Tenant = entra.ForeignText(v.Get("tenant"))
	cb.Scope = v.Get("scope")
	return cb
}

// codePattern finds a sign-in code in "AADSTS65004: …" and in
// "…/error?code=65004".
var codePattern = regexp.MustCompile(`(?:AADSTS|[?&]code=)(\d{4,9})\b`)

// firstNumber returns the code that the first text holding one ends with:
// where texts nest codes ("AADSTS70002: … AADSTS50011: …"), the last is the
// cause and the ones before only its wrapping.
func firstNumber(texts ...string) int {
	for _, s := range texts {
		if all := codePattern.FindAllStringSubmatch(s, -1); len(all) > 0 {
			n, _ := strconv.Atoi(all[len(all)-1][1]) // at most nine digits
			return n
		}
	}
	return 0
}
