package store

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/consentry/consentry/trial"
)

// exec changes the database behind the store's back.
func (b *bench) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := b.inTx(t.Context(), func(tx *sql.Tx) error {
		n, err := touched(t.Context(), tx, query, args...)
		if err == nil && n == 0 {
			return errors.New("nothing to change")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever can write to the file can move ciphertexts about; none may open in
// another place.
var ciphertextTests = map[string]func(*testing.T, *bench){
	"a secret moved to another row does not open": func(t *testing.T, b *bench) {
		one, two := b.secret(t, "one", "value-one"), b.secret(t, "two", "value-two")
		b.exec(t, `UPDATE secrets SET value = (SELECT value FROM secrets WHERE id = $1) WHERE id = $2`, two.ID, one.ID)
		wantUnreadable(t, b, one)
	},
	"a secret given to another tenant's person does not open": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "value-one")
		b.exec(t, `UPDATE secrets SET owner_tenant = $1 WHERE id = $2`, mallory.Tenant, k.ID)
		if v, err := b.RevealSecret(t.Context(), k.ID, mallory); !errors.Is(err, ErrUnreadable) || !v.IsZero() {
			t.Errorf("got %q, %v", v.Reveal(), err)
		}
	},
	"a changed secret does not open and is not used up": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "value-one")
		var good []byte
		if err := b.read.QueryRowContext(t.Context(), `SELECT value FROM secrets`).Scan(&good); err != nil {
			t.Fatal(err)
		}
		for i := range good {
			bad := append([]byte(nil), good...)
			bad[i] ^= 1
			b.exec(t, `UPDATE secrets SET value = $1`, bad)
			wantUnreadable(t, b, k)
		}
		b.exec(t, `UPDATE secrets SET value = $1`, good[:headerLength])
		wantUnreadable(t, b, k)
		b.exec(t, `UPDATE secrets SET value = $1`, good)
		if v, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "value-one" {
			t.Errorf("put right again: %q, %v", v.Reveal(), err)
		}
	},
	"one session's data does not open in another": func(t *testing.T, b *bench) {
		b.session(t, "a", "admin")
		b.session(t, "b", "viewer")
		b.exec(t, `UPDATE sessions SET data = (SELECT data FROM sessions WHERE id_hash = $1) WHERE id_hash = $2`, hash("a"), hash("b"))
		if _, err := b.LoadSession(t.Context(), hash("b")); !errors.Is(err, ErrUnreadable) {
			t.Errorf("got %v", err)
		}
	},
	"one person's tokens do not open for another": func(t *testing.T, b *bench) {
		for _, p := range []struct{ who, tokens string }{{string(alice.ID), "hers"}, {string(bob.ID), "his"}} {
			person := alice
			if p.who == string(bob.ID) {
				person = bob
			}
			if err := b.SaveOperator(t.Context(), person, []byte(p.tokens)); err != nil {
				t.Fatal(err)
			}
		}
		b.exec(t, `UPDATE operators SET tokens = (SELECT tokens FROM operators WHERE id = $1) WHERE id = $2`, alice.ID, bob.ID)
		if _, _, err := b.Operator(t.Context(), bob.Tenant, bob.ID); !errors.Is(err, ErrUnreadable) {
			t.Errorf("got %v", err)
		}
	},
	"one trial's flow does not open in another and is not used up": func(t *testing.T, b *bench) {
		b.trial(t, trial.Trial{ID: "a"}, "state-a", "verifier-a")
		b.trial(t, trial.Trial{ID: "b"}, "state-b", "verifier-b")
		b.exec(t, `UPDATE trials SET flow = (SELECT flow FROM trials WHERE id = 'a') WHERE id = 'b'`)
		for range 2 {
			if _, flow, err := b.TrialByState(t.Context(), "state-b"); !errors.Is(err, ErrUnreadable) || flow != nil {
				t.Errorf("got %q, %v", flow, err)
			}
		}
	},
	"a session's data does not open as a secret": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "value-one")
		b.session(t, "a", "data")
		b.exec(t, `UPDATE secrets SET value = (SELECT data FROM sessions)`)
		wantUnreadable(t, b, k)
	},
}

func wantUnreadable(t *testing.T, b *bench, k KeptSecret) {
	t.Helper()
	v, revealed := b.RevealSecret(t.Context(), k.ID, alice)
	w, used := b.UseSecret(t.Context(), k.ID, alice)
	if !errors.Is(revealed, ErrUnreadable) || !errors.Is(used, ErrUnreadable) || !v.IsZero() || !w.IsZero() {
		t.Errorf("reveal: %q, %v; use: %q, %v", v.Reveal(), revealed, w.Reveal(), used)
	}
}
