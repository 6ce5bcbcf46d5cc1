package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// touchShare: the idle limit is moved on when at least this part of it has
// gone by, so that most page views cost no write.
const touchShare = 10

// sweepGrace is how long a session that is over stays on record without its
// data. A request that loaded it before can then not save it anew.
const sweepGrace = time.Hour

// errHash guards against keeping an id where its hash belongs.
var errHash = errors.New("a session is kept under the SHA-256 of its id, 32 bytes")

// LoadSession returns the data saved under the hash of a session's id and
// counts as use: the idle limit starts anew. ErrNotFound: there is none, it
// was ended, or one of its limits has passed.
func (s *Store) LoadSession(ctx context.Context, hash []byte) ([]byte, error) {
	now := s.now()
	var sealed []byte
	var idle int64
	var idleAt time.Time
	query, err := s.sessionQuery(ctx)
	if err == nil {
		err = query.QueryRowContext(ctx, hash, millis(now)).Scan(&sealed, &idle, instant{&idleAt})
	}
	if err != nil {
		return nil, fmt.Errorf("store: load session: %w", notFound(err))
	}
	data, err := s.seal.open(sessionData, hex.EncodeToString(hash), "", sealed)
	if err != nil {
		return nil, fmt.Errorf("store: load session: %w", s.unreadable(ctx, "session/"+hex.EncodeToString(hash)[:12], err))
	}
	limit := time.Duration(idle) * time.Millisecond
	if idleAt.Sub(now) <= limit-limit/touchShare {
		s.touch(ctx, hash, now)
	}
	return data, nil
}

// sessionQuery is prepared once, because every page begins with it; it ends
// with the database.
func (s *Store) sessionQuery(ctx context.Context) (*sql.Stmt, error) {
	if query := s.rush.session.Load(); query != nil {
		return query, nil
	}
	query, err := s.read.PrepareContext(ctx, `SELECT data, idle, idle_at FROM sessions
		WHERE id_hash = $1 AND NOT ended AND idle_at > $2 AND dead_at > $2`)
	if err != nil {
		return nil, err
	}
	if !s.rush.session.CompareAndSwap(nil, query) {
		return s.rush.session.Load(), query.Close() // somebody was quicker
	}
	return query, nil
}

// touch moves the idle limit on. A read must not fail because the disk is
// full; the session then ends earlier, which the log tells.
func (s *Store) touch(ctx context.Context, hash []byte, now time.Time) {
	err := s.together(ctx, func(tx *sql.Tx) error {
		_, err := touched(context.WithoutCancel(ctx), tx, `UPDATE sessions SET idle_at = $1 + idle
			WHERE id_hash = $2 AND NOT ended AND idle_at > $1 AND dead_at > $1`, millis(now), hash)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "session's idle limit could not be moved on", "error", err.Error())
	}
}

// SaveSession keeps what change makes of the data saved under the hash of a
// session's id, encrypted; change is given nil where there is none, and its
// error ends the saving. Nobody else saves the session in between, and change
// may be called again. idle is how long the session lives without use,
// absolute how long after it was first saved whatever happens; a later save
// does not move that. ErrNotFound: the session was ended or has expired, and
// is never brought back.
func (s *Store) SaveSession(ctx context.Context, hash []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	err := s.together(ctx, func(tx *sql.Tx) error {
		was, err := s.lockSession(ctx, tx, hash)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		data, err := change(was)
		if err != nil {
			return err
		}
		return s.putSession(ctx, tx, hash, data, idle, absolute)
	})
	if err != nil {
		return fmt.Errorf("store: save session: %w", err)
	}
	return nil
}

// lockSession gives the data of a living session, which nobody else can change
// until the transaction ends; ErrNotFound when there is none.
func (s *Store) lockSession(ctx context.Context, tx *sql.Tx, hash []byte) (data []byte, err error) {
	var sealed []byte
	err = tx.QueryRowContext(ctx, `UPDATE sessions SET idle_at = idle_at
		WHERE id_hash = $1 AND NOT ended AND idle_at > $2 AND dead_at > $2 RETURNING data`, hash, millis(s.now())).Scan(&sealed)
	if err != nil {
		return nil, notFound(err)
	}
	return s.seal.open(sessionData, hex.EncodeToString(hash), "", sealed)
}

func (s *Store) putSession(ctx context.Context, tx *sql.Tx, hash, data []byte, idle, absolute time.Duration) error {
	if len(hash) != sha256.Size {
		return errHash
	}
	now := s.now()
	n, err := touched(ctx, tx, `INSERT INTO sessions (id_hash, data, idle, idle_at, dead_at, ended) VALUES ($1, $2, $3, $4, $5, FALSE)
		ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, idle = excluded.idle, idle_at = excluded.idle_at
		WHERE NOT sessions.ended AND sessions.idle_at > $6 AND sessions.dead_at > $6`,
		hash, s.seal.seal(sessionData, hex.EncodeToString(hash), "", data), idle.Milliseconds(),
		millis(now.Add(idle)), millis(now.Add(absolute)), millis(now))
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// DeleteSession ends a session. One that is unknown is no error.
func (s *Store) DeleteSession(ctx context.Context, hash []byte) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		return s.endSession(ctx, tx, hash)
	})
	if err != nil {
		return fmt.Errorf("store: delete session: %w", err)
	}
	return nil
}

// endSession leaves a record without data, so that a request still at work
// cannot save the session again.
func (s *Store) endSession(ctx context.Context, tx *sql.Tx, hash []byte) error {
	_, err := touched(ctx, tx, `UPDATE sessions SET ended = TRUE, data = NULL
		WHERE id_hash = $1 AND NOT ended AND idle_at > $2 AND dead_at > $2`, hash, millis(s.now()))
	return err
}

// ReplaceSession ends the session under old and keeps what change makes of its
// data under new, in one transaction: after signing in, an id planted or
// overheard before is worth nothing. The new one gets limits of its own.
// ErrNotFound: the old session is over, and nothing was kept.
func (s *Store) ReplaceSession(ctx context.Context, old, new []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		was, err := s.lockSession(ctx, tx, old)
		if err != nil {
			return err
		}
		data, err := change(was)
		if err != nil {
			return err
		}
		if err := s.endSession(ctx, tx, old); err != nil {
			return err
		}
		return s.putSession(ctx, tx, new, data, idle, absolute)
	})
	if err != nil {
		return fmt.Errorf("store: replace session: %w", err)
	}
	return nil
}

// SweepSessions deletes the data of sessions that are over, and forgets those
// that have been over for long. It returns how many it forgot.
func (s *Store) SweepSessions(ctx context.Context) (n int, err error) {
	now := s.now()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := touched(ctx, tx, `UPDATE sessions SET ended = TRUE, data = NULL
			WHERE NOT ended AND (idle_at <= $1 OR dead_at <= $1)`, millis(now)); err != nil {
			return err
		}
		forgotten, err := touched(ctx, tx, `DELETE FROM sessions WHERE dead_at <= $1`, millis(now.Add(-sweepGrace)))
		n = int(forgotten)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: sweep sessions: %w", err)
	}
	return n, nil
}
