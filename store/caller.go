package store

import (
	"context"

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

// scope is what a query compares the column home with: the tenant, and
// whether that matters at all.
func scope(ctx context.Context) (tenant entra.TenantID, everything bool) {
	c, ok := CallerOf(ctx)
	return c.Tenant, !ok || c.Everything
}
