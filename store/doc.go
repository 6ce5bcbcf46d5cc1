// Package store keeps environments, operations and their journal, secrets
// waiting to be shown, sessions, sign-ins, consent trials, runs of the checks
// and the audit log in a database.
//
// SQLite is the database of one console: one file that one process at a time
// may open. PostgreSQL is that of several. Both are asked in one language: $1
// placeholders, ON CONFLICT, RETURNING, times as BIGINT milliseconds since 1970
// UTC (0 is the zero time), JSON as TEXT. What only one of them can say is in
// sqlite.go and postgres.go, and one suite of tests holds both to the same.
//
// A row belongs to its home, a tenant, and is found by the people of that
// tenant alone; for others it is as if it did not exist. On whose behalf the
// store is asked stands in the context, see Caller.
//
// Several processes work on one environment one at a time: whoever is at work
// has a lease, kept by the database server's clock, and a number, the fence,
// without which nothing more is written.
//
// What could be used against a tenant is stored encrypted only: session data,
// client secrets, operators' tokens, OAuth flows, what checks found. The key
// lives outside the database. Each ciphertext is bound to its table, column,
// row and tenant, so that one copied to another place does not open there.
package store
