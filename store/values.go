package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// millis is how a time is stored: milliseconds since 1970 UTC, 0 for the zero
// time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// instant scans a stored time.
type instant struct{ into *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(src any) error {
	ms, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*i.into = fromMillis(ms)
	return nil
}

// document scans and stores a value as JSON text; a nil pointer is NULL.
type document struct{ of any }

// Scan implements sql.Scanner.
func (d document) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), d.of)
	case []byte:
		return json.Unmarshal(v, d.of)
	}
	return fmt.Errorf("a document is stored as %T", src)
}

// text encodes v as JSON; what encodes as null becomes NULL.
func text(v any) (sql.NullString, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return sql.NullString{}, fmt.Errorf("encode %T: %w", v, err)
	}
	return sql.NullString{String: string(data), Valid: string(data) != "null"}, nil
}

// storable is text as both databases take it: UTF-8 without NUL. What a
// service said must not keep an answer from being recorded.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// texts encodes several values, for statements with more than one document.
func texts(values ...any) ([]sql.NullString, error) {
	out := make([]sql.NullString, len(values))
	for i, v := range values {
		var err error
		if out[i], err = text(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// querier is a transaction or a pool.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scanner is a row of either kind.
type scanner interface{ Scan(dest ...any) error }

// all runs a query and scans each row.
func all[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, classify(rows.Err())
}

// touched runs a statement and returns how many rows it changed.
func touched(ctx context.Context, q querier, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
