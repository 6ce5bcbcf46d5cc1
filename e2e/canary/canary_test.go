package canary

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
	"github.com/consentry/consentry/store/postgrestest"
)

func TestMain(m *testing.M) { drive.Main(m) }

func TestNoCredentialIsWhereItShouldNotBeOnSQLite(t *testing.T) { sweep(t, "") }

func TestNoCredentialIsWhereItShouldNotBeOnPostgreSQL(t *testing.T) {
	sweep(t, postgrestest.Start(t))
}

// A life is everything one console is used for.
type life struct {
	t       *testing.T
	box     *drive.Sandbox
	console *drive.Console
	b       *drive.Browser
	env     string
	// secrets that were shown, as they had to be.
	secrets []string
}

func sweep(t *testing.T, database string) {
	t.Helper()
	l := &life{t: t, box: drive.StartSandbox(t)}
	l.console = drive.StartConsole(t, drive.Setting{Sandbox: l.box, Database: database, Args: []string{"--debug", "--metrics", "127.0.0.1:0"}})
	l.b = drive.Open(t, l.console.Base)
	l.b.SignIn(l.box, drive.Healthy, "admin")
	l.env = l.b.Environment("canary")
	for _, part := range []struct {
		name string
		live func()
	}{
		{"what fails", l.fail}, {"set up", l.setUp}, {"rotate", l.rotate}, {"test consent", l.consent},
		{"checks and reports", l.check}, {"a paste", l.paste}, {"a test that fails", l.refused},
	} {
		t.Logf("%s", part.name)
		part.live()
	}
	// Before the end, so that the cookie is still worth something.
	cookies := l.b.Cookies(l.console.Base)
	l.metrics()
	l.console.Signal(syscall.SIGQUIT) // the Go runtime dumps all it was at
	l.console.ExitCode(t)
	l.look(database, cookies)
}

// fail breaks answers in every way while plans are read and sent.
func (l *life) fail() {
	for _, action := range []string{
		`{"status":500}`, `{"truncate_at":400}`, `{"bad_json":true}`, `{"status":401}`, `{"drop":"before"}`,
	} {
		for _, at := range []string{`"service":"login","method":"POST","path":"**/token"`, `"service":"graph"`} {
			l.box.Fault(`[{` + at + `,"times":2,"action":` + action + `}]`)
			l.b.Get(l.env + "/setup/review")
			l.b.Get("/sign-in/begin?for=consent&return=/")
		}
	}
	l.box.Fault(`[{"service":"graph","method":"POST","path":"/v1.0/applications","times":1,"action":{"commit_then_status":503}}]`)
}

// setUp applies the plan; its first answer with a secret is lost. What failed
// before may have ended the sign-in.
func (l *life) setUp() {
	l.b.SignIn(l.box, drive.Healthy, "admin")
	op := l.b.Apply(l.env)
	drive.Eventually(l.t, "it is set up", func() bool {
		p := l.b.Get(op)
		if p.Has("Go on where it stopped") {
			p = l.b.Submit(p, "Go on where it stopped", nil)
			op = p.At.Path
		}
		return strings.Contains(p.Text(), "proven by reading everything back")
	})
	l.box.Fault("[]")
	l.take()
}

func (l *life) take() {
	l.t.Helper()
	value, p := l.b.Reveal(l.b.RevealForm(l.env))
	if value == "" {
		l.t.Fatalf("the secret is not shown: %d", p.Status)
	}
	l.secrets = append(l.secrets, value)
}

func (l *life) rotate() {
	p := l.b.Submit(l.b.Get(l.env+"/rotate"), "Add the next secret", nil)
	l.b.Eventually(p.At.Path, "beside the one in use")
	l.take()
}

// consent is a test consent from the beginning to its end.
func (l *life) consent() {
	p := l.b.Submit(l.b.Get(l.env+"/test"), "Prepare the test", url.Values{"add_uri": {"yes"}})
	test := p.At.Path
	upn, password := l.box.Account(drive.Healthy, "admin")
	l.b.Account(l.b.Get(test+"/leave"), upn, password)
	drive.Eventually(l.t, "the test ends", func() bool {
		return l.b.Get(test).Doc().Find("[data-events]").Length() == 0
	})
	l.b.Get(test + "/answered")
}

