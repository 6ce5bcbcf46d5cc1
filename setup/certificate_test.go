package setup

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// custom is a service of one's own that proves itself by a certificate.
func custom() Desired {
	d := wanted()
	d.Credential = entra.CertificateKind
	return d
}

// brings is a certificate whose private key is elsewhere.
func brings(t *testing.T, w *world) entra.NewCertificate {
	t.Helper()
	made, err := w.engine().withKeyPair(entra.AddCertificate{Certificate: entra.NewCertificate{Name: "theirs", Start: w.clock.Now(), End: w.clock.Now().AddDate(1, 0, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	given, err := entra.ParseCertificate(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate.DER}), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return given
}

func github() entra.FederatedCredential {
	return entra.FederatedCredential{Name: "consentry-shop", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange}
}

func TestAKeyPairIsMadeAndItsPrivateKeyKept(t *testing.T) {
	w := newWorld(t)
	w.mustApply(custom())
	w.checkCertificate(custom())
	w.checkQuietIn(4, custom())
	app := w.ours(custom())
	if len(app.Secrets) != 0 {
		t.Errorf("a client secret was made too: %+v", app.Secrets)
	}
	key := app.Certificates[0]
	pair, err := tls.X509KeyPair([]byte(w.journal.values[key.KeyID]), []byte(w.journal.values[key.KeyID]))
	if err != nil {
		t.Fatalf("what is kept is no key pair: %v", err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil || entra.Fingerprint(leaf.Raw) != key.Fingerprint || leaf.NotAfter != key.End {
		t.Errorf("it is another certificate than the directory's %+v: %v", key, err)
	}
	for _, e := range w.journal.entries {
		if strings.Contains(fmt.Sprint(e), "PRIVATE") {
			t.Errorf("the journal's entry %d holds a private key", e.Seq)
		}
	}
}

// checkCertificate holds the invariants of a setup with a key pair of ours.
func (w *world) checkCertificate(want Desired) {
	w.t.Helper()
	for _, v := range w.dir.violations {
		w.t.Errorf("at some moment there were %s", v)
	}
	app := w.ours(want)
	live := slices.DeleteFunc(liveCertificates(app, want.Name, w.clock.Now()), brought)
	if len(live) != 1 {
		w.t.Fatalf("%d live certificates of ours, want 1", len(live))
	}
	if !strings.Contains(w.journal.values[live[0].KeyID], "PRIVATE KEY") {
		w.t.Error("nobody has its private key")
	}
	if pending := w.plan(want).Pending(); len(pending) > 0 {
		w.t.Errorf("a further run would still: %v", titles(pending))
	}
}

// TestCertificateCrashMatrix is TestCrashMatrix for a key pair, beside a
// certificate of somebody else that must stay.
func TestCertificateCrashMatrix(t *testing.T) {
	theirs := entra.Certificate{KeyID: "theirs", Name: "theirs", Fingerprint: "ab", Start: newClock().Now(), End: newClock().Now().AddDate(1, 0, 0)}
	starts := []struct {
		name  string
		start func(*world)
		want  func() Desired
	}{
		{"nothing there", func(*world) {}, custom},
		{"reads lag behind by 3", func(w *world) { w.dir.lag = 3 }, custom},
		{"reads lag behind by 7", func(w *world) { w.dir.lag = 7 }, custom},
		{"one to replace", func(w *world) { w.mustApply(custom()) }, func() Desired {
			d := custom()
			d.NewSecret = true
			return d
		}},
		{"an application with somebody's certificate", func(w *world) {
			w.dir.now.apps = []entra.Application{{ID: "app-old", ClientID: "client-old", DisplayName: "Old", Audience: entra.SingleTenant, Certificates: []entra.Certificate{theirs}}}
		}, func() Desired {
			d := custom()
			d.Adopt, d.DisplayName = "client-old", ""
			return d
		}},
	}
	for _, s := range starts {
		calls := countWrites(t, s.start, s.want())
		for i := 1; i <= calls; i++ {
			for at, words := range moments {
				t.Run(fmt.Sprintf("%s/write %d/%s", s.name, i, words), func(t *testing.T) {
					w := newWorld(t)
					s.start(w)
					want := s.want()
					w.attempt(i, at, func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), want, op) })
					want.NewSecret = false
					w.mustApply(want)
					w.checkCertificate(want)
					if want.Adopt != "" && !holds(w.ours(want), theirs.KeyID) {
						t.Error("somebody's certificate is gone")
					}
				})
			}
		}
	}
}

func holds(app entra.Application, key entra.KeyID) bool {
	return slices.ContainsFunc(app.Certificates, func(c entra.Certificate) bool { return c.KeyID == key })
}

func TestALostKeyPairIsReplacedWithAWord(t *testing.T) {
	w := newWorld(t)
	want := custom()
	var lost entra.KeyID
	w.dir.after = func(_ int, c entra.Change) error {
		if add, ok := c.(entra.AddCertificate); ok && lost == "" {
			lost = add.Certificate.KeyID
			return &entra.NoAnswerError{Service: "Microsoft Graph", Sent: true, Err: errCrashed}
		}
		return nil
	}
	r := w.mustApply(want)
	w.checkCertificate(want)
	if !slices.ContainsFunc(r.Words, func(s string) bool {
		return strings.Contains(s, "The certificate with ID "+string(lost)+" was lost") && strings.Contains(s, "its private key") && strings.Contains(s, "replaced")
	}) {
		t.Errorf("words %q", r.Words)
	}
}

func TestACertificateThatWasGivenIsKeptAndNeverLost(t *testing.T) {
	for at, words := range moments {
		t.Run(words, func(t *testing.T) {
			w := newWorld(t)
			want := custom()
			given := brings(t, w)
			want.Certificate = &given
			for i := 1; i <= 5; i++ {
				w.attempt(i, at, func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), want, op) })
			}
			w.mustApply(want)
			w.checkQuietIn(4, want)
			certificates := w.ours(want).Certificates
			if len(certificates) != 1 || certificates[0].Fingerprint != entra.Fingerprint(given.DER) || len(w.journal.values) != 0 {
				t.Errorf("certificates %+v, values kept %d", certificates, len(w.journal.values))
			}
		})
	}
}

