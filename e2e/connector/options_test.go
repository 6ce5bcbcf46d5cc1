package main

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	form := func(text string) string {
		path := filepath.Join(t.TempDir(), "form.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "give frontegg, paragon, stackone, cyclr or custom"},
		{[]string{"--integration", "zapier"}, `"zapier"`},
		{[]string{"--integration", "paragon", "--callback-host", "x.example.com"}, "always https://passport.useparagon.com/oauth"},
		{[]string{"--integration", "paragon", "--older-version"}, "only cyclr's document"},
		{[]string{"--integration", "paragon", "--login", "127.0.0.1"}, "--login"},
		{[]string{"--integration", "paragon", "--ca-file", "/does/not/exist"}, "--ca-file"},
		{[]string{"--integration", "paragon", "--ca-file", form("no PEM")}, "no certificate in PEM form"},
		{[]string{"--integration", "paragon", "--form", "/does/not/exist"}, "--form"},
		{[]string{"--integration", "paragon", "--form", form("[]")}, "object of labels"},
		{[]string{"--integration", "paragon", "--form", form(`{"Scopes": "vso.work"}`)}, `Paragon has no field "Scopes"`},
		{[]string{"--integration", "paragon", "--form", form(`{"Permissions": "vso.nothing"}`)}, `"vso.nothing" is not among the choices`},
		{[]string{"--integration", "paragon", "--listen", "256.0.0.1:0"}, "--listen"},
		{[]string{"--integration", "paragon", "more"}, `"more" is too much`},
	} {
		err := run(t.Context(), c.args, &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}

// filledIn writes a --form file.
func filledIn(t *testing.T, pairs ...string) string {
	t.Helper()
	filled := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		filled[pairs[i]] = pairs[i+1]
	}
	path := filepath.Join(t.TempDir(), "form.json")
	if err := os.WriteFile(path, []byte(indented(filled)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFormsCanBeFilledInAtTheStart(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	app := register(t, contoso, "https://acme.example.com/connector/callback")
	at := startStandIn(t, "cyclr", "--callback-host", "acme.example.com", "--form", filledIn(t,
		"Client ID", app.ClientID, "Client Secret", app.ClientSecret, "Scopes", prefixed+"vso.work_full "+prefixed+"vso.project",
		"Organization ID", "contoso", "Project Name", "Mobile"))
	b := at.browser(t)
	page := b.open(at.URL + "/connect").press("Next").shows("Connecting… waiting for sign-in")
	b.open(at.URL + "/").says("Waiting for sign-in")
	b.open(page.html.Find("a.button").AttrOr("href", "")).signIn(contoso, "user").accept().shows("Connected").
		says("Search work items: 3 in Mobile", "and no refresh token")
	b.open(page.at.String()).shows("Connected")
}

func TestTheServicesMayBeBehindTLS(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "frontegg")
	at := s.start(t)
	s.flags = []string{"--login", box.TLS.Login, "--devops", box.TLS.DevOps, "--vssps", box.TLS.VSSPS}
	app := register(t, contoso, at.Callback).credentials
	failsAs(s.toMicrosoft(t, s.start(t), app).comesIn(contoso, "user"), "frontegg", "No answer came: ", "certificate")
	s.flags = append(s.flags, "--ca-file", box.TLS.CAFile)
	s.toMicrosoft(t, s.start(t), app).comesIn(contoso, "user").shows("Connected")
}

func TestTheCertificateStaysTheSame(t *testing.T) {
	at := startStandIn(t, "paragon")
	var first []byte
	for range 2 {
		c, err := tls.Dial("tcp", at.CallbackListen, &tls.Config{InsecureSkipVerify: true, ServerName: "passport.useparagon.com"})
		if err != nil {
			t.Fatal(err)
		}
		leaf := c.ConnectionState().PeerCertificates[0]
		if err := leaf.VerifyHostname("passport.useparagon.com"); err != nil {
			t.Error(err)
		}
		if first != nil && !bytes.Equal(first, leaf.Raw) {
			t.Error("browsers that accepted the first refuse the second")
		}
		first = leaf.Raw
		_ = c.Close()
	}
}

func TestPagesElsewhereCannotSendItsForms(t *testing.T) {
	at := startStandIn(t, "paragon")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.URL+"/settings", strings.NewReader("client_id=x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example.com")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}
