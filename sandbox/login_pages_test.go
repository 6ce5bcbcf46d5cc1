package sandbox

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// everyPage walks to each page of the sign-in service.
func everyPage(l *loginTest) map[string]sight {
	web, device := l.app(nil), l.device("organizations", azureCLI, "User.Read.All").ok()
	open := func() sight { return l.visitor().open(l.authorizeURL("organizations", web)) }
	b := l.visitor()
	b.open(l.authorizeURL("organizations", web)).signIn("user", "contoso")
	return map[string]sight{
		"user name":             open(),
		"user name, wrong":      open().press("Next", "loginfmt", "nobody@nowhere.example"),
		"password":              open().press("Next", "loginfmt", "user@contoso.sandbox.invalid"),
		"password, wrong":       open().press("Next", "loginfmt", "user@contoso.sandbox.invalid").press("Sign in", "passwd", "x"),
		"accounts":              b.open(l.authorizeURL("organizations", web, "prompt", "select_account")),
		"consent":               open().signIn("user", "contoso"),
		"consent, admin":        open().signIn("admin", "contoso"),
		"admin consent":         l.visitor().open(l.adminConsentURL("organizations", "v2.0/adminconsent", web)).signIn("admin", "contoso"),
		"approval":              open().signIn("user", "northwind"),
		"approval, workflow":    open().signIn("user", "fabrikam"),
		"approval, requested":   open().signIn("user", "fabrikam").press("Request approval"),
		"device code":           l.visitor().open(l.base + "/devicelogin"),
		"device confirmation":   l.visitor().open(l.base+"/devicelogin").press("Next", "otc", device.string("user_code")).signIn("user", "contoso"),
		"message":               l.visitor().open(l.base + "/common/oauth2/v2.0/logout"),
		"error":                 l.visitor().open(l.authorizeURL("organizations", web, "redirect_uri", "https://no.example")),
		"taking back by a POST": l.visitor().open(l.authorizeURL("organizations", web, "response_mode", "form_post", "prompt", "none")),
	}
}

func TestEveryPageIsAccessibleAndWorksWithoutScript(t *testing.T) {
	l := newTestWorld(t)
	for name, s := range everyPage(l) {
		if lang, _ := s.html.Find("html").Attr("lang"); lang != "en" || s.html.Find("h1").Length() != 1 || s.html.Find("main").Length() != 1 || s.html.Find("title").Text() == "" {
			t.Errorf("%s: language, one h1, main and title are needed", name)
		}
		s.html.Find("input:not([type=hidden]), textarea").Each(func(_ int, in *goquery.Selection) {
			id, _ := in.Attr("id")
			if s.html.Find("label[for='"+id+"']").Length() != 1 {
				t.Errorf("%s: no label for %q", name, id)
			}
		})
		s.html.Find("form").Each(func(_ int, f *goquery.Selection) {
			if f.AttrOr("method", "") != "post" || f.Find("button[type=submit]").Length() == 0 {
				t.Errorf("%s: a form without button", name)
			}
		})
		if s.html.Find("[onclick], [onload], [style]").Length() > 0 || s.html.Find("a[href='']").Length() > 0 {
			t.Errorf("%s: inline handler or style", name)
		}
	}
}

func TestEveryPageForbidsWhatItDoesNotNeed(t *testing.T) {
	l := newTestWorld(t)
	for name, s := range everyPage(l) {
		policy := s.header.Get("Content-Security-Policy")
		scripts := s.html.Find("script")
		if nonce, has := scripts.Attr("nonce"); scripts.Length() > 0 && (!has || !strings.Contains(policy, "script-src 'nonce-"+nonce+"'")) {
			t.Errorf("%s: a script that the policy does not name: %s", name, policy)
		}
		if !strings.HasPrefix(policy, "default-src 'none'") || s.header.Get("Cache-Control") != "no-store, no-cache" || s.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", name, s.header)
		}
	}
}

func TestNamesAreTextOnThePages(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(func(a *application) { a.DisplayName = `<script>alert("x")</script>` })
	s := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").shows("Permissions requested")
	if s.html.Find("script").Length() != 0 || !strings.Contains(s.text(), `<script>alert("x")</script>`) {
		t.Errorf("page: %s", s.text())
	}
}

func TestTheSessionCookieIsGuarded(t *testing.T) {
	l := newTestWorld(t)
	plain := l.visitor().open(l.authorizeURL("organizations", l.app(nil))).header.Get("Set-Cookie")
	if !strings.HasPrefix(plain, sessionCookie+"=") || !strings.Contains(plain, "HttpOnly; SameSite=Lax") || strings.Contains(plain, "Secure") {
		t.Errorf("cookie %s", plain)
	}
	if u, err := url.Parse(l.base); err != nil || u.Scheme != "http" {
		t.Fatalf("base %s", l.base)
	}
}
