package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// start runs a sandbox for one test.
func start(t *testing.T, o Options) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	RecordRequests(t, s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// trusting is a client that follows no redirects and trusts the sandbox. A
// connection of its own for each request keeps net/http from resending after
// a dropped one.
func trusting(t *testing.T, s *Sandbox) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("the CA file holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A response is an answer that has been read.
type response struct {
	*http.Response
	body []byte
}

func (r response) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("not JSON: %v: %s", err, r.body)
	}
	return v
}

// send makes a request; header is given as name, value pairs.
func send(t *testing.T, s *Sandbox, method, url, body string, header ...string) response {
	t.Helper()
	r, err := try(t, s, method, url, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return r
}

// try is send for requests that may get no answer.
func try(t *testing.T, s *Sandbox, method, url, body string, header ...string) (response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := trusting(t, s).Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return response{resp, data}, err
}

// tokenFor signs an access token to Azure DevOps for a seeded person
// ("developer@contoso.sandbox.invalid") with delegated scopes.
func tokenFor(t *testing.T, s *Sandbox, upn, scopes string, change ...func(*accessClaims)) string {
	t.Helper()
	_, domain, _ := strings.Cut(upn, "@")
	home := s.world.tenantOf(domain)
	now := s.world.now()
	claims := accessClaims{
		Audience: devopsAppID, Issuer: "https://sts.windows.net/" + home.ID + "/", AppID: ConsoleClientID,
		ObjectID: stableID("user", upn), UPN: upn, Name: upn, Scopes: scopes, Tenant: home.ID, Version: accessTokenVersion,
		Issued: now.Unix(), NotBefore: now.Unix() - 1, Expires: now.Add(time.Hour).Unix(),
	}
	for _, c := range change {
		c(&claims)
	}
	token, err := s.world.login.sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const contosoDeveloper = "developer@contoso.sandbox.invalid"

func TestReadyLineIsACloudFile(t *testing.T) {
	s := start(t, Options{})
	line, err := json.Marshal(s.Ready())
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := entra.ParseCloud(line)
	if err != nil {
		t.Fatal(err)
	}
	if cloud != s.Cloud() {
		t.Errorf("ParseCloud of the line = %+v, Cloud() = %+v", cloud, s.Cloud())
	}
	if !cloud.IsSandbox() || cloud.Authorize != s.Ready().Login || cloud.Login != s.Ready().TLS.Login {
		t.Errorf("the cloud is not the sandbox's: %+v", cloud)
	}
	if cloud.CAFile != s.CAFile() {
		t.Errorf("CA file %q, want %q", cloud.CAFile, s.CAFile())
	}
}

func TestEachServiceAnswersOnBothListeners(t *testing.T) {
	s := start(t, Options{})
	r := s.Ready()
	paths := map[string]string{
		"plain devops": r.DevOps + "/no-such-organization", "tls devops": r.TLS.DevOps + "/no-such-organization",
		"plain vssps": r.VSSPS + "/no-such-organization", "tls vssps": r.TLS.VSSPS + "/no-such-organization",
	}
	for name, url := range paths {
		if got := send(t, s, "GET", url, ""); got.StatusCode != 404 || string(got.body) != "The resource cannot be found." {
			t.Errorf("%s: %d %q", name, got.StatusCode, got.body)
		}
	}
	seen := s.Requests()
	if len(seen) != len(paths) {
		t.Fatalf("the journal has %d requests, want %d", len(seen), len(paths))
	}
	for _, e := range seen {
		if e.Path != "/no-such-organization" || e.Status != 404 {
			t.Errorf("journal entry %+v: the path must be the public host's", e)
		}
	}
}

func TestCertificateIsRefusedWithoutTheCAFile(t *testing.T) {
	s := start(t, Options{})
	if resp, err := http.Get(s.Ready().TLS.Graph); err == nil {
		resp.Body.Close()
		t.Fatal("a client that does not trust the authority was answered")
	}
}

func TestCloseRemovesTheCAFileAndMayBeRepeated(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.CAFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("CA file: %v, %v; want mode 0600", info, err)
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := os.Stat(s.CAFile()); !os.IsNotExist(err) {
		t.Errorf("after Close the CA file: %v", err)
	}
}

func TestCADirIsUsedAndKept(t *testing.T) {
	dir := t.TempDir()
	s, err := Start(t.Context(), Options{CADir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.CAFile(), dir) {
		t.Errorf("CA file %s is not in %s", s.CAFile(), dir)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("after Close the directory: %v, %v", left, err)
	}
}

func TestStartNamesTheOptionAtFault(t *testing.T) {
	busy := strings.TrimSuffix(strings.TrimPrefix(start(t, Options{}).Ready().Journal, "http://"), "/journal")
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"no port":          {Options{Listen: "127.0.0.1"}, "host:port"},
		"other machines":   {Options{Listen: "0.0.0.0:0"}, "this machine only"},
		"port in use":      {Options{Listen: busy}, busy + " is in use"},
		"negative latency": {Options{Latency: -time.Second}, "latency"},
		"negative apps":    {Options{Apps: -1}, "apps"},
		"missing CA dir":   {Options{CADir: "/nonexistent"}, "CA file"},
		"seed is not JSON": {Options{Seed: []byte("tenants:")}, "seed file"},
	} {
		s, err := Start(t.Context(), c.options)
		if err == nil {
			_ = s.Close(t.Context())
			t.Errorf("%s: started", name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want a word about %q", name, err, c.want)
		}
	}
}

// A firstLine hands over what is written up to the first line break.
type firstLine struct {
	buffer bytes.Buffer
	line   chan []byte
}

func (f *firstLine) Write(p []byte) (int, error) {
	f.buffer.Write(p)
	if line, _, found := bytes.Cut(f.buffer.Bytes(), []byte("\n")); found {
		f.line <- line
	}
	return len(p), nil
}

func TestServePrintsOneLineAndEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := &firstLine{line: make(chan []byte, 1)}, make(chan error, 1)
	go func() { ended <- Serve(ctx, Options{}, out) }()
	var r Ready
	if err := json.Unmarshal(<-out.line, &r); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(r.Journal)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if resp, err := http.Get(r.Journal); err == nil {
		resp.Body.Close()
		t.Error("still answering after the end")
	}
}

func TestControlsAnswerToLoopbackNamesOnly(t *testing.T) {
	s := start(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.Ready().Journal, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example.com"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", resp.StatusCode)
	}
}

func TestPanicIsAnsweredInTheServicesOwnForm(t *testing.T) {
	s := start(t, Options{})
	for service, key := range map[string]string{serviceLogin: "error_description", serviceGraph: "error", serviceDevOps: "typeKey", serviceVSSPS: "typeKey"} {
		h := s.edge(service, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") }))
		w := &recording{header: http.Header{}}
		r, err := http.NewRequestWithContext(withPlace(t.Context(), place{service: service}), "GET", "http://127.0.0.1/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		h.ServeHTTP(w, r)
		if w.status != http.StatusInternalServerError || !strings.Contains(w.body.String(), `"`+key+`"`) {
			t.Errorf("%s: %d %s", service, w.status, w.body.String())
		}
	}
}

func TestPanicInAnOperationGivesTheWorldBack(t *testing.T) {
	s := start(t, Options{})
	broken := []devopsOperation{{method: "GET", path: "_apis/broken", run: func(*devopsCall) (devopsReply, *devopsError) { panic("broken") }}}
	h := s.edge(serviceDevOps, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.world.serveOrganization(w, r, "contoso", "_apis/broken", broken)
	}))
	r, err := http.NewRequestWithContext(withPlace(t.Context(), place{service: serviceDevOps}), "GET", "http://127.0.0.1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, everything))
	w := &recording{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.status != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", w.status)
	}
	if got := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", "Authorization", r.Header.Get("Authorization")); got.StatusCode != http.StatusOK {
		t.Errorf("the next request: %d", got.StatusCode)
	}
}
