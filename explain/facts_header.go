package explain

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// basicWithoutColon finds a Basic header whose credential is no
// "user:password": a PAT has to be encoded with a colon in front.
func basicWithoutColon(s *signs) []span {
	return credential(s, "basic ", func(text string) bool {
		plain, ok := fromBase64(text)
		return ok && !strings.Contains(plain, ":")
	})
}

// schemeMismatch finds a token of Entra sent as Basic, or a PAT as Bearer.
func schemeMismatch(s *signs) []span {
	at := credential(s, "basic ", func(text string) bool {
		plain, _ := fromBase64(text)
		return strings.HasPrefix(text, jwtStart) || strings.Contains(plain, ":"+jwtStart)
	})
	if len(at) > 0 {
		return at
	}
	return credential(s, "bearer ", func(text string) bool {
		kind, _ := shape(text)
		plain, ok := fromBase64(text)
		return kind == accessKey || ok && strings.HasPrefix(plain, ":")
	})
}

// credential finds what stands behind the scheme of an Authorization header;
// the place it returns is the scheme, not the credential.
func credential(s *signs, scheme string, is func(string) bool) (out []span) {
	each(s.lower, scheme, func(i int) {
		from := i + len(scheme)
		to := from
		for to < len(s.text) && to-from < longestValue && (inAtom[s.text[to]] || strings.IndexByte("+/=", s.text[to]) >= 0) {
			to++
		}
		if out == nil && to-from >= shortestToken && is(string(s.text[from:to])) {
			out = []span{{i, i + len(scheme) - 1}}
		}
	})
	return out
}

// fromBase64 decodes a credential; false when it does not decode to text.
func fromBase64(text string) (string, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || bytes.IndexFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return "", false
	}
	return string(raw), true
}
