package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/store/postgrestest"
)

// through goes through a list page by page and gives the rows' names.
func through[T any](t *testing.T, most int, read func(cursor string, most int) ([]T, string, error), name func(T) string) (names []string) {
	t.Helper()
	for cursor := ""; ; {
		rows, next, err := read(cursor, most)
		if err != nil || len(rows) > most {
			t.Fatalf("%d rows after %q, %v", len(rows), cursor, err)
		}
		for _, r := range rows {
			names = append(names, name(r))
		}
		if next == "" {
			return names
		}
		cursor = next
	}
}

var pageTests = map[string]func(*testing.T, *bench){
	"every environment is on one page, by name": func(t *testing.T, b *bench) {
		var want []string
		for i := range 7 {
			want = append(want, b.environment(t, fmt.Sprintf("e%d", i)).Name)
		}
		for most := 1; most <= 8; most++ {
			for who, ctx := range map[string]context.Context{"all": t.Context(), "one tenant": of(t.Context(), alice)} {
				got := through(t, most, func(c string, n int) ([]Environment, string, error) { return b.EnvironmentsPage(ctx, c, n) },
					func(e Environment) string { return e.Name })
				if !slices.Equal(got, want) {
					t.Errorf("%s, %d at a time: %v", who, most, got)
				}
			}
		}
	},
	"runs that began at the same time are on one page each, newest first": func(t *testing.T, b *bench) {
		env, want := b.environment(t, "one").ID, 0
		for range 3 {
			for range 2 {
				want++
				if _, err := b.StartRun(t.Context(), Run{Environment: env, Owner: alice}); err != nil {
					t.Fatal(err)
				}
			}
			b.clock.pass(time.Second)
		}
		for most := 1; most <= 7; most++ {
			ids := through(t, most, func(c string, n int) ([]Run, string, error) { return b.RunsPage(of(t.Context(), bob), env, c, n) },
				func(r Run) string { return r.Started.Format(time.RFC3339) + r.ID })
			if len(ids) != want || !slices.IsSortedFunc(ids, func(x, y string) int { return strings.Compare(y, x) }) || len(slices.Compact(ids)) != want {
				t.Errorf("%d at a time: %v", most, ids)
			}
		}
	},
	"operations come newest first": func(t *testing.T, b *bench) {
		env := b.environment(t, "one").ID
		for range 5 {
			b.operation(t, env)
			b.clock.pass(Lease)
		}
		got := through(t, 2, func(c string, n int) ([]Operation, string, error) { return b.OperationsPage(t.Context(), env, c, n) },
			func(o Operation) string { return fmt.Sprint(o.Fence) })
		if !slices.Equal(got, []string{"5", "4", "3", "2", "1"}) {
			t.Errorf("got %v", got)
		}
	},
	"what comes and goes meanwhile neither repeats nor hides a row": func(t *testing.T, b *bench) {
		for _, name := range []string{"b", "d", "f"} {
			b.environment(t, name)
		}
		page, next, err := b.EnvironmentsPage(t.Context(), "", 2)
		if err != nil || len(page) != 2 {
			t.Fatal(page, err)
		}
		b.environment(t, "a")
		b.environment(t, "e")
		if err := b.DeleteEnvironment(t.Context(), page[1].ID); err != nil {
			t.Fatal(err)
		}
		rest, next, err := b.EnvironmentsPage(t.Context(), next, 2)
		if err != nil || next != "" || len(rest) != 2 || rest[0].Name != "e" || rest[1].Name != "f" {
			t.Errorf("the rest is %v, %q, %v", rest, next, err)
		}
	},
	"a page has a largest size": func(t *testing.T, b *bench) {
		many(t, b.Store, MaxPage+1)
		if list, next, err := b.EnvironmentsPage(t.Context(), "", 1<<30); err != nil || len(list) != MaxPage || next == "" {
			t.Errorf("%d rows, %q, %v", len(list), next, err)
		}
		if list, _, err := b.EnvironmentsPage(t.Context(), "", -1); err != nil || len(list) != 1 {
			t.Errorf("%d rows, %v", len(list), err)
		}
	},
	"a cursor of another's making goes nowhere": foreignCursors,
}

