package explain

import (
	"bytes"
	"strings"

	"github.com/consentry/consentry/entra"
)

// longestValue is how far a value is read.
const longestValue = 512

// notInWord ends a value that stands by itself.
const notInWord = " '\"`,;()&"

// readWord reads one word, in quotes or not.
func readWord(b []byte) (from, to int) {
	from = skip(b, 0, " :'\"`*(=[", 4)
	if from > 0 && strings.IndexByte("'\"`", b[from-1]) >= 0 {
		return upTo(b, from, string(b[from-1]))
	}
	from, to = upTo(b, from, notInWord)
	for to > from && strings.IndexByte(".:]", b[to-1]) >= 0 {
		to--
	}
	return from, to
}

// upTo reads to the first of set; 0, 0 when none comes soon.
func upTo(b []byte, from int, set string) (int, int) {
	n := bytes.IndexAny(b[from:min(from+longestValue, len(b))], set)
	switch {
	case n > 0:
		return from, from + n
	case n < 0 && len(b)-from < longestValue:
		return from, len(b)
	}
	return 0, 0
}

func readUpTo(set string) func([]byte) (int, int) {
	return func(b []byte) (int, int) { return upTo(b, 0, set) }
}

const guidLength = 36

// readGUID reads a GUID that begins within a few bytes.
func readGUID(b []byte) (from, to int) {
	from = skip(b, 0, " :=\"'`({[", 6)
	if len(b) < from+guidLength || !entra.IsGUID(string(b[from:from+guidLength])) {
		return 0, 0
	}
	return from, from + guidLength
}

// readAssigned reads what a name is set to: name=value, "name": "value",
// name: value.
func readAssigned(b []byte) (from, to int) {
	at := skip(b, 0, "\"'` ", 3)
	sep := at
	at = skip(b, at, ":=", 2)
	if at == sep {
		return 0, 0
	}
	at = skip(b, at, " ", 1)
	if at < len(b) && strings.IndexByte("\"'`", b[at]) >= 0 {
		return upTo(b, at+1, string(b[at]))
	}
	from, to = upTo(b, at, " '\"`,;&)")
	for to > from && b[to-1] == '.' {
		to--
	}
	return from, to
}

// readQuoted reads only a value in quotes.
func readQuoted(b []byte) (from, to int) {
	at := skip(b, 0, " :=", 3)
	if at == len(b) || strings.IndexByte("\"'", b[at]) < 0 {
		return 0, 0
	}
	return upTo(b, at+1, string(b[at]))
}

// readParameter reads the value of a parameter of an address, in which a
// decoded list of scopes may hold blanks.
func readParameter(b []byte) (from, to int) {
	if len(b) > 0 && strings.IndexByte("\"'", b[0]) >= 0 {
		return upTo(b, 1, string(b[0]))
	}
	from, to = upTo(b, 0, "&\"'`<>")
	return from, from + scopesEnd(b[from:to])
}

// readScopes reads a list of scopes inside a sentence.
func readScopes(b []byte) (from, to int) {
	from = skip(b, 0, " ", 1)
	to = from + scopesEnd(b[from:min(len(b), from+longestValue)])
	return from, to
}

// scopesEnd is where words stop that look like scopes.
func scopesEnd(b []byte) int {
	end := 0
	for end < len(b) {
		next := bytes.IndexByte(b[end:], ' ')
		word := b[end:]
		if next >= 0 {
			word = b[end : end+next]
		}
		if !likeScope(string(word)) {
			break
		}
		end += len(word)
		if next < 0 {
			break
		}
		end++
	}
	for end > 0 && b[end-1] == ' ' {
		end--
	}
	return end
}

// likeScope reports whether a word of a sentence can be a scope.
func likeScope(word string) bool {
	if entra.IsOpenIDScope(word) || word == entra.UserImpersonation {
		return true
	}
	return len(word) > 4 && strings.Contains(word[:len(word)-1], ".") || strings.Contains(word, "/") || strings.Contains(word, "vso.")
}

// readSegment reads one segment of a path.
func readSegment(b []byte) (from, to int) {
	to = bytes.IndexAny(b[:min(len(b), 256)], "/ '\"`?#&,;)<>")
	if to < 0 {
		to = min(len(b), 256)
	}
	for to > 0 && strings.IndexByte(".:*", b[to-1]) >= 0 {
		to--
	}
	return 0, to
}

// around returns the address that a range is part of.
func around[T string | []byte](b T, at span) T {
	const ends = " '\"`,;()<>\\\n\t"
	from, to := at.from, at.to
	least, most := max(0, from-longestValue/4), min(len(b), to+longestValue/2)
	for from > least && strings.IndexByte(ends, b[from-1]) < 0 {
		from--
	}
	for to < most && strings.IndexByte(ends+"?#", b[to]) < 0 {
		to++
	}
	for to > from && strings.IndexByte(".:*", b[to-1]) >= 0 {
		to--
	}
	return b[from:to]
}

// timeLike is as long as the times Microsoft writes: "2025-07-24 11:07:16Z".
const timeLike = len("2006-01-02T15:04:05")

// readTime reads a time as Microsoft writes it, with fractions and zone.
func readTime(b []byte) (from, to int) {
	from = skip(b, 0, " :=\"'`", 6)
	if len(b) < from+timeLike || b[from] != '2' || b[from+4] != '-' || b[from+7] != '-' || b[from+13] != ':' {
		return 0, 0
	}
	to = from + timeLike
	for to < len(b) && (isDigit(b[to]) || b[to] == '.' || b[to] == 'Z') {
		to++
	}
	return from, to
}