// TestACertificateIsKnownByItsName: the directory does not always tell the
// certificate itself.
func TestACertificateIsKnownByItsName(t *testing.T) {
	w := newWorld(t)
	want := custom()
	given := brings(t, w)
	want.Certificate = &given
	w.mustApply(want)
	w.dir.now.apps[0].Certificates[0].Fingerprint = ""
	w.checkQuietIn(4, want)
}

func TestAnotherCertificateComesBesideTheFirst(t *testing.T) {
	w := newWorld(t)
	w.mustApply(custom())
	want := custom()
	given := brings(t, w)
	want.Certificate = &given
	w.mustApply(want)
	if n := len(w.ours(want).Certificates); n != 2 {
		t.Errorf("%d certificates, want the first and the second: whoever uses the first goes on working", n)
	}
	w.checkQuietIn(4, want)
}

func TestAFederatedCredentialIsAddedOnce(t *testing.T) {
	for at, words := range moments {
		for i := 1; i <= 4; i++ {
			t.Run(fmt.Sprintf("write %d/%s", i, words), func(t *testing.T) {
				w := newWorld(t)
				want := wanted()
				want.Credential, want.Federated = entra.FederatedKind, new(github())
				w.attempt(i, at, func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), want, op) })
				w.mustApply(want)
				w.checkQuietIn(5, want)
				app := w.ours(want)
				if len(app.Federated) != 1 || app.Federated[0] != github() || len(app.Secrets)+len(app.Certificates) != 0 {
					t.Errorf("it has %+v", app)
				}
			})
		}
	}
}

func TestAFederatedCredentialOfAnotherAudienceIsReplaced(t *testing.T) {
	w := newWorld(t)
	want := wanted()
	want.Credential, want.Federated = entra.FederatedKind, new(github())
	w.mustApply(want)
	w.dir.now.apps[0].Federated[0].Audience = "api://else"
	w.dir.now.apps[0].Federated = append(w.dir.now.apps[0].Federated, entra.FederatedCredential{Name: "other", Issuer: "https://x.example", Subject: "y", Audience: "z"})
	var ids []StepID
	for _, s := range w.plan(want).Pending() {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []StepID{"old-federated:consentry-shop", "federated"}) {
		t.Fatalf("the plan has %v", ids)
	}
	w.mustApply(want)
	if app := w.ours(want); len(app.Federated) != 2 || app.Federated[1] != github() {
		t.Errorf("it has %+v", app.Federated)
	}
}

func TestAFederatedCredentialsNameIsFree(t *testing.T) {
	w := newWorld(t)
	want := wanted()
	want.Credential, want.Federated = entra.FederatedKind, new(github())
	w.mustApply(want)
	want.Federated.Subject = "repo:contoso/shop:environment:production"
	w.mustApply(want)
	if app := w.ours(want); len(app.Federated) != 2 || app.Federated[1].Name != "consentry-shop-2" {
		t.Errorf("it has %+v", app.Federated)
	}
}

// TestWhatAChangeTookAwayIsTold: a change of the secrets at the same moment
// undid another [hashicorp/terraform-provider-azuread issues on parallel
// credentials].
func TestWhatAChangeTookAwayIsTold(t *testing.T) {
	w := newWorld(t)
	w.mustApply(custom())
	app := &w.dir.now.apps[0]
	app.Secrets = append(app.Secrets, entra.Secret{KeyID: "elsewhere", Name: "nightly job", End: w.clock.Now().AddDate(1, 0, 0)})
	want := custom()
	given := brings(t, w)
	want.Certificate = &given
	w.dir.after = func(_ int, c entra.Change) error {
		if _, ok := c.(entra.AddCertificate); ok {
			app.Secrets = nil
		}
		return nil
	}
	r := w.mustApply(want)
	if !slices.ContainsFunc(r.Words, func(s string) bool {
		return strings.Contains(s, "nightly job") && strings.Contains(s, "elsewhere") && strings.Contains(s, "undo")
	}) {
		t.Errorf("nothing is said about the secret that is gone: %q", r.Words)
	}
}

