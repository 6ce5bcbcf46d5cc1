package setup

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/consentry/consentry/entra"
)

// TestRetiringACertificateOrAFederatedCredential disturbs the one write at
// each moment: the other credentials stay, and in the end the old one is gone.
func TestRetiringACertificateOrAFederatedCredential(t *testing.T) {
	for _, kind := range []entra.CredentialKind{entra.CertificateKind, entra.FederatedKind} {
		for at, words := range moments {
			t.Run(fmt.Sprintf("%s/%s", kind, words), func(t *testing.T) {
				w := newWorld(t)
				w.mustApply(wanted())
				app := &w.dir.now.apps[0]
				app.Certificates = []entra.Certificate{{KeyID: "old", Name: "x", Thumbprint: "AB"}, {KeyID: "other", Name: "y"}}
				app.Federated = []entra.FederatedCredential{{Name: "old", Issuer: "https://a.example", Subject: "b"}, {Name: "other", Issuer: "https://a.example", Subject: "c"}}
				r := Rotation{Want: wanted(), Old: "old", Kind: kind}
				run := func(e *Engine, op string) (Result, error) { return e.Retire(t.Context(), r, op) }
				w.attempt(1, at, run)
				w.finish(run)
				got := w.ours(wanted())
				certificates, federated := 2, 2
				if kind == entra.CertificateKind {
					certificates = 1
				} else {
					federated = 1
				}
				if len(got.Certificates) != certificates || len(got.Federated) != federated || len(got.Secrets) != 1 {
					t.Errorf("left are %+v", got)
				}
			})
		}
	}
}

// TestARecordedRetirementTellsWhatItRemoves: whoever goes on with it has the
// recorded plan alone.
func TestARecordedRetirementTellsWhatItRemoves(t *testing.T) {
	app := appWith(secretMade("k1", "op1", 5))
	app.Certificates = []entra.Certificate{{KeyID: "c1", Name: "x"}}
	app.Federated = []entra.FederatedCredential{{Name: "f1"}}
	for kind, key := range map[entra.CredentialKind]entra.KeyID{entra.ClientSecretKind: "k1", entra.CertificateKind: "c1", entra.FederatedKind: "f1"} {
		plan, err := Rotation{Want: wanted(), Old: key, Kind: kind}.PlanRetire(Actual{App: &app})
		if err != nil || len(plan.Pending()) != 1 {
			t.Fatalf("%s: %+v, %v", kind, plan, err)
		}
		text, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		var read Plan
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if gotKind, got := read.Retired(); gotKind != kind || got != key {
			t.Errorf("%s %s reads as %s %s", kind, key, gotKind, got)
		}
		gone, err := Rotation{Want: wanted(), Old: "none", Kind: kind}.PlanRetire(Actual{App: &app})
		if err != nil || len(gone.Steps) != 0 {
			t.Errorf("%s that is gone: %+v, %v", kind, gone, err)
		}
	}
}

func TestWhatAnEnvironmentGoesBy(t *testing.T) {
	w := newWorld(t)
	if r := w.mustApply(wanted()); r.Current() == nil || r.Current().KeyID != r.Secret.KeyID {
		t.Errorf("a secret: %+v", r.Current())
	}
	r := w.mustApply(custom())
	if c := r.Current(); c == nil || c.KeyID != r.Certificate.KeyID || len(c.Hint) != 8 || r.Secret != nil {
		t.Errorf("a key pair: %+v", c)
	}
	given := brings(t, w)
	want := custom()
	want.Certificate = &given
	if r = w.mustApply(want); r.Certificate == nil || r.Certificate.Fingerprint != entra.Fingerprint(given.DER) {
		t.Errorf("a given certificate: %+v", r.Certificate)
	}
	want = wanted()
	want.Credential, want.Federated = entra.FederatedKind, new(github())
	if r = w.mustApply(want); r.Current() != nil {
		t.Errorf("a federated credential: %+v", r.Current())
	}
	var none *Result
	if none.Current() != nil {
		t.Error("nothing read")
	}
}
