package explain

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A fact is a relation between what was recognised, which rules refer to as
// "@name". holds returns the places that show it, none when it does not hold.
type fact struct {
	name  string
	holds func(*signs) []span
}

// facts are all relations, each a small function of what was recognised.
var facts = []fact{
	{"scope-of-other-resource", scopeOfOtherResource},
	{"scope-devops-bare", scopeDevOpsBare},
	{"scopes-of-two-resources", scopesOfTwoResources},
	{"scope-named-only", scopeNamedOnly},
	{"scope-with-blanks", scopeWithBlanks},
	{"scope-encoded", scopeEncoded},
	{"scope-comma", scopeComma},
	{"scope-line-feed", scopeLineFeed},
	{"scope-resource-malformed", scopeResourceMalformed},
	{"client-placeholder", func(s *signs) []span { return matching(s.values.clients, placeholder) }},
	{"client-unset", func(s *signs) []span { return matching(s.values.clients, unset) }},
	{"client-url", func(s *signs) []span { return matching(s.values.clients, isAddress) }},
	{"client-not-guid", func(s *signs) []span { return matching(s.values.clients, wordNotGUID) }},
	{"tenant-placeholder", func(s *signs) []span { return matching(s.values.tenants, placeholder) }},
	{"tenant-unset", func(s *signs) []span { return matching(s.values.tenants, unset) }},
	{"tenant-path", func(s *signs) []span { return matching(s.values.tenants, pathWord) }},
	{"tenant-braces", func(s *signs) []span { return matching(s.values.tenants, inBraces) }},
	{"personal-tenant", personalTenant},
	{"resource-misspelt", func(s *signs) []span { return matching(s.values.resources, misspelt) }},
	{"assertion-from-future", assertionFromFuture},
	{"tenant-zero", func(s *signs) []span { return literal(s, "00000000-0000-0000-0000-000000000000") }},
	{"tenant-empty", func(s *signs) []span {
		return anyLiteral(s, "tenant '' not found", "identifier ''", "microsoftonline.com//oauth2", "microsoftonline.com//v2.0")
	}},
	{"client-empty", func(s *signs) []span { return anyLiteral(s, "client_id=&", "identifier '' was not found") }},
	{"tenant-bad-guid", func(s *signs) []span { return matching(s.values.tenants, badGUID) }},
	{"basic-without-colon", basicWithoutColon},
	{"scheme-mismatch", schemeMismatch},
	{"tenant-other-cloud", func(s *signs) []span { return matching(s.values.tenants, otherCloud) }},
	{"secret-guid", func(s *signs) []span { return matching(s.values.secrets, entra.IsGUID) }},
	{"secret-placeholder", func(s *signs) []span { return matching(s.values.secrets, placeholder) }},
	{"secret-special", func(s *signs) []span { return matching(s.values.secrets, needsEncoding) }},
	{"resource-malformed", func(s *signs) []span { return matching(s.values.resources, malformedResource) }},
	{"redirect-http", func(s *signs) []span { return matching(s.values.redirects, plainHTTP) }},
	{"redirect-http-and-https", httpAndHTTPS},
	{"clouds-mixed", cloudsMixed},
	{"json-in-form", jsonInForm},
	{"web-page", webPage},
	{"status-401", func(s *signs) []span { return status(s, "401") }},
	{"status-403", func(s *signs) []span { return status(s, "403") }},
	{"status-404", func(s *signs) []span { return status(s, "404") }},
	{"status-429", func(s *signs) []span { return status(s, "429") }},
	{"status-502", func(s *signs) []span { return status(s, "502") }},
	{"status-203", func(s *signs) []span { return status(s, "203") }},
	{"status-302", func(s *signs) []span { return status(s, "302") }},
	{"tf400813-nobody", nobody},
	{"principal-named", principalNamed},
	{"answer-without-refresh", answerWithoutRefresh},
}

func matching(all []value, is func(string) bool) []span {
	for _, v := range all {
		if is(v.text) {
			return []span{v.at}
		}
	}
	return nil
}

