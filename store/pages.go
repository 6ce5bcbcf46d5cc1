package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// MaxPage is how many rows a page of a list has at most.
const MaxPage = 200

// A listing is how the rows of a growing table are gone through, page by page.
// The place where a page ended is the key of its last row, so that rows that
// come or go meanwhile neither repeat nor hide others.
type listing[T any] struct {
	name string // of the list, with what it is a list of
	// query selects the rows, down to conditions that args belong to.
	query string
	args  []any
	// key are the columns that order the list, the last one unique; down: from
	// the largest to the smallest.
	key  []string
	down bool
	scan func(scanner) (T, error)
	at   func(T) []any // the key's values of a row
}

// page reads the rows after cursor, which is empty for the first page. next is
// empty on the last one.
func page[T any](ctx context.Context, s *Store, l listing[T], cursor string, most int) (rows []T, next string, err error) {
	var after []any
	if cursor != "" {
		if after, err = s.placeIn(ctx, l.name, cursor, len(l.key)); err != nil {
			return nil, "", err
		}
	}
	most = min(max(most, 1), MaxPage)
	query, args := l.after(after, most+1)
	if rows, err = all(ctx, s.read, l.scan, query, args...); err != nil || len(rows) <= most {
		return rows, "", err
	}
	rows = rows[:most]
	next, err = s.cursor(ctx, l.name, l.at(rows[most-1]))
	return rows, next, err
}

// after is the query for up to most rows after a key, nil for the first ones.
func (l listing[T]) after(key []any, most int) (query string, args []any) {
	order, than := "", ">"
	if l.down {
		order, than = " DESC", "<"
	}
	query, args = l.query, l.args
	if len(key) > 0 {
		numbers := make([]string, len(key))
		for i := range key {
			numbers[i] = "$" + strconv.Itoa(len(args)+i+1)
		}
		query += fmt.Sprintf(" AND (%s) %s (%s)", strings.Join(l.key, ", "), than, strings.Join(numbers, ", "))
		args = append(args[:len(args):len(args)], key...)
	}
	return query + fmt.Sprintf(" ORDER BY %s%s LIMIT %d", strings.Join(l.key, order+", "), order, most), args
}

// cursorPurpose binds a cursor to the list and to whose rows it goes through.
func cursorPurpose(ctx context.Context, list string) string {
	tenant, everything := scope(ctx)
	return fmt.Sprintf("place in %s, tenant %s, everything %t", list, tenant, everything)
}

func (s *Store) cursor(ctx context.Context, list string, key []any) (string, error) {
	data, err := json.Marshal(key)
	return s.Sign(cursorPurpose(ctx, list), base64.RawURLEncoding.EncodeToString(data)), err
}

// placeIn gives a cursor's key back; ErrCursor when it was not made here for
// this list and this caller.
func (s *Store) placeIn(ctx context.Context, list, cursor string, columns int) ([]any, error) {
	text, ok := s.Signed(cursorPurpose(ctx, list), cursor)
	if !ok {
		return nil, ErrCursor
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrCursor
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber() // a time is a whole number
	var key []any
	if err := decoder.Decode(&key); err != nil || len(key) != columns {
		return nil, ErrCursor
	}
	for i, v := range key {
		if n, ok := v.(json.Number); ok {
			if key[i], err = n.Int64(); err != nil {
				return nil, ErrCursor
			}
		}
	}
	return key, nil
}

// EnvironmentsPage lists up to most environments, removed ones too, by name.
// cursor is what the page before gave as next; the first page has none, and
// the last gives none. ErrCursor: it was not given to this caller for this
// list.
func (s *Store) EnvironmentsPage(ctx context.Context, cursor string, most int) (list []Environment, next string, err error) {
	list, next, err = page(ctx, s, environmentList(ctx), cursor, most)
	if err != nil {
		return nil, "", fmt.Errorf("store: environments: %w", err)
	}
	return list, next, nil
}

func environmentList(ctx context.Context) listing[Environment] {
	and, args := own(ctx, "home")
	return listing[Environment]{
		name: "environments", query: `SELECT ` + environmentColumns + ` FROM environments WHERE TRUE` + and, args: args,
		key: []string{"name", "id"}, scan: scanEnvironment,
		at: func(e Environment) []any { return []any{e.Name, e.ID} },
	}
}

// RunsPage lists up to most of an environment's runs, newest first, without
// their documents; with an empty env those of no environment. cursor and next
// are as in EnvironmentsPage.
func (s *Store) RunsPage(ctx context.Context, env, cursor string, most int) (list []Run, next string, err error) {
	list, next, err = page(ctx, s, s.runList(ctx, env), cursor, most)
	if err != nil {
		return nil, "", fmt.Errorf("store: runs: %w", err)
	}
	return list, next, nil
}

func (s *Store) runList(ctx context.Context, env string) listing[Run] {
	of, args := ofEnvironment(env)
	query := fmt.Sprintf(`SELECT %s FROM runs WHERE %s AND drop_at > $%d`, runColumns, of, len(args)+1)
	and, args := own(ctx, "home", append(args, millis(s.now()))...)
	return listing[Run]{
		name: "runs of " + env, query: query + and, args: args,
		key: []string{"started", "id"}, down: true, scan: scanRun,
		at: func(r Run) []any { return []any{millis(r.Started), r.ID} },
	}
}

// OperationsPage lists up to most of an environment's operations, newest
// first. cursor and next are as in EnvironmentsPage.
func (s *Store) OperationsPage(ctx context.Context, env, cursor string, most int) (list []Operation, next string, err error) {
	list, next, err = page(ctx, s, operationList(ctx, env), cursor, most)
	if err != nil {
		return nil, "", fmt.Errorf("store: operations: %w", err)
	}
	return list, next, nil
}

func operationList(ctx context.Context, env string) listing[Operation] {
	and, args := ofOwn(ctx, "environment", env)
	return listing[Operation]{
		name: "operations of " + env, query: `SELECT ` + operationColumns + ` FROM operations WHERE environment = $1` + and, args: args,
		key: []string{"fence"}, down: true, scan: scanOperation,
		at: func(o Operation) []any { return []any{o.Fence} },
	}
}
