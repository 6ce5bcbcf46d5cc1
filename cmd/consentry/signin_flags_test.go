package main

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/sandbox"
)

const (
	aTenant = "11111111-2222-3333-4444-555555555555"
	anyone  = "66666666-7777-8888-9999-aaaaaaaaaaaa"
)

func TestASharedConsoleIsStartedOnlyAsItCanBeHeld(t *testing.T) {
	b := newBed(t, "healthy")
	secret := b.write("secret", "a-secret-of-some-length")
	good := SignInFlags{SignIn: sharedSignIn, ClientID: aTenant, Tenant: anyOrganization, AllowTenant: []string{aTenant}, SessionIdle: 15 * time.Minute, SessionLife: 8 * time.Hour}
	for name, c := range map[string]struct {
		change func(*SignInFlags)
		flag   string // empty: nothing is wrong
		says   string
	}{
		"as it should be":              {func(*SignInFlags) {}, "", ""},
		"the tenant is the list":       {func(f *SignInFlags) { f.AllowTenant, f.Tenant = nil, aTenant }, "", ""},
		"admin by name":                {func(f *SignInFlags) { f.Admin = []string{aTenant + "/" + anyone} }, "", ""},
		"a secret in a file":           {func(f *SignInFlags) { f.ClientSecretFile = secret }, "", ""},
		"nobody's registration":        {func(f *SignInFlags) { f.ClientID = "" }, "client-id", "bootstrap"},
		"whose people":                 {func(f *SignInFlags) { f.AllowTenant = nil }, "allow-tenant", "tenants whose people"},
		"a domain does not tell":       {func(f *SignInFlags) { f.AllowTenant, f.Tenant = nil, "contoso.onmicrosoft.com" }, "allow-tenant", "tenants whose people"},
		"a domain on the list":         {func(f *SignInFlags) { f.AllowTenant = []string{"contoso.com"} }, "allow-tenant", "Directory (tenant) ID"},
		"everybody's personal account": {func(f *SignInFlags) { f.AllowTenant = []string{"9188040D-6c67-4c5b-b112-36a304b66dad"} }, "allow-tenant", "personal accounts"},
		"an admin without tenant":      {func(f *SignInFlags) { f.Admin = []string{anyone} }, "admin", "tenant ID, slash and object ID"},
		"an admin by mail address":     {func(f *SignInFlags) { f.Admin = []string{aTenant + "/anna@contoso.com"} }, "admin", "names change hands"},
		"two proofs":                   {func(f *SignInFlags) { f.ClientSecretFile, f.ClientCertificateFile = secret, secret }, "client-secret-file", "in one way"},
		"a proof that is not there":    {func(f *SignInFlags) { f.ClientSecretFile = b.path("none") }, "client-secret-file", "no such file"},
		"a list that protects nobody":  {func(f *SignInFlags) { f.SignIn = "local" }, "allow-tenant", "goes with --sign-in entra"},
		"an admin of one's own console": {func(f *SignInFlags) {
			f.SignIn, f.AllowTenant, f.Admin = "local", nil, []string{aTenant + "/" + anyone}
		}, "admin", "goes with --sign-in entra"},
		"a session that never begins":       {func(f *SignInFlags) { f.SessionIdle = 0 }, "session-idle", "a second or more"},
		"a limit that never counts":         {func(f *SignInFlags) { f.SessionIdle = 9 * time.Hour }, "session-idle", "longer than --session-life"},
		"a session that outlives a weekend": {func(f *SignInFlags) { f.SessionLife = 72 * time.Hour }, "session-life", "a day"},
	} {
		t.Run(name, func(t *testing.T) {
			f := good
			c.change(&f)
			told := ""
			for _, r := range entraRules {
				if text := r.wrong(&checked{ServeCmd: &ServeCmd{SignInFlags: f, Cloud: "public"}}); text != "" {
					told += r.flag + ": " + text + "\n"
				}
			}
			if c.flag == "" && told != "" || !strings.Contains(told, c.says) || c.flag != "" && !strings.Contains(told, c.flag+": ") {
				t.Errorf("told %q, want %q of --%s", told, c.says, c.flag)
			}
			if strings.Contains(told, "contoso.com") || strings.Contains(told, secret) {
				t.Errorf("it repeats the value: %s", told)
			}
		})
	}
}

// startShared starts a shared console on the bed's sandbox.
func (b *bed) startShared(args ...string) *served {
	b.t.Helper()
	known := b.box.Ready().Console
	secret := b.write("console-secret", known.ClientSecret)
	key := make([]byte, 32)
	_, _ = rand.Read(key)                                  // it does not fail on the systems Go supports
	b.write("key", base64.StdEncoding.EncodeToString(key)) // where serve looks
	return b.serve(append([]string{"--sign-in", "entra", "--client-id", sandbox.SharedConsoleClientID, "--client-secret-file", secret, "--allow-tenant", b.tenant.ID}, args...)...)
}

func TestASharedConsoleShowsNothingToWhoIsNotSignedIn(t *testing.T) {
	b := newBed(t, "healthy")
	s := b.startShared()
	defer s.stop()
	for _, path := range []string{"/", "/setup", "/diagnose", "/sessions", "/environments/x"} {
		resp := s.get(path, nil)
		if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in?return=") {
			t.Errorf("%s: %d, leads to %q", path, resp.StatusCode, to)
		}
	}
	page, err := io.ReadAll(s.get("/sign-in", nil).Body)
	if err != nil || !strings.Contains(string(page), "This console is shared") || strings.Contains(string(page), "az login") {
		t.Errorf("%v: %s", err, page)
	}
}

// The limits on the command line are those of the store: a cookie that is sent
// again and again is worth nothing once its session is over.
func TestTheLimitsOfASessionAreTheOnesGiven(t *testing.T) {
	b := newBed(t, "healthy")
	s := b.serve("--session-idle", "1s", "--session-life", "2s")
	defer s.stop()
	begin := func(cookie string) (fresh string) {
		resp := s.get("/sign-in/begin", func(r *http.Request) {
			if cookie != "" {
				r.Header.Set("Cookie", "__Host-consentry="+cookie)
			}
		})
		for _, c := range resp.Cookies() {
			return c.Value
		}
		return ""
	}
	cookie := begin("")
	if cookie == "" {
		t.Fatal("there is no session")
	}
	deadline := time.Now().Add(30 * time.Second)
	for begin(cookie) == "" { // as long as it lives, no new one is made
		if time.Now().After(deadline) {
			t.Fatal("it lives on")
		}
		time.Sleep(400 * time.Millisecond) // each look counts as use, and towards a limit
	}
}
