//go:build !nosandbox

package main

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
)

// Whoever tries a shared console out sees on its sign-in page which of the
// sandbox's people has which role in it.
func TestTheAccountsOfASharedSandboxSayTheirRoles(t *testing.T) {
	b, err := startBox(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close(t.Context()) })
	h := &handlers.Handlers{Browser: &handlers.BrowserSignIn{}, OAuth: &oauth.Client{}, Shared: &handlers.Shared{}, Accounts: b.accounts()}
	if err := b.share(h); err != nil {
		t.Fatal(err)
	}
	for account, role := range map[string]string{
		"admin@contoso": "in this console admin", "developer@contoso": "in this console support", "user@contoso": "in this console viewer", "trainee@contoso": "in this console without a role",
	} {
		found := false
		for _, a := range h.Accounts {
			found = found || strings.HasPrefix(a.UPN, account+".") && strings.HasSuffix(a.About, role)
		}
		if !found {
			t.Errorf("%s is not listed with %q", account, role)
		}
	}
}
