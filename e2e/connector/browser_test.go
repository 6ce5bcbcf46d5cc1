package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// A browser keeps cookies and follows redirects. Hosts that are not this
// machine lead to the stand-in's TLS listener, as --host-resolver-rules does
// in a real one.
type browser struct {
	*testing.T
	http *http.Client
}

func (s *standIn) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the stand-in's certificate is of its own making
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, _ := net.SplitHostPort(address); host != "localhost" && net.ParseIP(host) == nil {
				address = s.CallbackListen
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t, &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
}

// A view is what the browser shows.
type view struct {
	*browser
	at     *url.URL
	status int
	html   *goquery.Document
}

func (b *browser) do(r *http.Request) view {
	b.Helper()
	resp, err := b.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	return view{b, resp.Request.URL, resp.StatusCode, doc}
}

func (b *browser) open(address string) view {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.do(r)
}

func (v view) heading() string { return strings.TrimSpace(v.html.Find("h1").Text()) }

// text is what the page says, runs of blanks made one.
func (v view) text() string { return strings.Join(strings.Fields(v.html.Find("body").Text()), " ") }

// shows fails unless the page has this heading.
func (v view) shows(heading string) view {
	v.Helper()
	if v.heading() != heading {
		v.Fatalf("page %q in place of %q at %s: %d %s", v.heading(), heading, v.at.Path, v.status, v.text())
	}
	return v
}

// says fails unless the page has each of the texts.
func (v view) says(texts ...string) view {
	v.Helper()
	for _, text := range texts {
		if !strings.Contains(v.text(), strings.Join(strings.Fields(text), " ")) {
			v.Errorf("the page %q does not say %q: %s", v.heading(), text, v.text())
		}
	}
	return v
}

// press fills in fields by their labels and presses a button by its own; a
// set of check boxes is filled in by its legend.
func (v view) press(label string, filled ...string) view {
	v.Helper()
	button := v.html.Find("button").FilterFunction(func(_ int, b *goquery.Selection) bool {
		return strings.HasPrefix(strings.TrimSpace(b.Text()), label)
	})
	if button.Length() != 1 {
		v.Fatalf("%d buttons %q on page %q: %s", button.Length(), label, v.heading(), v.text())
	}
	form := button.Closest("form")
	values := present(form)
	for i := 0; i < len(filled); i += 2 {
		name, several := v.field(form, filled[i])
		values[name] = []string{filled[i+1]}
		if several {
			values[name] = strings.Fields(filled[i+1])
		}
	}
	if name, ok := button.Attr("name"); ok {
		values.Set(name, button.AttrOr("value", ""))
	}
	target, err := v.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		v.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// present is what a form sends as it stands.
func present(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name], select[name]").Each(func(_ int, in *goquery.Selection) {
		_, checked := in.Attr("checked")
		switch name := in.AttrOr("name", ""); {
		case in.Is("select"):
			chosen := in.Find("option[selected]").AddSelection(in.Find("option").First()).First()
			values.Set(name, chosen.Text())
		case in.AttrOr("type", "") != "checkbox":
			values.Set(name, in.AttrOr("value", ""))
		case checked:
			values.Add(name, in.AttrOr("value", ""))
		}
	})
	return values
}

func (v view) field(form *goquery.Selection, label string) (name string, several bool) {
	v.Helper()
	named := func(_ int, s *goquery.Selection) bool { return strings.TrimSpace(s.Text()) == label }
	if legend := form.Find("legend").FilterFunction(named); legend.Length() == 1 {
		return legend.Parent().Find("input").First().AttrOr("name", ""), true
	}
	of := form.Find("label").FilterFunction(named).AttrOr("for", "")
	name = form.Find("#"+of).AttrOr("name", "")
	if of == "" || name == "" {
		v.Fatalf("no field %q on page %q", label, v.heading())
	}
	return name, false
}

// signIn types user name and password on Microsoft's pages.
func (v view) signIn(who tenant, name string) view {
	v.Helper()
	upn, password := who.password(v.T, name)
	return v.shows("Sign in").press("Next", "Email or user name", upn).
		shows("Enter password").press("Sign in", "Password", password)
}

// comesIn signs in and consents where either is asked for.
func (v view) comesIn(who tenant, name string) view {
	v.Helper()
	if v.html.Find("#i0116").Length() > 0 {
		v = v.signIn(who, name)
	}
	if v.heading() == "Permissions requested" {
		v = v.accept()
	}
	return v
}

// accept consents to what is asked for.
func (v view) accept() view {
	v.Helper()
	return v.shows("Permissions requested").press("Accept")
}

type selection = goquery.Selection

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
