package crash

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
	"github.com/consentry/consentry/store/postgrestest"
)

// environment is what every world sets up.
const environment = "crash"

// marker stands in every secret that the sandbox makes.
const marker = "8Q~SANDBOX"

// A world is one sandbox, one console, and one person's browser.
type world struct {
	t       *testing.T
	box     *drive.Sandbox
	console *drive.Console
	b       *drive.Browser
	env     string // path of the environment
	// revealed are the secrets that were shown, in order.
	revealed []string
	test     string // path of the test under way

	mu sync.Mutex
	op string // path of the operation last begun; empty when none is known
}

func newWorld(t *testing.T, database string) *world {
	t.Helper()
	w := &world{t: t, box: drive.StartSandbox(t)}
	w.console = drive.StartConsole(t, drive.Setting{Sandbox: w.box, Database: database, Args: []string{"--debug"}})
	w.b = drive.Open(t, w.console.Base)
	w.b.SignIn(w.box, drive.Healthy, "admin")
	return w
}

func (w *world) begun() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.op
}

// press sends a form whose console may die under it, and remembers the
// operation that it led to.
func (w *world) press(path string, form url.Values) {
	w.mu.Lock()
	w.op = ""
	w.mu.Unlock()
	p, err := w.b.Raw("POST", path, form)
	if err != nil {
		return // killed
	}
	to := p.Header.Get("Location")
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case strings.HasPrefix(to, "/operations/"):
		w.op = to
	case strings.HasPrefix(to, "/tests/"):
		w.test = to
	}
}

// form is the flow's form on the page that has it.
func (w *world) form(f flow) (to string, filled url.Values) {
	w.t.Helper()
	to, filled = w.b.Get(w.pageOf(f)).Form(f.button)
	for name, values := range f.fill {
		filled[name] = values
	}
	return to, filled
}

func (w *world) pageOf(f flow) string {
	if f.page == "" {
		return w.test
	}
	return w.env + f.page
}

// carryOut has a flow done, undisturbed.
func (w *world) carryOut(f flow) {
	w.t.Helper()
	w.press(w.form(f))
	w.goOn(f)
}

// goOn is what a person does who finds the console back: look whether it was
// done, wait while it is under way, and press the button again where it is
// still there. What flows without an operation leave is waited for by left.
func (w *world) goOn(f flow) {
	w.t.Helper()
	if f.done == "" {
		return
	}
	drive.Eventually(w.t, f.name+" is done", func() bool {
		if op := w.begun(); op != "" {
			return strings.Contains(w.b.Get(op).Text(), f.done)
		}
		p := w.b.Get(w.pageOf(f))
		under := p.Doc().Find("main a[href^='/operations/']")
		switch {
		case strings.Contains(under.Text(), "Watch it"):
			return false
		case p.Has(f.button):
			w.press(w.form(f))
			return false
		}
		return true
	})
}

// take has the waiting secret shown, which must work once and not twice.
func (w *world) take() {
	w.t.Helper()
	form := w.b.RevealForm(w.env)
	if form == "" {
		w.t.Fatalf("no secret waits to be shown: %s", w.b.Get(w.env+"/secret").Text())
	}
	value, p := w.b.Reveal(form)
	if !strings.Contains(value, marker) {
		w.t.Fatalf("the secret is not shown: %d %s", p.Status, p.Body)
	}
	w.revealed = append(w.revealed, value)
	if again, p := w.b.Reveal(form); again != "" || p.Status != 410 {
		w.t.Errorf("asked again: %d", p.Status)
	}
}

// app is the environment's only app registration.
func (w *world) app() drive.App {
	w.t.Helper()
	apps := w.box.Directory(drive.Healthy).Apps(environment)
	if len(apps) != 1 {
		w.t.Fatalf("%d app registrations, want one", len(apps))
	}
	return apps[0]
}

// wantLive checks how many secrets of ours the app has.
func (w *world) wantLive(n int) {
	w.t.Helper()
	if ours := w.app().Ours(environment); len(ours) != n {
		w.t.Errorf("live secrets of ours: %v, want %d", ours, n)
	}
}

// args are what the console's commands need to find its data.
func (w *world) args() []string {
	s := w.console.Setting
	args := []string{"--key-file", filepath.Join(s.Folder, "key")}
	if s.Database != "" {
		return append(args, "--database-file", filepath.Join(s.Folder, "database"))
	}
	return append(args, "--data", s.Data())
}

// run carries out one of the console's commands on its data.
func (w *world) run(command ...string) []byte {
	w.t.Helper()
	c := exec.Command(drive.Binary(), command...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		w.t.Errorf("consentry %s: %v\n%s%s", strings.Join(command, " "), err, out.String(), errs.String())
	}
	return out.Bytes()
}

// wantAudit checks that the log's chain is whole and that every operation in
// it ended.
func (w *world) wantAudit() {
	w.t.Helper()
	where := w.args()
	w.run(append([]string{"audit", "verify"}, where[2:]...)...)
	exported := w.run(append([]string{"audit", "export", "--format", "json"}, where...)...)
	var rows []struct {
		Action string            `json:"action"`
		Detail map[string]string `json:"detail"`
	}
	if err := json.Unmarshal(exported, &rows); err != nil {
		w.t.Fatalf("the audit log is exported as %.300s: %v", exported, err)
	}
	open := map[string]bool{}
	for _, r := range rows {
		switch r.Action {
		case "operation-started":
			open[r.Detail["operation"]] = true
		case "operation-ended":
			delete(open, r.Detail["operation"])
		}
	}
	if len(open) != 0 {
		w.t.Errorf("the audit log does not end the operations %v", open)
	}
}

// wantNoSecret looks for credentials in all that the console keeps and says:
// what it shows once is in no file, log or dump.
func (w *world) wantNoSecret() {
	w.t.Helper()
	places := drive.Files(w.t, w.console.Setting.Folder)
	places["log"], places["output"] = w.console.Log(), w.console.Printed()
	if url := w.console.Setting.Database; url != "" {
		places["dump"] = postgrestest.Dump(w.t, url)
	}
	for _, leak := range drive.Leaks(places) {
		w.t.Error(leak)
	}
}