func foreignCursors(t *testing.T, b *bench) {
	one, two := b.environment(t, "one"), b.environment(t, "two")
	for _, env := range []Environment{one, two} {
		for range 2 {
			b.operation(t, env.ID)
			b.clock.pass(Lease)
		}
	}
	ctx := of(t.Context(), alice)
	_, good, err := b.EnvironmentsPage(ctx, "", 1)
	_, ofOne, err2 := b.OperationsPage(ctx, one.ID, "", 1)
	_, ofAll, err3 := b.EnvironmentsPage(t.Context(), "", 1)
	if err := errors.Join(err, err2, err3); err != nil || good == "" || ofOne == "" || ofAll == "" {
		t.Fatal(good, ofOne, ofAll, err)
	}
	if _, _, err := b.EnvironmentsPage(ctx, good, 1); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	key, _, _ := strings.Cut(good, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`["x' OR 1=1 --","x"]`))
	bad := map[string]string{
		"edited": "X" + good[1:], "cut short": good[:len(good)-1], "without a seal": key, "forged": forged, "forged, with the seal of another": forged + "." + good[len(key)+1:],
		"signed for something else": b.Sign("another purpose", key), "of another list": ofOne, "of who sees everything": ofAll,
	}
	for name, cursor := range bad {
		if list, _, err := b.EnvironmentsPage(ctx, cursor, 1); !errors.Is(err, ErrCursor) || list != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	if _, _, err := b.EnvironmentsPage(of(t.Context(), mallory), good, 1); !errors.Is(err, ErrCursor) {
		t.Errorf("of another tenant: %v", err)
	}
	if _, _, err := b.OperationsPage(ctx, two.ID, ofOne, 1); !errors.Is(err, ErrCursor) {
		t.Errorf("of another environment: %v", err)
	}
}

// many adds n environments of Alice's tenant with a run and an operation each,
// by what both databases understand.
func many(t *testing.T, s *Store, n int) {
	t.Helper()
	const count = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `
	for _, insert := range []string{
		`INSERT INTO environments (id, name, spec, owner, tenant, tenant_name, state, step, version, fence, last_seq, created, updated, home)
			SELECT 'env-' || CAST(i AS TEXT), 'name-' || CAST(i AS TEXT), '{}', '{}', '', '', 'draft', '', 1, 1, 0, i, i, '` + string(alice.Tenant) + `' FROM n`,
		`INSERT INTO operations (id, environment, kind, actor, state, plan, error, fence, lease_until, started, ended)
			SELECT 'op-' || CAST(i AS TEXT), 'env-1', 'setup', '{}', 'done', '{}', '', i, 0, i, i FROM n`,
		`INSERT INTO runs (id, environment, trial, owner, tenant, state, verdict, sentence, document, started, ended, drop_at, home)
			SELECT 'run-' || CAST(i AS TEXT), CASE WHEN i % 2 = 0 THEN 'env-1' END, '', '{}', '', 'done', '', '', '', i, i, 9000000000000, '` + string(alice.Tenant) + `' FROM n`,
	} {
		if _, err := s.write.ExecContext(t.Context(), count+fmt.Sprint(n)+`) `+insert); err != nil {
			t.Fatal(err)
		}
	}
}

// plan is how the database would run a query.
func plan(t *testing.T, s *Store, query string, args []any) string {
	t.Helper()
	explain, columns := `EXPLAIN `, 1
	if _, sqlite := s.Database(); sqlite {
		explain, columns = `EXPLAIN QUERY PLAN `, 4
	}
	lines, err := all(t.Context(), s.read, func(r scanner) (line string, err error) {
		into := make([]any, columns)
		for i := range into {
			into[i] = new(any)
		}
		into[columns-1] = &line
		return line, r.Scan(into...)
	}, explain+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// wantIndexed checks that the list's first and later pages are read from an
// index in its order, and gives the right rows.
func wantIndexed[T any](t *testing.T, s *Store, l listing[T]) {
	t.Helper()
	rows, err := all(t.Context(), s.read, l.scan, fmt.Sprintf("%s LIMIT 1", l.query), l.args...)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	for page, key := range map[string][]any{"first": nil, "later": l.at(rows[0])} {
		query, args := l.after(key, 26)
		how := plan(t, s, query, args)
		for _, slow := range []string{"Seq Scan", "Sort", "SCAN ", "TEMP B-TREE"} {
			if strings.Contains(how, slow) && !strings.Contains(how, "SCAN environments USING INDEX") {
				t.Errorf("%s page of %s:\n%s", page, l.name, how)
				break
			}
		}
		if !strings.Contains(strings.ToUpper(how), "INDEX") {
			t.Errorf("%s page of %s uses no index:\n%s", page, l.name, how)
		}
	}
}

func TestListsOf100000RowsAreReadFromAnIndex(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *Store{
		"SQLite":     func(t *testing.T) *Store { return openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil) },
		"PostgreSQL": func(t *testing.T) *Store { return openURL(t, postgrestest.Start(t), NewKey(), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			many(t, s, 100_000)
			if _, err := s.write.ExecContext(t.Context(), `ANALYZE`); err != nil {
				t.Fatal(err)
			}
			for _, ctx := range []context.Context{t.Context(), of(t.Context(), alice)} {
				wantIndexed(t, s, environmentList(ctx))
				wantIndexed(t, s, operationList(ctx, "env-1"))
				wantIndexed(t, s, s.runList(ctx, "env-1"))
				wantIndexed(t, s, s.runList(ctx, ""))
			}
		})
	}
}
