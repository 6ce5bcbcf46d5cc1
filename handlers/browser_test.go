package handlers_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/store"
)

// A jar keeps every cookie by host and port, Secure ones on plain loopback
// too, as browsers do.
type jar struct {
	mu      sync.Mutex
	cookies map[string]map[string]*http.Cookie
}

func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cookies[u.Host] == nil {
		j.cookies[u.Host] = map[string]*http.Cookie{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies[u.Host], c.Name)
			continue
		}
		j.cookies[u.Host][c.Name] = c
	}
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*http.Cookie
	for _, c := range j.cookies[u.Host] {
		out = append(out, &http.Cookie{Name: c.Name, Value: c.Value})
	}
	return out
}

// A browser is somebody's, without scripts.
type browser struct {
	t      *testing.T
	c      *console
	jar    *jar
	client *http.Client
	in     bool // somebody signed in
	// all is every answer's body, for those who look for leaks.
	mu  sync.Mutex
	all bytes.Buffer
}

func (c *console) browser() *browser {
	b := &browser{t: c.t, c: c, jar: &jar{cookies: map[string]map[string]*http.Cookie{}}}
	b.client = &http.Client{Jar: b.jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

// A page is an answer that was read.
type page struct {
	t        *testing.T
	status   int
	header   http.Header
	body     string
	at       *url.URL
	location string
}

// address completes a path of the console.
func (b *browser) address(path string) string {
	if strings.HasPrefix(path, "http") {
		return path
	}
	return b.c.base + path
}

// send sends one request as a page of the console would, and follows nothing.
func (b *browser) send(method, path string, form url.Values, header ...string) page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.address(path), body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	b.all.Write(data)
	b.all.WriteString(resp.Header.Get("Location") + "\n")
	b.mu.Unlock()
	p := page{t: b.t, status: resp.StatusCode, header: resp.Header, body: string(data), at: r.URL}
	if l := resp.Header.Get("Location"); l != "" {
		to, err := r.URL.Parse(l)
		if err != nil {
			b.t.Fatal(err)
		}
		p.location = to.String()
	}
	return p
}

// get opens an address and follows where it leads.
func (b *browser) get(path string) page {
	b.t.Helper()
	return b.follow(b.send("GET", path, nil))
}

// post sends a form and follows where it leads.
func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.follow(b.send("POST", path, form))
}

func (b *browser) follow(p page) page {
	b.t.Helper()
	for range 20 {
		if p.location == "" {
			return p
		}
		p = b.send("GET", p.location, nil)
	}
	b.t.Fatalf("no end of redirects at %s", p.at)
	return p
}

// submit fills the page's first form that has the button, and presses it.
func (b *browser) submit(p page, button string, values url.Values) page {
	b.t.Helper()
	return b.follow(b.submitOnce(p, button, values))
}

func (b *browser) submitOnce(p page, button string, values url.Values) page {
	b.t.Helper()
	form := p.doc().Find("form").FilterFunction(func(_ int, f *goquery.Selection) bool {
		return pressed(f, button).Length() > 0
	}).First()
	if form.Length() == 0 {
		b.t.Fatalf("no button %q on %s (%d): %s", button, p.at, p.status, p.text())
	}
	filled := formValues(form)
	if name, ok := pressed(form, button).Attr("name"); ok {
		filled.Set(name, pressed(form, button).AttrOr("value", ""))
	}
	for k, v := range values {
		filled[k] = v
	}
	to, err := p.at.Parse(form.AttrOr("action", p.at.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send("POST", to.String(), filled)
}

func pressed(form *goquery.Selection, button string) *goquery.Selection {
	return form.Find("button").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return strings.HasPrefix(strings.TrimSpace(s.Text()), button)
	}).First()
}

// formValues are what a browser would send for the form as it stands.
func formValues(form *goquery.Selection) url.Values {
	v := url.Values{}
	form.Find("input[name], textarea[name]").Each(func(_ int, in *goquery.Selection) {
		name := in.AttrOr("name", "")
		switch in.AttrOr("type", "") {
		case "radio", "checkbox":
			if _, on := in.Attr("checked"); on {
				v.Add(name, in.AttrOr("value", "on"))
			}
		default:
			v.Add(name, in.AttrOr("value", in.Text()))
		}
	})
	form.Find("select[name]").Each(func(_ int, s *goquery.Selection) {
		chosen := s.Find("option[selected]").First()
		if chosen.Length() == 0 {
			chosen = s.Find("option").First()
		}
		v.Add(s.AttrOr("name", ""), chosen.AttrOr("value", chosen.Text()))
	})
	return v
}

func (p page) doc() *goquery.Document {
	p.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.body))
	if err != nil {
		p.t.Fatal(err)
	}
	return doc
}

// text is all the page says.
func (p page) text() string { return strings.Join(strings.Fields(p.doc().Find("main").Text()), " ") }

// short is enough of what the page says to know it by.
func (p page) short() string {
	text := p.text()
	return text[:min(len(text), 300)]
}

// field is what stands in a form's field.
func (p page) field(name string) string {
	var found string
	p.doc().Find("form").Each(func(_ int, f *goquery.Selection) {
		if v := formValues(f); v.Has(name) {
			found = strings.Join(v[name], ",")
		}
	})
	return found
}

