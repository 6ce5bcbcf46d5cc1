package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must come about.
const patience = 30 * time.Second

// What the whole run shares: the two programs, and one sandbox in a process
// of its own.
var (
	connectorBinary string
	box             sandbox
)

// A sandbox is as much of a sandbox's first line as is used here.
type sandbox struct {
	Login, Graph, DevOps, VSSPS string
	TLS                         struct {
		Login, DevOps, VSSPS string
		CAFile               string `json:"ca_file"`
	}
	Tenants []tenant
}

type tenant struct {
	ID, Domain, Scenario string
	Users                []struct{ UPN, Password string }
	Automation           credentials
	Connection           connectionValues
	LegacyApps           []legacyApp `json:"legacy_apps"`
}

type credentials struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// connectionValues are what an integration of the tenant was set up with.
type connectionValues struct {
	Integration string
	credentials
	RedirectURIs          []string `json:"redirect_uris"`
	Scopes                []string
	Tenant                string
	Organization, Project string
}

type legacyApp struct {
	Integration string
	AppID       string `json:"app_id"`
	AppSecret   string `json:"app_secret"`
	CallbackURL string `json:"callback_url"`
	Scopes      []string
}

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "connector-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../../cmd/consentry", ".")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	connectorBinary = filepath.Join(dir, "connector")
	seed := filepath.Join(dir, "seed.json")
	if err := os.WriteFile(seed, []byte(outsider), 0o600); err != nil {
		return 1, err
	}
	cloud, err := launch(filepath.Join(dir, "consentry"), "sandbox", "--listen", "127.0.0.1:0", "--seed", seed)
	if err != nil {
		return 1, err
	}
	defer cloud.stop()
	if err := json.Unmarshal([]byte(cloud.first), &box); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// outsider adds to Contoso somebody whom no organization knows.
const outsider = `{"tenants": [{"domain": "contoso.sandbox.invalid",
	"users": [{"name": "outsider", "display_name": "Otto Outsider", "password": "Sandbox-Outsider-1!"}]}]}`

// A process is a running program with its first line of output.
type process struct {
	cmd   *exec.Cmd
	first string
	log   *collected
}

// launch starts a program and waits for its first line.
func launch(binary string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), log: &collected{}}
	p.cmd.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string, 1)
	go func() {
		s := bufio.NewScanner(stdout)
		s.Buffer(nil, 1<<20)
		if s.Scan() {
			lines <- s.Text()
		}
		close(lines)
		_, _ = io.Copy(io.Discard, stdout) // the rest is of no interest
	}()
	select {
	case p.first = <-lines:
	case <-time.After(patience):
	}
	if p.first == "" {
		p.stop()
		return nil, fmt.Errorf("%s did not get ready: %s", filepath.Base(binary), p.log)
	}
	return p, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = p.cmd.Wait()                          // stopped ones may end with an error
}

// collected is what a process wrote to standard error.
type collected struct {
	mu   sync.Mutex
	text strings.Builder
}

func (c *collected) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(b)
}

func (c *collected) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// tenantNamed finds a tenant by the first part of its domain.
func tenantNamed(t *testing.T, name string) tenant {
	t.Helper()
	for _, each := range box.Tenants {
		if strings.HasPrefix(each.Domain, name+".") {
			return each
		}
	}
	t.Fatalf("the sandbox has no tenant %s", name)
	return tenant{}
}

// password is that of one of the tenant's people.
func (each tenant) password(t *testing.T, name string) (upn, password string) {
	t.Helper()
	for _, u := range each.Users {
		if strings.HasPrefix(u.UPN, name+"@") {
			return u.UPN, u.Password
		}
	}
	t.Fatalf("%s has no user %s", each.Domain, name)
	return "", ""
}

// A standIn is a connector in a process of its own.
type standIn struct {
	*process
	Integration, URL, Callback string
	CallbackListen             string `json:"callback_listen"`
}

func startStandIn(t *testing.T, integration string, flags ...string) *standIn {
	t.Helper()
	args := append([]string{"--integration", integration, "--login", box.Login, "--devops", box.DevOps, "--vssps", box.VSSPS}, flags...)
	p, err := launch(connectorBinary, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop()
		if log := p.log.String(); t.Failed() && log != "" {
			t.Logf("log of the connector:\n%s", log)
		}
	})
	s := &standIn{process: p}
	if err := json.Unmarshal([]byte(p.first), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// requests are what the stand-in sent and where it sent browsers.
func (s *standIn) requests(t *testing.T) (all []record) {
	t.Helper()
	resp, err := http.Get(s.URL + "/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}
