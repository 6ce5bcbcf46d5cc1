package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNotFound: there is no such row, or not for this person. It wraps
// fs.ErrNotExist.
var ErrNotFound = fmt.Errorf("not found: %w", fs.ErrNotExist)

// The other answers a caller can act on; compare with errors.Is.
var (
	// ErrConflict: somebody else changed it in between, or took it over.
	ErrConflict = errors.New("it was changed by somebody else in the meantime")
	// ErrBusy: an operation is running for the environment, or something of
	// it must be cleaned up first.
	ErrBusy = errors.New("an operation is still at work on this environment")
	// ErrFull: too many operations are under way or waiting already.
	ErrFull = errors.New("too many operations are under way")
	// ErrGone: it was there and is used up: a secret shown or dropped, a
	// sign-in answer taken before.
	ErrGone = errors.New("it was used already or its time is over")
	// ErrNameTaken: another environment has the name.
	ErrNameTaken = errors.New("another environment has this name")
	// ErrUnavailable: the database cannot be used now: not reached, locked by a
	// backup, disk full, read-only. Nothing was changed, unless the connection
	// broke in the middle of a commit; trying later may work.
	ErrUnavailable = errors.New("the database cannot be used right now")
	// ErrUnaudited: the audit log could not be written, so nothing was done.
	ErrUnaudited = errors.New("the audit log cannot be written")
	// ErrCursor: what stands for the place in a list was changed, or is of
	// another list.
	ErrCursor = errors.New("this is no place in this list")
	// ErrUnreadable: a ciphertext does not open: damaged, or moved here from
	// another row. Nothing of it is given away.
	ErrUnreadable = errors.New("a stored value is damaged or belongs to another record")
	// ErrWrongKey: the database was encrypted with another key.
	ErrWrongKey = errors.New("the key does not match this database")
	// ErrNewerSchema: a newer version of the program wrote the database.
	ErrNewerSchema = errors.New("the database was written by a newer version of this program")
	// ErrNotEmpty: the database has data, which a backup would overwrite.
	ErrNotEmpty = errors.New("the database is not empty")
	// ErrInUse: another process has the database open.
	ErrInUse = errors.New("the database is in use by another process")
)

// notFound turns "no row" into ErrNotFound, and marks other errors of the
// database that callers can act on.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return classify(err)
}
