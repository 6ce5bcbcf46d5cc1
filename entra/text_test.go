package entra_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
)

func TestForeignText(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain text stays":                  {"User declined to consent.", "User declined to consent."},
		"lines become blanks":               {"AADSTS1: no.\r\nTrace ID: x\tend", "AADSTS1: no. Trace ID: x end"},
		"direction marks vanish":            {"safe\u202egpj.exe\u2066!", "safe gpj.exe !"},
		"zero-width characters vanish":      {"a\u200bb", "a b"},
		"NUL vanishes":                      {"a\x00b", "a b"},
		"broken UTF-8 becomes a blank":      {"a\xff\xfeb", "a b"},
		"nothing stays nothing":             {" \r\n ", ""},
		"markup is kept for the page's own": {"<b>&amp;</b>", "<b>&amp;</b>"},
	} {
		if got := entra.ForeignText(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestForeignTextIsBounded(t *testing.T) {
	for _, in := range []string{strings.Repeat("x", 1<<20), strings.Repeat("ä ", 5000), strings.Repeat("\u202e", 1<<20) + "end"} {
		got := entra.ForeignText(in)
		if n := utf8.RuneCountInString(got); n > entra.ForeignTextLimit {
			t.Errorf("%d characters, want at most %d", n, entra.ForeignTextLimit)
		}
	}
	if got := entra.ForeignText(strings.Repeat("x", 301)); !strings.HasSuffix(got, "…") || utf8.RuneCountInString(got) != 300 {
		t.Errorf("a cut text should end in an ellipsis: %q", got)
	}
}
