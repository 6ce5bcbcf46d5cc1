package graph

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/consentry/consentry/entra"
)

func newCertificate(t *testing.T, name string) entra.NewCertificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := entra.ParseCertificate(der, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.KeyID, c.Name = entra.KeyID(uuid.NewString()), name
	return c
}

func TestCertificatesStandBesideEachOther(t *testing.T) {
	s := sharedSandbox(t)
	c, ctx := automation(t, s, tenantOf(t, s, "expired secret")), t.Context()
	app := do(t, c, entra.CreateApplication{DisplayName: "Certified", Audience: entra.SingleTenant}).Application
	read := func() entra.Application {
		t.Helper()
		got, err := c.Application(ctx, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first, second := newCertificate(t, "first"), newCertificate(t, "second")
	first.Private = entra.NewSensitive("private-canary")
	created := do(t, c, entra.AddCertificate{App: app.ID, Certificate: first})
	if created.Certificate == nil || created.Certificate.KeyID != first.KeyID || created.SecretValue.Reveal() != "private-canary" {
		t.Errorf("created %+v", created)
	}
	do(t, c, entra.AddCertificate{App: app.ID, Existing: read().Certificates, Certificate: second})
	// As after an answer that was lost: nothing is there twice.
	do(t, c, entra.AddCertificate{App: app.ID, Existing: read().Certificates[:1], Certificate: second})
	got := read().Certificates
	if len(got) != 2 || got[0].KeyID != first.KeyID || got[1].KeyID != second.KeyID || got[0].Fingerprint != entra.Fingerprint(first.DER) || got[1].Fingerprint != entra.Fingerprint(second.DER) ||
		got[0].Thumbprint != entra.Thumbprint(first.DER) || !got[1].End.Equal(second.End.Truncate(time.Second)) {
		t.Errorf("certificates %+v", got)
	}
	do(t, c, entra.RemoveCertificate{App: app.ID, Existing: got, Key: first.KeyID})
	if got = read().Certificates; len(got) != 1 || got[0].KeyID != second.KeyID {
		t.Errorf("left %+v", got)
	}
	if _, err := c.Do(ctx, entra.AddCertificate{App: app.ID}); err == nil || entra.OutcomeUnknown(err) {
		t.Errorf("a certificate that is not made yet: %v", err)
	}
}

func TestFederatedCredentialsComeAndGo(t *testing.T) {
	s := sharedSandbox(t)
	c, ctx := automation(t, s, tenantOf(t, s, "expired secret")), t.Context()
	app := do(t, c, entra.CreateApplication{DisplayName: "Federated", Audience: entra.SingleTenant}).Application
	main := entra.FederatedCredential{Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange}
	do(t, c, entra.AddFederatedCredential{App: app.ID, Credential: main})
	got, err := c.FederatedCredentials(ctx, app.ID)
	if err != nil || len(got) != 1 || got[0].ID == "" || !got[0].Same(main) || got[0].Name != "main" || got[0].Audience != entra.TokenExchange {
		t.Fatalf("%+v, %v", got, err)
	}
	again := main
	again.Name = "again"
	var no *entra.ServiceError
	if _, err := c.Do(ctx, entra.AddFederatedCredential{App: app.ID, Credential: again}); !errors.As(err, &no) || no.Status < 400 || no.Status > 409 {
		t.Errorf("the same issuer and subject again: %v", err)
	}
	do(t, c, entra.RemoveFederatedCredential{App: app.ID, Name: "main"})
	if got, err = c.FederatedCredentials(ctx, app.ID); err != nil || len(got) != 0 {
		t.Errorf("left %+v, %v", got, err)
	}
	if _, err := c.Do(ctx, entra.AddFederatedCredential{App: app.ID, Credential: entra.FederatedCredential{Name: "x"}}); err == nil || entra.OutcomeUnknown(err) {
		t.Errorf("one that cannot be was sent: %v", err)
	}
}

// A new registration is locked and leaves nothing open by default.
func TestANewRegistrationIsBornSafe(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "expired secret"))
	app := do(t, c, entra.CreateApplication{DisplayName: "Safe", Audience: entra.AnyOrganization}).Application
	got, err := c.Application(t.Context(), app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if !got.PropertyLock.Complete() || got.ImplicitGrant.On() || got.PublicFlows || got.Audience != entra.AnyOrganization {
		t.Errorf("%+v", got)
	}
}
