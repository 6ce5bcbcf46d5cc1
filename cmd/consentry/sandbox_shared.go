//go:build !nosandbox

package main

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
)

// share lets in whom the sandbox has given a role in its shared console.
func (b *box) share(h *handlers.Handlers) error {
	known := b.Ready().Console
	if known == nil {
		return errors.New("--sign-in entra: this sandbox knows no shared console; give --client-id")
	}
	h.Browser.ClientID, h.Browser.Name = entra.ClientID(known.ClientID), "Consentry console (sandbox)"
	h.OAuth.Credential = boxSecret{entra.NewSensitive(known.ClientSecret)}
	for _, p := range known.People {
		if id := entra.TenantID(p.TenantID); !slices.Contains(h.Shared.Tenants, id) {
			h.Shared.Tenants = append(h.Shared.Tenants, id)
		}
		for i := range h.Accounts {
			if h.Accounts[i].UPN == p.UserPrincipalName {
				h.Accounts[i].About += "; in this console " + cmp.Or(p.Role, "without a role")
			}
		}
	}
	return nil
}

// boxSecret is the secret of the sandbox's own registration, which stands in
// no file.
type boxSecret struct{ secret entra.Sensitive }

// Proof implements oauth.Credential.
func (s boxSecret) Proof(entra.ClientID, string, time.Time) (url.Values, error) {
	return url.Values{"client_secret": {s.secret.Reveal()}}, nil
}

// String implements oauth.Credential.
func (boxSecret) String() string { return "the sandbox's own client secret" }
