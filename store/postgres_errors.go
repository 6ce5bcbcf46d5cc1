package store

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Conditions that statements can meet
// [https://www.postgresql.org/docs/15/errcodes-appendix.html].
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	badText              = "22021" // character_not_in_repertoire: a NUL, or no UTF-8
)

// brokenCodes begin those after which the connection is gone.
var brokenCodes = []string{
	"08",    // connection exceptions
	"57P01", // the administrator shut it down
	"57P02", // the server crashed
	"57P03", // it is starting
	"57P05", // it was idle too long
	"25P03", // it was idle in a transaction too long
}

// unavailableCodes begin those that pass when the database is well again.
var unavailableCodes = []string{
	"53",    // no disk, no memory, too many connections
	"55P03", // a lock did not become free
	"57014", // a statement took too long
	"25006", // a standby takes no writes
	"58",    // the server's own disk
	"40",    // given up in favour of another transaction, again and again
}

// postgresCode is PostgreSQL's condition, empty for an error of another kind.
func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func hasCode(err error, prefixes []string) bool {
	code := postgresCode(err)
	for _, p := range prefixes {
		if code != "" && strings.HasPrefix(code, p) {
			return true
		}
	}
	return false
}

// postgresBroken: the connection is gone, or there never was one.
func postgresBroken(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false // the caller left; the driver then breaks the connection itself
	}
	var refused *pgconn.ConnectError
	var network *net.OpError
	return hasCode(err, brokenCodes) || errors.As(err, &refused) || errors.As(err, &network) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

func postgresUnavailable(err error) bool { return hasCode(err, unavailableCodes) }
