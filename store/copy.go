package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A copied is a table that a backup has.
type copied struct {
	table string
	// without is a column whose values stay behind.
	without string
}

// inBackups are the tables of a backup, each after those it refers to. A
// backup holds nothing that works once: what was used up, ended or revoked
// after it was made would come back to life with it. So sessions, people's
// tokens, answers that sign-ins wait for and secrets that wait to be shown
// stay behind.
var inBackups = []copied{
	{"encryption_keys", ""}, {"bound_cloud", ""}, {"environments", ""}, {"operations", ""}, {"journal", ""}, {"secrets", secretValue.column},
	{"trials", trialFlow.column}, {"runs", ""}, {"contacts", ""}, {"credentials", ""}, {"reminders", ""}, {"audit", ""}, {auditHeadTable, ""},
}

// notInBackups are the others of ours.
var notInBackups = []string{sessionData.table, operatorTokens.table, "holds"}

const auditHeadTable, boundCloudTable = "audit_head", "bound_cloud"

// fromTheStart are the tables that have rows before anybody used the database.
var fromTheStart = []string{keyCheck.table, boundCloudTable, auditHeadTable}

// copyTables copies every row of a backup's tables and says how many of each.
func copyTables(ctx context.Context, from, to *sql.Tx) (map[string]int64, error) {
	counts := make(map[string]int64, len(inBackups))
	for _, c := range inBackups {
		n, err := c.copy(ctx, from, to)
		if err != nil {
			return nil, fmt.Errorf("copy table %s: %w", c.table, err)
		}
		counts[c.table] = n
	}
	return counts, nil
}

func (c copied) copy(ctx context.Context, from, to *sql.Tx) (n int64, err error) {
	rows, err := from.QueryContext(ctx, `SELECT * FROM `+c.table)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	insert, err := to.PrepareContext(ctx, insertInto(c.table, columns))
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	for rows.Next() {
		values, err := c.values(rows, columns)
		if err != nil {
			return 0, err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return 0, err
		}
		n++
	}
	return n, rows.Err()
}

// values are a row's, but the one that stays behind.
func (c copied) values(rows *sql.Rows, columns []string) ([]any, error) {
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, column := range columns {
		if column == c.without {
			values[i] = nil
		}
	}
	return values, nil
}

func insertInto(table string, columns []string) string {
	numbers := make([]string, len(columns))
	for i := range columns {
		numbers[i] = "$" + strconv.Itoa(i+1)
	}
	return `INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(numbers, ", ") + `)`
}

// makeRoom takes away what a database just made has, so that a copy finds it
// empty. Any row of another table means that the database is in use: its
// name is the answer.
func makeRoom(ctx context.Context, tx *sql.Tx) (inUse string, err error) {
	for _, c := range inBackups {
		if slices.Contains(fromTheStart, c.table) {
			continue
		}
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+c.table).Scan(&n); err != nil {
			return "", err
		}
		if n > 0 {
			return c.table, nil
		}
	}
	for _, table := range fromTheStart {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
			return "", err
		}
	}
	return "", nil
}

// countTables says how many rows each of a backup's tables has.
func countTables(ctx context.Context, q querier) (map[string]int64, error) {
	counts := make(map[string]int64, len(inBackups))
	for _, c := range inBackups {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+c.table).Scan(&n); err != nil {
			return nil, err
		}
		counts[c.table] = n
	}
	return counts, nil
}
