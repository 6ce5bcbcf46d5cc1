package store

import (
	"errors"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

var secretTests = map[string]func(*testing.T, *bench){
	"what can be known without the value": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "abc~the-value")
		want := KeptSecret{ID: k.ID, Environment: k.Environment, Operation: k.Operation, KeyID: "key-of-one", Hint: "abc", Expires: b.clock.Now().AddDate(0, 6, 0),
			Created: b.clock.Now(), DropAt: b.clock.Now().Add(SecretLifetime), Owner: alice, Usable: true}
		if !reflect.DeepEqual(k, want) {
			t.Errorf("got %+v\nwant %+v", k, want)
		}
	},
	"a private key is kept like a secret": func(t *testing.T, b *bench) {
		op := b.operation(t, b.environment(t, "one").ID)
		j := b.Journal(op)
		seq, err := j.Intent(t.Context(), setup.Entry{Step: "certificate", State: setup.Intended, Started: b.clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		created := entra.Created{SecretValue: entra.NewSensitive("-----BEGIN PRIVATE KEY-----"),
			Certificate: &entra.Certificate{KeyID: "key-of-one", Thumbprint: "0123456789ABCDEF", End: b.clock.Now().AddDate(1, 0, 0)}}
		if err := j.Outcome(t.Context(), seq, setup.Done, created, nil); err != nil {
			t.Fatal(err)
		}
		k := b.keptSecret(t, op.Environment)
		if k.KeyID != "key-of-one" || k.Hint != "01234567" || !k.Expires.Equal(created.Certificate.End) || !k.Usable {
			t.Errorf("kept is %+v", k)
		}
		entries, err := j.Entries(t.Context())
		if err != nil || len(entries) != 1 || !entries[0].SecretKept || entries[0].Created.Certificate == nil || !entries[0].Created.SecretValue.IsZero() {
			t.Errorf("the journal has %+v, %v", entries, err)
		}
	},
	"its owner sees it once": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		if v, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "the-value" {
			t.Fatalf("got %q, %v", v.Reveal(), err)
		}
		if v, err := b.RevealSecret(t.Context(), k.ID, alice); !errors.Is(err, ErrGone) || !v.IsZero() {
			t.Errorf("again: %q, %v", v.Reveal(), err)
		}
		if got := b.keptSecret(t, k.Environment); !got.RevealedAt.Equal(b.clock.Now()) || !got.Usable {
			t.Errorf("on record: %+v", got)
		}
	},
	"of 16 callers at once one sees it": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		var seen atomic.Int32
		errs := together(16, func(int) error {
			v, err := b.RevealSecret(t.Context(), k.ID, alice)
			if v.Reveal() == "the-value" {
				seen.Add(1)
			}
			return err
		})
		wantOneWinner(t, errs, ErrGone)
		if seen.Load() != 1 {
			t.Errorf("%d saw the value", seen.Load())
		}
	},
	"nobody else learns that it exists": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		for _, who := range []entra.Person{bob, mallory, {}, {Tenant: alice.Tenant}, {ID: alice.ID}} {
			_, revealed := b.RevealSecret(t.Context(), k.ID, who)
			_, used := b.UseSecret(t.Context(), k.ID, who)
			if !errors.Is(revealed, ErrNotFound) || !errors.Is(used, ErrNotFound) {
				t.Errorf("%+v: %v, %v", who, revealed, used)
			}
		}
		if _, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil {
			t.Errorf("their tries used it up: %v", err)
		}
		if _, err := b.RevealSecret(t.Context(), k.ID, bob); !errors.Is(err, ErrNotFound) {
			t.Errorf("after it was shown: %v", err)
		}
	},
	"its owner is recognised under a new name": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		if _, err := b.RevealSecret(t.Context(), k.ID, entra.Person{Tenant: alice.Tenant, ID: alice.ID, UPN: "alice.married@contoso.com"}); err != nil {
			t.Error(err)
		}
	},
	"the test may use it before and after it is shown": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		for range 2 {
			if v, err := b.UseSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "the-value" {
				t.Errorf("got %q, %v", v.Reveal(), err)
			}
		}
		if _, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil {
			t.Errorf("use counted as showing: %v", err)
		}
		if v, err := b.UseSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "the-value" {
			t.Errorf("afterwards: %q, %v", v.Reveal(), err)
		}
	},
	"a dropped one is gone for every purpose": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		for range 2 {
			if err := b.DropSecret(t.Context(), k.ID); err != nil {
				t.Fatal(err)
			}
		}
		wantSecretGone(t, b, k)
		if err := b.DropSecret(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown one: %v", err)
		}
	},
	"a day later it is gone, swept or not": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		b.clock.pass(SecretLifetime - 1e6)
		if n, err := b.SweepSecrets(t.Context()); err != nil || n != 0 {
			t.Errorf("swept %d early, %v", n, err)
		}
		if _, err := b.UseSecret(t.Context(), k.ID, alice); err != nil {
			t.Error(err)
		}
		b.clock.pass(1e6)
		wantSecretGone(t, b, k)
		if n, err := b.SweepSecrets(t.Context()); err != nil || n != 1 {
			t.Errorf("swept %d, %v", n, err)
		}
		if n, err := b.SweepSecrets(t.Context()); err != nil || n != 0 {
			t.Errorf("swept %d again, %v", n, err)
		}
		wantSecretGone(t, b, k)
	},
	"an unknown one is not found": func(t *testing.T, b *bench) {
		if _, err := b.RevealSecret(t.Context(), "nothing", alice); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
}

func wantSecretGone(t *testing.T, b *bench, k KeptSecret) {
	t.Helper()
	_, revealed := b.RevealSecret(t.Context(), k.ID, alice)
	_, used := b.UseSecret(t.Context(), k.ID, alice)
	if !errors.Is(revealed, ErrGone) || !errors.Is(used, ErrGone) {
		t.Errorf("reveal: %v, use: %v", revealed, used)
	}
	if b.keptSecret(t, k.Environment).Usable {
		t.Error("it says that it is usable")
	}
}