// watched are texts that facts look for in every paste. They are found in the
// same pass as the signs of the rules; others are searched for by themselves.
var watched = append([]string{
	"00000000-0000-0000-0000-000000000000", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", string(entra.MicrosoftGraph),
	"tenant '' not found", "identifier ''", "microsoftonline.com//oauth2", "microsoftonline.com//v2.0", "client_id=&", "identifier '' was not found",
	"the user '' is not authorized", "the user is not authorized", `the user "" is not authorized`, "anonymous access. client authentication required",
	"<!doctype html", "<html", "text/html", "/token", "scope", "refresh_token", "access_token", "token_type", "expires_in", "invalidscope",
}, slices.Concat(clouds...)...)

// literal returns the first place of each word, none when one is missing.
func literal(s *signs, words ...string) []span {
	var out []span
	for _, w := range words {
		at, ok := s.first(w)
		if !ok {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// first returns the first place of a word in the view.
func (s *signs) first(word string) (span, bool) {
	if id, ok := known().byText["="+word]; ok {
		if len(s.hits[id]) == 0 {
			return span{}, false
		}
		return s.hits[id][0], true
	}
	i := bytes.Index(s.lower, []byte(word))
	return span{i, i + len(word)}, i >= 0
}

func anyLiteral(s *signs, words ...string) []span {
	for _, w := range words {
		if at := literal(s, w); len(at) > 0 {
			return at
		}
	}
	return nil
}

// placeholderWords begin or make up what samples put in place of a value.
// People who hide a value write XXX, *** or <id>: that is no placeholder.
var placeholderWords = regexp.MustCompile(`(?i)^\W*(enter[_ ]?(the|your)|your[_ -]|<your|my[_-]|insert|replace|change[_ -]?me|copy the|todo|client[_-]?id\W*$|app(lication)?[_-]?id\W*$|tenant[_-]?(id|name)?\W*$|client[_-]?secret\W*$|(your)?tenant\W*$|secret[_-]?here|example[_-]|placeholder|yourclientid|yourtenant)|[_ -]here\W*$|^\$[{(]|^\{\{|^%[a-z_]+%$|^#\{`)

func placeholder(s string) bool {
	return !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "<") && placeholderWords.MatchString(s) ||
		strings.HasPrefix(s, "{{") || strings.HasPrefix(strings.ToLower(s), "<your")
}

// unset reports whether a value is what programs print for none.
func unset(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "undefined", "null", "none", "nil", "(null)", "nan", "[object object]":
		return true
	}
	return false
}

func isAddress(s string) bool { return strings.Contains(s, "://") }

// wordNotGUID reports whether a client ID is a word, not a hidden GUID.
func wordNotGUID(s string) bool {
	return len(s) > 2 && !entra.IsGUID(s) && !strings.ContainsAny(s, "<>{}*$[…#%") && strings.Trim(strings.ToLower(s), "x-") != "" && !unset(s)
}

// pathWord reports whether a piece of the endpoint's path stands where the
// tenant belongs.
func pathWord(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "token", "authorize", "oauth2", "v2.0", "oauth2.0", "devicecode", "saml2", "login", "adminconsent", "https:", "http:", ".well-known", "discovery", "logout":
		return true
	}
	return strings.Contains(s, "login.microsoftonline")
}

func otherCloud(s string) bool {
	s = strings.ToLower(s)
	return strings.HasSuffix(s, ".cn") || strings.HasSuffix(s, ".us") && strings.Contains(s, "onmicrosoft") || strings.HasSuffix(s, ".de") && strings.Contains(s, "onmicrosoft")
}

// needsEncoding reports whether a secret holds a character that means
// something else in a form.
func needsEncoding(s string) bool {
	return len(s) > 6 && strings.ContainsAny(s, "+%/&= ") && !strings.ContainsAny(s, "${<[(")
}

