package sandbox

import "strings"

type filterTokenKind int

const (
	filterEnd    filterTokenKind = iota
	filterWord                   // a name, keyword, number or constant
	filterString                 // a quoted literal, unquoted
	filterMark                   // ( ) , : /
	filterBroken                 // what no token begins with
)

type filterToken struct {
	kind filterTokenKind
	text string
}

// filterTokens splits a $filter text in one pass.
func filterTokens(text string) []filterToken {
	var tokens []filterToken
	for text != "" {
		var t filterToken
		if t, text = nextFilterToken(text); t.kind != filterEnd {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// nextFilterToken cuts one token off; blanks give a token of no kind.
func nextFilterToken(text string) (filterToken, string) {
	switch c := text[0]; {
	case c == ' ' || c == '\t':
		return filterToken{}, text[1:]
	case c == '\'':
		return stringToken(text)
	case strings.IndexByte("(),:/", c) >= 0:
		return filterToken{filterMark, text[:1]}, text[1:]
	}
	n := strings.IndexFunc(text, func(r rune) bool { return strings.ContainsRune(" \t'(),:/", r) })
	if n < 0 {
		n = len(text)
	}
	return filterToken{filterWord, text[:n]}, text[n:]
}

// stringToken reads a literal in which a quote is written twice.
func stringToken(text string) (filterToken, string) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return filterToken{filterString, b.String()}, text[i+1:]
		}
		b.WriteByte('\'')
		i++
	}
	return filterToken{filterBroken, text}, ""
}
