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
// version and times. It belongs to the caller's tenant, or else the owner's.
// An empty State becomes Draft. ErrNameTaken: an environment of that tenant
// that is not removed has the name.
func (s *Store) CreateEnvironment(ctx context.Context, e Environment) (Environment, error) {
	docs, err := texts(e.Spec, e.Owner, e.Result, e.Handed)
	if err != nil {
		return Environment{}, fmt.Errorf("store: create environment: %w", err)
	}
	if e.State == "" {
		e.State = Draft
	}
	home, err := newHome(ctx, nil, "", e.Owner.Tenant)
	if err != nil {
		return Environment{}, fmt.Errorf("store: create environment: %w", err)
	}
	now := s.now()
	created, err := s.environmentRow(ctx, `INSERT INTO environments
		(id, name, spec, owner, result, handed, tenant, tenant_name, state, step, version, fence, last_seq, created, updated, home)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, 0, $11, $11, $12) RETURNING `+environmentColumns,
		newID(), e.Spec.Name, docs[0], docs[1], docs[2], docs[3], e.Tenant, storable(e.TenantName), e.State, e.Step, millis(now), home)
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
	and, args := own(ctx, "home", id)
	e, err := scanEnvironment(s.read.QueryRowContext(ctx, `SELECT `+environmentColumns+` FROM environments WHERE id = $1`+and, args...))
	if err != nil {
		return Environment{}, fmt.Errorf("store: environment: %w", err)
	}
	return e, nil
}

// EnvironmentByName reads the one that has the name and is not removed. Whoever
// sees everything gets that of their own tenant, or the only one. ErrConflict:
// several other tenants have one of this name.
func (s *Store) EnvironmentByName(ctx context.Context, name string) (Environment, error) {
	const query = `SELECT ` + environmentColumns + ` FROM environments WHERE name = $1 AND state <> 'removed'`
	tenant, everything := scope(ctx)
	list, err := all(ctx, s.read, scanEnvironment, query+` AND home = $2`, name, tenant)
	if err == nil && len(list) == 0 && everything {
		list, err = all(ctx, s.read, scanEnvironment, query, name)
	}
	switch {
	case err != nil:
	case len(list) == 0:
		err = ErrNotFound
	case len(list) > 1:
		err = fmt.Errorf("%d tenants have an environment of this name: %w", len(list), ErrConflict)
	default:
		return list[0], nil
	}
	return Environment{}, fmt.Errorf("store: environment by name: %w", err)
}

// Environments lists all, removed ones too, by name.
func (s *Store) Environments(ctx context.Context) ([]Environment, error) {
	and, args := own(ctx, "home")
	list, err := all(ctx, s.read, scanEnvironment, `SELECT `+environmentColumns+` FROM environments WHERE TRUE`+and+` ORDER BY name, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("store: environments: %w", err)
	}
	return list, nil
}

// SaveEnvironment writes e over the version it was read at and returns it with
// the next one. One that was begun before anybody signed in belongs from then
// on to the caller's tenant, or else the owner's. ErrConflict: it was saved in
// between, nothing is overwritten.
func (s *Store) SaveEnvironment(ctx context.Context, e Environment) (Environment, error) {
	docs, err := texts(e.Spec, e.Owner, e.Result, e.Handed)
	if err != nil {
		return Environment{}, fmt.Errorf("store: save environment: %w", err)
	}
	home, err := newHome(ctx, nil, "", e.Owner.Tenant)
	if err != nil {
		return Environment{}, fmt.Errorf("store: save environment: %w", ErrNotFound)
	}
	and, args := own(ctx, "home",
		e.Spec.Name, docs[0], docs[1], docs[2], docs[3], e.Tenant, storable(e.TenantName), e.State, e.Step, millis(s.now()), e.ID, e.Version, home)
	saved, err := s.environmentRow(ctx, `UPDATE environments SET
		name = $1, spec = $2, owner = $3, result = $4, handed = $5, tenant = $6, tenant_name = $7, state = $8, step = $9,
		version = version + 1, updated = $10, home = CASE WHEN home = '' THEN $13 ELSE home END
		WHERE id = $11 AND version = $12`+and+` RETURNING `+environmentColumns, args...)
	if err != nil {
		return Environment{}, fmt.Errorf("store: save environment: %w", s.conflictOr(ctx, err, e.ID))
	}
	return saved, nil
}

// conflictOr tells an environment that changed in between from one that never
// was, or not for this caller.
func (s *Store) conflictOr(ctx context.Context, err error, env string) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	var there int
	and, args := own(ctx, "home", env)
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM environments WHERE id = $1`+and, args...).Scan(&there); err != nil {
		return notFound(err)
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
	and, args := own(ctx, "home", id)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `DELETE FROM environments WHERE id = $1`+and+`
			AND NOT EXISTS (SELECT 1 FROM operations WHERE environment = $1 AND state = 'running')
			AND NOT EXISTS (SELECT 1 FROM trials WHERE environment = $1 AND temporary_uri IN ('intended', 'added'))`, args...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	err = s.conflictOr(ctx, err, id)
	switch {
	case errors.Is(err, ErrConflict):
		return fmt.Errorf("store: delete environment: %w", ErrBusy)
	case err != nil:
		return fmt.Errorf("store: delete environment: %w", err)
	}
	return nil
}
