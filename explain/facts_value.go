package explain

import (
	"bytes"
	"strings"

	"github.com/consentry/consentry/entra"
)

// inBraces reports whether the sign-in service was sent a template's own
// "{tenant}".
func inBraces(s string) bool {
	return strings.HasPrefix(s, "{") && strings.Contains(strings.ToLower(s), "tenant")
}

// consumersTenant is the tenant that all personal accounts are in.
const consumersTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

func personalTenant(s *signs) []span {
	if at := literal(s, "in the directory '"+consumersTenant); len(at) > 0 {
		return at
	}
	return literal(s, "in the directory 'microsoft accounts'")
}

// resourceHosts are the APIs most often asked for.
var resourceHosts = []string{"graph.microsoft.com", "management.azure.com", "app.vssps.visualstudio.com", "vault.azure.net", "graph.windows.net", "management.core.windows.net"}

// misspelt reports whether a resource is one letter or two off a well-known
// one, or its host without the scheme.
func misspelt(resource string) bool {
	resource = strings.ToLower(strings.TrimRight(resource, "/"))
	host := strings.TrimPrefix(resource, "https://")
	for _, h := range resourceHosts {
		if host == h && host == resource {
			return true
		}
		if host != h && len(host) > 12 && near(host, h) {
			return true
		}
	}
	return false
}

// near reports whether two hosts differ in at most two letters next to each
// other.
func near(a, b string) bool {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return false
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 2 && len(b) <= 2
}

// assertionFromFuture finds a client assertion that is not valid yet: the
// clock it was made with is ahead.
func assertionFromFuture(s *signs) []span {
	now, from := timeAfter(s, "current time:"), timeAfter(s, "assertion valid from")
	if now.text == "" || from.text == "" || now.text >= from.text {
		return nil
	}
	return []span{now.at, from.at}
}

func timeAfter(s *signs, lead string) value {
	i := bytes.Index(s.lower, []byte(lead))
	if i < 0 {
		return value{}
	}
	i += len(lead)
	a, b := readTime(s.text[i:])
	return value{string(s.text[i+a : i+b]), span{i + a, i + b}}
}

// badGUID reports whether a tenant was meant to be a GUID and is none: a
// letter lost or added while copying, or braces around it.
func badGUID(s string) bool {
	if !entra.IsGUID(s) && guidWithin(strings.ToLower(s)) && !isAddress(s) {
		return true
	}
	if s != strings.ToLower(s) && s != strings.ToUpper(s) || strings.Count(s, "-") < 3 || strings.Contains(s, ".") {
		return false
	}
	bare := strings.Trim(s, "{}")
	for i := range len(bare) {
		if _, ok := hexDigit(bare[i]); !ok && bare[i] != '-' {
			return false
		}
	}
	return len(bare) > 24 && (len(bare) != len(s) || !entra.IsGUID(s))
}

// answerWithoutRefresh finds a good answer of the token endpoint that brings
// no refresh token.
func answerWithoutRefresh(s *signs) []span {
	if len(s.order) > 0 || len(literal(s, "refresh_token")) > 0 {
		return nil
	}
	return literal(s, "access_token", "token_type", "expires_in")
}
