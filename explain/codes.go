package explain

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
)

// A code is one error code in the paste.
type code struct {
	name string // "AADSTS50011", "TF400813", "InvalidScope"
	at   span   // its first place in the view
}

// codeRole orders codes by how much they tell.
type codeRole int

// Numbers of the sign-in service and of Azure DevOps tell most, then the
// names that Graph and others give, then the values of OAuth's "error", which
// only say of what kind an error is.
const (
	numbered codeRole = iota
	named
	oauthValue
)

func (s *signs) addCode(name string, at span) {
	if _, twice := s.codes[name]; twice {
		return
	}
	s.codes[name] = at
	s.order = append(s.order, code{name, at})
}

// findCodes collects the error codes in every form they are pasted in.
func (k *knowledge) findCodes(s *signs) {
	s.findAADSTS()
	s.findPrefixed("aadb2c", "AADB2C")
	s.findDevOps()
	s.findBareNumbers()
	for name, words := range k.named {
		for _, at := range s.hits[words] {
			if s.wordAt(at) {
				s.addCode(name, at)
			}
		}
	}
	slices.SortStableFunc(s.order, func(a, b code) int { return cmp.Compare(a.at.from, b.at.from) })
}

// wordAt reports whether the range is a whole word.
func (s *signs) wordAt(at span) bool {
	return (at.from == 0 || !inName(s.lower[at.from-1])) && (at.to == len(s.lower) || !inName(s.lower[at.to]))
}

// inName leaves letters outside ASCII out: other languages write names of
// errors without a blank before them.
func inName(c byte) bool { return c < utf8.RuneSelf && isWord(c) || c == '_' }

// findAADSTS finds "AADSTS50011", "aadsts 50011", "AADST50011",
// "error_codes":[50011], error?code=50011 and "invalid_client: 7000215 - [".
func (s *signs) findAADSTS() {
	each(s.lower, "aadst", func(i int) {
		j := i + len("aadst")
		if j < len(s.lower) && s.lower[j] == 's' {
			j++
		}
		s.addAADSTS(i, skip(s.lower, j, " :#-*_", 3), true)
	})
	for _, lead := range []string{"error_codes", "error codes", "errorcodes"} {
		each(s.lower, lead, func(i int) { s.addList(i + len(lead)) })
	}
	for _, lead := range []string{"error?code=", "error code", "errorcode", "error_code", "sign-in error", "fehlercode", "code d'erreur"} {
		each(s.lower, lead, func(i int) { s.addAADSTS(i, skip(s.lower, i+len(lead), ` :="'(#*_`, 6), false) })
	}
	each(s.lower, " - [20", func(i int) {
		from := i
		for from > 0 && isDigit(s.lower[from-1]) && i-from < 9 {
			from--
		}
		s.addAADSTS(from, from, false)
	})
}

// shortestCode and longestCode are how many digits a number of the sign-in
// service has.
const (
	shortestCode = 4
	longestCode  = 9
)

// addAADSTS adds the number at; unless sure, only a known one.
func (s *signs) addAADSTS(from, at int, sure bool) {
	to := digitsEnd(s.lower, at)
	if n := to - at; n < shortestCode || n > longestCode {
		return
	}
	digits := string(s.lower[at:to])
	number, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	if !knownCode(digits) {
		if joined, end, ok := s.wrapped(at, to); ok {
			number, to = joined, end
		} else if !sure {
			return
		}
	}
	s.addCode("AADSTS"+strconv.Itoa(number), span{from, to})
}

