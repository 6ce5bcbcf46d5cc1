package advise

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A TraceKind is one sign of Azure DevOps' own, retired OAuth.
type TraceKind string

// The signs. Of the parameters only response_type=Assertion is one: Entra
// knows client assertions of the same type, too.
const (
	AuthorizeTrace    TraceKind = "authorize-endpoint"
	TokenTrace        TraceKind = "token-endpoint"
	ParameterTrace    TraceKind = "parameter"
	InvalidScopeTrace TraceKind = "invalid-scope"
	SecretTrace       TraceKind = "client-secret"
	LegacyTokenTrace  TraceKind = "token"
	AppPageTrace      TraceKind = "app-page"
)

// A Trace is one sign found in a text.
type Trace struct {
	Kind TraceKind
	// Text is what was found; never a secret or a token.
	Text string
	// Means says in a sentence what it shows.
	Means string
}

// traceRule finds one kind of sign: texts in lower case. Besides the host
// named here each organization had one of its own that ends alike.
type traceRule struct {
	kind  TraceKind
	signs []string
	means string
}

var traceRules = []traceRule{
	{AuthorizeTrace, []string{"vssps.visualstudio.com/oauth2/authorize"}, "People are sent to Azure DevOps' own OAuth to sign in."},
	{TokenTrace, []string{"vssps.visualstudio.com/oauth2/token"}, "Tokens are fetched from Azure DevOps' own OAuth."},
	{ParameterTrace, []string{"response_type=assertion"}, "Only Azure DevOps' own OAuth is asked for a response of this type; Microsoft Entra takes code."},
	{InvalidScopeTrace, []string{"invalidscope"}, "Azure DevOps' own OAuth answers so when the scopes asked for are not exactly those the app was registered with. Microsoft Entra says invalid_scope."},
	{AppPageTrace, []string{"app.vsaex.visualstudio.com/app/", "app.vssps.visualstudio.com/app/", "aex.dev.azure.com/app/"}, "Apps of Azure DevOps' own OAuth are registered and looked after on this page."},
}

// find returns the first of a rule's signs as it stands in text; lower is the
// same in lower case, byte by byte.
func (r traceRule) find(text, lower string) string {
	for _, sign := range r.signs {
		if i := strings.Index(lower, sign); i >= 0 {
			return text[i-hostBefore(lower[:i]) : i+len(sign)]
		}
	}
	return ""
}

// hostBefore counts the bytes at the end of s that go on to the left with a
// host's name.
func hostBefore(s string) int {
	return len(s) - len(strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz0123456789-."))
}

// legacyIssuer is in every token, and in the client secrets, that Azure
// DevOps' own OAuth gave out.
const legacyIssuer = "app.vstoken.visualstudio.com"

// Legacy finds the signs of Azure DevOps' own OAuth in a text: an address, a
// configuration, the page of an error, a secret. Each is named once, in the
// order of the kinds. It takes time linear in the text's length.
func Legacy(text string) []Trace {
	var out []Trace
	plain := readings(text)
	text = plain[len(plain)-1]
	lower := lowerCase(text)
	for _, r := range traceRules {
		if found := r.find(text, lower); found != "" {
			out = append(out, Trace{r.kind, found, r.means})
		}
	}
	secret, token := legacyJWTs(text)
	if secret {
		out = append(out, Trace{SecretTrace, "a signed token in three parts", "This is a Client Secret of Azure DevOps' own OAuth; one of Microsoft Entra is about 40 characters long."})
	}
	if token {
		out = append(out, Trace{LegacyTokenTrace, "a token issued by " + legacyIssuer, "This token or code was issued by Azure DevOps' own OAuth."})
	}
	return out
}

// readings are a text as it stands and with its percent-encoding undone, which
// pasted addresses carry twice at most.
func readings(text string) []string {
	out := []string{text}
	for len(out) < 3 && strings.Contains(text, "%") {
		text = unescape(text)
		out = append(out, text)
	}
	return out
}

// unescape undoes percent-encoding; what is none stays as it is.
func unescape(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+3 > len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
			b.WriteByte(byte(c))
			s = s[i+3:]
		} else {
			b.WriteByte('%')
			s = s[i+1:]
		}
	}
}

// lowerCase turns ASCII letters only, so that every byte stays in its place.
func lowerCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)

func legacyJWTs(text string) (secret, token bool) {
	for _, found := range jwt.FindAllString(text, -1) {
		claims, ok := legacyClaims(found)
		isSecret := ok && claims.SecretID != ""
		secret, token = secret || isSecret, token || ok && !isSecret
	}
	return secret, token
}

// claims of the tokens of Azure DevOps' own OAuth; csi is in secrets alone.
type claims struct {
	Issuer   string `json:"iss"`
	SecretID string `json:"csi"`
}

func legacyClaims(token string) (claims, bool) {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c claims
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, false
	}
	return c, strings.Contains(c.Issuer, legacyIssuer)
}

// LegacySecret reports whether a value has the form of a Client Secret of
// Azure DevOps' own OAuth: a signed token. No client secret of Entra has it.
func LegacySecret(secret entra.Sensitive) bool {
	value := strings.TrimSpace(secret.Reveal())
	return jwt.FindString(value) == value && value != ""
}

// An OldApp is what a text tells of an app of Azure DevOps' own OAuth.
type OldApp struct {
	AppID       string // in lower case
	Scopes      []string
	CallbackURL string
}

var authorizeQuery = regexp.MustCompile(`/oauth2/authorize\?[^\s"'<>]+`)

// ReadOldApp takes apart the address that an app of Azure DevOps' own OAuth
// sends people to, wherever in a text it stands. ok is false when none does.
func ReadOldApp(text string) (app OldApp, ok bool) {
	found := ""
	for _, reading := range readings(text) {
		if found = authorizeQuery.FindString(reading); found != "" {
			break
		}
	}
	_, query, _ := strings.Cut(found, "?")
	values, err := url.ParseQuery(query)
	if err != nil || !slices.ContainsFunc(Legacy(text), func(t Trace) bool { return t.Kind == AuthorizeTrace || t.Kind == ParameterTrace }) {
		return OldApp{}, false
	}
	if entra.IsGUID(values.Get("client_id")) {
		app.AppID = strings.ToLower(values.Get("client_id"))
	}
	app.Scopes, app.CallbackURL = strings.Fields(values.Get("scope")), values.Get("redirect_uri")
	return app, app.AppID != "" || len(app.Scopes) > 0 || app.CallbackURL != ""
}
