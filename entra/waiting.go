package entra

import (
	"context"
	"time"
)

// A Waiting is a request that will be sent again after a while, because the
// service asked for that.
type Waiting struct {
	Service   string // "Microsoft Graph"
	Status    int    // of the answer: 429 where it throttles
	RequestID string
	For       time.Duration
}

type waitingKey struct{}

// OnWaiting returns a context whose requests tell when they wait. Tell may be
// called concurrently.
func OnWaiting(ctx context.Context, tell func(Waiting)) context.Context {
	return context.WithValue(ctx, waitingKey{}, tell)
}

// TellWaiting is for those who wait: it tells whoever asked to be told.
func TellWaiting(ctx context.Context, w Waiting) {
	if tell, ok := ctx.Value(waitingKey{}).(func(Waiting)); ok {
		tell(w)
	}
}
