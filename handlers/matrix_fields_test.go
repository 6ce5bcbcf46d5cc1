package handlers_test

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/handlers"
)

// A formField is a field of a form that some page shows.
type formField struct {
	page, action, name string
	filled             url.Values // the form as it stands
}

// formFields are those of every form on every page, by address and name.
func (s scene) formFields() map[string]formField {
	out := map[string]formField{}
	pages := []string{"/setup/custom", s.path + "/setup/integration", s.path + "/setup/tenant", s.path + "/setup/app", s.path + "/setup/permissions", s.path + "/setup/organization", s.path + "/setup/review"}
	for _, route := range routes() {
		if method, path, _ := strings.Cut(route, " "); method == "GET" && !strings.HasSuffix(path, "/events") && !strings.HasPrefix(path, "/_gallery") {
			pages = append(pages, s.address(path))
		}
	}
	for _, at := range pages {
		p := s.b.send("GET", at, nil)
		p.doc().Find("form[method=post]").Each(func(_ int, f *goquery.Selection) {
			filled := formValues(f)
			for name := range filled {
				action := f.AttrOr("action", at)
				out[action+" "+name] = formField{at, action, name, filled}
			}
		})
	}
	return out
}

// freeText are the fields that take whatever was pasted; several, of which
// there may be more than one.
var (
	freeText = []string{"paste", "pasted", "scopes", "address", "return", "contacts"}
	several  = []string{"scopes", "handed"}
)

// notTyped is what no keyboard puts into one line.
var notTyped = map[string]string{
	"NUL": "a\x00b", "a line break": "a\r\nX-Header: b", "reversed text": "abc\u202etxt", "an escape": "a\x1b[2Jb", "no UTF-8": "a\xff",
}

// What nobody types into one line is refused with the field's name, and
// nothing comes of it, whatever the form.
func TestNoFieldTakesWhatNobodyTypes(t *testing.T) {
	s := newScene(t)
	fields := s.formFields()
	before, mark, n := s.dump(), s.mark(), 0
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		f := fields[key]
		if slices.Contains(freeText, f.name) || slices.Contains(several, f.name) {
			continue
		}
		n++
		for what, bad := range notTyped {
			if p := s.b.send("POST", f.action, f.with(bad)); p.status != 400 || !strings.Contains(p.text(), strconv.Quote(f.name)) {
				t.Errorf("%s: %s: %d, want 400 with the field's name: %s", key, what, p.status, p.short())
			}
		}
		if p := s.b.send("POST", f.action, f.with(f.filled.Get(f.name), "twice")); p.status != 400 {
			t.Errorf("%s twice: %d, want 400", key, p.status)
		}
		if p := s.b.send("POST", f.action, f.with(strings.Repeat("a", 70_000))); p.status != 413 && !s.takesMore(f.action) {
			t.Errorf("%s with 70,000 letters: %d, want 413", key, p.status)
		}
	}
	if n < 25 {
		t.Fatalf("only %d fields: are the pages what this test thinks?", n)
	}
	s.wantUnchanged(before, mark)
}

// takesMore: forms of the address may be larger than others.
func (s scene) takesMore(address string) bool {
	return slices.ContainsFunc(s.handlers.Table(), func(r handlers.Route) bool { return r.Method == "POST" && matches(r.Path, address) && r.Body.Bytes > 0 })
}

// Where anything may be pasted, anything is dealt with.
func TestPastedTextNeverBreaksAPage(t *testing.T) {
	s := newScene(t)
	for key, f := range s.formFields() {
		if !slices.Contains(freeText, f.name) && !slices.Contains(several, f.name) {
			continue
		}
		for what, bad := range notTyped {
			if p := s.b.send("POST", f.action, f.with(bad)); p.status >= 500 {
				t.Errorf("%s: %s: %d %s", key, what, p.status, p.short())
			}
		}
	}
}

// with is the form with other values in the field.
func (f formField) with(values ...string) url.Values {
	out := maps.Clone(f.filled)
	out[f.name] = values
	return out
}

// A form's values stand in its body: those of the address are nobody's.
func TestNoFormTakesValuesFromItsAddress(t *testing.T) {
	s := newScene(t)
	before, mark := s.dump(), s.mark()
	remove := s.path + "/remove"
	name := s.b.get(remove).doc().Find("h1").Text()
	for _, query := range []string{"?name=" + url.QueryEscape(strings.TrimSpace(name)), "?name=" + s.envName()} {
		s.b.send("POST", remove+query, url.Values{}).want(422, "Type the environment's name")
	}
	s.b.send("POST", "/setup/frontegg?environment=from-address&inputs.host=gateway.example.com", url.Values{}).want(422, "has no name")
	s.b.send("POST", "/diagnose?client=11111111-2222-3333-4444-555555555555", url.Values{"sent": {"yes"}}).want(422, "nothing to check yet")
	s.wantUnchanged(before, mark)
}

func (s scene) envName() string {
	s.t.Helper()
	env, err := s.store.Environment(s.t.Context(), s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	return env.Name
}
