// Package replica tests built consoles that are killed, halted and asked to
// end: alone on a SQLite file, and two of them on one PostgreSQL database.
package replica
