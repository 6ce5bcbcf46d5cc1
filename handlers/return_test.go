package handlers_test

import (
	"net/url"
	"strings"
	"testing"
)

// elsewhere are some addresses of others; the whole list is tried on the
// parser itself.
var elsewhere = []string{
	"//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)", "/%2f%2fevil.example", "/%5cevil.example",
	"/\t/evil.example", "\n//evil.example", "/.//evil.example", "//user@evil.example", "／／evil.example", "///\\;@evil.example", "",
}

func TestSigningInLeadsBackToThisConsoleOnly(t *testing.T) {
	c := newConsole(t)
	for _, to := range elsewhere {
		t.Run(to, func(t *testing.T) {
			b := c.browser()
			p := b.get("/sign-in?return=" + url.QueryEscape(to))
			if p.status == 400 {
				p.want(400, "The field \"return\" holds") // no line of text to begin with
				return
			}
			begin := p.want(200).doc().Find(`a[href^="/sign-in/begin"]`).First()
			for _, from := range []string{begin.AttrOr("href", ""), "/sign-in/begin?return=" + url.QueryEscape(to)} {
				p := b.signInAt(b.get(from), "healthy", "admin")
				if !strings.HasPrefix(p.at.String(), b.c.base+"/") {
					t.Errorf("led to %s", p.at)
				}
				if strings.Contains(p.at.Host, "evil") || strings.HasPrefix(p.at.Path, "//") {
					t.Errorf("led to %s", p.at)
				}
				b = c.browser()
			}
		})
	}
}

func TestSigningInLeadsBackToWhereItWasNeeded(t *testing.T) {
	s := newScene(t)
	for from, want := range map[string]string{
		s.path + "/setup/app?search=Front": s.path + "/setup/app?search=Front",
		s.path + "/remove":                 s.path + "/remove",
	} {
		b := s.browser()
		p := b.get(from)
		if got := p.at.Path; got != "/sign-in" {
			t.Fatalf("%s led to %s", from, got)
		}
		p = b.signInAt(b.get(p.doc().Find(`a[href^="/sign-in/begin"]`).First().AttrOr("href", "")), "healthy", "admin")
		if got := p.at.RequestURI(); got != want {
			t.Errorf("%s led back to %s", from, got)
		}
	}
	for from, want := range map[string]string{
		s.path + "/apply": s.path + "/setup/review", s.path + "/setup/secret": s.path + "/setup/secret",
		s.path + "/secret/replace": s.path + "/secret",
		s.path + "/remove":         s.path + "/remove",
	} {
		p := s.browser().post(from, nil)
		if got := p.at.Query().Get("return"); p.at.Path != "/sign-in" || got != want {
			t.Errorf("POST %s led to %s, back to %q", from, p.at, got)
		}
	}
}

func TestWhatWasTypedWaitsWhileSomebodySignsIn(t *testing.T) {
	s := newScene(t)
	form := url.Values{"description": {"<b>Web</b> shop"}, "lifetime": {"90"}, "version": {s.b.get(s.path + "/setup/secret").field("version")}}
	b := s.browser()
	p := b.post(s.path+"/setup/secret", form).want(200, "Sign in", "What you typed is kept")
	back := p.at.Query().Get("return")
	if !strings.HasPrefix(back, "/sign-in/form/") {
		t.Fatalf("it leads back to %q", back)
	}
	s.browser().get(back).want(404)
	p = b.signInAt(b.get(p.doc().Find(`a[href^="/sign-in/begin"]`).First().AttrOr("href", "")), "healthy", "admin")
	p.want(200, "What you typed is still here", "<b>Web</b> shop", "90").without(">Version<")
	b.submit(p, "Send it now", nil).want(200, "Organization")
	if got := b.get(s.path + "/setup/secret").field("description"); got != "<b>Web</b> shop" {
		t.Errorf("the description is %q", got)
	}
}

func TestNoSecretWaitsForSomebodyToSignIn(t *testing.T) {
	s := newScene(t)
	p := s.browser().post(s.test+"/pasted", url.Values{"pasted": {"https://x.example/?code=CANARY"}})
	if p.at.Path == "/sign-in" && strings.Contains(p.at.RawQuery, "form") {
		t.Errorf("it leads to %s", p.at)
	}
	if strings.Contains(s.dump(), "CANARY") {
		t.Error("it is kept")
	}
}

// Somebody without a session is given room for what they typed, but nobody can
// fill the database with forms.
func TestNobodyFillsTheDatabaseWithForms(t *testing.T) {
	c := sharedConsole(t)
	form := url.Values{"environment": {strings.Repeat("x", 15<<10)}}
	kept := 0
	for range 200 {
		b := c.browser()
		if p := b.send("POST", "/setup/frontegg", form); strings.Contains(p.location, url.QueryEscape("/sign-in/form/")) {
			kept++
		}
	}
	living, err := c.store.LivingSessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if kept == 0 || kept > 50 || len(living) > 50 {
		t.Errorf("of 200 forms of strangers %d are kept, in %d sessions", kept, len(living))
	}
}
