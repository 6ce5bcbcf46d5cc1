package handlers

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// leadsHere holds what every address to return to must be.
func leadsHere(t *testing.T, from, to string) {
	t.Helper()
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(r rune) bool { return r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) }) {
		t.Errorf("%q becomes %q", from, to)
	}
	base := &url.URL{Scheme: "https", Host: "console.example", Path: "/sign-in/callback"}
	u, err := base.Parse(to)
	if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
		t.Errorf("%q becomes %q, which leads to %v: %v", from, to, u, err)
	}
	if again := localPath(to); again != to {
		t.Errorf("%q becomes %q and then %q", from, to, again)
	}
}

func TestNoAddressToReturnToLeadsElsewhere(t *testing.T) {
	if len(payloads) < 100 {
		t.Errorf("only %d addresses are tried", len(payloads))
	}
	for _, s := range payloads {
		leadsHere(t, s, localPath(s))
	}
}

func TestAnAddressOfOursStaysAsItIs(t *testing.T) {
	for _, s := range []string{"/", "/setup", "/environments/a1/setup/app?search=Front", "/runs/x/fix?check=c&finding=0", "/setup/%C3%BC", "/a%20b"} {
		if got := localPath(s); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range payloads {
		f.Add(s)
	}
	f.Add("/environments/a1/setup/app?search=Front")
	f.Add("/? 0")
	f.Fuzz(func(t *testing.T, s string) { leadsHere(t, s, localPath(s)) })
}
