package oauth_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

// A registration is the shared console's at a sandbox, with a way to change
// it.
type registration struct {
	*testing.T
	box     *sandbox.Sandbox
	console *sandbox.ReadyConsole
	tenant  sandbox.ReadyTenant
	token   entra.Sensitive // of the tenant's automation
	object  string
}

func aRegistration(t *testing.T) *registration {
	t.Helper()
	box, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	r := &registration{T: t, box: box, console: box.Ready().Console, tenant: box.Ready().Tenants[0]}
	tokens, err := r.client(nil).ClientCredentials(t.Context(), r.tenant.ID, entra.ClientID(r.tenant.Automation.ClientID),
		entra.NewSensitive(r.tenant.Automation.ClientSecret), "https://graph.microsoft.com/.default")
	if err != nil {
		t.Fatal(err)
	}
	r.token = tokens.Access
	r.object = r.graph("GET", "/applications(appId='"+r.console.ClientID+"')", "")["id"].(string)
	return r
}

// client asks the sandbox's plain listener: these tests are not about
// certificates of servers.
func (r *registration) client(cred oauth.Credential) *oauth.Client {
	cloud := r.box.Cloud()
	cloud.Login, cloud.Authorize = r.box.Ready().Login, r.box.Ready().Login
	return &oauth.Client{Cloud: cloud, Credential: cred}
}

// graph changes the directory as the tenant's automation.
func (r *registration) graph(method, path, body string) map[string]any {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, r.box.Ready().Graph+"/v1.0"+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		r.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
	}
	var object map[string]any
	_ = json.Unmarshal(answer, &object) // 204 has none
	return object
}

func (r *registration) file(content string, mode os.FileMode) string {
	r.Helper()
	path := filepath.Join(r.TempDir(), "credential")
	r.write(path, content, mode)
	return path
}

func (r *registration) write(path, content string, mode os.FileMode) {
	r.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		r.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		r.Fatal(err)
	}
}

// certificate makes a key and its certificate; the registration gets the
// latter.
func (r *registration) certificate(until time.Time) (pemFile string) {
	r.Helper()
	content, der := newCertificate(r.T, 2048, until)
	r.graph("PATCH", "/applications/"+r.object, `{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"`+base64.StdEncoding.EncodeToString(der)+`"}]}`)
	return content
}

func newCertificate(t *testing.T, bits int, until time.Time) (content string, der []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "console"}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until}
	der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for kind, bytes := range map[string][]byte{"CERTIFICATE": der, "PRIVATE KEY": private} { // in either order
		if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: bytes}); err != nil {
			t.Fatal(err)
		}
	}
	return b.String(), der
}

// workloadToken is what the sandbox's platform says about a workload.
func (r *registration) workloadToken(subject string) string {
	r.Helper()
	resp, err := http.Get(r.box.Ready().Address + "/workload-token?subject=" + subject)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	token, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return string(token)
}

func (r *registration) federate(subject string) {
	r.Helper()
	r.graph("POST", "/applications/"+r.object+"/federatedIdentityCredentials",
		`{"name":"`+subject+`","issuer":"`+sandbox.WorkloadIssuer+`","subject":"`+subject+`","audiences":["api://AzureADTokenExchange"]}`)
}

// signIn goes through authorization, redemption and refresh as one person.
func (r *registration) signIn(c *oauth.Client) (oauth.Tokens, error) {
	r.Helper()
	f, to := oauth.Begin(c.Cloud, oauth.Request{
		Tenant: r.tenant.ID, ClientID: entra.ClientID(r.console.ClientID), RedirectURI: "http://localhost:8123/sign-in/callback",
		Scopes: []string{"openid", "profile", "offline_access"}, LoginHint: r.tenant.Users[0].UserPrincipalName,
	}, time.Now())
	code := signInAt(r.T, to, r.tenant.Users[0])
	tokens, err := c.Redeem(r.Context(), f, entra.NewSensitive(code), entra.Sensitive{})
	if err != nil {
		return tokens, err
	}
	if who, err := c.VerifyIDToken(r.Context(), f, tokens.ID); err != nil || string(who.Tenant) != r.tenant.ID {
		r.Errorf("who: %+v, %v", who, err)
	}
	return c.Refresh(r.Context(), r.tenant.ID, f.ClientID, entra.Sensitive{}, tokens.Refresh, nil)
}

