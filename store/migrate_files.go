package store

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// migrations are numbered and applied in order; one that was released is
// never edited. Those of one database, for what SQL says differently there,
// are in the folder with its name and count in the same row.
func migrations(d goose.Dialect) (fs.FS, error) {
	shared, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	own, err := fs.Sub(shared, string(d))
	return layers{shared, own}, err
}

// layers are folders laid over each other; no name is in two of them.
type layers []fs.FS

// Open implements fs.FS.
func (l layers) Open(name string) (fs.File, error) {
	var errs []error
	for _, layer := range l {
		f, err := layer.Open(name)
		if err == nil {
			return f, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// ReadDir implements fs.ReadDirFS.
func (l layers) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for _, layer := range l {
		entries, err := fs.ReadDir(layer, name)
		if err != nil {
			return nil, err
		}
		out = append(out, entries...)
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}
