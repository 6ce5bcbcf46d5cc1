package drive

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// A Browser is somebody's, without scripts. It is not for concurrent use, but
// for Send and Raw.
type Browser struct {
	tb     testing.TB
	base   string
	client *http.Client
	mu     sync.Mutex
	seen   bytes.Buffer
}

// Open opens a browser that remembers nothing yet, at a console's address or
// that of a proxy before several.
func Open(tb testing.TB, base string) *Browser {
	b := &Browser{tb: tb, base: base}
	b.client = &http.Client{Jar: &jar{cookies: map[string]map[string]string{}}, Timeout: Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{}}
	tb.Cleanup(b.client.CloseIdleConnections)
	return b
}

// jar keeps every cookie by host and port, Secure ones on plain loopback too,
// as browsers do.
type jar struct {
	mu      sync.Mutex
	cookies map[string]map[string]string
}

// SetCookies implements http.CookieJar.
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cookies[u.Host] == nil {
		j.cookies[u.Host] = map[string]string{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies[u.Host], c.Name)
			continue
		}
		j.cookies[u.Host][c.Name] = c.Value
	}
}

// Cookies implements http.CookieJar.
func (j *jar) Cookies(u *url.URL) (out []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, value := range j.cookies[u.Host] {
		out = append(out, &http.Cookie{Name: name, Value: value})
	}
	return out
}

// Cookies are the values of the cookies that an address has set.
func (b *Browser) Cookies(address string) (values []string) {
	b.tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.tb.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		values = append(values, c.Value)
	}
	return values
}

// A Page is an answer that was read.
type Page struct {
	tb       testing.TB
	Status   int
	Header   http.Header
	Body     string
	At       *url.URL
	location string
}

func (b *Browser) remember(body []byte, header http.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen.Write(body)
	for name, values := range header {
		b.seen.WriteString("\n" + name + ": " + strings.Join(values, "\n"))
	}
}

// Seen is everything that the console's answers held so far: bodies and header
// values.
func (b *Browser) Seen() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen.String()
}

// Raw sends one request as a page of the console would, follows nothing, and
// returns what went wrong on the way.
func (b *Browser) Raw(method, path string, form url.Values, header ...string) (Page, error) {
	if !strings.HasPrefix(path, "http") {
		path = b.base + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.tb.Context(), method, path, body)
	if err != nil {
		return Page{}, err
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
		return Page{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return Page{}, err
	}
	return b.page(resp, data)
}

func (b *Browser) page(resp *http.Response, data []byte) (Page, error) {
	if strings.HasPrefix(resp.Request.URL.String(), b.base+"/") {
		b.remember(data, resp.Header)
	}
	p := Page{tb: b.tb, Status: resp.StatusCode, Header: resp.Header, Body: string(data), At: resp.Request.URL}
	if l := resp.Header.Get("Location"); l != "" {
		to, err := resp.Request.URL.Parse(l)
		if err != nil {
			return p, err
		}
		p.location = to.String()
	}
	return p, nil
}

// Send is Raw for requests that must come through.
func (b *Browser) Send(method, path string, form url.Values, header ...string) Page {
	b.tb.Helper()
	p, err := b.Raw(method, path, form, header...)
	if err != nil {
		b.tb.Fatal(err)
	}
	return p
}

// Get opens an address and follows where it leads.
func (b *Browser) Get(path string) Page {
	b.tb.Helper()
	return b.follow(b.Send(http.MethodGet, path, nil))
}

// Post sends a form and follows where it leads.
func (b *Browser) Post(path string, form url.Values) Page {
	b.tb.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.follow(b.Send(http.MethodPost, path, form))
}

func (b *Browser) follow(p Page) Page {
	b.tb.Helper()
	for range 20 {
		if p.location == "" {
			return p
		}
		p = b.Send(http.MethodGet, p.location, nil)
	}
	b.tb.Fatalf("no end of redirects at %s", p.At)
	return p
}

// Submit fills the page's first form that has the button, presses it, and
// follows where it leads.
func (b *Browser) Submit(p Page, button string, values url.Values) Page {
	b.tb.Helper()
	to, filled := p.Form(button)
	for k, v := range values {
		filled[k] = v
	}
	return b.Post(to, filled)
}

// Form is the page's first form that has the button: where it is sent and what
// a browser would send for it as it stands.
func (p Page) Form(button string) (to string, filled url.Values) {
	p.tb.Helper()
	form := p.form(button)
	if form == nil {
		p.tb.Fatalf("no button %q on %s (%d): %s", button, p.At, p.Status, p.Text())
	}
	filled = formValues(form)
	if name, ok := pressed(form, button).Attr("name"); ok {
		filled.Set(name, pressed(form, button).AttrOr("value", ""))
	}
	at, err := p.At.Parse(form.AttrOr("action", p.At.String()))
	if err != nil {
		p.tb.Fatal(err)
	}
	return at.String(), filled
}

// Has reports whether the page has a form with the button.
func (p Page) Has(button string) bool { return p.form(button) != nil }

func (p Page) form(button string) *goquery.Selection {
	found := p.Doc().Find("form").FilterFunction(func(_ int, f *goquery.Selection) bool {
		return pressed(f, button).Length() > 0
	}).First()
	if found.Length() == 0 {
		return nil
	}
	return found
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

// Doc is the page as a document.
func (p Page) Doc() *goquery.Document {
	p.tb.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.Body))
	if err != nil {
		p.tb.Fatal(err)
	}
	return doc
}

// Text is all that the page says.
func (p Page) Text() string {
	return strings.Join(strings.Fields(p.Doc().Find("main").Text()), " ")
}

// Want checks the status and that the page says each text.
func (p Page) Want(status int, texts ...string) Page {
	p.tb.Helper()
	if p.Status != status {
		p.tb.Fatalf("%s: %d, want %d: %s", p.At.Path, p.Status, status, p.Text())
	}
	for _, text := range texts {
		if !strings.Contains(p.Text(), text) {
			p.tb.Fatalf("%s does not say %q but: %s", p.At.Path, text, p.Text())
		}
	}
	return p
}

// Eventually opens an address again and again until it says the text.
func (b *Browser) Eventually(path, text string) Page {
	b.tb.Helper()
	var last string
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		p, err := b.Raw(http.MethodGet, path, nil)
		if err != nil {
			last = err.Error() // the process may be on its way up
			continue
		}
		if last = p.Text(); strings.Contains(last, text) {
			return p
		}
	}
	b.tb.Fatalf("%s never says %q but: %s", path, text, last)
	return Page{}
}
