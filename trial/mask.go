package trial

import (
	"regexp"
	"strings"

	"github.com/consentry/consentry/entra"
)

var (
	mailPattern  = regexp.MustCompile(`[A-Za-z0-9._%+#-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	tokenPattern = regexp.MustCompile(`\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`) // a JWT
	// longPattern finds what may be a secret, a code or a token: a long run
	// without blanks that is no GUID and no address.
	longPattern = regexp.MustCompile(`[A-Za-z0-9_~+.-]{33,}={0,2}`)
	hostPattern = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
	ipPattern   = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
)

// maskText masks what identifies persons or may be secret in text written by
// somebody else, and leaves GUIDs, numbers and words, which say what is wrong.
func maskText(s string) string {
	s = tokenPattern.ReplaceAllStringFunc(s, maskLong)
	s = mailPattern.ReplaceAllStringFunc(s, maskAccount)
	s = ipPattern.ReplaceAllStringFunc(s, maskIP)
	return longPattern.ReplaceAllStringFunc(s, func(m string) string {
		if entra.IsGUID(m) || hostPattern.MatchString(m) {
			return m
		}
		return maskLong(m)
	})
}

// maskAccount keeps the first letter and the domain: "a…@contoso.com".
func maskAccount(s string) string {
	name, domain, found := strings.Cut(s, "@")
	if !found {
		return maskWord(s)
	}
	return maskWord(name) + "@" + domain
}

// maskWord keeps the first letter.
func maskWord(s string) string {
	for _, r := range s {
		return string(r) + "…"
	}
	return ""
}

// maskLong keeps the first three characters, as a secret's hint does.
func maskLong(s string) string {
	if len(s) <= 3 {
		return "…"
	}
	return s[:3] + "…"
}

// maskIP keeps the first two numbers.
func maskIP(s string) string {
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 3 {
		return maskLong(s)
	}
	return parts[0] + "." + parts[1] + ".…"
}