// wrapped joins a number that a console broke in two.
func (s *signs) wrapped(at, to int) (number, end int, ok bool) {
	if to >= len(s.lower) || s.lower[to] != ' ' {
		return 0, 0, false
	}
	end = digitsEnd(s.lower, to+1)
	digits := string(s.lower[at:to]) + string(s.lower[to+1:end])
	if end == to+1 || len(digits) > longestCode || !knownCode(digits) {
		return 0, 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, end, err == nil
}

// addList adds the numbers of a JSON list that begins near at.
func (s *signs) addList(at int) {
	at = skip(s.lower, at, ` :="'[`, 6)
	for range 5 {
		to := digitsEnd(s.lower, at)
		if to == at {
			return
		}
		s.addAADSTS(at, at, false)
		at = skip(s.lower, to, " ,", 3)
	}
}

// shortPaste is a text so short that a known number in it is meant as one.
const shortPaste = 240

func (s *signs) findBareNumbers() {
	if len(s.codes) > 0 || len(s.lower) > shortPaste {
		return
	}
	for i := 0; i < len(s.lower); {
		to := digitsEnd(s.lower, i)
		if to == i {
			i++
			continue
		}
		if to-i >= 5 && s.wordAt(span{i, to}) && !joinedTo(s.lower, i, to) {
			s.addAADSTS(i, i, false)
		}
		i = to
	}
}

// joinedTo reports whether a number is part of an id, an address or an
// amount.
func joinedTo(text []byte, from, to int) bool {
	return from > 0 && strings.IndexByte("-:./=", text[from-1]) >= 0 || to < len(text) && strings.IndexByte("-/.@", text[to]) >= 0 && to+1 < len(text) && isWord(text[to+1])
}

func (s *signs) findPrefixed(lower, name string) {
	each(s.lower, lower, func(i int) {
		at := i + len(lower)
		if to := digitsEnd(s.lower, at); to > at {
			s.addCode(name+string(s.lower[at:to]), span{i, to})
		}
	})
}

// findDevOps finds TF and VS with five to eight digits.
func (s *signs) findDevOps() {
	for i := 0; i+7 <= len(s.lower); i++ {
		if c := s.lower[i]; c != 't' && c != 'v' {
			continue
		}
		pair := string(s.lower[i : i+2])
		if pair != "tf" && pair != "vs" {
			continue
		}
		to := digitsEnd(s.lower, i+2)
		if n := to - i - 2; n >= 5 && n <= 8 && s.wordAt(span{i, to}) {
			s.addCode(strings.ToUpper(string(s.lower[i:to])), span{i, to})
		}
	}
}

// codeNames lists the codes, most telling first. The values of OAuth's
// "error" are left out where something says more.
func (s *signs) codeNames() []string {
	names := make([]string, 0, len(s.order))
	for _, role := range []codeRole{numbered, named, oauthValue} {
		if role == oauthValue && len(names) > 0 {
			break
		}
		for _, c := range s.telling() {
			if roleOf(c.name) == role {
				names = append(names, c.name)
			}
		}
	}
	return names
}

// telling orders the codes by how sure a cause each has.
func (s *signs) telling() []code {
	out := slices.Clone(s.order)
	slices.SortStableFunc(out, func(a, b code) int {
		return cmp.Compare(known().codes[b.name].Weight, known().codes[a.name].Weight)
	})
	return out
}

func roleOf(name string) codeRole {
	switch {
	case strings.HasPrefix(name, "AAD"), strings.HasPrefix(name, "TF"), strings.HasPrefix(name, "VS"):
		return numbered
	}
	if _, ok := entra.ExplainOAuth(name, ""); ok && name != "InvalidScope" {
		return oauthValue
	}
	return named
}

// knownCode reports whether a number of the sign-in service has an entry.
func knownCode(digits string) bool {
	_, ok := known().codes["AADSTS"+digits]
	return ok
}

// each calls found with every place of word in text.
func each(text []byte, word string, found func(at int)) {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return
		}
		found(from + i)
		from += i + len(word)
	}
}

// skip steps over at most n bytes of set.
func skip(text []byte, at int, set string, n int) int {
	for ; n > 0 && at < len(text) && strings.IndexByte(set, text[at]) >= 0; n-- {
		at++
	}
	return at
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digitsEnd(text []byte, at int) int {
	for at < len(text) && isDigit(text[at]) {
		at++
	}
	return at
}
