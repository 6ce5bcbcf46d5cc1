package sandbox

import (
	"net/url"
	"strings"
)

// A pathToken is a part of a path: a name, or a key that picks one object of
// a collection. applications(appId='x') is two of them, as applications/x is.
type pathToken struct {
	text string // the name, or the key's value
	// quoted: the key stood in parentheses, so it is nothing but a key.
	quoted bool
	// by is the property the key is of; empty for the id.
	by string
}

// splitPath reads an escaped path without version. Segments are unescaped
// one by one: a key may hold a slash.
func splitPath(escaped string) ([]pathToken, *graphError) {
	var tokens []pathToken
	for _, segment := range strings.Split(strings.Trim(escaped, "/"), "/") {
		text, err := url.PathUnescape(segment)
		if err != nil {
			return nil, errSegment.with(segment)
		}
		parts, ok := splitSegment(text)
		if !ok {
			return nil, errSegment.with(text)
		}
		tokens = append(tokens, parts...)
	}
	return tokens, nil
}

// splitSegment separates name(key) and name(property='key').
func splitSegment(text string) ([]pathToken, bool) {
	name, inner, keyed := strings.Cut(text, "(")
	if !keyed {
		return []pathToken{{text: text}}, text != ""
	}
	inner, closed := strings.CutSuffix(inner, ")")
	key := pathToken{quoted: true}
	if before, after, named := strings.Cut(inner, "="); named && !strings.HasPrefix(inner, "'") {
		key.by, inner = before, after
	}
	value, ok := unquoted(inner)
	key.text = value
	return []pathToken{{text: name}, key}, closed && ok && name != "" && value != ""
}

// unquoted reads a string literal, in which a quote is doubled.
func unquoted(literal string) (string, bool) {
	if len(literal) < 2 || literal[0] != '\'' || literal[len(literal)-1] != '\'' {
		return "", false
	}
	inner := literal[1 : len(literal)-1]
	value := strings.ReplaceAll(inner, "''", "'")
	return value, strings.Count(inner, "'") == 2*strings.Count(value, "'")
}

// findOperation picks the row of the operations table. A path that is known
// for other methods only is a wrong verb.
func findOperation(method string, tokens []pathToken) (*operation, []pathToken, *graphError) {
	known := false
	for i := range operations {
		op := &operations[i]
		keys, ok := op.matches(tokens)
		if !ok {
			continue
		}
		if op.method == method {
			return op, keys, nil
		}
		known = true
	}
	if known {
		return nil, nil, &errMethod
	}
	return nil, nil, unknownSegment(tokens)
}

// unknownSegment names the first part of a path that leads nowhere.
func unknownSegment(tokens []pathToken) *graphError {
	for n := range tokens {
		if !anyBeginsWith(tokens[:n+1]) {
			return errSegment.with(tokens[n].text)
		}
	}
	return errSegment.with(tokens[len(tokens)-1].text)
}

func anyBeginsWith(tokens []pathToken) bool {
	for i := range operations {
		pattern := operations[i].segments()
		if len(pattern) < len(tokens) {
			continue
		}
		if _, ok := match(pattern[:len(tokens)], tokens); ok {
			return true
		}
	}
	return false
}

func (op *operation) segments() []string { return strings.Split(op.path, "/") }

func (op *operation) matches(tokens []pathToken) ([]pathToken, bool) {
	return match(op.segments(), tokens)
}

// match compares names without letter case; "*" takes any key. Of a type's
// name "microsoft." may be left out, as the SDKs do.
func match(pattern []string, tokens []pathToken) (keys []pathToken, ok bool) {
	if len(pattern) != len(tokens) {
		return nil, false
	}
	for i, want := range pattern {
		switch {
		case want == "*":
			keys = append(keys, tokens[i])
		case tokens[i].quoted || !strings.EqualFold(want, tokens[i].text) && !strings.EqualFold(want, "microsoft."+tokens[i].text):
			return nil, false
		}
	}
	return keys, true
}

// ofMe reports whether the operation is about the signed-in user.
func (op *operation) ofMe() bool { return op.path == "me" || strings.HasPrefix(op.path, "me/") }
