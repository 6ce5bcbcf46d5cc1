package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/consentry/consentry/entra"
)

// SaveOperator keeps a signed-in person's tokens, encrypted, over earlier
// ones. The person's tenant and ID are the key; the rest is text for people.
func (s *Store) SaveOperator(ctx context.Context, p entra.Person, tokens []byte) error {
	if p.Tenant == "" || p.ID == "" {
		return errors.New("store: save operator: the person needs a tenant ID and an object ID")
	}
	person, err := text(p)
	if err != nil {
		return fmt.Errorf("store: save operator: %w", err)
	}
	sealed := s.seal.seal(operatorTokens, string(p.ID), string(p.Tenant), tokens)
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO operators (tenant, id, person, tokens, updated) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tenant, id) DO UPDATE SET person = excluded.person, tokens = excluded.tokens, updated = excluded.updated`,
			p.Tenant, p.ID, person, sealed, millis(s.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("store: save operator: %w", err)
	}
	return nil
}

// Operator returns a person as they last signed in, and their tokens.
// ErrNotFound: they are not signed in.
func (s *Store) Operator(ctx context.Context, tenant entra.TenantID, id entra.ObjectID) (entra.Person, []byte, error) {
	var p entra.Person
	var sealed []byte
	err := s.read.QueryRowContext(ctx, `SELECT person, tokens FROM operators WHERE tenant = $1 AND id = $2`, tenant, id).
		Scan(document{&p}, &sealed)
	if err != nil {
		return entra.Person{}, nil, fmt.Errorf("store: operator: %w", notFound(err))
	}
	tokens, err := s.seal.open(operatorTokens, string(id), string(tenant), sealed)
	if err != nil {
		return entra.Person{}, nil, fmt.Errorf("store: operator: %w", s.unreadable(ctx, "operator/"+string(id), err))
	}
	return p, tokens, nil
}

// DeleteOperator forgets a person's tokens. A person unknown is no error.
func (s *Store) DeleteOperator(ctx context.Context, tenant entra.TenantID, id entra.ObjectID) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM operators WHERE tenant = $1 AND id = $2`, tenant, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: delete operator: %w", err)
	}
	return nil
}
