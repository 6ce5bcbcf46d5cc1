package trial

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// NotYetSpread is how long after a change of ours a refusal may only mean
// that the change has not reached every part of the sign-in service.
const NotYetSpread = 2 * time.Minute

// fixers are the people who can mend something, in words for a page.
var fixers = map[entra.Fixer]string{
	entra.AppOwner:          "whoever owns the app registration",
	entra.TenantAdmin:       "an administrator of the tenant",
	entra.OrganizationAdmin: "an administrator of the Azure DevOps organization",
	entra.EndUser:           "the person who signs in",
	entra.Microsoft:         "Microsoft",
}

// Explain says in plain words what a refusal of the sign-in service means. The
// number counts; oauthError ("access_denied") stands in where there is none.
func Explain(aadsts int, oauthError string) Failure { return explain(aadsts, oauthError, "") }

func explain(aadsts int, oauthError, subcode string) Failure {
	f := Failure{AADSTS: aadsts, Code: oauthError}
	if known, ok := entra.LookupAADSTS(aadsts); ok {
		if f.Code == "" {
			f.Code = known.OAuth
		}
		return f.with(known.Explanation)
	}
	if known, ok := entra.ExplainOAuth(oauthError, subcode); ok {
		return f.with(known)
	}
	f.Cause = "Microsoft's sign-in service refused, for a reason that is not known here."
	f.Next = "Read what Microsoft said."
	if aadsts != 0 {
		f.Next = fmt.Sprintf("Look the code up at https://login.microsoftonline.com/error?code=%d.", aadsts)
	}
	return f
}

func (f Failure) with(e entra.Explanation) Failure {
	f.Cause, f.Next, f.Who = e.Cause, e.Next, fixers[e.Who]
	return f
}

// raw is another service's text with what identifies people masked.
func raw(text string) string { return entra.ForeignText(maskText(entra.ForeignText(text))) }

// explainCallback explains an error that came to the redirect URI.
func explainCallback(cb oauth.Callback) Failure {
	f := explain(cb.AADSTS, cb.Error, cb.Subcode)
	f.Raw = raw(cb.Description)
	return f
}

// explainError explains why the token endpoint gave no token.
func explainError(err error) Failure {
	var se *entra.ServiceError
	if errors.As(err, &se) {
		f := Explain(se.AADSTS, se.Code)
		f.Raw = raw(se.Message)
		return f
	}
	return Failure{
		Cause: "Microsoft's sign-in service gave this console no usable answer.",
		Next:  "Check this machine's connection to the network (a proxy, a firewall), then start the test again: the code may be used up.",
		Who:   "whoever runs this console",
		Raw:   raw(err.Error()),
	}
}

// errorName finds the OAuth error in a pasted address or body.
var errorName = regexp.MustCompile(`(?:[?&#]error=|"error"\s*:\s*")([A-Za-z_.]{1,60})`)

// subcodeName finds its subcode in a pasted address.
var subcodeName = regexp.MustCompile(`[?&#]error_subcode=([A-Za-z_]{1,60})`)

// ExplainPaste explains what a person copied from Microsoft's page, from the
// integration's page, or from an address bar.
func ExplainPaste(text string) Failure {
	f := explainPaste(text)
	f.Raw = raw(text)
	return f
}

func explainPaste(text string) Failure {
	name, subcode := match(errorName, text), match(subcodeName, text)
	if code := tellingCode(entra.FindAADSTS(text)); code != 0 {
		return Explain(code, name)
	}
	for _, code := range entra.FindDevOpsCodes(text) {
		if known, ok := entra.ExplainDevOps(code); ok {
			return Failure{Code: code}.with(known.Explanation)
		}
	}
	if name != "" {
		return explain(0, name, subcode)
	}
	return Failure{
		Cause: "There is no code of Microsoft's in this text.",
		Next:  "Copy the line that begins with AADSTS and a number; on Microsoft's page it stands under the heading, or under “Troubleshooting details”.",
		Who:   fixers[entra.EndUser],
	}
}

// tellingCode is the last code that can be explained, else the last one:
// where codes are nested, the first only wraps the cause.
func tellingCode(codes []int) int {
	for _, code := range slices.Backward(codes) {
		if _, ok := entra.LookupAADSTS(code); ok {
			return code
		}
	}
	if len(codes) == 0 {
		return 0
	}
	return codes[len(codes)-1]
}

func match(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// soon marks a failure that our own change explains: the same refusal means
// something else a few minutes later.
func (f Failure) soon(changed, now time.Time) Failure {
	known, ok := entra.LookupAADSTS(f.AADSTS)
	if !ok || !known.Transient || changed.IsZero() || now.Sub(changed) > NotYetSpread {
		return f
	}
	f.Transient = true
	f.Cause = "Not yet spread, trying again: a change made moments ago has not reached every part of Microsoft's sign-in service."
	f.Next = "This goes on by itself."
	if slices.Contains(known.Surfaces, entra.OnPage) {
		f.Next = "Wait a few seconds, then go to Microsoft once more."
	}
	f.Who = ""
	return f
}
