package handlers_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/consentry/consentry/checks"
)

// upload sends a file as the form does.
func (b *browser) upload(name string, data []byte) page {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(name, "report.json")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		b.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.sendBody("/runs/open", form.FormDataContentType(), body.String())
}

func (b *browser) sendBody(path, kind, body string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", b.address(path), strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", kind)
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(resp.Body); err != nil {
		b.t.Fatal(err)
	}
	return page{t: b.t, status: resp.StatusCode, header: resp.Header, body: out.String(), at: r.URL}
}

// reported is a run of everything that names people, with its address.
func reported(t *testing.T) (b *browser, path string, names []string) {
	t.Helper()
	c := newConsole(t)
	b = c.browser()
	b.signIn("healthy", "admin")
	tenant := c.tenant("healthy")
	form := asks(tenant)
	form.Set("tenant", tenant.Domain)
	p := b.checked(form)
	f := b.run(p).Facts
	who := f.Operator.Get()
	return b, p.at.Path, []string{string(who.Tenant.ID), who.Tenant.DisplayName, who.Person.UPN, string(who.Person.ID), who.Person.DisplayName, tenant.Domain, tenant.Connection.Project, form.Get("secret")}
}

func TestReportsAreMaskedUnlessTheWholeIsAskedFor(t *testing.T) {
	b, path, names := reported(t)
	for form, kind := range map[string]string{"": "text/html", ".html": "text/html", ".md": "text/markdown", ".json": "application/json"} {
		p := b.send("GET", path+"/report"+form, nil)
		main := p.body
		if form == "" { // around the page stands who is signed in
			main = p.text()
		}
		if p.status != 200 || !strings.HasPrefix(p.header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", form, p.status, p.header.Get("Content-Type"))
		}
		for _, name := range names {
			if strings.Contains(main, name) {
				t.Errorf("report%s holds %q", form, name)
			}
		}
		if form != ".json" && !strings.Contains(main, "Masked: ") {
			t.Errorf("report%s does not say that it is masked", form)
		}
		whole := b.send("GET", path+"/report"+form+"?whole=yes", nil)
		if !strings.Contains(whole.body, names[5]) || strings.Contains(whole.body, names[len(names)-1]) {
			t.Errorf("the whole report%s lacks the domain or holds the secret", form)
		}
		if got := p.header.Get("Content-Disposition"); (form != "") != strings.HasPrefix(got, "attachment; filename=\"consentry-report.") {
			t.Errorf("report%s is sent as %q", form, got)
		}
	}
}

func TestTheHTMLReportIsOneFileThatNeedsNobody(t *testing.T) {
	b, path, _ := reported(t)
	p := b.send("GET", path+"/report.html", nil)
	doc := p.doc()
	if n := doc.Find("link, script, img, iframe, use, [src]").Length(); n != 0 {
		t.Errorf("%d parts come from elsewhere", n)
	}
	if doc.Find("style").Length() != 1 || doc.Find("h1").Length() != 1 || doc.Find("a").Length() != 0 {
		t.Error("it is not a document of its own")
	}
}

func TestAReportOpensAsItsReporterSawIt(t *testing.T) {
	b, path, _ := reported(t)
	shown := b.get(path + "/report")
	data := []byte(b.send("GET", path+"/report.json", nil).body)

	elsewhere := newConsole(t)
	mark, before := elsewhere.mark(), elsewhere.dump()
	other := elsewhere.browser()
	p := other.upload("file", data).want(200, "Loaded from a file", "Names in it are masked", "Consents", "In the token")
	p.without("checks were improved since", `action="/runs/`, "/fix?", "Revoke", "Make a new secret")
	for _, root := range b.get(path).rootIDs() {
		if p.doc().Find("#check-"+root).Length() != 1 {
			t.Errorf("%s is not shown as the reporter saw it", root)
		}
	}
	if !strings.Contains(p.text(), strings.TrimSpace(shown.doc().Find(".report .lead").Text()[len("something is wrong: "):])) {
		t.Errorf("the sentence is another: %s", shown.doc().Find(".report .lead").Text())
	}
	if n := elsewhere.mark() - mark; n != 0 || elsewhere.dump() != before {
		t.Errorf("opening it asked the cloud %d times, or kept something", n)
	}
}

func TestOnlyReportsAreOpened(t *testing.T) {
	b, path, _ := reported(t)
	whole := b.send("GET", path+"/report.json", nil).body
	swap := func(old, to string) []byte {
		if !strings.Contains(whole, old) {
			t.Fatalf("the report lacks %s", old)
		}
		return []byte(strings.Replace(whole, old, to, 1))
	}
	for name, data := range map[string][]byte{
		"nothing":                  nil,
		"no JSON":                  []byte("<html>"),
		"another JSON":             []byte(`{"a":1}`),
		"another version":          swap(checks.ReportFormat, "consentry-run/9"),
		"an unknown field":         swap(`"masked"`, `"more": 1, "masked"`),
		"an unknown field inside":  swap(`"given": {`, `"given": {"more": "x",`),
		"an unknown field in fact": swap(`"value": {`, `"value": {"more": 1,`),
		"a wrong type":             swap(`"masked": true`, `"masked": "yes"`),
		"something after it":       append([]byte(whole), "{}"...),
		"cut short":                []byte(whole[:len(whole)/2]),
	} {
		if p := b.upload("file", data); p.status != 422 || strings.Contains(p.body, "json:") || strings.Contains(p.body, "Go ") {
			t.Errorf("%s: %d %s", name, p.status, p.short())
		}
	}
	b.upload("other", []byte(whole)).want(422, "no file")
	b.upload("file", bytes.Repeat([]byte(" "), checks.MaxReport+1)).want(422, "larger than")
	b.upload("file", bytes.Repeat([]byte(" "), checks.MaxReport+200<<10)).want(413)
	b.sendBody("/runs/open", "application/x-www-form-urlencoded", "file=x").want(422)
	b.sendBody("/runs/open", "application/json", whole).want(415)
	// Elsewhere no file is taken.
	b.sendBody("/diagnose", "multipart/form-data; boundary=x", "--x--").want(415)
}

// Addresses out of a file could lead anywhere.
func TestAFilesCloudLeadsNowhere(t *testing.T) {
	b, path, _ := reported(t)
	var r map[string]any
	if err := json.Unmarshal([]byte(b.send("GET", path+"/report.json", nil).body), &r); err != nil {
		t.Fatal(err)
	}
	r["facts"].(map[string]any)["cloud"].(map[string]any)["Portal"] = "https://evil.example"
	r["facts"].(map[string]any)["cloud"].(map[string]any)["Graph"] = "https://evil.example"
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	b.upload("file", data).want(200, "Loaded from a file").without("evil.example")
}

// A run that was kept before a check was improved says both.
func TestAKeptRunIsJudgedAnew(t *testing.T) {
	b, path, _ := reported(t)
	run := b.run(b.get(path))
	for i, r := range run.Results {
		if r.ID == "tenant-exists" {
			run.Results[i] = checks.Result{ID: r.ID, Outcome: checks.Failed, Findings: []checks.Finding{{Summary: "An older check thought otherwise."}}}
		}
	}
	if err := b.c.store.FinishRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	p := b.get(path).want(200, "The checks were improved since", "1 of them says something else")
	if got := p.doc().Find("#check-tenant-exists .was").Text(); !strings.Contains(got, "An older check thought otherwise.") {
		t.Errorf("it says %q", got)
	}
}
