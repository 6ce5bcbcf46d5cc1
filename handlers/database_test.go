package handlers_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// database opens the console's file beside it, for looking only.
func (c *console) database() *sql.DB {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "consentry.db")+"?_pragma=query_only(on)")
	if err != nil {
		c.t.Fatal(err)
	}
	return db
}

// dump is every row of the database, but for sessions: looking at a page is
// use of a session.
func (c *console) dump() string {
	c.t.Helper()
	db := c.database()
	defer db.Close()
	var out strings.Builder
	for _, table := range []string{"environments", "operations", "journal", "secrets", "operators", "trials", "runs", "encryption_keys"} {
		rows, err := db.QueryContext(c.t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2")
		if err != nil {
			c.t.Fatal(err)
		}
		dumpRows(c.t, &out, table, rows)
	}
	return out.String()
}

func dumpRows(t *testing.T, out *strings.Builder, table string, rows *sql.Rows) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "%s %q\n", table, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// people are those whose tokens are kept.
func (c *console) people() []entra.Person {
	c.t.Helper()
	db := c.database()
	defer db.Close()
	rows, err := db.QueryContext(c.t.Context(), "SELECT person FROM operators")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var out []entra.Person
	for rows.Next() {
		var doc string
		var p entra.Person
		if err := rows.Scan(&doc); err != nil {
			c.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(doc), &p); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// tokens are a person's, as kept.
func (c *console) tokens(p entra.Person) oauth.Tokens {
	c.t.Helper()
	_, sealed, err := c.store.Operator(c.t.Context(), p.Tenant, p.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	t, err := oauth.OpenTokens(sealed)
	if err != nil {
		c.t.Fatal(err)
	}
	return t
}