func TestEachCredentialProvesTheConsolesRegistration(t *testing.T) {
	for kind, make := range map[string]func(*registration) (oauth.Credential, error){
		"secret": func(r *registration) (oauth.Credential, error) {
			return oauth.SecretFile(r.file(" "+r.console.ClientSecret+"\n", 0o600))
		},
		"certificate": func(r *registration) (oauth.Credential, error) {
			return oauth.CertificateFile(r.file(r.certificate(time.Now().AddDate(0, 6, 0)), 0o640))
		},
		"federated token": func(r *registration) (oauth.Credential, error) {
			r.federate("console")
			return oauth.FederatedTokenFile(r.file(r.workloadToken("console")+"\n", 0o644))
		},
	} {
		t.Run(kind, func(t *testing.T) {
			r := aRegistration(t)
			cred, err := make(r)
			if err != nil {
				t.Fatal(err)
			}
			c := r.client(cred)
			tokens, err := r.signIn(c)
			if err != nil || tokens.Access.IsZero() || tokens.ID.IsZero() || tokens.Refresh.IsZero() {
				t.Errorf("tokens %v, %v", tokens.Scopes, err)
			}
			if err := c.Check(t.Context(), r.tenant.ID, entra.ClientID(r.console.ClientID)); err != nil {
				t.Errorf("check: %v", err)
			}
			if text := fmt.Sprint(cred) + fmt.Sprintf("%#v %+v", cred, c); strings.Contains(text, r.console.ClientSecret) || strings.Contains(text, "PRIVATE") {
				t.Errorf("printed: %s", text)
			}
		})
	}
}

func TestAConfidentialClientWithoutCredentialIsRefused(t *testing.T) {
	r := aRegistration(t)
	_, err := r.signIn(r.client(nil))
	var no *entra.ServiceError
	if !errors.As(err, &no) || no.AADSTS != 7000218 {
		t.Errorf("error %v, want AADSTS7000218", err)
	}
}

func TestAChangedFileCountsFromTheNextRequestOn(t *testing.T) {
	r := aRegistration(t)
	path := r.file("not8Q~the-one-that-is-registered", 0o600)
	cred, err := oauth.SecretFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, id := r.client(cred), entra.ClientID(r.console.ClientID)
	var no *entra.ServiceError
	if err := c.Check(t.Context(), r.tenant.ID, id); !errors.As(err, &no) || no.AADSTS != 7000215 {
		t.Errorf("wrong secret: %v", err)
	}
	r.write(path, r.console.ClientSecret, 0o600)
	if err := c.Check(t.Context(), r.tenant.ID, id); err != nil {
		t.Errorf("right secret: %v", err)
	}

	certificate := r.file(r.certificate(time.Now().AddDate(1, 0, 0)), 0o600)
	cred, err = oauth.CertificateFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	c = r.client(cred)
	r.write(certificate, r.certificate(time.Now().AddDate(0, 11, 0)), 0o600) // the registration has the new one alone
	if err := c.Check(t.Context(), r.tenant.ID, id); err != nil {
		t.Errorf("new certificate: %v", err)
	}
	if err := os.Remove(certificate); err != nil {
		t.Fatal(err)
	}
	var unsent *entra.NoAnswerError
	if err := c.Check(t.Context(), r.tenant.ID, id); !errors.As(err, &unsent) || unsent.Sent {
		t.Errorf("without the file: %v", err)
	}
}

