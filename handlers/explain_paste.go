package handlers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/consentry/consentry/explain"
)

// A piece is a part of a masked paste: Kind is "" for text, "telling" for a
// place that speaks for the best cause, "secret" for a masked one to revoke,
// "left-out" for words about text that is not shown.
type piece struct{ Kind, Text string }

const (
	// mostSecretMarks is how many places to revoke are marked.
	mostSecretMarks = 20
	// longestPlain and keptPlain shorten text between marks, in bytes: what a
	// person reads stands around the marks.
	longestPlain = 4000
	keptPlain    = 1500
)

// A mark is a range of bytes of the masked text.
type mark struct {
	from, to int
	kind     string
}

// pieces takes the masked paste apart at its marks; telling is how many of
// those speak for the best cause.
func pieces(r explain.Result) (out []piece, telling int) {
	at := 0
	for _, m := range marks(r) {
		if m.from < at { // within one before
			continue
		}
		out = append(out, plain(r.Masked[at:m.from])...)
		out = append(out, piece{m.kind, visible(r.Masked[m.from:m.to])})
		at = m.to
		if m.kind == "telling" {
			telling++
		}
	}
	return append(out, plain(r.Masked[at:])...), telling
}

func marks(r explain.Result) []mark {
	var out []mark
	add := func(start, end int, kind string) {
		if from, to := r.InMasked(start, end); from < to {
			out = append(out, mark{from, to, kind})
		}
	}
	for _, e := range r.Causes[0].Evidence {
		add(e.Start, e.End, "telling")
	}
	for _, w := range r.Warnings[:min(len(r.Warnings), mostSecretMarks)] {
		add(w.Start, w.End, "secret")
	}
	slices.SortStableFunc(out, func(a, b mark) int { return cmp.Compare(a.from, b.from) })
	return out
}

// plain is text between marks, without its middle where it is long.
func plain(text string) []piece {
	if text == "" {
		return nil
	}
	if len(text) <= longestPlain {
		return []piece{{"", visible(text)}}
	}
	head, tail := keptPlain, len(text)-keptPlain
	for !utf8.RuneStart(text[head]) {
		head--
	}
	for !utf8.RuneStart(text[tail]) {
		tail++
	}
	left := fmt.Sprintf("[%d characters are not shown]", utf8.RuneCountInString(text[head:tail]))
	return []piece{{"", visible(text[:head])}, {"left-out", left}, {"", visible(text[tail:])}}
}

// visible puts a mark in place of each character that cannot be seen, among
// them those that turn the reading direction: they may be what is wrong.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		joiner := r == '\u200c' || r == '\u200d'
		if r != '\n' && r != '\t' && !joiner && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return '\uFFFD'
		}
		return r
	}, text)
}
