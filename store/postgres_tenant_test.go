package store

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/store/postgrestest"
)

// held are the tables whose rows belong to a tenant.
var held = []string{"audit", "contacts", "credentials", "environments", "journal", "operations", "reminders", "runs", "secrets", "trials"}

// rowsSeen asks each of them without any condition, as a query would that
// forgot its own.
func rowsSeen(t *testing.T, ctx context.Context, q querier) (seen []string) {
	t.Helper()
	for _, table := range held {
		var n int
		if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		if n > 0 {
			seen = append(seen, table)
		}
	}
	return seen
}

// ofAlice fills every table with something of Alice's tenant.
func (b *bench) ofAlice(t *testing.T) {
	t.Helper()
	x := b.things(t, "prod")
	err := b.inTx(t.Context(), func(tx *sql.Tx) error {
		for _, insert := range []string{
			`INSERT INTO contacts (environment, address) VALUES ($1, 'a@contoso.com')`,
			`INSERT INTO credentials (environment, key_id, handed) VALUES ($1, 'k', 0)`,
			`INSERT INTO reminders (environment, key_id, days, channel, state, attempts, started, ended, error) VALUES ($1, 'k', 7, 'webhook', 'sent', 1, 0, 0, '')`,
		} {
			if _, err := tx.ExecContext(t.Context(), insert, x.environment.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Audit(As(t.Context(), Caller{Person: alice, Tenant: alice.Tenant}), AuditEvent{Action: "sign-in", Result: AuditDone}); err != nil {
		t.Fatal(err)
	}
}

func TestOnPostgreSQLAQueryThatForgotItsConditionFindsNoOtherTenantsRows(t *testing.T) {
	b := benchAt(t, databases["PostgreSQL"](t, NewKey()))
	b.ofAlice(t)
	b.write.SetMaxOpenConns(1) // so that each asks on the connection that another one asked on
	for _, c := range []struct {
		name string
		ctx  context.Context
		want []string
	}{
		{"the program itself", t.Context(), held},
		{"somebody of another tenant", As(t.Context(), Caller{Person: mallory, Tenant: mallory.Tenant}), nil},
		{"somebody of the tenant", As(t.Context(), Caller{Person: alice, Tenant: alice.Tenant}), held},
		{"nobody", As(t.Context(), Caller{}), nil},
		{"whoever has the console to themselves", As(t.Context(), Caller{Everything: true}), held},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := rowsSeen(t, c.ctx, b.read); !slices.Equal(got, c.want) {
				t.Errorf("asked directly: rows of %q, want %q", got, c.want)
			}
			err := b.inTx(c.ctx, func(tx *sql.Tx) error {
				if got := rowsSeen(t, t.Context(), tx); !slices.Equal(got, c.want) {
					t.Errorf("in a transaction begun for them: rows of %q, want %q", got, c.want)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOnPostgreSQLNobodyWritesIntoAnotherTenant(t *testing.T) {
	b := benchAt(t, databases["PostgreSQL"](t, NewKey()))
	b.ofAlice(t)
	foreign := As(t.Context(), Caller{Person: mallory, Tenant: mallory.Tenant})
	for _, change := range []string{
		`UPDATE environments SET name = 'mine'`,
		`UPDATE secrets SET revealed = 0`,
		`DELETE FROM operations`,
		`DELETE FROM environments`,
	} {
		result, err := b.write.ExecContext(foreign, change)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 0 {
			t.Errorf("%s: %d rows, %v", change, n, err)
		}
	}
	if _, err := b.write.ExecContext(foreign, `INSERT INTO runs (id, owner, tenant, state, trial, verdict, sentence, document, started, ended, drop_at, home)
		VALUES ('r', '', '', 'done', '', '', '', '', 0, 0, 0, $1)`, alice.Tenant); err == nil {
		t.Error("a run was put into Alice's tenant")
	}
}

// A table with a home, or of an environment, that is added later has to be
// held, too.
func TestOnPostgreSQLEveryTableOfATenantIsHeld(t *testing.T) {
	b := benchAt(t, databases["PostgreSQL"](t, NewKey()))
	got, err := all(t.Context(), b.read, func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		`SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace = CURRENT_SCHEMA()::regnamespace AND a.attname IN ('home', 'environment')
		GROUP BY c.relname ORDER BY c.relname`)
	if err != nil || !slices.Equal(got, held) {
		t.Fatalf("tables of a tenant: %q, %v; known here: %q", got, err, held)
	}
	got, err = all(t.Context(), b.read, func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		`SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = CURRENT_SCHEMA()::regnamespace AND relrowsecurity AND relforcerowsecurity ORDER BY relname`)
	if err != nil || !slices.Equal(got, held) {
		t.Errorf("held: %q, %v", got, err)
	}
}

func TestARoleThatNoPolicyHoldsIsWarnedAbout(t *testing.T) {
	ordinary := postgrestest.StartSchema(t)
	for url, want := range map[string]bool{ordinary: false, postgrestest.AsSuperuser(t, postgrestest.StartSchema(t)): true} {
		var said bytes.Buffer
		s, err := Open(t.Context(), Options{URL: url, Key: NewKey(), Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(said.String(), "bypasses row security"); got != want {
			t.Errorf("warned: %v, want %v: %s", got, want, said.String())
		}
	}
}
