package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/consentry/consentry/entra"
)

// SecretLifetime is how long a client secret's value is kept at most.
const SecretLifetime = 24 * time.Hour

// A KeptSecret is a client secret whose value waits, encrypted, to be shown
// once to the person who made it, or the private key of a certificate that was
// made here. It does not hold the value.
type KeptSecret struct {
	ID          string
	Environment string
	Operation   string
	KeyID       entra.KeyID
	Hint        string    // first characters of the value, or of the certificate's thumbprint
	Expires     time.Time // when Microsoft stops taking it
	Created     time.Time
	RevealedAt  time.Time // zero until it was shown, or may have been: see Restore
	DropAt      time.Time // when the value goes at the latest
	// Owner alone may see and use it; Tenant and ID decide.
	Owner entra.Person
	// Usable: the value is still there for UseSecret.
	Usable bool
}

// keepSecret encrypts the value Graph gave and keeps it for the actor.
func (s *Store) keepSecret(ctx context.Context, tx *sql.Tx, op Operation, seq int64, created entra.Created) error {
	owner, err := text(op.Actor)
	if err != nil {
		return err
	}
	about := aboutCreated(created)
	id, now := newID(), s.now()
	sealed := s.seal.seal(secretValue, id, string(op.Actor.Tenant), []byte(created.SecretValue.Reveal()))
	_, err = tx.ExecContext(ctx, `INSERT INTO secrets
		(id, environment, operation, seq, key_id, hint, owner_tenant, owner_id, owner, value, expires, created, revealed, drop_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13)`,
		id, op.Environment, op.ID, seq, about.KeyID, storable(cmp.Or(about.Hint, created.SecretValue.Hint())), op.Actor.Tenant, op.Actor.ID, owner,
		sealed, millis(about.End), millis(now), millis(now.Add(SecretLifetime)))
	return err
}

// aboutCreated is what may be known of a secret, or of a certificate whose
// private key is kept like one: that one's hint is how its thumbprint begins.
func aboutCreated(created entra.Created) entra.Secret {
	switch c := created.Certificate; {
	case created.Secret != nil:
		return *created.Secret
	case c != nil:
		return entra.Secret{KeyID: c.KeyID, Name: c.Name, Hint: c.Thumbprint[:min(8, len(c.Thumbprint))], Start: c.Start, End: c.End}
	}
	return entra.Secret{}
}

// Secrets lists what is or was kept for an environment, oldest first.
func (s *Store) Secrets(ctx context.Context, env string) ([]KeptSecret, error) {
	and, args := ofOwn(ctx, "environment", millis(s.now()), env)
	list, err := all(ctx, s.read, scanSecret, `SELECT id, environment, operation, key_id, hint, expires, created, revealed, drop_at, owner,
		value IS NOT NULL AND drop_at > $1 FROM secrets WHERE environment = $2`+and+` ORDER BY seq`, args...)
	if err != nil {
		return nil, fmt.Errorf("store: secrets: %w", err)
	}
	return list, nil
}

func scanSecret(row scanner) (KeptSecret, error) {
	var k KeptSecret
	err := row.Scan(&k.ID, &k.Environment, &k.Operation, &k.KeyID, &k.Hint, instant{&k.Expires}, instant{&k.Created},
		instant{&k.RevealedAt}, instant{&k.DropAt}, document{&k.Owner}, &k.Usable)
	return k, err
}

// RevealSecret gives the value to its owner, once: of many callers at the same
// time one gets it. ErrGone: it was shown before, dropped, or its time is over.
// ErrNotFound: there is none, or not for this person.
func (s *Store) RevealSecret(ctx context.Context, id string, by entra.Person) (entra.Sensitive, error) {
	now := millis(s.now())
	var value entra.Sensitive
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		value, err = s.secretValue(ctx, tx, id, by, now, `UPDATE secrets SET revealed = $1`, `revealed = 0 AND value IS NOT NULL AND drop_at > $1`, ` RETURNING value`)
		if err != nil {
			return err
		}
		return s.auditSecret(ctx, tx, id, "secret-revealed")
	})
	if err != nil {
		return entra.Sensitive{}, fmt.Errorf("store: reveal secret: %w", s.refused(ctx, "secret-revealed", "secret/"+id, err))
	}
	return value, nil
}