func TestAnAssertionIsShortAndNamesItsCertificate(t *testing.T) {
	r := aRegistration(t)
	cred, err := oauth.CertificateFile(r.file(r.certificate(began.AddDate(0, 1, 0)), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	const endpoint = "https://login.example.com/" + homeTenant + "/oauth2/v2.0/token"
	first, err := cred.Proof(testClient, endpoint, began)
	if err != nil {
		t.Fatal(err)
	}
	second, err := cred.Proof(testClient, endpoint, began)
	if err != nil {
		t.Fatal(err)
	}
	header, claims := parts(t, first), claimsOf(t, first)
	if header["alg"] != "PS256" || header["typ"] != "JWT" || len(header["x5t#S256"].(string)) != 43 {
		t.Errorf("header %v", header)
	}
	if claims["aud"] != endpoint || claims["iss"] != string(testClient) || claims["sub"] != string(testClient) {
		t.Errorf("claims %v", claims)
	}
	if life := claims["exp"].(float64) - claims["nbf"].(float64); life != 300 || claims["nbf"] != float64(began.Unix()) {
		t.Errorf("from %v for %v s", claims["nbf"], life)
	}
	if id := claims["jti"].(string); len(id) < 22 || id == claimsOf(t, second)["jti"] {
		t.Errorf("jti %q", id)
	}
}

func parts(t *testing.T, proof url.Values) map[string]any {
	t.Helper()
	head, _, _ := strings.Cut(proof.Get("client_assertion"), ".")
	return decoded(t, head)
}

func claimsOf(t *testing.T, proof url.Values) map[string]any {
	t.Helper()
	return decoded(t, strings.Split(proof.Get("client_assertion"), ".")[1])
}

func decoded(t *testing.T, part string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

const canary = "cAn8Q~canary-of-the-file"

func TestFilesThatProveNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode there")
	}
	r := &registration{T: t}
	good, _ := newCertificate(t, 2048, began.AddDate(1, 0, 0))
	other, _ := newCertificate(t, 2048, began.AddDate(1, 0, 0))
	short, _ := newCertificate(t, 1024, began.AddDate(1, 0, 0))
	block := func(content, kind string) string {
		for b, rest := pem.Decode([]byte(content)); b != nil; b, rest = pem.Decode(rest) {
			if b.Type == kind {
				return string(pem.EncodeToMemory(b))
			}
		}
		t.Fatalf("no %s", kind)
		return ""
	}
	for situation, c := range map[string]struct {
		open    func(string) (oauth.Credential, error)
		content string
		mode    os.FileMode
		word    string
	}{
		"secret that everybody reads":  {oauth.SecretFile, canary, 0o644, "chmod 600"},
		"empty secret":                 {oauth.SecretFile, " \n", 0o600, "empty"},
		"two secrets":                  {oauth.SecretFile, canary + "\n" + canary, 0o600, "more than one word"},
		"secret and its name":          {oauth.SecretFile, "SECRET= " + canary, 0o600, "more than one word"},
		"much too long":                {oauth.SecretFile, strings.Repeat(canary, 10_000), 0o600, "bytes"},
		"token without parts":          {oauth.FederatedTokenFile, canary, 0o600, "three parts"},
		"key that everybody reads":     {oauth.CertificateFile, good, 0o604, "chmod 600"},
		"certificate alone":            {oauth.CertificateFile, block(good, "CERTIFICATE"), 0o600, "no private key"},
		"key alone":                    {oauth.CertificateFile, block(good, "PRIVATE KEY"), 0o600, "no certificate of its key"},
		"certificate of another key":   {oauth.CertificateFile, block(good, "PRIVATE KEY") + block(other, "CERTIFICATE"), 0o600, "no certificate of its key"},
		"two keys":                     {oauth.CertificateFile, good + block(other, "PRIVATE KEY"), 0o600, "more than one key"},
		"short key":                    {oauth.CertificateFile, short, 0o600, "1024 bits"},
		"no PEM":                       {oauth.CertificateFile, canary, 0o600, "no private key"},
		"key with a password":          {oauth.CertificateFile, string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte(canary)})), 0o600, "password"},
		"key that is none":             {oauth.CertificateFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte(canary)})), 0o600, "cannot be read"},
		"certificate that is none":     {oauth.CertificateFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(canary)})), 0o600, "cannot be read"},
		"key of the old kind, cut off": {oauth.CertificateFile, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte(canary)})), 0o600, "cannot be read"},
	} {
		path := r.file(c.content, c.mode)
		_, err := c.open(path)
		if err == nil {
			t.Errorf("%s: taken", situation)
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.word) || !strings.Contains(text, path) || strings.Contains(text, canary) {
			t.Errorf("%s: %s", situation, text)
		}
	}
	for _, open := range []func(string) (oauth.Credential, error){oauth.SecretFile, oauth.CertificateFile, oauth.FederatedTokenFile} {
		if _, err := open(t.TempDir()); err == nil {
			t.Error("a folder was taken")
		}
		if _, err := open(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("missing file: %v", err)
		}
	}
}

func TestACertificateIsUsedWhileItIsGood(t *testing.T) {
	r := &registration{T: t}
	content, _ := newCertificate(t, 2048, began)
	path := r.file(content, 0o600)
	cred, err := oauth.CertificateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if end, err := oauth.CertificateEnd(path); err != nil || !end.Equal(began.Truncate(time.Second)) {
		t.Errorf("end %v, %v", end, err)
	}
	for moment, word := range map[time.Time]string{
		began.Add(-time.Hour): "", began.Add(time.Minute): "it ended on", began.AddDate(-2, 0, 0): "it is good from",
	} {
		_, err := cred.Proof(testClient, "https://login.example.com/x/oauth2/v2.0/token", moment)
		if (err == nil) != (word == "") || err != nil && !strings.Contains(err.Error(), word) {
			t.Errorf("at %v: %v, want %q", moment, err, word)
		}
	}
}

// signInAt goes through the sign-in pages as a person, whose name the request
// has as a hint.
func signInAt(t *testing.T, address string, user sandbox.ReadyUser) (code string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(address)
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if to, err := resp.Location(); err == nil {
			return to.Query().Get("code")
		}
		values := url.Values{"passwd": {user.Password}}
		for _, name := range []string{"flowToken", "step", "loginfmt"} {
			if value, ok := page.Find("input[name=" + name + "]").Attr("value"); ok {
				values.Set(name, value)
			}
		}
		action, _ := page.Find("form").Attr("action")
		resp, err = browser.PostForm(action, values)
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("no end of pages at %s", address)
	return ""
}
