package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/consentry/consentry/entra"
)

// errRoleLost: whoever began it may not change anything in this console any
// more. Somebody else can go on with it.
var errRoleLost = errors.New("whoever began it may not change anything in this console any more")

// tokensOfAdmin gives the person's tokens as long as they have the role that
// every operation takes: it may have been taken away since the operation was
// begun, and nothing is asked for in a browser meanwhile.
func (h *Handlers) tokensOfAdmin(p entra.Person) TokenFunc {
	next := h.tokens(p)
	return func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		if err := h.stillAdmin(ctx, p); err != nil {
			return entra.Sensitive{}, time.Time{}, err
		}
		return next(ctx)
	}
}

// stillAdmin asks Microsoft every few minutes, as pages do. While it gives no
// answer, its last word stands for a little.
func (h *Handlers) stillAdmin(ctx context.Context, p entra.Person) error {
	if h.Shared == nil {
		return nil
	}
	id, _, err := h.confirmed(ctx, p)
	if err != nil && !errors.Is(err, errSignedOut) {
		if t, kept := h.keptTokens(ctx, p); kept == nil && h.Now().Sub(t.Received()).Abs() < roleLimit {
			id, err = h.OAuth.IdentifyAgain(ctx, p, h.client(), t.ID)
		}
	}
	switch {
	case err != nil:
		return err
	case h.roleFor(id) < Admin:
		return errRoleLost
	}
	return nil
}
