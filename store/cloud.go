package store

import (
	"context"
	"errors"
	"fmt"
)

// ErrOtherCloud: the database belongs to another cloud.
var ErrOtherCloud = errors.New("the database is of another cloud")

// Bind makes the database that of the cloud, for good: the first that is named
// stays. A name is public, sandbox, or what tells another cloud from these.
// The error for any other wraps ErrOtherCloud and names both.
func (s *Store) Bind(ctx context.Context, cloud string) error {
	if cloud == "" {
		return errors.New("store: bind: the cloud has no name")
	}
	if _, err := s.write.ExecContext(ctx, `INSERT INTO bound_cloud (one, name) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`, cloud); err != nil {
		return fmt.Errorf("bind the database to its cloud: %w", classify(err))
	}
	var bound string
	if err := s.write.QueryRowContext(ctx, `SELECT name FROM bound_cloud`).Scan(&bound); err != nil {
		return fmt.Errorf("bind the database to its cloud: %w", classify(err))
	}
	if bound != cloud {
		return fmt.Errorf("%w: what it holds is of %s, not of %s; give the database of this cloud, or a new one", ErrOtherCloud, bound, cloud)
	}
	return nil
}
