package handlers_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/store"
)

// tamper changes the console's database behind its back.
func (c *console) tamper(statements ...string) {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "consentry.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(c.t.Context(), s); err != nil {
			c.t.Fatalf("%s: %v", s, err)
		}
	}
}

const refuseAudit, allowAudit = `CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END`, `DROP TRIGGER no_audit`

// log is what the audit log has, oldest first.
func (c *console) log() (rows []store.AuditRow) {
	c.t.Helper()
	for r, err := range c.store.AuditLog(c.t.Context(), store.AuditFilter{}) {
		if err != nil {
			c.t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// writes counts what the cloud was sent that changes a directory.
func (c *console) writes(mark int) (sent []string) {
	for _, r := range c.since(mark) {
		if r.Service == "graph" && r.Method != http.MethodGet {
			sent = append(sent, r.Method+" "+r.Path)
		}
	}
	return sent
}

// Without a log nothing is done that belongs into it, and the cloud hears
// nothing of it.
func TestWithoutTheAuditLogNothingIsDone(t *testing.T) {
	s := newScene(t)
	path := s.b.environment("frontegg", url.Values{"inputs.host": {"other.example.com"}})
	removal := s.b.get(s.path + "/remove").want(200)
	name := strings.TrimPrefix(removal.doc().Find("h1").Text(), "Remove ")
	s.tamper(refuseAudit)
	mark := s.mark()
	for what, p := range map[string]page{
		"apply":   s.b.send("POST", path+"/apply", url.Values{}),
		"replace": s.b.send("POST", s.path+"/secret/replace", url.Values{}),
		"reveal":  s.b.send("POST", s.path+"/secret/"+s.secret+"/reveal", url.Values{}),
		"remove":  s.b.submitOnce(removal, "Remove "+name, url.Values{"name": {name}}),
		"checks":  s.b.submitOnce(s.b.get(s.path+"/checks"), "Run the checks", nil),
		"export":  s.b.send("POST", "/audit/export", url.Values{"format": {"csv"}}),
	} {
		if p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" || !strings.Contains(p.body, "audit log cannot be written") {
			t.Errorf("%s: %d %s", what, p.status, p.short())
		}
	}
	if sent := s.writes(mark); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	s.tamper(allowAudit)
	if s.b.reveal(s.path) == "" {
		t.Error("the secret is used up")
	}
	if _, err := s.store.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheLogShowsWhoDidWhat(t *testing.T) {
	s := newScene(t)
	s.b.reveal(s.path)
	p := s.b.get("/audit").want(200, "Looked at a client secret", "Started an operation", "Added a credential to an app", "Signed in", "admin@contoso.sandbox.invalid")
	if p.doc().Find("table a[href='"+s.path+"']").Length() == 0 {
		t.Error("no row leads to the environment")
	}
	s.b.get("/audit?action=secret-revealed").want(200, "Looked at a client secret").without("Started an operation</td>")
	s.b.get("/audit?action=secret-revealed&actor=nobody").want(200, "No row matches")
	s.b.get("/audit?from=2001-01-01&to=2001-01-02").want(200, "No row matches")
	s.b.get("/audit?action=nonsense&from=soon").want(422, "no such action", "give a day")
	s.b.get("/audit?place="+url.QueryEscape("made.up")).want(400, "no place in your audit log")
}

func TestTheLogIsReadPageByPage(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	for i := range 120 {
		if err := c.store.Audit(t.Context(), store.AuditEvent{Action: "reminder-sent", Result: store.AuditDone, Object: fmt.Sprintf("environment/%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	p := b.get("/audit?action=reminder-sent").want(200)
	for pages := 1; ; pages++ {
		p.doc().Find("dl").Each(func(_ int, d *goquery.Selection) {
			seen = append(seen, regexp.MustCompile(`environment/\d+`).FindString(d.Text()))
		})
		older, more := p.doc().Find("nav[aria-label=Pages] a:contains(Older)").Attr("href")
		if !more {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		p = b.get(older).want(200)
	}
	if len(seen) != 120 || seen[0] != "environment/119" || seen[119] != "environment/0" || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 120 {
		t.Errorf("%d rows: %q", len(seen), seen)
	}
}

func TestAnExportIsAFileOfTheChosenRowsAndLeavesARow(t *testing.T) {
	s := newScene(t)
	if err := s.store.Audit(t.Context(), store.AuditEvent{Action: "reminder-sent", Result: store.AuditDone, Detail: map[string]string{"name": "x"}, Object: "=cmd|'/c calc'!A1"}); err != nil {
		t.Fatal(err)
	}
	file := s.b.send("POST", "/audit/export", url.Values{"format": {"csv"}, "action": {"reminder-sent"}}).want(200)
	if got := file.header.Get("Content-Disposition"); got != `attachment; filename="consentry-audit.csv"` || file.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s, %s", got, file.header.Get("Content-Type"))
	}
	lines, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(lines) != 2 || !slices.Contains(lines[1], "'=cmd|'/c calc'!A1") {
		t.Errorf("%v: %q", err, lines)
	}
	var rows []map[string]any
	whole := s.b.send("POST", "/audit/export", url.Values{"format": {"json"}}).want(200)
	if err := json.Unmarshal([]byte(whole.body), &rows); err != nil || len(rows) < 6 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	log := s.log()
	last := log[len(log)-1]
	if last.Action != "audit-exported" || last.Result != store.AuditDone || last.Actor != "admin@contoso.sandbox.invalid" || !strings.Contains(last.Detail, `"count":"`+fmt.Sprint(len(rows))+`"`) {
		t.Errorf("the last row is %+v", last)
	}
	for _, form := range []url.Values{{}, {"format": {"xml"}}, {"format": {"csv"}, "from": {"x"}}} {
		s.b.send("POST", "/audit/export", form).want(422, "cannot be exported")
	}
}

// In a shared console the log is for administrators, each with their own
// tenant's rows, and its numbers, which count those of all, are shown to none.
func TestTheLogIsForTheTenantsOwnAdministrators(t *testing.T) {
	s := sharedScene(t)
	name := s.b.get(s.path).doc().Find("h1").Text()
	other := s.browser()
	other.enter(neighbor, anAdmin)
	mine, theirs := s.b.get("/audit").want(200), other.get("/audit").want(200)
	rows := func(p page) string { return p.doc().Find("tbody").Text() }
	if text := rows(mine); !strings.Contains(text, name) || !strings.Contains(text, "Added a credential") {
		t.Errorf("the tenant's own log has %s", text)
	}
	if text := rows(theirs); !strings.Contains(text, "Signed in") || strings.Contains(text, name) || strings.Contains(text, "Added a credential") || strings.Contains(text, s.env) {
		t.Errorf("another tenant's log has %s", text)
	}
	if strings.Contains(mine.body, "<dt>Row</dt>") || strings.Contains(theirs.body, "<dt>Row</dt>") {
		t.Error("the numbers of all rows are shown")
	}
	export := other.send("POST", "/audit/export", url.Values{"format": {"json"}}).want(200)
	for _, not := range []string{s.env, s.secret, `"seq"`, `"hash"`} {
		if strings.Contains(export.body, not) {
			t.Errorf("another tenant's export has %s", not)
		}
	}
	for _, who := range []string{aViewer, aSupport} {
		b := s.browser()
		b.enter(home, who)
		b.get("/audit").want(403)
		b.send("POST", "/audit/export", url.Values{"format": {"csv"}}).want(403)
		if b.get("/").want(200).doc().Find("a[href='/audit']").Length() > 0 {
			t.Errorf("%s is led to the log", who)
		}
	}
	if denied := s.audited("access-denied"); len(denied) != 4 || denied[0].Result != store.AuditDenied || denied[0].Role != "support" {
		t.Errorf("refusals in the log: %+v", denied)
	}
}

// Ciphertexts that changed places open nowhere: the page says so, the log
// too, and neither value comes out.
func TestSwappedSecretsAreGivenToNobody(t *testing.T) {
	s := newScene(t)
	other := s.b.connected()
	form := s.b.get(other+"/secret").doc().Find("form[action$='/reveal']").AttrOr("action", "")
	second := strings.Split(form, "/")[4]
	swap := []string{
		`CREATE TABLE swap AS SELECT id, value FROM secrets`,
		`UPDATE secrets SET value = (SELECT value FROM swap WHERE swap.id <> secrets.id)`,
	}
	s.tamper(swap...)
	for _, address := range []string{s.path + "/secret/" + s.secret + "/reveal", form} {
		for _, accept := range []string{"application/json", "text/html"} {
			p := s.b.send("POST", address, url.Values{}, "Accept", accept)
			if p.status != 500 || strings.Contains(p.body, "8Q~SANDBOX") || !strings.Contains(p.body, "does not open") {
				t.Errorf("%s: %d %s", address, p.status, p.short())
			}
		}
	}
	named := map[string]int{}
	for _, r := range s.log() {
		if r.Action == "value-unreadable" {
			named[r.Object]++
		}
	}
	if named["secret/"+s.secret] != 2 || named["secret/"+second] != 2 {
		t.Errorf("the log names %v", named)
	}
	s.tamper(`UPDATE secrets SET value = (SELECT value FROM swap WHERE swap.id = secrets.id)`)
	if s.b.reveal(s.path) == "" {
		t.Error("put right again it is not there")
	}
}

// One of each kind of thing that people do, with what every row owes.
func TestWhatPeopleDoLeavesARowEach(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	b.reveal(path)
	test := b.prepared(path, nil)
	b.consent(test, "healthy", "user")
	b.eventually(test, "works")
	b.ended(b.submit(b.get(path+"/checks"), "Run the checks", nil).at.Path)
	c.sweep()
	c.wantNoCanaryInTheLog()
	b.send("POST", "/sign-out", url.Values{})
	seen := map[string]bool{}
	for _, r := range c.log() {
		seen[r.Action+" "+r.Result] = true
		if r.At.IsZero() || r.Actor == "" || r.Role == "" || r.Object == "" && !strings.HasPrefix(r.Action, "sign") {
			t.Errorf("incomplete: %+v", r)
		}
		if r.Role != "system" && (r.ActorTenant == "" || r.ActorID == "" || r.IP == "" || r.RequestID == "" || r.Session == "") {
			t.Errorf("it does not say from where: %+v", r)
		}
	}
	for _, want := range []string{"sign-in done", "operation-started intent", "operation-ended done", "credential-added done", "secret-revealed done", "secret-used done", "sign-out done",
		"run-started done", "redirect-uri-added intent", "redirect-uri-added done", "redirect-uri-removed intent", "redirect-uri-removed done"} {
		if !seen[want] {
			t.Errorf("no row says %s; there are %v", want, seen)
		}
	}
}

// wantNoCanaryInTheLog looks for what the sandbox gave, in every form.
func (c *console) wantNoCanaryInTheLog() {
	c.t.Helper()
	var all bytes.Buffer
	for _, r := range c.log() {
		fmt.Fprintf(&all, "%+v\n", r)
	}
	for _, p := range c.people() {
		tokens := c.tokens(p)
		for name, token := range map[string]string{"access token": tokens.Access.Reveal(), "refresh token": tokens.Refresh.Reveal()} {
			if token != "" && strings.Contains(all.String(), token[:20]) {
				c.t.Errorf("the log holds the %s of %s", name, p.UPN)
			}
		}
	}
	const canary = "8Q~SANDBOX"
	for form, text := range map[string]string{"raw": canary, "base64": base64.StdEncoding.EncodeToString([]byte(canary))[:12], "hex": hex.EncodeToString([]byte(canary)), "URL": url.QueryEscape(canary)} {
		if strings.Contains(strings.ToLower(all.String()), strings.ToLower(text)) {
			c.t.Errorf("the log holds a secret, %s", form)
		}
	}
}
