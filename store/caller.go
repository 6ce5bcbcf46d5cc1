package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/consentry/consentry/entra"
)

// A Caller is on whose behalf the store is asked: whose rows are found, and
// who stands in the audit log. The pages put one into the context of every
// request, signed in or not; work that belongs to a request keeps it.
type Caller struct {
	// Person is who is signed in; zero for nobody.
	Person entra.Person
	// Role is theirs as the roles claim has it, "anyone" without one.
	Role string
	// Tenant is whose rows are found; those of another are answered as if they
	// did not exist. Empty finds none, unless Everything is set, which finds
	// the rows of all: a console that one person has to themselves.
	Tenant     entra.TenantID
	Everything bool
	// Session is the beginning of the session id's hash in hexadecimal, IP the
	// address the request came from, RequestID the request's; for the audit log.
	Session, IP, RequestID string
}

type callerKey struct{}

// As gives a context in which the store is asked on behalf of c.
func As(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is on whose behalf ctx asks. Without one, ok is false: that is the
// program's own work, which finds every row and acts as "system".
func CallerOf(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// noHome is the home of no row.
const noHome entra.TenantID = "nobody"

// scope is what a query compares the column home with: the tenant, and
// whether that matters at all. Rows of the empty home are found by those who
// see everything alone.
func scope(ctx context.Context) (tenant entra.TenantID, everything bool) {
	c, ok := CallerOf(ctx)
	return cmp.Or(c.Tenant, noHome), !ok || c.Everything
}

// own is a condition that leaves the rows the caller may see, to go behind
// others, and their arguments with what it needs. home is the column.
func own(ctx context.Context, home string, args ...any) (condition string, all []any) {
	tenant, everything := scope(ctx)
	if everything {
		return "", args
	}
	return fmt.Sprintf(" AND %s = $%d", home, len(args)+1), append(args, tenant)
}

// ofOwn is own for rows that belong to an environment and have no home of
// their own; environment is the column with its id.
func ofOwn(ctx context.Context, environment string, args ...any) (condition string, all []any) {
	and, all := own(ctx, "own.home", args...)
	if and == "" {
		return "", all
	}
	return " AND EXISTS (SELECT 1 FROM environments own WHERE own.id = " + environment + and + ")", all
}

// newHome is where a new row belongs: to its environment's home when it has
// an environment, which must be one the caller may see; else to the caller's
// tenant, or for the program's own work to the owner's.
func newHome(ctx context.Context, q querier, environment string, owner entra.TenantID) (home entra.TenantID, err error) {
	if environment != "" {
		and, args := own(ctx, "home", environment)
		err = q.QueryRowContext(ctx, `SELECT home FROM environments WHERE id = $1`+and, args...).Scan(&home)
		return home, notFound(err)
	}
	c, _ := CallerOf(ctx)
	if _, everything := scope(ctx); !everything && c.Tenant == "" {
		return "", errNobody
	}
	return cmp.Or(c.Tenant, owner), nil
}

// errNobody: what they made could be found by nobody, themselves included.
var errNobody = errors.New("nobody is signed in for whom it could be kept")
