package explain

import (
	"strings"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
)

// secretsIn finds what must not be shown, in the order it stands. One pass:
// each word is looked at by its own shape and, where it names something, what
// follows is looked at.
func secretsIn(paste string) []secret {
	f := finder{text: paste}
	for f.at < len(paste) {
		if !inAtom[paste[f.at]] {
			if width := atSign(paste[f.at:]); width > 0 {
				f.mail(width)
			}
			f.at += max(1, escape(paste[f.at:]))
			continue
		}
		from := f.at
		for f.at < len(paste) && inAtom[paste[f.at]] {
			f.at++
		}
		f.atom(from, f.at)
	}
	return f.found
}

// longestEscape is how many bytes an escape takes at most, encoded several
// times.
const longestEscape = 24

// escape is how long the escape is that text begins with, such as "%3D" or
// "\n"; 0 when it begins with none. Its letters belong to no word.
func escape(text string) int {
	var decoded [utf8.UTFMax]byte
	_, width := decode([]byte(text[:min(len(text), longestEscape)]), &decoded)
	return width
}

// finder walks over a text.
type finder struct {
	text  string
	at    int
	found []secret
}

// inAtom are the bytes of words, tokens and secrets.
var inAtom = byteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-")

// inValue are bytes that a value may hold besides: base64 and percent-encoding.
var inValue = byteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-+/=%$!*^:@#?")

func byteSet(chars string) (set [256]bool) {
	for i := range len(chars) {
		set[chars[i]] = true
	}
	return set
}

// hide marks a range and goes on behind it.
func (f *finder) hide(from, to int, kind secretKind, with string) {
	if n := len(f.found); n > 0 && from < f.found[n-1].at.to {
		from = f.found[n-1].at.to
	}
	if from < to {
		f.found = append(f.found, secret{span{from, to}, kind, with})
	}
	f.at = max(f.at, to)
}

// atom looks at one word: its own shape first, then whether it names what
// stands behind it.
func (f *finder) atom(from, to int) {
	word := f.text[from:to]
	if kind, ok := shape(word); ok {
		f.hide(from, to, kind, masked(kind))
		return
	}
	if ip(word) && !f.isVersion(from) {
		f.hide(from, to, personal, word[:strings.IndexByte(word, '.')]+".x.x.x")
		return
	}
	f.named(from, to)
}

// masked is what stands in place of a secret.
func masked(kind secretKind) string {
	switch kind {
	case clientSecret:
		return "[masked secret]"
	case accessToken, refreshToken:
		return "[masked token]"
	case accessKey:
		return "[masked PAT]"
	case signInCode:
		return "[masked code]"
	case cookie:
		return "[masked cookie]"
	case password:
		return "[masked password]"
	}
	return "[masked]"
}

// Shapes that are what they are wherever they stand.
const (
	patLength     = 52 // base32, lower case
	longPATLength = 84 // holds "AZDO" near its end since 2024
	longPATMark   = "AZDO"
	secretMark    = "Q~" // after four characters of a client secret
	jwtStart      = "eyJ"
	shortestToken = 20
	longestPlain  = 32 // longer words without structure may be secrets
)

func shape(word string) (secretKind, bool) {
	switch n := len(word); {
	case n < shortestToken:
		return 0, false
	case strings.HasPrefix(word, jwtStart) && (strings.Contains(word, ".") || n > 60):
		return accessToken, true
	case n > 30 && n < 50 && strings.Index(word, secretMark) == 4:
		return clientSecret, true
	case n == patLength && base32(word):
		return accessKey, true
	case n >= longPATLength && n < longPATLength+4 && strings.Contains(word[60:], longPATMark):
		return accessKey, true
	case n > 60 && (strings.HasPrefix(word, "0.A") || strings.HasPrefix(word, "1.A") || strings.HasPrefix(word, "AQAB") || strings.HasPrefix(word, "OAQAB") || strings.HasPrefix(word, "M.C")):
		return refreshToken, true
	case n > longestPlain && random(word):
		return opaque, true
	}
	return 0, false
}

