package oauth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/consentry/consentry/entra"
)

// A Request asks for an authorization code or an administrator's consent.
type Request struct {
	// Tenant is a tenant ID, a domain or "organizations". The token request
	// goes to the same one: two forms of it in one flow end in AADSTS700005.
	Tenant      string
	ClientID    entra.ClientID
	RedirectURI string
	// Scopes are full scope strings as they stand in the request, for example
	// "499b84ac-1321-427f-aa17-267ca6975798/vso.work" or "offline_access".
	Scopes []string
	// Prompt is "login", "none", "consent", "select_account" or empty.
	Prompt string
	// LoginHint fills in the user name; empty leaves it to the person.
	LoginHint string
	// MaxAge is how long ago the person may have proved who they are, in whole
	// seconds; the ID token then says when (claim auth_time). Zero asks nothing.
	MaxAge time.Duration
}

// A Flow is what must be remembered between sending a person away and their
// return. It is born together, stored together and consumed once. Its JSON
// holds the verifier in clear: store it encrypted only. Printed through fmt
// it shows nothing secret.
type Flow struct {
	State       string         `json:"state"`
	Nonce       string         `json:"nonce,omitempty"`
	Verifier    string         `json:"verifier,omitempty"`
	Tenant      string         `json:"tenant"`
	ClientID    entra.ClientID `json:"clientId"`
	RedirectURI string         `json:"redirectUri"`
	Scopes      []string       `json:"scopes"`
	Started     time.Time      `json:"started"`
}

// FlowLifetime is how long a person may take at Microsoft before their return
// is refused. Codes themselves live about as long
// [MicrosoftDocs/entra-docs/docs/identity-platform/v2-oauth2-auth-code-flow.md].
const FlowLifetime = 10 * time.Minute

// ExpiredAt reports whether the person took too long.
func (f Flow) ExpiredAt(t time.Time) bool { return t.Sub(f.Started) > FlowLifetime }

// Format prints a flow without state, nonce and verifier, for every verb.
func (f Flow) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "oauth.Flow{"+string(f.ClientID)+" in "+f.Tenant+"}")
}

// ErrState says that an answer does not belong to the flow it came for.
var ErrState = errors.New("the answer does not belong to this sign-in: its state differs")

// Check refuses an answer whose state is not the flow's. A flow without state
// matches nothing, an answer without one neither.
func (f Flow) Check(cb Callback) error {
	same := subtle.ConstantTimeCompare([]byte(f.State), []byte(cb.State)) == 1
	if f.State == "" || !same {
		return ErrState
	}
	return nil
}

// Begin makes a flow and the authorization URL to send the browser to.
func Begin(c entra.Cloud, r Request, now time.Time) (Flow, string) {
	f := newFlow(r, now)
	f.Nonce = rand.Text()
	f.Verifier = oauth2.GenerateVerifier()
	q := url.Values{
		"client_id":             {string(r.ClientID)},
		"response_type":         {"code"},
		"response_mode":         {"query"},
		"redirect_uri":          {r.RedirectURI},
		"scope":                 {strings.Join(r.Scopes, " ")},
		"state":                 {f.State},
		"nonce":                 {f.Nonce},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(f.Verifier)},
		"code_challenge_method": {"S256"},
	}
	setIfGiven(q, "prompt", r.Prompt)
	setIfGiven(q, "login_hint", r.LoginHint)
	if r.MaxAge > 0 {
		q.Set("max_age", strconv.Itoa(int(r.MaxAge.Seconds())))
	}
	return f, c.AuthorizeURL(r.Tenant) + "?" + q.Encode()
}

// BeginAdminConsent makes a flow and the v2.0 admin-consent URL. It asks for
// the scopes of one resource only, which is all the endpoint takes
// [MicrosoftDocs/entra-docs/docs/identity-platform/v2-admin-consent.md]. No
// code comes back, so there is neither nonce nor verifier.
func BeginAdminConsent(c entra.Cloud, r Request, now time.Time) (Flow, string) {
	f := newFlow(r, now)
	return f, AdminConsentURL(c, r, f.State)
}

// AdminConsentURL is the admin-consent URL with a state of the caller's.
func AdminConsentURL(c entra.Cloud, r Request, state string) string {
	q := url.Values{
		"client_id":    {string(r.ClientID)},
		"redirect_uri": {r.RedirectURI},
		"scope":        {strings.Join(oneResource(r.Scopes), " ")},
		"state":        {state},
	}
	return c.AdminConsentURL(r.Tenant) + "?" + q.Encode()
}

func newFlow(r Request, now time.Time) Flow {
	return Flow{
		State:       rand.Text(), // 26 base32 characters, 130 bits
		Tenant:      r.Tenant,
		ClientID:    r.ClientID,
		RedirectURI: r.RedirectURI,
		Scopes:      r.Scopes,
		Started:     now,
	}
}

func setIfGiven(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}
