package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// keyring is the key that encrypts, first, and older ones that still open.
type keyring struct{ sealers []*sealer }

// newKeyring takes each key once, however often it is given.
func newKeyring(k Key, old ...Key) *keyring {
	ring := &keyring{[]*sealer{newSealer(k)}}
	for i, o := range old {
		if o != k && !slices.Contains(old[:i], o) {
			ring.sealers = append(ring.sealers, newSealer(o))
		}
	}
	return ring
}

// seal encrypts with the first key.
func (r *keyring) seal(p place, row, tenant string, plain []byte) []byte {
	return r.sealers[0].seal(p, row, tenant, plain)
}

// open opens with the key that the ciphertext names; ErrUnreadable when none
// of them is that, too.
func (r *keyring) open(p place, row, tenant string, sealed []byte) ([]byte, error) {
	for _, s := range r.sealers {
		if bytes.HasPrefix(sealed, s.header) {
			return s.open(p, row, tenant, sealed)
		}
	}
	return nil, fmt.Errorf("%s.%s: %w", p.table, p.column, ErrUnreadable)
}

// checkText is what the check value of a key holds.
const checkText = "consentry key check"

// checkKey proves that whatever is encrypted in the database can be read with
// the keys given, and leaves the proof of a key that is new to it. Nothing is
// written before everything is proven.
func (s *Store) checkKey(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		proofs, err := keyProofs(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.seal.provesAll(proofs); err != nil {
			return err
		}
		known := func(p keyProof) bool { return p.id == s.seal.sealers[0].keyID() }
		if slices.ContainsFunc(proofs, known) {
			return nil
		}
		return s.leaveCheck(ctx, tx)
	})
}

// provesAll: every key that is in use in the database is among the keys.
func (r *keyring) provesAll(proofs []keyProof) error {
	var unproven []string
	for _, p := range proofs {
		if !r.proves(p) {
			unproven = append(unproven, p.id)
		}
	}
	if len(unproven) > 0 {
		return wrongKey(unproven, len(unproven) < len(proofs))
	}
	return nil
}

// A keyProof opens with its key only.
type keyProof struct {
	id     string
	sealed []byte
}

func keyProofs(ctx context.Context, q querier) ([]keyProof, error) {
	return all(ctx, q, func(row scanner) (p keyProof, err error) { return p, row.Scan(&p.id, &p.sealed) },
		`SELECT id, check_value FROM encryption_keys ORDER BY created, id`)
}

// proves: one of the keys is the one that made p.
func (r *keyring) proves(p keyProof) bool {
	plain, err := r.open(keyCheck, p.id, "", p.sealed)
	return err == nil && string(plain) == checkText
}

// wrongKey says which keys are missing, by their ids; they tell nothing about
// the keys.
func wrongKey(ids []string, others bool) error {
	list := strings.Join(ids, ", ")
	if others {
		return fmt.Errorf("%w: it also holds values of the key with id %s; give that key too, after the first, until \"consentry rekey\" has said that it can go", ErrWrongKey, list)
	}
	return fmt.Errorf("%w, which holds values of the key with id %s: use the key file that was in use when the database was made, or start with a new database", ErrWrongKey, list)
}

func (s *Store) leaveCheck(ctx context.Context, tx *sql.Tx) error {
	id := s.seal.sealers[0].keyID()
	_, err := tx.ExecContext(ctx, `INSERT INTO encryption_keys (id, check_value, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		id, s.seal.seal(keyCheck, id, "", []byte(checkText)), millis(s.now()))
	return err
}
