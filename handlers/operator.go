package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
)

// operators serialises token refreshes: one at a time for each person.
type operators struct {
	mu    sync.Mutex
	locks map[entra.Person]*sync.Mutex
}

func key(p entra.Person) entra.Person { return entra.Person{Tenant: p.Tenant, ID: p.ID} }

func (o *operators) lock(p entra.Person) *sync.Mutex {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.locks == nil {
		o.locks = map[entra.Person]*sync.Mutex{}
	}
	if o.locks[key(p)] == nil {
		o.locks[key(p)] = &sync.Mutex{}
	}
	return o.locks[key(p)]
}

func (o *operators) forget(p entra.Person) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.locks, key(p))
}

// refreshAhead is how long before its end a token is renewed.
const refreshAhead = 2 * time.Minute

// tokens gives the person's access token for Microsoft Graph, renewed from
// the store when needed. Tokens never leave the server.
func (h *Handlers) tokens(p entra.Person) TokenFunc {
	return func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		l := h.operators.lock(p)
		l.Lock()
		defer l.Unlock()
		_, sealed, err := h.Store.Operator(ctx, p.Tenant, p.ID)
		if errors.Is(err, store.ErrNotFound) {
			if h.CLIToken != nil {
				return h.CLIToken(ctx)
			}
			return entra.Sensitive{}, time.Time{}, errSignedOut
		}
		if err != nil {
			return entra.Sensitive{}, time.Time{}, err
		}
		t, err := oauth.OpenTokens(sealed)
		if err != nil {
			return entra.Sensitive{}, time.Time{}, err
		}
		if t.Expires.Sub(h.Now()) > refreshAhead {
			return t.Access, t.Expires, nil
		}
		return h.refresh(ctx, p, t)
	}
}

var errSignedOut = errors.New("nobody is signed in any more")

func (h *Handlers) refresh(ctx context.Context, p entra.Person, t oauth.Tokens) (entra.Sensitive, time.Time, error) {
	fresh, err := h.OAuth.Refresh(ctx, string(p.Tenant), h.Browser.ClientID, entra.Sensitive{}, t.Refresh, graphScopes)
	if err != nil {
		return entra.Sensitive{}, time.Time{}, fmt.Errorf("renew the sign-in: %w", err)
	}
	if fresh.Refresh.IsZero() {
		fresh.Refresh = t.Refresh
	}
	if err := h.Store.SaveOperator(ctx, p, fresh.Seal()); err != nil {
		return entra.Sensitive{}, time.Time{}, err
	}
	return fresh.Access, fresh.Expires, nil
}
