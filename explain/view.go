package explain

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A view is the paste as a person reads it: escapes decoded, tags and runs of
// blanks folded into one blank. Every byte knows where it comes from.
type view struct {
	paste string
	text  []byte // decoded, letter case kept
	lower []byte // text in lower case, byte for byte as long
	// start and end of what each byte of text stands for, in the paste.
	start, end []int32
	// letters are the letters and digits of lower, index the place of each in
	// it. Fragments are looked up there, so that wrapped lines, other quotes
	// and lost punctuation make no difference.
	letters []byte
	index   []int32
}

// maxEscapes is how often one escaping may stand inside another: JSON in a
// URL in HTML.
const maxEscapes = 3

func newView(paste string) *view {
	n := len(paste)
	v := &view{paste: paste, text: []byte(paste), start: make([]int32, n), end: make([]int32, n)}
	for i := range v.text {
		v.start[i], v.end[i] = int32(i), int32(i+1)
	}
	for range maxEscapes {
		if !v.unescape() {
			break
		}
	}
	v.fold()
	v.lower = lowerCase(v.text)
	v.squeeze()
	return v
}

// put writes one byte at w that stands for bytes from to last of the text.
func (v *view) put(w int, c byte, from, last int) int {
	v.text[w], v.start[w], v.end[w] = c, v.start[from], v.end[last]
	return w + 1
}

func (v *view) cut(n int) { v.text, v.start, v.end = v.text[:n], v.start[:n], v.end[:n] }

// unescape decodes one layer of escapes in place and reports whether there
// was any.
func (v *view) unescape() (changed bool) {
	if !bytes.ContainsAny(v.text, `%\&`) {
		return false
	}
	w := 0
	for r := 0; r < len(v.text); {
		var dec [utf8.UTFMax]byte
		n, width := decode(v.text[r:], &dec)
		if width == 0 {
			w = v.put(w, v.text[r], r, r)
			r++
			continue
		}
		changed = true
		for _, c := range dec[:n] {
			w = v.put(w, c, r, r+width-1)
		}
		r += width
	}
	v.cut(w)
	return changed
}

// fold makes one blank of every run of blanks, tags, line prefixes and plus
// signs that stand for blanks, and plain quotes of typographic ones.
func (v *view) fold() {
	w, lineStart, lastPlus := 0, true, -1
	for r := 0; r < len(v.text); {
		b := v.text[r]
		c, width := v.foldAt(r, lineStart, lastPlus)
		switch {
		case b == '+':
			lastPlus = r
		case b <= ' ':
			lastPlus = -1
		}
		switch {
		case c == ' ':
			lineStart = lineStart || bytes.IndexByte(v.text[r:r+width], '\n') >= 0
		case c != 0:
			lineStart = false
		}
		switch {
		case c == ' ' && w > 0 && v.text[w-1] == ' ':
			v.end[w-1] = v.end[r+width-1]
		case c != 0:
			w = v.put(w, c, r, r+width-1)
		}
		r += width
	}
	v.cut(w)
}

// foldAt says what the bytes at r stand for: c is 0 for nothing.
func (v *view) foldAt(r int, lineStart bool, lastPlus int) (c byte, width int) {
	switch b := v.text[r]; {
	case b <= ' ':
		return ' ', 1
	case b == '<':
		if n := tagAt(v.text[r:]); n > 0 {
			return ' ', n
		}
	case lineStart && (b == '>' || b == '|'):
		return ' ', 1
	case b == '+' && v.plusIsBlank(r, lastPlus):
		return ' ', 1
	case b >= utf8.RuneSelf:
		return foldRune(v.text[r:])
	}
	return v.text[r], 1
}

// plusNear is how far apart two plus signs of a form-encoded sentence stand.
const plusNear = 24

// plusIsBlank reports whether the plus sign at r separates words, as it does
// in form encoding: another one is near with no blank between.
func (v *view) plusIsBlank(r, lastPlus int) bool {
	if r == 0 || r+1 == len(v.text) || v.text[r+1] <= ' ' {
		return false
	}
	if lastPlus >= 0 && r-lastPlus < plusNear {
		return true
	}
	for _, c := range v.text[r+1 : min(r+plusNear, len(v.text))] {
		if c == '+' {
			return true
		}
		if c <= ' ' {
			break
		}
	}
	return false
}

// squeeze collects the letters and digits.
func (v *view) squeeze() {
	v.letters = make([]byte, 0, len(v.lower))
	v.index = make([]int32, 0, len(v.lower))
	for i, c := range v.lower {
		if isWord(c) {
			v.letters = append(v.letters, c)
			v.index = append(v.index, int32(i))
		}
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// lowerCase lowers letter case where that keeps the length.
func lowerCase(text []byte) []byte {
	out := bytes.Clone(text)
	for i := 0; i < len(out); {
		c := out[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				out[i] = c + 'a' - 'A'
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(out[i:])
		if l := unicode.ToLower(r); l != r && utf8.RuneLen(l) == n {
			utf8.EncodeRune(out[i:], l)
		}
		i += n
	}
	return out
}

// A span is a range of bytes: of lower where a sign was found, of the paste
// once it is evidence.
type span struct{ from, to int }

// inPaste translates a range of the view into one of the paste, between two
// characters.
func (v *view) inPaste(s span) span {
	if s.from >= s.to || s.to > len(v.start) {
		return span{}
	}
	from, to := int(v.start[s.from]), int(v.end[s.to-1])
	for from > 0 && !utf8.RuneStart(v.paste[from]) {
		from--
	}
	for to < len(v.paste) && !utf8.RuneStart(v.paste[to]) {
		to++
	}
	return span{from, to}
}
