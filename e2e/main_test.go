package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// What the whole run shares: the binary and one browser.
var (
	binary  string
	browser playwright.Browser
	skip    string // why there is no browser
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "consentry-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if skip = missing(); skip != "" {
		return m.Run(), nil
	}
	binary = filepath.Join(dir, "consentry")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/consentry").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	pw, err := playwright.Run(&playwright.RunOptions{DriverDirectory: os.Getenv("PLAYWRIGHT_DRIVER_PATH"), SkipInstallBrowsers: true})
	if err != nil {
		return 1, fmt.Errorf("start playwright: %w", err)
	}
	defer func() { err = errors.Join(err, pw.Stop()) }()
	browser, err = pw.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(chromium()),
		Args: []string{"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"},
	})
	if err != nil {
		return 1, fmt.Errorf("start chromium: %w", err)
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	return m.Run(), nil
}

// missing says what the browser tests lack, or nothing.
func missing() string {
	driver := os.Getenv("PLAYWRIGHT_DRIVER_PATH")
	if driver == "" {
		return "PLAYWRIGHT_DRIVER_PATH is not set; \"make test\" installs the browser tests' needs and sets it"
	}
	if _, err := os.Stat(filepath.Join(driver, "package", "cli.js")); err != nil {
		return "Playwright's driver is not in " + driver + "; \"make tools\" puts it there"
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return "node is not installed; Playwright's driver needs it"
	}
	if os.Getenv("PLAYWRIGHT_NODEJS_PATH") == "" {
		if err := os.Setenv("PLAYWRIGHT_NODEJS_PATH", node); err != nil {
			return err.Error()
		}
	}
	if chromium() == "" {
		return "no chromium is installed; \"make tools\" installs it on Debian"
	}
	return ""
}

func chromium() string {
	for _, name := range []string{"chromium", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func needBrowser(t *testing.T) {
	t.Helper()
	if skip != "" {
		t.Skip(skip)
	}
}

// A process is a running consentry.
type process struct {
	cmd    *exec.Cmd
	lines  chan string
	mu     sync.Mutex
	errOut strings.Builder
	done   chan struct{}
}

// start runs the binary; it is stopped, and its log shown when the test
// failed, at the end.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...), lines: make(chan string, 100), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_DATA_HOME=", "XDG_CONFIG_HOME=")
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		s := bufio.NewScanner(stdout)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			select {
			case p.lines <- s.Text():
			default:
			}
		}
		close(p.lines)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Logf("log of consentry %s:\n%s", strings.Join(args, " "), tail(p.errOut.String(), 8000))
		}
	})
	return p
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// Write collects the process's log.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.Write(b)
}

// log is what the process wrote to its standard error so far.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.String()
}

// stop ends the process gently and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.kill()
	}
}

// kill ends it at once, as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// line waits for a line of output that begins with prefix.
func (p *process) line(t *testing.T, prefix string) string {
	t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		select {
		case l, ok := <-p.lines:
			if !ok {
				t.Fatalf("consentry ended before it printed %q\n%s", prefix, p.log())
			}
			if strings.HasPrefix(l, prefix) {
				return l
			}
		case <-timeout:
			t.Fatalf("consentry did not print %q\n%s", prefix, p.log())
		}
	}
}

// A box is a sandbox cloud in a process of its own, which outlives consoles.
type box struct {
	*process
	Login, Graph, DevOps, Journal, Faults string
	Tenants                               []struct {
		ID, Domain, Scenario string
		Users                []struct {
			UPN      string   `json:"upn"`
			Password string   `json:"password"`
			Roles    []string `json:"roles"`
		}
		Automation struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
		}
	}
	file string // the ready line, for --cloud
}

func startBox(t *testing.T, args ...string) *box {
	t.Helper()
	b := &box{process: start(t, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)}
	line := b.line(t, "{")
	if err := json.Unmarshal([]byte(line), b); err != nil {
		t.Fatal(err)
	}
	b.file = filepath.Join(t.TempDir(), "cloud.json")
	if err := os.WriteFile(b.file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// user gives the account and password of a tenant's scenario.
func (b *box) user(t *testing.T, scenario, name string) (upn, password string) {
	t.Helper()
	for _, tenant := range b.Tenants {
		if tenant.Scenario != scenario {
			continue
		}
		for _, u := range tenant.Users {
			if strings.HasPrefix(u.UPN, name+"@") {
				return u.UPN, u.Password
			}
		}
	}
	t.Fatalf("the sandbox has no %s in the scenario %q", name, scenario)
	return "", ""
}

// fault puts rules in force until the test ends.
func (b *box) fault(t *testing.T, rules string) {
	t.Helper()
	b.put(t, rules)
	t.Cleanup(func() { b.put(t, "[]") })
}

func (b *box) put(t *testing.T, rules string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPut, b.Faults, strings.NewReader(rules))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("faults %s: %s", rules, resp.Status)
	}
}

// journal counts the requests the sandbox received, by method and path
// prefix.
func (b *box) journal(t *testing.T, method, prefix string) int {
	t.Helper()
	resp, err := http.Get(b.Journal)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []struct{ Method, Path string }
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if e.Method == method && strings.HasPrefix(e.Path, prefix) {
			n++
		}
	}
	return n
}

// console starts the console against the box and gives its address. data is
// a folder that outlives it, so that a second console can go on.
func (b *box) console(t *testing.T, data string) (*process, string) {
	t.Helper()
	p := start(t, "serve", "--listen", "localhost:0", "--cloud", b.file, "--data", filepath.Join(data, "data"), "--key-file", filepath.Join(data, "key"), "--gallery")
	address := strings.TrimPrefix(p.line(t, "Consentry is at "), "Consentry is at ")
	return p, address
}

// open gives a new browser window with nothing remembered.
func open(t *testing.T, options ...playwright.BrowserNewContextOptions) playwright.Page {
	t.Helper()
	c, err := browser.NewContext(options...)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDefaultTimeout(20000)
	page, err := c.NewPage()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			shot(page, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
		}
		_ = c.Close()
	})
	return page
}

// shot keeps a picture where CONSENTRY_SHOTS says, if it says so.
func shot(page playwright.Page, name string) {
	dir := os.Getenv("CONSENTRY_SHOTS")
	if dir == "" {
		return
	}
	_, _ = page.Screenshot(playwright.PageScreenshotOptions{Path: playwright.String(filepath.Join(dir, name+".png")), FullPage: playwright.Bool(true)})
}
