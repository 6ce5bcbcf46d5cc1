package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// migrator moves a schema forward. Each migration is a transaction; the caller
// sees to it that nobody else migrates at the same time.
type migrator struct {
	provider *goose.Provider
	log      *slog.Logger
}

func newMigrator(d goose.Dialect, db *sql.DB, files fs.FS, log *slog.Logger) (migrator, error) {
	p, err := goose.NewProvider(d, db, files, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return migrator{}, fmt.Errorf("read the migrations: %w", err)
	}
	return migrator{p, log}, nil
}

// version is the schema's; 0 for an empty database. A schema newer than this
// program knows is refused.
func (m migrator) version(ctx context.Context) (int64, error) {
	have, known, err := m.provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	if have > known {
		return 0, fmt.Errorf("%w: its schema is version %d and this one knows up to %d; start the newer version, or restore a backup made before the upgrade", ErrNewerSchema, have, known)
	}
	return have, nil
}

func (m migrator) up(ctx context.Context) error {
	applied, err := m.provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	for _, a := range applied {
		m.log.InfoContext(ctx, "schema changed", "migration", a.Source.Path, "ms", a.Duration.Milliseconds())
	}
	return nil
}
