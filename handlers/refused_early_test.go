package handlers_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What is refused before anybody is looked up is told on a page, in a shared
// console as well, where the page leaves out what nobody may use.
func TestWhatIsRefusedEarlyIsToldOnAPage(t *testing.T) {
	for name, c := range map[string]*console{"one person's": newConsole(t), "shared": sharedConsole(t)} {
		t.Run(name, func(t *testing.T) {
			b := c.browser()
			for situation, answer := range map[string]page{
				"from elsewhere": b.send(http.MethodPost, "/sign-out", url.Values{}, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"),
				"no form":        b.send(http.MethodPost, "/sign-out", url.Values{"a": {"b"}}, "Content-Type", "text/plain"),
				"too large":      b.send(http.MethodPost, "/sign-out", url.Values{"a": {strings.Repeat("x", 2<<20)}}),
			} {
				if answer.status < 400 || answer.doc().Find("main h1").Length() != 1 || answer.doc().Find("main a.btn").Length() != 1 {
					t.Errorf("%s: %d without a page:\n%s", situation, answer.status, answer.body)
				}
			}
			if log := c.logs.String(); strings.Contains(log, "error_page") {
				t.Errorf("a page could not be made:\n%s", log)
			}
		})
	}
}

// Whoever opens the console under another name is told where it is.
func TestAnotherNameIsToldTheConsolesAddress(t *testing.T) {
	c := sharedConsole(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "127.0.0.1:1"
	resp, err := c.browser().client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{t: t, body: string(body)}
	if href, _ := p.doc().Find("main a.btn").Attr("href"); resp.StatusCode != http.StatusMisdirectedRequest || href != c.base+"/" {
		t.Errorf("%d leads to %q", resp.StatusCode, href)
	}
}
