package handlers

import (
	"context"
	"strings"

	"github.com/consentry/consentry/entra"
)

// made are the keys of the secrets that there is a record of, in every
// environment that uses the app; not nil, because the records were looked at.
func (h *Handlers) made(ctx context.Context, client string) ([]entra.KeyID, error) {
	all, err := h.Store.Environments(ctx)
	if err != nil {
		return nil, err
	}
	keys := []entra.KeyID{}
	for _, env := range all {
		if !strings.EqualFold(string(givenOf(env).ClientID), strings.TrimSpace(client)) {
			continue
		}
		kept, err := h.Store.Secrets(ctx, env.ID)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			keys = append(keys, k.KeyID)
		}
	}
	return keys, nil
}
