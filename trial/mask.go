package trial

import (
	"regexp"
	"strings"
)

var (
	mailPattern  = regexp.MustCompile(`[A-Za-z0-9._%+#-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	tokenPattern = regexp.MustCompile(`[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`)
	// longPattern finds what may be a secret, a code or a token: a long run
	// without blanks that is no GUID and no address.
	longPattern = regexp.MustCompile(`[A-Za-z0-9_~+.-]{33,}={0,2}`)
	ipPattern   = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
)

// maskText masks what identifies persons or may be secret in text written by
// somebody else, and leaves GUIDs, numbers and words, which say what is wrong.
func maskText(s string) string {
	s = tokenPattern.ReplaceAllStringFunc(s, maskLong)
	s = mailPattern.ReplaceAllStringFunc(s, maskAccount)
	s = ipPattern.ReplaceAllStringFunc(s, maskIP)
	return longPattern.ReplaceAllStringFunc(s, func(m string) string {
		if guid.MatchString(m) || strings.Contains(m, "://") || isHost(m) {
			return m
		}
		return maskLong(m)
	})
}

var (
	guid   = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hostRE = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

func isHost(s string) bool { return hostRE.MatchString(s) }

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
