package checks

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/consentry/consentry/entra"
)

// The lengths of a client secret that Graph makes, in characters
// [microsoftgraph/microsoft-graph-docs, passwordCredential].
const (
	shortestSecret = 16
	longestSecret  = 64
)

// NewSecretGiven keeps of a client secret what may be kept: its first three
// characters when it is long enough for them to give nothing away, its length
// and its form. The zero value stands for none.
func NewSecretGiven(secret entra.Sensitive) SecretGiven {
	if secret.IsZero() {
		return SecretGiven{}
	}
	value := secret.Reveal()
	out := SecretGiven{Given: true, Length: len(value), Shape: shapeOf(value)}
	if len(value) >= shortestSecret {
		out.Hint = secret.Hint()
	}
	return out
}

// shapeOf looks for what a value is mistaken for before it looks at its form.
// A tilde stands in every secret that Graph makes, and in no sample.
func shapeOf(value string) SecretShape {
	bare := strings.TrimFunc(value, cameAlong)
	switch {
	case !strings.Contains(value, "~") && (isSample(bare) || isSampleSecret(bare)):
		return PlaceholderShape
	case strings.ContainsFunc(value, unicode.IsSpace):
		return SpacedShape
	case bare != value:
		return QuotedShape
	case entra.IsGUID(value):
		return IDShape
	case isJWT(value):
		return LegacyShape
	case percentEncoded.MatchString(value):
		return EncodedShape
	case len(value) < shortestSecret, len(value) > longestSecret, strings.ContainsFunc(value, notPrintable):
		return OddShape
	}
	return UsualShape
}

var percentEncoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

// isJWT: the retired Azure DevOps OAuth gives out signed tokens as secrets;
// their header begins with {" in base64.
func isJWT(value string) bool {
	return strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2
}

// sampleSecret is the whole of what forms and documentation write in place of
// a secret.
var sampleSecret = regexp.MustCompile(`(?i)^((the|my|app|azure|client|entra)[-_ ]?)*(secret|password)([-_ ]?(value|here|text))*$`)

// isSampleSecret: a sample's word, or one character over and over as a masked
// field shows it.
func isSampleSecret(value string) bool {
	return sampleSecret.MatchString(value) || value != "" && strings.Trim(value, string([]rune(value)[:1])) == ""
}
