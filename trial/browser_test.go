package trial_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// A person drives the sign-in pages as a browser without scripts would.
type person struct {
	t      *testing.T
	client *http.Client
	// page is what is shown; nil once an answer left for the redirect URI.
	page *goquery.Document
	at   *url.URL
	// answer is the query that left for the redirect URI.
	answer url.Values
}

// open goes to address with a browser that never signed in before.
func open(t *testing.T, address, redirectURI string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t}
	p.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURI) {
			p.answer = r.URL.Query()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	p.read(p.client.Get(address))
	return p
}

func (p *person) read(resp *http.Response, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	p.page, p.at = nil, resp.Request.URL
	if p.answer != nil {
		return
	}
	if p.page, err = goquery.NewDocumentFromReader(resp.Body); err != nil {
		p.t.Fatal(err)
	}
}

// text is all the page says.
func (p *person) text() string {
	if p.page == nil {
		return ""
	}
	return strings.Join(strings.Fields(p.page.Find("main").Text()), " ")
}

// submit sends the page's form with values over its own; button is the text
// of the one that is pressed.
func (p *person) submit(button string, values url.Values) {
	p.t.Helper()
	if p.page == nil {
		p.t.Fatalf("there is no page to press %q on; the answer is %v", button, p.answer)
	}
	form := p.page.Find("form").First()
	pressed := form.Find("button").FilterFunction(func(_ int, b *goquery.Selection) bool { return strings.TrimSpace(b.Text()) == button })
	if pressed.Length() != 1 {
		p.t.Fatalf("the page has no button %q: %s", button, p.text())
	}
	form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		if name := in.AttrOr("name", ""); !values.Has(name) {
			values.Set(name, in.AttrOr("value", ""))
		}
	})
	if name := pressed.AttrOr("name", ""); name != "" {
		values.Set(name, pressed.AttrOr("value", ""))
	}
	action, err := p.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		p.t.Fatal(err)
	}
	p.read(p.client.PostForm(action.String(), values))
}

// signIn types user name and password.
func (p *person) signIn(upn, password string) *person {
	p.t.Helper()
	p.submit("Next", url.Values{"loginfmt": {upn}})
	p.submit("Sign in", url.Values{"passwd": {password}})
	return p
}

// press presses a button that needs nothing typed.
func (p *person) press(button string) *person {
	p.t.Helper()
	p.submit(button, url.Values{})
	return p
}
