package main

import (
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/sandbox"
)

const ownService = `
environment: shop
integration: custom
inputs:
  redirectUri: https://shop.example.com/callback
secret:
  description: Shop
  lifetime: 90d
`

// whole is the application with its certificates, which lists leave out.
func (b *bed) whole() (entra.Application, []entra.FederatedCredential) {
	b.t.Helper()
	app, err := b.directory().Application(b.t.Context(), b.app().ClientID)
	if err != nil {
		b.t.Fatal(err)
	}
	federated, err := b.directory().FederatedCredentials(b.t.Context(), app.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return app, federated
}

// TestAKeyPairIsMadeAndGivenOutOnce: the private key is written once, signs
// in, and stands nowhere else.
func TestAKeyPairIsMadeAndGivenOutOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.write("environment.yaml", ownService+"credential: certificate\n")
	o := b.mustRun(0, "--apply", "--json", "--secret-out", b.path("key.pem"))
	if strings.Contains(o.stdout+o.stderr, "PRIVATE KEY") || !strings.Contains(o.stdout, `"certificate"`) {
		t.Errorf("printed:\n%s", o.stdout)
	}
	app, _ := b.whole()
	if len(app.Certificates) != 1 || len(app.Secrets) != 0 || !b.works("key.pem") {
		t.Fatalf("the app has %+v %+v; the key works: %v", app.Certificates, app.Secrets, b.works("key.pem"))
	}
	again := b.mustRun(0, "--apply", "--secret-out", b.path("late"))
	if _, err := os.Stat(b.path("late")); err == nil || !strings.Contains(again.stdout, "no secret to write") {
		t.Errorf("it was given twice, or nothing was said:\n%s", again.stdout)
	}
	if o := b.rotate(1, "--add"); !strings.Contains(o.stderr, "proves itself with a certificate") {
		t.Errorf("rotate said:\n%s", o.stderr)
	}
	b.mustRun(0, "--apply", "--new-secret", "--secret-out", b.path("second.pem"))
	if app, _ := b.whole(); len(app.Certificates) != 1 || b.works("key.pem") || !b.works("second.pem") {
		t.Errorf("after replacing: %+v, the old key works %v, the new %v", app.Certificates, b.works("key.pem"), b.works("second.pem"))
	}
}

// TestAGivenCertificateIsAddedOnce, and a private key in its place is refused
// before anything is sent.
func TestAGivenCertificateIsAddedOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.write("environment.yaml", ownService+"credential: certificate\n")
	b.mustRun(0, "--apply", "--secret-out", b.path("key.pem"))
	pem, err := os.ReadFile(b.path("key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	indented := func(text string) string {
		return "credential: certificate\ncertificate: |\n  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
	}
	since := b.lastRequest()
	b.write("environment.yaml", ownService+indented(string(pem)))
	if o := b.run("--apply"); o.code != 1 || !strings.Contains(o.stderr, "private key") || strings.Contains(o.stderr, "BEGIN PRIVATE") || len(b.graphRequests(since)) != 0 {
		t.Errorf("exit code %d, sent %v, said:\n%s", o.code, b.graphRequests(since), o.stderr)
	}
	_, public, _ := strings.Cut(string(pem), "-----END PRIVATE KEY-----\n")
	b.write("environment.yaml", ownService+indented(public))
	b.mustRun(0, "--apply") // the same certificate is there already
	if app, _ := b.whole(); len(app.Certificates) != 1 {
		t.Errorf("the app has %+v", app.Certificates)
	}
	b.mustRun(0, "--plan")
}

// TestAFederatedCredentialIsSetUpAndProves: there is nothing to give out, and
// the platform's token signs in.
func TestAFederatedCredentialIsSetUpAndProves(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.write("environment.yaml", ownService+"credential: federated\nfederated:\n  issuer: "+sandbox.WorkloadIssuer+"\n  subject: shop\n")
	b.mustRun(0, "--apply")
	b.mustRun(0, "--plan")
	app, federated := b.whole()
	if len(federated) != 1 || federated[0].Audience != entra.TokenExchange || len(app.Secrets)+len(app.Certificates) != 0 {
		t.Fatalf("the app has %+v, %+v", federated, app)
	}
	resp, err := http.Get(b.box.Ready().Address + "/workload-token?subject=shop")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	token, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b.write("token", string(token)); !b.works("token") {
		t.Error("the platform's token is refused")
	}
	since := b.lastRequest()
	b.write("environment.yaml", ownService+"credential: federated\nfederated:\n  issuer: http://issuer.example\n  subject: shop\n")
	if o := b.run("--plan"); o.code != 1 || !strings.Contains(o.stderr, "https") || slices.Contains(b.graphRequests(since), "POST") {
		t.Errorf("%d:\n%s", o.code, o.stderr)
	}
}