// UseSecret gives the value to its owner for the console's own use, the test
// consent, whether it was shown or not, until it is dropped. Errors are those
// of RevealSecret.
func (s *Store) UseSecret(ctx context.Context, id string, by entra.Person) (entra.Sensitive, error) {
	now := millis(s.now())
	var value entra.Sensitive
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		value, err = s.secretValue(ctx, tx, id, by, now, `SELECT value FROM secrets`, `value IS NOT NULL AND drop_at > $1`, ``)
		if err != nil {
			return err
		}
		return s.auditSecret(ctx, tx, id, "secret-used")
	})
	if err != nil {
		return entra.Sensitive{}, fmt.Errorf("store: use secret: %w", s.refused(ctx, "secret-used", "secret/"+id, err))
	}
	return value, nil
}

// secretOf picks one secret of its owner.
const secretOf = ` WHERE id = $2 AND owner_tenant = $3 AND owner_id = $4 AND `

// secretValue runs a query for one secret of its owner that gives the
// ciphertext, on the condition, and opens it. The first parameter is the time.
func (s *Store) secretValue(ctx context.Context, q querier, id string, by entra.Person, now int64, query, condition, returning string) (entra.Sensitive, error) {
	if by.Tenant == "" || by.ID == "" {
		return entra.Sensitive{}, ErrNotFound
	}
	var sealed []byte
	and, args := ofOwn(ctx, "environment", now, id, by.Tenant, by.ID)
	err := q.QueryRowContext(ctx, query+secretOf+condition+and+returning, args...).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return entra.Sensitive{}, s.whyNoSecret(ctx, q, id, by)
	}
	if err != nil {
		return entra.Sensitive{}, err
	}
	plain, err := s.seal.open(secretValue, id, string(by.Tenant), sealed)
	return entra.NewSensitive(string(plain)), err
}

// whyNoSecret tells the owner that it is gone, and others nothing.
func (s *Store) whyNoSecret(ctx context.Context, q querier, id string, by entra.Person) error {
	var there int
	and, args := ofOwn(ctx, "environment", id, by.Tenant, by.ID)
	err := notFound(q.QueryRowContext(ctx, `SELECT COUNT(*) FROM secrets WHERE id = $1 AND owner_tenant = $2 AND owner_id = $3`+and, args...).Scan(&there))
	switch {
	case err != nil:
		return err
	case there > 0:
		return ErrGone
	}
	return ErrNotFound
}

// DropSecret deletes the value; that it was kept stays on record. Dropping
// twice is no error.
func (s *Store) DropSecret(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		and, args := ofOwn(ctx, "environment", id)
		n, err := touched(ctx, tx, `UPDATE secrets SET value = NULL WHERE id = $1 AND value IS NOT NULL`+and, args...)
		if err == nil && n == 0 {
			err = tx.QueryRowContext(ctx, `SELECT 1 FROM secrets WHERE id = $1`+and, args...).Scan(&n)
			return notFound(err)
		}
		if err != nil {
			return err
		}
		return s.auditSecret(ctx, tx, id, "secret-dropped")
	})
	if err != nil {
		return fmt.Errorf("store: drop secret: %w", err)
	}
	return nil
}

// SweepSecrets deletes the values whose time is over and returns how many.
// They could not be had any more; this removes them from the file.
func (s *Store) SweepSecrets(ctx context.Context) (n int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		dropped, err := all(ctx, tx, scanID, `UPDATE secrets SET value = NULL WHERE value IS NOT NULL AND drop_at <= $1 RETURNING id`, millis(s.now()))
		n = len(dropped)
		for _, id := range dropped {
			if err == nil {
				err = s.auditSecret(ctx, tx, id, "secret-dropped")
			}
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: sweep secrets: %w", err)
	}
	return n, nil
}

func scanID(row scanner) (id string, err error) { return id, row.Scan(&id) }
