// Package store keeps environments, operations and their journal, secrets
// waiting to be shown, sessions, sign-ins and consent trials in a database.
//
// SQLite is the database, in one file that one process at a time may open.
// The statements keep to what PostgreSQL understands too: $1 placeholders,
// ON CONFLICT, RETURNING, times as BIGINT milliseconds since 1970 UTC (0 is
// the zero time), JSON as TEXT. What only SQLite can say is in sqlite.go.
//
// What could be used against a tenant is stored encrypted only: session data,
// client secrets, operators' tokens, OAuth flows. The key lives outside the
// database. Each ciphertext is bound to its table, column, row and tenant, so
// that one copied to another place does not open there.
package store
