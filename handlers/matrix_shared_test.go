package handlers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

// newSharedConsole is one that several people of two tenants use, each with
// the role that the sandbox's registration of the console gives them.
func newSharedConsole(t *testing.T) *console {
	t.Helper()
	box, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	registration := box.Ready().Console
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(registration.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	credential, err := oauth.SecretFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	return newConsole(t, func(h *handlers.Handlers) {
		h.Gallery = true
		h.Shared = &handlers.Shared{Tenants: tenantsOf(registration)}
		h.Browser = &handlers.BrowserSignIn{ClientID: entra.ClientID(registration.ClientID), Name: "Consentry", Tenant: "organizations"}
		h.OAuth = &oauth.Client{Cloud: h.OAuth.Cloud, HTTP: h.OAuth.HTTP, Now: h.OAuth.Now, Credential: credential}
	})
}

func tenantsOf(r *sandbox.ReadyConsole) (out []entra.TenantID) {
	for _, p := range r.People {
		out = append(out, entra.TenantID(p.TenantID))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// enter signs somebody with the role in: of the first tenant that lets the
// console in, or of another one.
func (c *console) enter(role string, first bool) *browser {
	c.t.Helper()
	people := c.box.Ready().Console.People
	for _, m := range people {
		if m.Role != role || (m.TenantID == people[0].TenantID) != first {
			continue
		}
		for _, tenant := range c.box.Ready().Tenants {
			for _, u := range tenant.Users {
				if u.UserPrincipalName == m.UserPrincipalName {
					b := c.browser()
					b.enterAs(u.UserPrincipalName, u.Password, role)
					return b
				}
			}
		}
	}
	c.t.Fatalf("nobody has the role %q there", role)
	return nil
}

func (b *browser) enterAs(upn, password, role string) {
	b.t.Helper()
	most := map[string]string{"admin": "consent", "support": "read"}
	p := b.get("/sign-in/begin")
	p = b.submit(p, "Next", map[string][]string{"loginfmt": {upn}})
	p = b.accepted(b.submit(p, "Sign in", map[string][]string{"passwd": {password}}))
	if need, more := most[role]; more {
		p = b.accepted(b.get("/sign-in/begin?for=" + need))
	}
	if p.at.Path != "/" || !strings.HasPrefix(p.at.String(), b.c.base) {
		b.t.Fatalf("signing in as %s ended at %s: %d %s", upn, p.at.Path, p.status, p.text())
	}
}

// accepted is where a page of Microsoft's leads that asks for consent; any
// other page is left as it is.
func (b *browser) accepted(p page) page {
	b.t.Helper()
	if p.doc().Find("button:contains('Accept')").Length() > 0 {
		return b.submit(p, "Accept", nil)
	}
	return p
}
