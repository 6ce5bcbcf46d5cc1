package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
)

// operators serialises token refreshes: one at a time for each person.
type operators struct {
	mu    sync.Mutex
	turns map[entra.Person]*turn
}

// A turn is held by whoever looks after a person's tokens.
type turn struct {
	sync.Mutex
	// failed is why the last refresh gave none; until then it is not repeated.
	failed error
	until  time.Time
}

func (o *operators) turn(p entra.Person) *turn {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := entra.Person{Tenant: p.Tenant, ID: p.ID}
	if o.turns == nil {
		o.turns = map[entra.Person]*turn{}
	}
	if o.turns[key] == nil {
		o.turns[key] = &turn{}
	}
	return o.turns[key]
}

const (
	// refreshAhead is how long before its end a token is renewed.
	refreshAhead = 2 * time.Minute
	// refreshPause is how long nobody tries again after a refresh that got no
	// answer.
	refreshPause = 10 * time.Second
)

// errSignedOut: the person's tokens are gone or good for nothing. Pages answer
// it with the way to the sign-in.
var errSignedOut = errors.New("the sign-in has ended")

// tokens gives the person's access token for Microsoft Graph, renewed from
// the store when needed. Tokens never leave the server.
func (h *Handlers) tokens(p entra.Person) TokenFunc {
	return func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		t, err := h.livingTokens(ctx, p, refreshAhead)
		if errors.Is(err, store.ErrNotFound) {
			t, err = h.ambientToken(ctx, p)
		}
		return t.Access, t.Expires, err
	}
}

// keptTokens are the person's tokens as they were kept, whether they still
// hold or not; store.ErrNotFound: there are none.
func (h *Handlers) keptTokens(ctx context.Context, p entra.Person) (oauth.Tokens, error) {
	_, sealed, err := h.Store.Operator(ctx, p.Tenant, p.ID)
	if err != nil {
		return oauth.Tokens{}, err
	}
	t, err := oauth.OpenTokens(sealed)
	if err == nil && t.Client != "" && t.Client != h.client() {
		return oauth.Tokens{}, store.ErrNotFound // those of another app registration
	}
	return t, err
}

// livingTokens are the person's tokens, renewed where they end within ahead.
func (h *Handlers) livingTokens(ctx context.Context, p entra.Person, ahead time.Duration) (oauth.Tokens, error) {
	return h.tokensUnless(ctx, p, func(t oauth.Tokens) bool { return t.Expires.Sub(h.Now()) > ahead })
}

// tokensUnless are the person's tokens, renewed unless they are good enough.
// Whoever needs them at the same time waits for the one that renews them.
func (h *Handlers) tokensUnless(ctx context.Context, p entra.Person, good func(oauth.Tokens) bool) (oauth.Tokens, error) {
	held := h.operators.turn(p)
	held.Lock()
	defer held.Unlock()
	t, err := h.keptTokens(ctx, p)
	if err != nil || good(t) {
		return t, err
	}
	return h.refresh(context.WithoutCancel(ctx), held, p, t)
}

// confirmed asks Microsoft who the person is and which roles they have, unless
// it said so a short time ago, and says when that was.
func (h *Handlers) confirmed(ctx context.Context, p entra.Person) (id oauth.Identity, at time.Time, err error) {
	t, err := h.tokensUnless(ctx, p, func(t oauth.Tokens) bool {
		age := h.Now().Sub(t.Received())
		return age < roleFresh && age > -roleFresh
	})
	if errors.Is(err, store.ErrNotFound) {
		err = errSignedOut
	}
	if err != nil {
		return id, at, err
	}
	id, err = h.OAuth.IdentifyAgain(ctx, p, h.client(), t.ID)
	return id, t.Received(), err
}

// client is the app registration that people sign in with; empty where nobody
// does.
func (h *Handlers) client() entra.ClientID {
	switch {
	case h.Browser != nil:
		return h.Browser.ClientID
	case h.Device != nil:
		return h.Device.ClientID
	}
	return ""
}

// refresh renews the tokens, asking for no more than the person was asked for.
// It goes on when the person leaves the page: a new refresh token that is not
// kept would be lost.
func (h *Handlers) refresh(ctx context.Context, held *turn, p entra.Person, t oauth.Tokens) (oauth.Tokens, error) {
	if h.client() == "" || t.Refresh.IsZero() {
		return oauth.Tokens{}, errSignedOut
	}
	if held.failed != nil && h.Now().Before(held.until) {
		return oauth.Tokens{}, held.failed
	}
	asked := t.Asked
	if len(asked) == 0 { // kept by a version that did not note it
		asked = levelRead.scopes()
	}
	fresh, err := h.OAuth.Refresh(ctx, string(p.Tenant), h.client(), entra.Sensitive{}, t.Refresh, asked)
	if err != nil {
		err = h.notRenewed(ctx, p, err)
		held.failed, held.until = err, h.Now().Add(refreshPause)
		return oauth.Tokens{}, err
	}
	held.failed = nil
	fresh.Asked = asked
	if fresh.Refresh.IsZero() {
		fresh.Refresh = t.Refresh
	}
	err = h.Store.RenewOperator(ctx, p, fresh.Seal())
	if errors.Is(err, store.ErrNotFound) { // signed out in between
		return oauth.Tokens{}, errSignedOut
	}
	return fresh, err
}

// notRenewed drops tokens that the sign-in service refuses: only signing in
// again helps.
func (h *Handlers) notRenewed(ctx context.Context, p entra.Person, cause error) error {
	var no *entra.ServiceError
	if !errors.As(cause, &no) || no.Status != http.StatusBadRequest && no.Status != http.StatusUnauthorized {
		return fmt.Errorf("renew the sign-in: %w", cause)
	}
	err := fmt.Errorf("%w: %w", errSignedOut, cause)
	return errors.Join(err, h.Store.DeleteOperator(ctx, p.Tenant, p.ID))
}
