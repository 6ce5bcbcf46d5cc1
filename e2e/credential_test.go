package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// TestACertificatesFileIsReadInTheBrowser: the choice shows what belongs to
// it, a file with a private key never leaves the browser, and the certificate
// alone is taken.
func TestACertificatesFileIsReadInTheBrowser(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.begin("Custom", "shop-production", map[string]string{"Redirect URI": "https://shop.example.com/callback"}, healthy, "admin")
	for range 3 {
		p.button("Continue")
	}
	p.heading("Federated credential, certificate or client secret")
	sections := func(want ...string) {
		t.Helper()
		for _, name := range []string{"federated credential", "certificate", "client secret"} {
			shown, err := p.page.Locator("fieldset[data-for] legend", playwright.PageLocatorOptions{HasText: "For a " + name}).IsVisible()
			p.must(err)
			if expected := strings.Contains(strings.Join(want, ","), name); shown != expected {
				t.Errorf("the part for a %s is shown: %v, want %v", name, shown, expected)
			}
		}
	}
	sections("client secret")
	p.check("With a token of the platform")
	sections("federated credential")
	p.check("With a certificate")
	sections("certificate", "client secret")
	file := p.page.Locator("#certificate-file")
	p.must(file.SetInputFiles([]playwright.InputFile{{Name: "key.pem", MimeType: "application/x-pem-file", Buffer: []byte("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n")}}))
	p.reads("alert", "holds a private key, and was not read")
	if v, err := p.page.Locator("#certificate").InputValue(); err != nil || v != "" {
		t.Errorf("the field holds %q, %v", v, err)
	}
	p.must(file.SetInputFiles([]playwright.InputFile{{Name: "app.cer", MimeType: "application/pkix-cert", Buffer: certificateFor(t)}}))
	eventually(t, "the file stands in the field", func() bool {
		v, err := p.page.Locator("#certificate").InputValue()
		return err == nil && len(v) > 500 && !strings.Contains(v, "-")
	})
	p.button("Continue")
	p.heading("Organization and project")
	p.sees("the certificate given")
	p.button("Continue")
	p.heading("Review")
	p.apply()
	p.goTo("/")
	p.link("shop-production")
	p.sees("certificate, in use")
	p.goTo(strings.TrimPrefix(p.page.URL(), p.base) + "/secret")
	p.sees("Its private key never was here")
}

// certificateFor is somebody's certificate in DER form, whose key nobody has.
func certificateFor(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
