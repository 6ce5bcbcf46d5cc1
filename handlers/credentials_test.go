package handlers_test

import (
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

var ownService = url.Values{"inputs.redirectUri": {"https://shop.example.com/callback"}}

// chosen is an environment of one's own service with a way to prove itself,
// applied.
func (b *browser) chosen(values url.Values) (path string) {
	b.t.Helper()
	path = b.environment("custom", ownService)
	b.choose(path, values)
	return path
}

// choose takes another way and applies it.
func (b *browser) choose(path string, values url.Values) {
	b.t.Helper()
	b.submit(b.get(path+"/setup/secret"), "Continue", values).want(200).without("There is something to mend")
	b.done(b.post(path+"/apply", nil).want(200).at.Path)
}

// applied is the environment's app with its certificates.
func (c *console) applied(path string) (entra.Application, []entra.FederatedCredential) {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	d, err := c.handlers.NewDirectory(c.adminToken())
	if err != nil {
		c.t.Fatal(err)
	}
	app, err := d.Application(c.t.Context(), env.Result.App.ClientID)
	if err != nil {
		c.t.Fatal(err)
	}
	federated, err := d.FederatedCredentials(c.t.Context(), app.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return app, federated
}

// publicPart is the certificate that stands below a private key.
func publicPart(t *testing.T, pair string) string {
	t.Helper()
	_, rest := pem.Decode([]byte(pair))
	block, _ := pem.Decode(rest)
	if block == nil || block.Type != "CERTIFICATE" {
		t.Fatalf("there is no certificate below the key")
	}
	return string(pem.EncodeToMemory(block))
}

func (c *console) workloadToken(subject string) string {
	c.t.Helper()
	resp, err := http.Get(c.box.Ready().Address + "/workload-token?subject=" + subject)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	token, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(token)
}

// TestTheBetterWaysAreOfferedFirst, and the named integrations ask for a
// secret alone.
func TestTheBetterWaysAreOfferedFirst(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	own := b.environment("custom", ownService)
	var ways []string
	b.get(own+"/setup/secret").want(200, "Credential").doc().Find("input[name=credential]").Each(func(_ int, s *goquery.Selection) { ways = append(ways, s.AttrOr("value", "")) })
	if !slices.Equal(ways, []string{"federated", "certificate", "secret"}) {
		t.Errorf("offered are %v", ways)
	}
	// Left is what was decided, and a placeholder stands nowhere.
	b.get(own+"/setup/organization").want(200, "client secret, 180 days")
	b.get("/setup/custom").want(200).without("{redirectUri}")
	for _, integration := range []string{"frontegg"} {
		path := b.environment(integration, frontegg)
		if n := b.get(path + "/setup/secret").want(200).doc().Find("input[name=credential], textarea").Length(); n != 0 {
			t.Errorf("%s offers other ways", integration)
		}
	}
}

// TestAPrivateKeyIsNotTaken: it is refused with a warning, and stands neither
// on the page nor in the database.
func TestAPrivateKeyIsNotTaken(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	pair := b.reveal(b.chosen(url.Values{"credential": {"certificate"}}))
	path := b.environment("custom", ownService)
	for _, way := range []string{"certificate", "federated"} {
		for _, text := range []string{pair, strings.ReplaceAll(pair, "\n", " "), base64.StdEncoding.EncodeToString(decoded(t, pair))} {
			p := b.submit(b.get(path+"/setup/secret"), "Continue", url.Values{"credential": {way}, "certificate": {text}, "issuer": {"https://x.example"}, "subject": {"y"}})
			p.want(422, "That was a private key", "treat it as leaked").without("BEGIN PRIVATE KEY", text[1000:1040])
		}
	}
	if dump := c.dump(); strings.Contains(dump, "BEGIN PRIVATE") || strings.Contains(dump, strings.Split(pair, "\n")[20]) {
		t.Error("the database holds a private key")
	}
}

func decoded(t *testing.T, pair string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(pair))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}

func TestAKeyPairIsShownOnceAndProves(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.chosen(url.Values{"credential": {"certificate"}})
	b.get(path).want(200, "Take the private key", "in use")
	b.get(path+"/secret").want(200, "Private key", "shown once")
	pair := b.reveal(path)
	b.get(path+"/secret").want(200, "was shown already")
	app, _ := c.applied(path)
	if len(app.Certificates) != 1 || len(app.Secrets) != 0 || c.works(path, pair) != nil {
		t.Fatalf("the app has %+v, %+v; the key: %v", app.Certificates, app.Secrets, c.works(path, pair))
	}
	b.submit(b.get(path), "Prove it now", nil)
	b.eventually(path, "Microsoft gave a token").without("PRIVATE")
	b.consent(b.prepared(path, nil), "healthy", "user").want(200, "Microsoft has answered")
	b.eventually(path, "User consent in")
	b.get(path+"/rotate").want(409, "proves itself with a certificate")
	b.get(path+"/setup/review").want(200, "Nothing is left to do")
	b.get(path+"/hand-off").want(200, "Client certificate with its private key")

	b.done(b.submit(b.get(path+"/secret"), "Replace", nil).at.Path)
	second := b.reveal(path)
	if app, _ := c.applied(path); len(app.Certificates) != 1 || c.works(path, pair) == nil || c.works(path, second) != nil {
		t.Errorf("after replacing there are %+v; the old key %v, the new %v", app.Certificates, c.works(path, pair), c.works(path, second))
	}
	if strings.Contains(c.dump(), "BEGIN PRIVATE") {
		t.Error("the database holds a private key in the clear")
	}
}

// TestAGivenCertificateIsProvenByAnAssertion: its private key is never asked
// for.
func TestAGivenCertificateIsProvenByAnAssertion(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	pair := b.reveal(b.chosen(url.Values{"credential": {"certificate"}}))
	public := publicPart(t, pair)
	path := b.chosen(url.Values{"credential": {"certificate"}, "certificate": {public}})
	b.get(path).want(200, "in use").without("Take the")
	b.get(path+"/secret").want(200, "never was here").without("Replace")
	b.get(path+"/hand-off").want(200, "from where it was made")
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	assertion := func(client entra.ClientID) string {
		form, err := oauth.Value(entra.NewSensitive(pair)).Proof(client, c.handlers.Cloud.Login+"/"+string(env.Tenant)+"/oauth2/v2.0/token", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return form.Get("client_assertion")
	}
	for pasted, words := range map[string]string{
		"": "Paste a token", pair: "private key must not leave", "abc8Q~not-a-token": "is no token", "ey" + strings.Repeat("a", 100) + "..": "cannot be read",
		assertion("11111111-1111-1111-1111-111111111111"): "speaks for another app",
	} {
		b.submit(b.get(path), "Prove it now", url.Values{"assertion": {pasted}}).want(422, words).without("BEGIN PRIVATE")
	}
	b.submit(b.get(path), "Prove it now", url.Values{"assertion": {assertion(env.Result.App.ClientID)}})
	b.eventually(path, "Microsoft gave a token")
	b.submit(b.get(path+"/test"), "Prepare the test", url.Values{"secret": {strings.ReplaceAll(pair, "\n", "")}}).want(422, "private key must not leave").without("BEGIN PRIVATE")
	test := b.prepared(path, url.Values{"secret": {assertion(env.Result.App.ClientID)}})
	b.consent(test, "healthy", "user").want(200, "Microsoft has answered")
	b.eventually(test, "works")
}

// TestAnotherWayIsTakenAndTheOldOneRetired goes from a secret over a
// certificate to a federated credential; nothing that is in use is removed.
func TestAnotherWayIsTakenAndTheOldOneRetired(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.chosen(url.Values{"credential": {"secret"}})
	secret := b.reveal(path)
	b.choose(path, url.Values{"credential": {"certificate"}})
	pair := b.reveal(path)
	if c.works(path, secret) != nil || c.works(path, pair) != nil {
		t.Fatalf("beside each other: the secret %v, the key %v", c.works(path, secret), c.works(path, pair))
	}
	b.get(path).want(200, "Remove "+secret[:3]).without("Rotate the client secret")
	b.done(b.submit(b.get(path), "Remove "+secret[:3], nil).at.Path)
	if app, _ := c.applied(path); len(app.Secrets) != 0 || len(app.Certificates) != 1 || c.works(path, secret) == nil {
		t.Errorf("after retiring the secret: %+v", app)
	}
	b.choose(path, url.Values{"credential": {"federated"}, "issuer": {sandbox.WorkloadIssuer}, "subject": {"shop"}})
	p := b.get(path).want(200, "federated credential, in use", "does not end", "certificate")
	b.post(path+"/credentials/remove", url.Values{"kind": {"federated"}, "key": {"consentry-" + strings.TrimSpace(p.doc().Find("h1").First().Text())}}).want(409, "proves itself with this")
	b.submit(b.get(path), "Prove it now", url.Values{"assertion": {c.workloadToken("other")}}).want(422, "letter for letter")
	b.submit(b.get(path), "Prove it now", url.Values{"assertion": {c.workloadToken("shop")}})
	b.eventually(path, "Microsoft gave a token")
	b.get(path+"/secret").want(200, "so there is no secret")
	name := b.get(path).doc().Find("form[action$='/credentials/remove'] button").First().Text()
	b.done(b.submit(b.get(path), name, nil).at.Path)
	app, federated := c.applied(path)
	if len(app.Certificates) != 0 || len(federated) != 1 || c.works(path, pair) == nil {
		t.Errorf("in the end: %+v, %+v", app.Certificates, federated)
	}
	if n := b.get(path).want(200, "does not end").doc().Find("form[action$='/credentials/remove']").Length(); n != 0 {
		t.Errorf("%d credentials can still be removed", n)
	}
	b.get(path+"/setup/review").want(200, "Nothing is left to do")
	test := b.prepared(path, url.Values{"secret": {c.workloadToken("shop")}})
	b.consent(test, "healthy", "user").want(200, "Microsoft has answered")
	b.eventually(test, "works")
}

func TestWhatCannotBeAFederatedCredentialIsSaidBesideItsField(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("custom", ownService)
	for field, form := range map[string]url.Values{
		"issuer":   {"issuer": {"http://x.example"}, "subject": {"y"}, "audience": {"z"}},
		"subject":  {"issuer": {"https://x.example"}, "subject": {"repo:*"}, "audience": {"z"}},
		"audience": {"issuer": {"https://x.example"}, "subject": {"y"}, "audience": {strings.Repeat("z", 601)}},
	} {
		form.Set("credential", "federated")
		p := b.submit(b.get(path+"/setup/secret"), "Continue", form).want(422)
		if p.doc().Find("#"+field+"-error").Length() != 1 {
			t.Errorf("nothing stands beside %s: %s", field, p.text())
		}
	}
	b.submit(b.get(path+"/setup/secret"), "Continue", url.Values{"credential": {"password"}}).want(422, "Choose how the service proves itself")
}
