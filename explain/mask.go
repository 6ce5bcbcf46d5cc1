package explain

import (
	"strings"
)

// A secret is a place of the paste that nobody else may see.
type secret struct {
	at   span
	kind secretKind
	with string // what stands there instead
}

// A Warning names a live secret or token in the paste: it has been shown to
// whoever saw the text, so it has to be revoked.
type Warning struct {
	What   string `json:"what"` // "a client secret"
	Start  int    `json:"start"`
	End    int    `json:"end"`
	Revoke string `json:"revoke"` // how, one sentence in the imperative
}

// secretKind is what a masked place held.
type secretKind int

// Personal data needs no warning; codes of the sign-in live for minutes and
// work once.
const (
	personal secretKind = iota
	signInCode
	clientSecret
	accessToken
	refreshToken
	accessKey
	password
	cookie
	opaque
)

// live says of each kind that must be revoked what it is and how.
var live = map[secretKind][2]string{
	clientSecret: {"a client secret", "Make a new client secret under Certificates & secrets of the app, put it into the integration, then delete the old one."},
	accessToken:  {"an access token", "Sign the person out of all sessions (Revoke sessions on the user's page in the Entra admin centre); the token itself ends by itself within about an hour."},
	refreshToken: {"a refresh token", "Revoke the person's sessions (Revoke sessions on the user's page in the Entra admin centre), then connect the integration again."},
	accessKey:    {"a personal access token", "Revoke it in Azure DevOps under User settings, Personal access tokens, and make a new one where it is needed."},
	password:     {"a password", "Change the password."},
	cookie:       {"a session cookie", "Sign out everywhere (Revoke sessions on the user's page in the Entra admin centre)."},
	opaque:       {"a secret or token", "Revoke it where it was made, and make a new one."},
}

func warnings(hidden []secret) []Warning {
	var out []Warning
	for _, h := range hidden {
		if w, ok := live[h.kind]; ok && h.kind != opaque {
			out = append(out, Warning{w[0], h.at.from, h.at.to, w[1]})
		}
	}
	return out
}

// maskRounds is how often masking is repeated at most until it finds nothing.
const maskRounds = 4

// mask replaces the hidden places, and what only shows once they are gone. It
// returns what it replaced in each round.
func mask(paste string, hidden []secret) (masked string, rounds [][]secret) {
	for len(hidden) > 0 && len(rounds) < maskRounds {
		paste = replace(paste, hidden)
		rounds = append(rounds, hidden)
		hidden = secretsIn(paste)
	}
	return paste, rounds
}

func replace(paste string, hidden []secret) string {
	var out strings.Builder
	out.Grow(len(paste))
	at := 0
	for _, h := range hidden {
		out.WriteString(paste[at:h.at.from])
		out.WriteString(h.with)
		at = h.at.to
	}
	out.WriteString(paste[at:])
	return out.String()
}

// Mask returns text without secrets and personal data: client secrets,
// tokens, codes, passwords, cookies, mail addresses, names of people in paths
// and network addresses. Masking twice changes nothing.
func Mask(text string) string {
	masked, _ := mask(text, secretsIn(text))
	return masked
}

// InMasked translates a range of bytes of the paste, such as that of an
// [Evidence] or a [Warning], into the range of r.Masked that shows it. What
// begins or ends within a masked place takes the whole of it.
func (r Result) InMasked(start, end int) (from, to int) {
	from, to = start, end
	for _, hidden := range r.rounds {
		from, to = moved(hidden, from, false), moved(hidden, to, true)
	}
	return from, to
}

// moved says where a place of a text is once the hidden ones are replaced; a
// place within one of those is at its beginning, or at its end.
func moved(hidden []secret, at int, end bool) int {
	by := 0
	for _, h := range hidden {
		switch {
		case at <= h.at.from:
			return at + by
		case at < h.at.to && end:
			return h.at.from + by + len(h.with)
		case at < h.at.to:
			return h.at.from + by
		}
		by += len(h.with) - (h.at.to - h.at.from)
	}
	return at + by
}