func (l *life) check() {
	p := l.b.Submit(l.b.Get(l.env+"/checks"), "Run the checks", url.Values{"secret": {l.secrets[0]}})
	run := p.At.Path
	drive.Eventually(l.t, "the run ends", func() bool {
		return l.b.Get(run).Doc().Find("[data-events]").Length() == 0
	})
	for _, form := range []string{"", ".html", ".md", ".json"} {
		for _, whole := range []string{"", "?whole=yes"} {
			l.b.Get(run + "/report" + form + whole).Want(http.StatusOK)
		}
	}
}

// paste is what a customer should not have sent.
func (l *life) paste() {
	token := "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL2FwcCJ9.c2lnbmF0dXJl"
	l.b.Post("/explain", url.Values{"text": {"client_secret=" + l.secrets[0] + "&code=1.ASANDBOXcode AADSTS7000215 Authorization: Bearer " + token}})
}

// refused is a test with a secret that is wrong, and answers that are made up.
func (l *life) refused() {
	l.b.Post(l.env+"/test", url.Values{"kind": {"user"}, "where": {"own"}, "scopes": {"openid"}, "secret": {"abc8Q~SANDBOX0000000000000000000000000000"}, "add_uri": {"no"}})
	for _, at := range []string{"/sign-in/callback", "/test/callback", "/consent/outcome"} {
		l.b.Get(at + "?code=1.ASANDBOXmadeup&state=made-up&session_state=x")
		l.b.Get(at + "?error=access_denied&error_description=1.ASANDBOXmadeup&state=made-up")
	}
	l.b.Get("/nowhere?client_secret=" + url.QueryEscape(l.secrets[0]))
}

func (l *life) metrics() {
	l.t.Helper()
	for line := range strings.Lines(l.console.Log() + l.console.Printed()) {
		if _, rest, ok := strings.Cut(line, "http://127.0.0.1:"); ok && strings.Contains(line, "metrics") {
			port, _, _ := strings.Cut(rest, "/")
			l.b.Get("http://127.0.0.1:" + strings.Trim(port, "\"\n ") + "/metrics").Want(http.StatusOK)
			return
		}
	}
	l.t.Error("the console does not say where its metrics are")
}

// look is the sweep.
func (l *life) look(database string, cookies []string) {
	l.t.Helper()
	places := drive.Files(l.t, l.console.Setting.Folder)
	places["the log and the dump of a crash"], places["what was printed"] = l.console.Log(), l.console.Printed()
	where := []string{"--key-file", filepath.Join(l.console.Setting.Folder, "key"), "--data", l.console.Setting.Data()}
	if database != "" {
		places["the dump of the database"] = postgrestest.Dump(l.t, database)
		where[2], where[3] = "--database-file", filepath.Join(l.console.Setting.Folder, "database")
	}
	places["the audit log"] = l.run(append([]string{"audit", "export"}, where...)...)
	backup := filepath.Join(l.t.TempDir(), "backup")
	l.run(append([]string{"backup", "--out", backup}, where...)...)
	for name, text := range drive.Files(l.t, filepath.Dir(backup)) {
		places["the backup's "+name] = text
	}
	if len(places["the audit log"]) < 1000 || !strings.Contains(places["the log and the dump of a crash"], "goroutine ") {
		l.t.Error("there is nothing to look at: is this test what it thinks?")
	}
	for _, leak := range drive.Leaks(places, cookies...) {
		l.t.Error(leak)
	}
	seen := l.b.Seen()
	for _, s := range l.secrets { // shown once each, on purpose
		seen = strings.Replace(seen, s, "", 1)
	}
	for _, leak := range drive.Leaks(map[string]string{"an answer to the browser": seen}) {
		l.t.Error(leak)
	}
}

func (l *life) run(command ...string) string {
	l.t.Helper()
	out, err := exec.Command(drive.Binary(), command...).CombinedOutput()
	if err != nil {
		l.t.Errorf("consentry %s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}
