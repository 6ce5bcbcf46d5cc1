package entra

import (
	"strings"
	"unicode"
)

// ForeignTextLimit is how many characters of a text written by somebody else
// are kept and shown.
const ForeignTextLimit = 300

// ForeignText makes text of another service fit to show: one line, runs of
// blanks, control and invisible formatting characters (which can turn the
// reading direction) as one blank, at most ForeignTextLimit characters. It
// does not escape; the page does.
func ForeignText(s string) string {
	if most := 4 * 4 * ForeignTextLimit; len(s) > most { // plenty even if most of it is blanks
		s = s[:most]
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, " "), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if runes := []rune(s); len(runes) > ForeignTextLimit {
		return string(runes[:ForeignTextLimit-1]) + "…"
	}
	return s
}