// want checks the status and that the page says each text.
func (p page) want(status int, texts ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("%s: %d, want %d: %s", p.at.Path, p.status, status, p.short())
	}
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			p.t.Errorf("%s does not say %q but: %s", p.at.Path, text, p.short())
		}
	}
	return p
}

// without checks that the page says none of the texts.
func (p page) without(texts ...string) page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.t.Errorf("%s holds %q: %s", p.at.Path, text, p.short())
		}
	}
	return p
}

// signIn signs in to the console as somebody of a scenario's tenant, who
// allows at once whatever the pages may need.
func (b *browser) signIn(scenario, name string) page {
	b.t.Helper()
	if b.in { // whoever is signed in is asked for more as the same person
		p := b.signInAt(b.get("/sign-in/begin"), scenario, name)
		b.get("/sign-in/begin?for=consent")
		return p
	}
	b.in = true
	return b.signInAt(b.get("/sign-in/begin?for=consent"), scenario, name)
}

// signInAt types the account into the cloud's pages, as far as they ask.
func (b *browser) signInAt(p page, scenario, name string) page {
	b.t.Helper()
	tenant := b.c.tenant(scenario)
	for _, u := range tenant.Users {
		if u.UserPrincipalName != name+"@"+tenant.Domain {
			continue
		}
		if p.doc().Find("button:contains('Use another account')").Length() > 0 {
			p = b.submit(p, "Use another account", nil)
		}
		p = b.submit(p, "Next", url.Values{"loginfmt": {u.UserPrincipalName}})
		return b.submit(p, "Sign in", url.Values{"passwd": {u.Password}})
	}
	b.t.Fatalf("nobody called %s in the %s tenant", name, scenario)
	return p
}

// eventually waits until the address says the text; it polls because what it
// waits for happens apart from any request.
func (b *browser) eventually(path, text string) page {
	b.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		p := b.get(path)
		if strings.Contains(p.text(), text) {
			return p
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%s never says %q but: %s", path, text, p.text())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// environment makes one and walks the wizard up to the review. The browser
// must be signed in.
func (b *browser) environment(integration string, inputs url.Values) (path string) {
	b.t.Helper()
	name := "e" + strings.ToLower(rand.Text()[:12])
	form := url.Values{"environment": {name}}
	for k, v := range inputs {
		form[k] = v
	}
	p := b.post("/setup/"+integration, form).want(200, "step 2 of 7")
	path, _, _ = strings.Cut(p.at.Path, "/setup/")
	for _, next := range []string{"app", "permissions", "secret", "organization"} {
		p = b.submit(p, "Continue", nil)
		if p.at.Path != path+"/setup/"+next {
			b.t.Fatalf("after %s: %d %s", p.at.Path, p.status, p.short())
		}
	}
	b.submit(p, "Continue", url.Values{"organization": {"contoso"}, "project": {"Web Shop"}}).want(200, "Review")
	return path
}

var frontegg = url.Values{"inputs.host": {"gateway.example.com"}}

// connected is an environment whose plan was applied.
func (b *browser) connected() (path string) {
	b.t.Helper()
	path = b.environment("frontegg", frontegg)
	op := b.post(path+"/apply", nil).want(200)
	b.done(op.at.Path)
	return path
}

// reveal takes the secret as a script would.
func (b *browser) reveal(path string) string {
	b.t.Helper()
	action := b.get(path+"/secret").doc().Find("form[data-reveal]").AttrOr("action", "")
	p := b.send("POST", action, url.Values{}, "Accept", "application/json")
	var answer struct{ Secret string }
	if err := json.Unmarshal([]byte(p.body), &answer); err != nil || answer.Secret == "" {
		b.t.Fatalf("reveal: %d %s", p.status, p.body)
	}
	return answer.Secret
}

// prepared starts a test of the environment's app and gives its address.
func (b *browser) prepared(path string, values url.Values) string {
	b.t.Helper()
	p := b.submit(b.get(path+"/test"), "Prepare the test", values).want(200, "Sign in at")
	return p.at.Path
}

// consent goes to Microsoft for a test and does there what is asked.
func (b *browser) consent(test, scenario, name string) page {
	b.t.Helper()
	p := b.signInAt(b.get(test+"/leave"), scenario, name)
	if p.doc().Find("button:contains('Accept')").Length() > 0 {
		p = b.submit(p, "Accept", nil)
	}
	return p
}

// done waits until the operation at an address has ended well.
func (b *browser) done(path string) {
	b.t.Helper()
	id := strings.TrimPrefix(path, "/operations/")
	until(b.t, "the end of "+path, func() bool {
		op, err := b.c.store.Operation(b.t.Context(), id)
		if err != nil {
			b.t.Fatal(err)
		}
		return op.State != store.OperationRunning
	})
	if op, err := b.c.store.Operation(b.t.Context(), id); err != nil || op.State != store.OperationDone {
		b.t.Fatalf("%s ended %s: %s, %v", path, op.State, op.Error, err)
	}
	b.get(path).want(200, "done")
}