// TestACertificateAddedAndAtOnceUndoneIsAddedAgain: what another change undid
// shows as missing, and the proof is that it is there.
func TestACertificateAddedAndAtOnceUndoneIsAddedAgain(t *testing.T) {
	w := newWorld(t)
	w.mustApply(wanted())
	want := custom()
	given := brings(t, w)
	want.Certificate = &given
	undone := false
	w.dir.after = func(_ int, c entra.Change) error {
		if _, ok := c.(entra.AddCertificate); ok && !undone {
			undone = true
			w.dir.now.apps[0].Certificates = nil
		}
		return nil
	}
	w.mustApply(want)
	if len(w.ours(want).Certificates) != 1 || len(w.ours(want).Secrets) != 1 {
		t.Errorf("it has %+v", w.ours(want))
	}
}

func TestWhatAnEnvironmentProvesItselfWith(t *testing.T) {
	own, ok := preset.ByID("custom")
	if !ok {
		t.Fatal("no preset custom")
	}
	given := brings(t, newWorld(t))
	public := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: given.DER}))
	spec := func(change func(*Spec)) Spec {
		s := Spec{Name: "shop", Integration: "custom", Inputs: map[string]string{"redirectUri": "https://shop.example/cb"}, Scopes: []string{"vso.code"}}
		change(&s)
		return s
	}
	for _, c := range []struct {
		name    string
		p       preset.Preset
		spec    Spec
		field   string
		message string
	}{
		{"a named integration takes a secret only", frontegg(t), func() Spec { s := fronteggSpec(); s.Credential = entra.CertificateKind; return s }(), "credential", "takes a client secret"},
		{"no such kind", own, spec(func(s *Spec) { s.Credential = "password" }), "credential", "takes a federated credential, or a certificate, or a client secret"},
		{"a private key", own, spec(func(s *Spec) {
			s.Credential, s.Certificate = entra.CertificateKind, "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----"
		}), "certificate", "private key"},
		{"an issuer without https", own, spec(func(s *Spec) {
			s.Credential, s.Federated = entra.FederatedKind, entra.FederatedCredential{Issuer: "http://x.example", Subject: "y"}
		}), "federated", "https"},
		{"no subject", own, spec(func(s *Spec) {
			s.Credential, s.Federated = entra.FederatedKind, entra.FederatedCredential{Issuer: "https://x.example"}
		}), "federated", "subject is missing"},
	} {
		_, errs := c.spec.Resolve(c.p)
		if len(errs) != 1 || errs[0].Field != c.field || !strings.Contains(errs[0].Message, c.message) || strings.Contains(errs[0].Message, "hunter2") {
			t.Errorf("%s: %+v", c.name, errs)
		}
	}
	d, errs := spec(func(s *Spec) { s.Credential, s.Certificate = entra.CertificateKind, public }).Resolve(own)
	if len(errs) > 0 || d.Certificate == nil || !slices.Equal(d.Certificate.DER, given.DER) {
		t.Errorf("a certificate: %+v, %v", d.Certificate, errs)
	}
	d, errs = spec(func(s *Spec) { s.Credential = entra.CertificateKind }).Resolve(own)
	if len(errs) > 0 || d.Credential != entra.CertificateKind || d.Certificate != nil {
		t.Errorf("a key pair to make: %+v, %v", d, errs)
	}
	d, errs = spec(func(s *Spec) {
		s.Credential, s.Federated = entra.FederatedKind, entra.FederatedCredential{Issuer: github().Issuer, Subject: github().Subject}
	}).Resolve(own)
	if len(errs) > 0 || d.Federated == nil || *d.Federated != github() {
		t.Errorf("a federated credential: %+v, %v", d.Federated, errs)
	}
	if d, errs = spec(func(*Spec) {}).Resolve(own); len(errs) > 0 || d.Credential != entra.ClientSecretKind {
		t.Errorf("unless said otherwise: %q, %v", d.Credential, errs)
	}
}

func TestAPrivateKeyIsKnownHoweverItIsWrapped(t *testing.T) {
	w := newWorld(t)
	made, err := w.engine().withKeyPair(entra.AddCertificate{Certificate: entra.NewCertificate{Start: w.clock.Now(), End: w.clock.Now().AddDate(1, 0, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	both := made.Certificate.Private.Reveal()
	for _, text := range []string{both, strings.ReplaceAll(both, "\n", " "), strings.TrimSuffix(both, "\n-----END CERTIFICATE-----\n")} {
		if _, err := entra.ParseCertificate([]byte(text), time.Time{}); !errors.Is(err, entra.ErrPrivateKey) {
			t.Errorf("it is taken for something else: %v", err)
		}
	}
}
