package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/trial"
)

// fill puts one value into every place.
func (b *bench) fill(t *testing.T) KeptSecret {
	t.Helper()
	k := b.secret(t, "shop", "value-one")
	b.session(t, "session", "data")
	b.trial(t, trial.Trial{ID: "trial"}, "state", "verifier")
	if err := b.SaveOperator(t.Context(), alice, []byte("tokens")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.StartRun(t.Context(), Run{Owner: alice, RunDocument: RunDocument{Facts: checks.Facts{Given: checks.Given{ClientID: "the-client"}}}}); err != nil {
		t.Fatal(err)
	}
	return k
}

// wantFilled reads what fill wrote.
func wantFilled(t *testing.T, b *bench, k KeptSecret) {
	t.Helper()
	if v, err := b.UseSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "value-one" {
		t.Errorf("secret: %v", err)
	}
	if data, err := b.LoadSession(t.Context(), hash("session")); err != nil || string(data) != "data" {
		t.Errorf("session: %q, %v", data, err)
	}
	if _, tokens, err := b.Operator(t.Context(), alice.Tenant, alice.ID); err != nil || string(tokens) != "tokens" {
		t.Errorf("tokens: %q, %v", tokens, err)
	}
	runs, err := b.newestRuns(t.Context(), "", 1)
	if err != nil || len(runs) != 1 {
		t.Fatalf("runs: %v, %v", runs, err)
	}
	if r, err := b.Run(t.Context(), runs[0].ID); err != nil || r.Facts.Given.ClientID != "the-client" {
		t.Errorf("run: %q, %v", r.Facts.Given.ClientID, err)
	}
	if bad, n, err := b.Unreadable(t.Context()); err != nil || len(bad) != 0 || n < len(places) {
		t.Errorf("%d open, not %v, %v", n, bad, err)
	}
}

// rotate gives the store a new key before those it has.
func (b *bench) rotate() (old *sealer) {
	old = b.seal.sealers[0]
	b.seal = &keyring{append([]*sealer{newSealer(NewKey())}, b.seal.sealers...)}
	return old
}

func (b *bench) rekey(t *testing.T) Rekeyed {
	t.Helper()
	r, err := b.Rekey(t.Context(), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var keyTests = map[string]func(*testing.T, *bench){
	"the new key encrypts, the old one still opens, and goes when nothing is left under it": func(t *testing.T, b *bench) {
		k := b.fill(t)
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantFilled(t, b, k)
		b.session(t, "later", "written with the new key")
		if n, err := valuesUnder(t.Context(), b.read, b.seal.sealers[0].header); n != 1 || err != nil {
			t.Errorf("%d values under the new key, %v", n, err)
		}
		if r := b.rekey(t); r.Values != len(places) || !slices.Equal(r.Retired, []string{old.keyID()}) || len(r.Unreadable) != 0 {
			t.Errorf("got %+v", r)
		}
		b.seal = &keyring{b.seal.sealers[:1]}
		if err := b.checkKey(t.Context()); err != nil {
			t.Errorf("without the old key: %v", err)
		}
		wantFilled(t, b, k)
		if n, err := valuesUnder(t.Context(), b.read, old.header); n != 0 || err != nil {
			t.Errorf("%d values left under the old key, %v", n, err)
		}
		b.seal = &keyring{[]*sealer{old}}
		if err := b.checkKey(t.Context()); !errors.Is(err, ErrWrongKey) {
			t.Errorf("with the old key alone: %v", err)
		}
	},
	"doing it again does nothing": func(t *testing.T, b *bench) {
		b.fill(t)
		b.rotate()
		b.rekey(t)
		if r := b.rekey(t); r.Values != 0 || len(r.Retired) != 0 {
			t.Errorf("got %+v", r)
		}
	},
	"a key that was never in use opens nothing and leaves nothing": func(t *testing.T, b *bench) {
		k := b.fill(t)
		ring := b.seal
		for name, bad := range map[string]*keyring{"alone": newKeyring(NewKey()), "with another": newKeyring(NewKey(), NewKey())} {
			b.seal = bad
			if err := b.checkKey(t.Context()); !errors.Is(err, ErrWrongKey) || !strings.Contains(err.Error(), "the key does not match") || !strings.Contains(err.Error(), ring.sealers[0].keyID()) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.seal = ring
		if proofs, err := keyProofs(t.Context(), b.read); err != nil || len(proofs) != 1 {
			t.Errorf("%d keys, %v", len(proofs), err)
		}
		wantFilled(t, b, k)
	},
	"between two keys both are needed": func(t *testing.T, b *bench) {
		b.fill(t)
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		fresh := b.seal.sealers[0]
		for name, ring := range map[string]*keyring{"new alone": {[]*sealer{fresh}}, "old alone": {[]*sealer{old}}} {
			b.seal = ring
			if err := b.checkKey(t.Context()); !errors.Is(err, ErrWrongKey) {
				t.Errorf("%s: %v", name, err)
			}
		}
	},
	"a value that no key opens is named and keeps its key": func(t *testing.T, b *bench) {
		k := b.fill(t)
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.exec(t, `UPDATE secrets SET value = $1`, append(bytes.Clone(old.header), make([]byte, 40)...))
		if r := b.rekey(t); r.Values != len(places)-1 || len(r.Retired) != 0 || !slices.Equal(r.Unreadable, []string{"secrets/" + k.ID}) {
			t.Errorf("got %+v", r)
		}
		rows := b.log(t)
		if last := rows[len(rows)-1]; last.Action != "key-rotated" || last.Result != AuditFailed {
			t.Errorf("the log says %+v", last)
		}
	},
	"more values than a batch, with some that do not open among them": func(t *testing.T, b *bench) {
		for i := range 2*rekeyBatch + 5 {
			b.session(t, fmt.Sprint(i), "data")
		}
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.exec(t, `UPDATE sessions SET data = $1 WHERE id_hash = $2`, append(bytes.Clone(old.header), 1), hash("7"))
		var heard []int
		r, err := b.Rekey(t.Context(), func(n int) { heard = append(heard, n) })
		if err != nil || r.Values != 2*rekeyBatch+4 || len(r.Unreadable) != 1 || len(heard) < 3 {
			t.Errorf("%+v, %v, heard %v", r, err, heard)
		}
	},
	"one that was stopped goes on": func(t *testing.T, b *bench) {
		for i := range 2 * rekeyBatch {
			b.session(t, fmt.Sprint(i), "data")
		}
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if _, err := b.Rekey(ctx, func(int) { stop() }); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if err := b.checkKey(t.Context()); err != nil {
			t.Errorf("in between: %v", err)
		}
		if r := b.rekey(t); r.Values != rekeyBatch || !slices.Equal(r.Retired, []string{old.keyID()}) {
			t.Errorf("got %+v", r)
		}
	},
	"sessions and secrets live on while it is at work": func(t *testing.T, b *bench) {
		for i := range rekeyBatch {
			b.session(t, fmt.Sprint(i), "data")
		}
		k := b.fill(t)
		b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		errs := together(9, func(i int) error {
			if i == 0 {
				_, err := b.Rekey(t.Context(), func(int) {})
				return err
			}
			var err error
			for n := i; n < rekeyBatch; n += 8 {
				id := hash(fmt.Sprint(n))
				err = errors.Join(err, b.SaveSession(t.Context(), id, to("saved"), time.Hour, time.Hour))
				data, lerr := b.LoadSession(t.Context(), id)
				if err = errors.Join(err, lerr); string(data) != "saved" {
					err = errors.Join(err, fmt.Errorf("session %d has %q", n, data))
				}
			}
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		b.rekey(t)
		b.seal = &keyring{b.seal.sealers[:1]}
		wantFilled(t, b, k)
	},
	"whoever still writes with the old key keeps it in use, which is told": func(t *testing.T, b *bench) {
		b.fill(t)
		old := b.rotate()
		if err := b.checkKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		ring, heard := b.seal, 0
		r, err := b.Rekey(t.Context(), func(int) {
			if heard++; heard == len(places) { // the sessions are done by now
				b.seal = &keyring{[]*sealer{old}}
				b.session(t, "of another console", "data")
				b.seal = ring
			}
		})
		if err != nil || r.Left == 0 || len(r.Retired) != 0 || len(r.Unreadable) != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
		rows := b.log(t)
		if last := rows[len(rows)-1]; last.Action != "key-rotated" || last.Result != AuditFailed {
			t.Errorf("the log says %+v", last)
		}
		if r := b.rekey(t); r.Left != 0 || !slices.Equal(r.Retired, []string{old.keyID()}) {
			t.Errorf("once that has ended: %+v", r)
		}
	},
	"what an old key signed is known as long as that is given": func(t *testing.T, b *bench) {
		signed := b.Sign("page", "42")
		b.rotate()
		if text, ok := b.Signed("page", signed); !ok || text != "42" {
			t.Errorf("got %q, %v", text, ok)
		}
		b.seal = &keyring{b.seal.sealers[:1]}
		if _, ok := b.Signed("page", signed); ok {
			t.Error("still known without the key")
		}
	},
}

func TestTheSameKeyGivenTwiceCountsOnce(t *testing.T) {
	k, o := NewKey(), NewKey()
	if ring := newKeyring(k, o, k, o); len(ring.sealers) != 2 {
		t.Errorf("%d keys", len(ring.sealers))
	}
}

// notSealed are the binary columns that hold no ciphertext.
var notSealed = []string{"sessions.id_hash", "trials.state_hash", "audit.prev", "audit.hash", "audit_head.hash", "encryption_keys.check_value"}

// A new column with ciphertext that is not among the places would keep the
// old key for ever, and be lost with it.
func TestEveryColumnWithCiphertextIsAPlace(t *testing.T) {
	s := openAt(t, t.TempDir()+"/consentry.db", NewKey(), nil)
	columns, err := all(t.Context(), s.read, scanID, `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type IN ('BYTEA', 'BLOB') AND m.name NOT LIKE 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(notSealed)
	for _, p := range places {
		want = append(want, p.table+"."+p.column)
	}
	slices.Sort(columns)
	slices.Sort(want)
	if !slices.Equal(columns, want) {
		t.Errorf("binary columns %v\nplaces and others %v", columns, want)
	}
}