// malformedResource reports whether a resource cannot exist in any tenant.
func malformedResource(s string) bool {
	lower := strings.ToLower(s)
	switch {
	case strings.Count(lower, "://") > 1, strings.HasSuffix(lower, "//"), lower == "api:/", lower == "api://", strings.HasPrefix(lower, "https:/") && !strings.HasPrefix(lower, "https://"):
		return true
	case strings.Contains(lower, "://{"), strings.HasSuffix(lower, ".default"), strings.ContainsAny(lower, " \t,;"), strings.Contains(lower, "%2"):
		return true
	}
	return false
}

func plainHTTP(s string) bool {
	s = strings.ToLower(s)
	return strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "http://localhost") && !strings.HasPrefix(s, "http://127.0.0.1")
}

// httpAndHTTPS reports that one redirect URI stands in the paste with both
// schemes.
func httpAndHTTPS(s *signs) []span {
	for _, v := range s.values.redirects {
		if !plainHTTP(v.text) {
			continue
		}
		secure := "https" + strings.ToLower(strings.TrimPrefix(strings.ToLower(v.text), "http"))
		if at := literal(s, secure); len(at) > 0 {
			return append([]span{v.at}, at...)
		}
	}
	return nil
}

// jsonInForm finds a token request whose body is JSON.
func jsonInForm(s *signs) []span {
	if len(literal(s, "/token")) == 0 {
		return nil
	}
	if at := literal(s, `"grant_type":`); len(at) > 0 {
		return at
	}
	return literal(s, `"grant_type" :`)
}

// webPage finds HTML where an answer of a program was expected.
func webPage(s *signs) []span {
	return anyLiteral(s, "<!doctype html", "<html", "text/html")
}

// statusLeads are what stands before an HTTP status.
var statusLeads = []string{"http/1.1 ", "http/2 ", "http/1.0 ", "http/2.0 ", "status code ", "status code: ", "statuscode: ", "statuscode=", "status: ", "status ", "statuscode\":", "statuscode\": ", "status\":", "status\": ", "http error ", "http ", "response ", "code: ", "returned ", "error: (", "error (", "error ", "[", "("}

// statusWords are what stands behind it.
var statusWords = map[string][]string{
	"401": {"unauthorized"}, "403": {"forbidden"}, "404": {"not found", "page not found"}, "429": {"too many"}, "502": {"bad gateway"},
	"203": {"non-authoritative"}, "302": {"found", "moved"},
}

// status finds an HTTP status where it is meant as one.
func status(s *signs, code string) (out []span) {
	each(s.lower, code, func(i int) {
		if out != nil || !s.wordAt(span{i, i + 3}) {
			return
		}
		before, after := s.lower[max(0, i-20):i], bytes.TrimLeft(s.lower[i+3:min(len(s.lower), i+24)], " -:)],(")
		for _, l := range statusLeads {
			if bytes.HasSuffix(before, []byte(l)) {
				out = []span{{i, i + 3}}
			}
		}
		for _, w := range statusWords[code] {
			if bytes.HasPrefix(after, []byte(w)) {
				out = []span{{i, i + 3}}
			}
		}
	})
	return out
}

// nobody finds a refusal of Azure DevOps that names no person: no valid
// credential arrived. The id of all a's stands for the anonymous identity.
func nobody(s *signs) []span {
	return anyLiteral(s, "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "the user '' is not authorized", "the user is not authorized",
		`the user "" is not authorized`, "anonymous access. client authentication required")
}

// principalNamed finds an identity that is written as tenant and object ID,
// as service principals are: "{tenant}\\{tenant}\\{object}".
func principalNamed(s *signs) []span {
	if _, ok := s.codes["TF401444"]; !ok {
		return nil
	}
	m := principalName.FindIndex(s.lower)
	if m == nil {
		return nil
	}
	return []span{{m[0], m[1]}}
}

var principalName = regexp.MustCompile(`[0-9a-f-]{36}[\\/]+[0-9a-f-]{36}`)
