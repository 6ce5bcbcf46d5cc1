package explain

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// decode reads the escape that b begins with: percent-encoding (also encoded
// again), a backslash escape of JSON (also escaped again) or an HTML entity.
// It returns how many bytes it stands for and how many it takes; width is 0
// when there is none.
func decode(b []byte, dec *[utf8.UTFMax]byte) (n, width int) {
	switch b[0] {
	case '%':
		dec[0], width = percent(b)
		return 1, width
	case '\\':
		return backslash(b, dec)
	case '&':
		return entity(b, dec)
	}
	return 0, 0
}

func percent(b []byte) (c byte, width int) {
	if len(b) < 3 {
		return 0, 0
	}
	c, ok := hexByte(b[1:3])
	if !ok {
		return 0, 0
	}
	width = 3
	for level := 1; level < maxEscapes && c == '%' && len(b) >= width+2; level++ {
		next, ok := hexByte(b[width : width+2])
		if !ok {
			break
		}
		c, width = next, width+2
	}
	return c, width
}

func hexByte(b []byte) (byte, bool) {
	hi, ok1 := hexDigit(b[0])
	lo, ok2 := hexDigit(b[1])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// backslash decodes a run of backslashes and what follows: escaping an
// escaped text doubles them each time, so their number says nothing.
func backslash(b []byte, dec *[utf8.UTFMax]byte) (n, width int) {
	run := 1
	for run < len(b) && b[run] == '\\' {
		run++
	}
	if run == len(b) {
		if run == 1 {
			return 0, 0
		}
		dec[0] = '\\'
		return 1, run
	}
	switch c := b[run]; c {
	case 'n', 'r', 't':
		dec[0] = '\n'
		return 1, run + 1
	case '"', '\'', '/', '`':
		dec[0] = c
		return 1, run + 1
	case 'u':
		if code, ok := hexNumber(b[run+1:], 4); ok {
			return encode(code, dec), run + 5
		}
	case 'x':
		if code, ok := hexNumber(b[run+1:], 2); ok {
			dec[0] = byte(code)
			return 1, run + 3
		}
	}
	if run == 1 {
		return 0, 0
	}
	dec[0] = '\\'
	return 1, run
}

func hexNumber(b []byte, digits int) (rune, bool) {
	if len(b) < digits {
		return 0, false
	}
	var code rune
	for _, c := range b[:digits] {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		code = code<<4 | rune(d)
	}
	return code, true
}

// encode writes a character; one that is none, or that ends a line, becomes
// a blank.
func encode(code rune, dec *[utf8.UTFMax]byte) int {
	if code < ' ' || !utf8.ValidRune(code) {
		code = ' '
	}
	return utf8.EncodeRune(dec[:], code)
}

// htmlEntities are the named ones that show up in error pages.
var htmlEntities = []struct {
	name string
	char byte
}{
	{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}, {"&rsquo;", '\''}, {"&lsquo;", '\''},
}

// longestEntity is "&#1114111;".
const longestEntity = 10

func entity(b []byte, dec *[utf8.UTFMax]byte) (n, width int) {
	for _, e := range htmlEntities {
		if bytes.HasPrefix(b, []byte(e.name)) {
			dec[0] = e.char
			return 1, len(e.name)
		}
	}
	if len(b) < 4 || b[1] != '#' {
		return 0, 0
	}
	end := bytes.IndexByte(b[:min(longestEntity, len(b))], ';')
	if end < 0 {
		return 0, 0
	}
	digits, base := string(b[2:end]), 10
	if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		return 0, 0
	}
	n = encode(rune(code), dec)
	if n > end {
		return 0, 0
	}
	return n, end + 1
}

// tags are the elements of HTML that only lay text out. Everything else in
// angle brackets may be a placeholder that somebody left in, or be telling
// itself (<html>, <title>).
var tags = map[string]bool{
	"a": true, "b": true, "br": true, "code": true, "div": true, "em": true, "h1": true, "h2": true, "h3": true, "h4": true,
	"i": true, "li": true, "ol": true, "p": true, "pre": true, "span": true, "strong": true, "table": true, "td": true,
	"th": true, "tr": true, "tt": true, "u": true, "ul": true, "font": true, "small": true, "img": true, "hr": true,
}

// longestTag keeps looking for the end of a tag cheap.
const longestTag = 400

// tagAt returns how long the tag is that b begins with, 0 when it begins with
// none that only lays text out.
func tagAt(b []byte) int {
	i := 1
	if i < len(b) && b[i] == '/' {
		i++
	}
	nameStart := i
	for i < len(b) && i-nameStart < 8 && isWord(b[i]|0x20) && b[i] < utf8.RuneSelf {
		i++
	}
	if !tags[string(bytes.ToLower(b[nameStart:i]))] {
		return 0
	}
	for ; i < len(b) && i < longestTag && b[i] != '<'; i++ {
		if b[i] == '>' {
			return i + 1
		}
	}
	return 0
}

// foldRune says what a character outside ASCII stands for.
func foldRune(b []byte) (c byte, width int) {
	r, n := utf8.DecodeRune(b)
	switch r {
	case '\u2018', '\u2019', '\u201b', '\u2032':
		return '\'', n
	case '\u201c', '\u201d', '\u201e', '\u00ab', '\u00bb':
		return '"', n
	case '\u00a0', '\u3000', '\u2028', '\u2029', '\u202f', '│', '┃', '╷', '╵':
		return ' ', n
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad':
		return 0, n
	}
	return b[0], 1
}
