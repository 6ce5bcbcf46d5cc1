package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// served is a console that runs as a process of its own.
type served struct {
	t      *testing.T
	cmd    *exec.Cmd
	base   string
	out    *bufio.Reader // what it prints after where it is
	errOut *bytes.Buffer
}

// serve starts one and waits until it says where it is.
func (b *bed) serve(args ...string) *served {
	b.t.Helper()
	return b.start(append([]string{"serve", "--listen", "localhost:0", "--cloud", b.cloud, "--data", b.path("data"), "--key-file", b.path("key")}, args...))
}

// start starts a command line that serves.
func (b *bed) start(args []string) *served {
	b.t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return b.running(cmd)
}

// running starts a command that serves.
func (b *bed) running(cmd *exec.Cmd) *served {
	b.t.Helper()
	s := &served{t: b.t, cmd: cmd, errOut: &bytes.Buffer{}}
	cmd.Stderr = s.errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	line, err := s.out.ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		b.t.Fatalf("%v: %s", err, s.errOut)
	}
	s.base = strings.TrimSpace(strings.TrimPrefix(line, "Consentry is at "))
	return s
}

func (s *served) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("it ended with %v: %s", err, s.errOut)
	}
}

func (s *served) get(path string, change func(*http.Request)) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

func TestServeAnswersEndsWellAndStartsAgainOnItsData(t *testing.T) {
	b := newBed(t, "healthy")
	for range 2 {
		s := b.serve()
		if !strings.HasPrefix(s.base, "http://localhost:") {
			t.Fatalf("it is at %q", s.base)
		}
		page := s.get("/", nil)
		text, err := io.ReadAll(page.Body)
		if err != nil || page.StatusCode != 200 || !strings.Contains(string(text), "Sandbox.") {
			t.Errorf("start page: %d, %v", page.StatusCode, err)
		}
		if got := s.get("/setup", func(r *http.Request) { r.Host = strings.Replace(r.URL.Host, "localhost", "127.0.0.1", 1) }); got.Header.Get("Location") != s.base+"/setup" {
			t.Errorf("127.0.0.1 leads to %q: %d", got.Header.Get("Location"), got.StatusCode)
		}
		if got := s.get("/", func(r *http.Request) { r.Host = "attacker.example" }); got.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("another name is answered %d", got.StatusCode)
		}
		s.stop()
	}
}

func TestServeRefusesWhatCannotWork(t *testing.T) {
	b := newBed(t, "healthy")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an address of the network":       {[]string{"--listen", "0.0.0.0:8080"}, "others could use it as you"},
		"an address without port":         {[]string{"--listen", "localhost"}, "host and port"},
		"a port that is none":             {[]string{"--listen", "localhost:99999"}, "listen: the port is none"},
		"a tenant that is none":           {[]string{"--cloud", b.cloud, "--tenant", "../evil"}, "tenant: it is neither"},
		"a client ID that is none":        {[]string{"--cloud", b.cloud, "--client-id", "x"}, "client-id: it is no"},
		"the Azure CLI on the sandbox":    {[]string{"--cloud", b.cloud, "--identity", "azure-cli"}, "no account of the sandbox"},
		"the browser without registering": {[]string{"--cloud", "public", "--identity", "browser"}, "needs --client-id"},
		"a cloud that is none":            {[]string{"--cloud", "https://evil.example"}, "cloud: give public"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--listen", "localhost:0", "--data", t.TempDir(), "--key-file", b.path("key")}, c.args...)
			cmd := exec.Command(os.Args[0], args...)
			cmd.Env = append(os.Environ(), asCommand+"=1")
			o := b.finish(cmd)
			if o.code != 1 || !strings.Contains(o.stderr, c.says) || strings.Contains(o.stdout, "Consentry is at") {
				t.Errorf("exit code %d: %s%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}
