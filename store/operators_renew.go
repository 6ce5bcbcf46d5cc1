package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/consentry/consentry/entra"
)

// RenewOperator keeps new tokens of a person in the place of those that were
// renewed. ErrNotFound: they have signed out since, and nothing is kept.
func (s *Store) RenewOperator(ctx context.Context, p entra.Person, tokens []byte) error {
	sealed := s.seal.seal(operatorTokens, string(p.ID), string(p.Tenant), tokens)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `UPDATE operators SET tokens = $1, updated = $2 WHERE tenant = $3 AND id = $4`, sealed, millis(s.now()), p.Tenant, p.ID)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store: renew operator: %w", err)
	}
	return nil
}
