package handlers

import (
	"context"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// redirectPoll is how often it is tried again to have an app's list of
// redirect URIs to oneself.
const redirectPoll = 200 * time.Millisecond

// aloneWith runs f while nobody else, in this process or in another one, reads
// an app's list of redirect URIs and writes it back: it is replaced as a
// whole. A process that died stands in the way for one lease.
func (h *Handlers) aloneWith(ctx context.Context, app entra.ClientID, f func() error) error {
	h.redirects.Lock()
	defer h.redirects.Unlock()
	id := "redirect URIs of " + strings.ToLower(string(app))
	for {
		ours, err := h.Store.TryHold(ctx, id)
		if err != nil {
			return err
		}
		if ours {
			break
		}
		if err := h.Sleep(ctx, redirectPoll); err != nil {
			return err
		}
	}
	defer h.renewing(context.WithoutCancel(ctx), id)()
	return f()
}
