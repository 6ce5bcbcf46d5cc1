package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/sandbox"
)

// A visitor is a person's browser without scripts.
type visitor struct {
	t    testing.TB
	http *http.Client
}

func (b *bed) visitor() *visitor {
	b.t.Helper()
	transport, err := graph.Transport(b.box.Cloud())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{b.t, &http.Client{Jar: jar{}, Transport: transport}}
}

// A jar keeps every cookie by host and port, Secure ones on plain loopback
// too, as browsers do.
type jar map[string][]*http.Cookie

// SetCookies implements http.CookieJar.
func (j jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	for _, c := range cookies {
		j[u.Host] = append(slices.DeleteFunc(j[u.Host], func(o *http.Cookie) bool { return o.Name == c.Name }), c)
	}
}

// Cookies implements http.CookieJar.
func (j jar) Cookies(u *url.URL) []*http.Cookie {
	return slices.DeleteFunc(slices.Clone(j[u.Host]), func(c *http.Cookie) bool { return c.MaxAge < 0 })
}

// through fills in the sign-in service's pages as a person until until says
// that the page shown is none of them; each answer's page and address is what
// it judges by.
func (v *visitor) through(resp *http.Response, user sandbox.ReadyUser, code string, until func(at *url.URL, doc *goquery.Document) bool) (*url.URL, *goquery.Document, int) {
	v.t.Helper()
	for range 8 {
		doc, err := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if err != nil {
			v.t.Fatal(err)
		}
		if until(resp.Request.URL, doc) {
			return resp.Request.URL, doc, resp.StatusCode
		}
		values := url.Values{"otc": {code}, "loginfmt": {user.UserPrincipalName}, "passwd": {user.Password}, "action": {"accept"}}
		for _, name := range []string{"flowToken", "step"} {
			if value, ok := doc.Find("input[name=" + name + "]").Attr("value"); ok {
				values.Set(name, value)
			}
		}
		action, _ := doc.Find("form").Attr("action")
		if resp, err = v.http.PostForm(action, values); err != nil {
			v.t.Fatal(err)
		}
	}
	v.t.Fatal("the pages of the sign-in do not end")
	return nil, nil, 0
}

// typeCode is what a person does elsewhere with a code.
func (b *bed) typeCode(address, code string, user sandbox.ReadyUser) {
	b.t.Helper()
	v := b.visitor()
	resp, err := v.http.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	v.through(resp, user, code, func(_ *url.URL, doc *goquery.Document) bool {
		return strings.Contains(doc.Find("main").Text(), "You may now close this window")
	})
}

// signIn opens a console's sign-in and goes through Microsoft's pages as a
// person. It ends on a page of the console, or where Microsoft's own says no.
func (v *visitor) signIn(base string, user sandbox.ReadyUser) (at *url.URL, text string, status int) {
	v.t.Helper()
	resp, err := v.http.Get(base + "/sign-in/begin?return=/")
	if err != nil {
		v.t.Fatal(err)
	}
	at, doc, status := v.through(resp, user, "", func(at *url.URL, doc *goquery.Document) bool {
		return strings.HasPrefix(at.String(), base) || strings.Contains(doc.Text(), "AADSTS")
	})
	return at, strings.Join(strings.Fields(doc.Text()), " "), status
}