func base32(word string) bool {
	digit := false
	for i := range len(word) {
		c := word[i]
		if !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return false
		}
		digit = digit || c <= '7'
	}
	return digit
}

// random reports whether a long word has neither the parts of a name nor
// those of a GUID: letters and digits take turns too often.
func random(word string) bool {
	if entra.IsGUID(word) {
		return false
	}
	turns, parts, last := 0, 1, byte(0)
	for i := range len(word) {
		c := kindOf(word[i])
		if c == '.' {
			parts++
		} else if last != 0 && c != last {
			turns++
		}
		last = c
	}
	return turns >= 6 && turns >= len(word)/10 && parts <= 1+len(word)/16 && !guidWithin(word)
}

// kindOf tells digits, letters and separators apart.
func kindOf(c byte) byte {
	switch {
	case isDigit(c):
		return '0'
	case c == '.' || c == '-' || c == '_' || c == '~':
		return '.'
	}
	return 'a'
}

// guidWithin reports whether a word is made of a GUID and a few letters.
func guidWithin(word string) bool {
	for i := 0; i+guidLength <= len(word); i++ {
		if word[i+8:i+9] == "-" && entra.IsGUID(word[i:i+guidLength]) {
			return true
		}
	}
	return false
}

// ip reports whether a word is an IPv4 address that says where somebody is.
func ip(word string) bool {
	if len(word) < 7 || len(word) > 15 || !isDigit(word[0]) {
		return false
	}
	parts := strings.Split(word, ".")
	if len(parts) != 4 || parts[0] == "127" || parts[0] == "0" || parts[0] == "10" {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || digitsEnd([]byte(p), 0) != len(p) || len(p) == 3 && p > "255" {
			return false
		}
	}
	return true
}

// isVersion reports whether four numbers are said to be a version.
func (f *finder) isVersion(from int) bool {
	before := strings.ToLower(f.text[max(0, from-12):from])
	return strings.Contains(before, "ver") || strings.HasSuffix(before, "/") || strings.HasSuffix(before, "=")
}

// Servers of Azure DevOps that a clone address names after the "@".
var notMail = []string{"dev.azure.com", "ssh.dev.azure.com", "github.com", "vs-ssh.visualstudio.com"}

// atSign is how long the "@" is that text begins with, percent-encoded or not;
// 0 when it begins with none.
func atSign(text string) int {
	for _, form := range []string{"@", "%40", "%2540"} {
		if strings.HasPrefix(text, form) {
			return len(form)
		}
	}
	return 0
}

// mail hides the account of a mail address whose "@" of width bytes is here,
// and in an address the user and password in front of the host.
func (f *finder) mail(width int) {
	from := f.at
	floor := 0
	if n := len(f.found); n > 0 {
		floor = f.found[n-1].at.to
	}
	for from > max(floor, f.at-80) && (inAtom[f.text[from-1]] || strings.IndexByte("#+:'", f.text[from-1]) >= 0 && f.text[from-1] != '\'') {
		from--
	}
	to := f.at + width
	for to < len(f.text) && inAtom[f.text[to]] {
		to++
	}
	name, host := f.text[from:f.at], strings.TrimRight(f.text[f.at+width:to], ".-_~")
	if user, _, found := strings.Cut(name, ":"); found {
		f.userInfo(from+len(user)+1, strings.HasSuffix(f.text[:from], "//"))
		return
	}
	if name == "" || !isDomain(host) {
		return
	}
	for _, h := range notMail {
		if host == h {
			return
		}
	}
	f.hide(from, f.at, personal, name[:1]+"…")
}

// userInfo hides the password of https://user:password@host.
func (f *finder) userInfo(from int, inAddress bool) {
	if inAddress && from < f.at && !strings.HasPrefix(f.text[from:], "[masked") {
		f.hide(from, f.at, accessKey, masked(accessKey))
	}
}

func isDomain(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return dot > 0 && len(s)-dot > 2 && !isDigit(s[dot+1])
}
