package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// EnvironmentState is how far an environment got.
type EnvironmentState string

// The states of an environment.
const (
	Draft     EnvironmentState = "draft"     // the wizard is not finished
	Applying  EnvironmentState = "applying"  // an operation is at work
	Connected EnvironmentState = "connected" // set up, and proven by reading back
	Attention EnvironmentState = "attention" // something failed or is left to do
	Removed   EnvironmentState = "removed"   // undone; its name is free again
	Watched   EnvironmentState = "watched"   // an app that was there before: checked and mended here, not set up
)

// An Environment is one integration in one tenant: what is wanted and how far
// it got.
type Environment struct {
	ID string
	// Name is Spec.Name; what is set here is ignored on saving.
	Name string
	Spec setup.Spec
	// Owner made it.
	Owner      entra.Person
	Tenant     entra.TenantID // empty until known
	TenantName string
	State      EnvironmentState
	// Step is the wizard step the person was at.
	Step string
	// Result is what the last setup left behind; nil before it.
	Result *setup.Result
	// Handed are the hand-off fields ticked off.
	Handed []string
	// Version is compared on saving and counts up.
	Version int64
	Created time.Time
	Updated time.Time
}

const environmentColumns = `id, name, spec, owner, tenant, tenant_name, state, step, result, handed, version, created, updated`

func scanEnvironment(row scanner) (Environment, error) {
	var e Environment
	err := row.Scan(&e.ID, &e.Name, document{&e.Spec}, document{&e.Owner}, &e.Tenant, &e.TenantName, &e.State, &e.Step,
		document{&e.Result}, document{&e.Handed}, &e.Version, instant{&e.Created}, instant{&e.Updated})
	return e, notFound(err)
}

// CreateEnvironment keeps a new environment and returns it with its ID, first
// version and times. An empty State becomes Draft. ErrNameTaken: an
// environment that is not removed has the name.
func (s *Store) CreateEnvironment(ctx context.Context, e Environment) (Environment, error) {
	docs, err := texts(e.Spec, e.Owner, e.Result, e.Handed)
	if err != nil {
		return Environment{}, fmt.Errorf("store: create environment: %w", err)
	}
	if e.State == "" {
		e.State = Draft
	}
	now := s.now()
	created, err := s.environmentRow(ctx, `INSERT INTO environments
		(id, name, spec, owner, result, handed, tenant, tenant_name, state, step, version, fence, last_seq, created, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, 0, $11, $11) RETURNING `+environmentColumns,
		newID(), e.Spec.Name, docs[0], docs[1], docs[2], docs[3], e.Tenant, e.TenantName, e.State, e.Step, millis(now))
	if err != nil {
		return Environment{}, fmt.Errorf("store: create environment: %w", err)
	}
	return created, nil
}

// environmentRow runs a write that returns an environment.
func (s *Store) environmentRow(ctx context.Context, query string, args ...any) (Environment, error) {
	var e Environment
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		e, err = scanEnvironment(tx.QueryRowContext(ctx, query, args...))
		return err
	})
	if err != nil && duplicate(err) {
		return Environment{}, ErrNameTaken
	}
	return e, err
}

// Environment reads one; ErrNotFound when there is none.
func (s *Store) Environment(ctx context.Context, id string) (Environment, error) {
	e, err := scanEnvironment(s.read.QueryRowContext(ctx, `SELECT `+environmentColumns+` FROM environments WHERE id = $1`, id))
	if err != nil {
		return Environment{}, fmt.Errorf("store: environment: %w", err)
	}
	return e, nil
}

// EnvironmentByName reads the one that has the name and is not removed.
func (s *Store) EnvironmentByName(ctx context.Context, name string) (Environment, error) {
	e, err := scanEnvironment(s.read.QueryRowContext(ctx,
		`SELECT `+environmentColumns+` FROM environments WHERE name = $1 AND state <> 'removed'`, name))
	if err != nil {
		return Environment{}, fmt.Errorf("store: environment by name: %w", err)
	}
	return e, nil
}

// Environments lists all, removed ones too, by name.
func (s *Store) Environments(ctx context.Context) ([]Environment, error) {
	list, err := all(ctx, s.read, scanEnvironment, `SELECT `+environmentColumns+` FROM environments ORDER BY name, created`)
	if err != nil {
		return nil, fmt.Errorf("store: environments: %w", err)
	}
	return list, nil
}

// SaveEnvironment writes e over the version it was read at and returns it with
// the next one. ErrConflict: it was saved in between, nothing is overwritten.
func (s *Store) SaveEnvironment(ctx context.Context, e Environment) (Environment, error) {
	docs, err := texts(e.Spec, e.Owner, e.Result, e.Handed)
	if err != nil {
		return Environment{}, fmt.Errorf("store: save environment: %w", err)
	}
	saved, err := s.environmentRow(ctx, `UPDATE environments SET
		name = $1, spec = $2, owner = $3, result = $4, handed = $5, tenant = $6, tenant_name = $7, state = $8, step = $9,
		version = version + 1, updated = $10
		WHERE id = $11 AND version = $12 RETURNING `+environmentColumns,
		e.Spec.Name, docs[0], docs[1], docs[2], docs[3], e.Tenant, e.TenantName, e.State, e.Step, millis(s.now()), e.ID, e.Version)
	if err != nil {
		return Environment{}, fmt.Errorf("store: save environment: %w", s.conflictOr(ctx, err, `SELECT COUNT(*) FROM environments WHERE id = $1`, e.ID))
	}
	return saved, nil
}

// conflictOr tells a row that changed in between from one that never was:
// count says whether it is there.
func (s *Store) conflictOr(ctx context.Context, err error, count string, args ...any) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	var there int
	if err := s.read.QueryRowContext(ctx, count, args...).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return ErrConflict
	}
	return ErrNotFound
}

// DeleteEnvironment forgets an environment with its operations, journal, kept
// secrets and trials. ErrBusy: an operation is running for it, or a trial's
// temporary redirect URI is still on the application.
func (s *Store) DeleteEnvironment(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `DELETE FROM environments WHERE id = $1
			AND NOT EXISTS (SELECT 1 FROM operations WHERE environment = $1 AND state = 'running')
			AND NOT EXISTS (SELECT 1 FROM trials WHERE environment = $1 AND temporary_uri IN ('intended', 'added'))`, id)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	err = s.conflictOr(ctx, err, `SELECT COUNT(*) FROM environments WHERE id = $1`, id)
	switch {
	case errors.Is(err, ErrConflict):
		return fmt.Errorf("store: delete environment: %w", ErrBusy)
	case err != nil:
		return fmt.Errorf("store: delete environment: %w", err)
	}
	return nil
}
