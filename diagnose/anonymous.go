package diagnose

import (
	"context"
	"errors"
	"net/http"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// anyTenant are segments of an address that name no tenant, and whom they
// let in is decided at sign-in.
var anyTenant = map[string]bool{"organizations": true, "common": true}

// signedInAt is the segment that people sign in at; without one it is
// "organizations", as Azure DevOps wants work accounts.
func signedInAt(g checks.Given) (string, error) {
	switch {
	case g.Tenant == "":
		return "organizations", nil
	case anyTenant[g.Tenant]:
		return g.Tenant, nil
	}
	tenant, err := entra.ParseTenant(g.Tenant)
	if err != nil {
		return "", gap("What was given as tenant is none.", "Give the tenant's ID, one of its domains, or organizations.")
	}
	return tenant, nil
}

func (a Access) tenant(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if f.Given.Tenant == "" {
		return nil, notGiven("No tenant was given.", "Give the tenant that is signed in at: its ID, one of its domains, or organizations.")
	}
	at, err := signedInAt(f.Given)
	if err != nil {
		return nil, err
	}
	from := "GET " + a.Cloud.Login + "/" + at + "/v2.0/.well-known/openid-configuration"
	found, err := a.SignIn.Discover(ctx, at)
	var no *entra.ServiceError
	switch {
	case errors.As(err, &no) && noTenant[no.AADSTS]:
		return func(f *checks.Facts) { f.Tenant = checks.Known(checks.TenantLookup{AADSTS: no.AADSTS}, from) }, nil
	case err != nil:
		return nil, unanswered("whether the tenant exists", "", err)
	}
	return func(f *checks.Facts) {
		f.Tenant = checks.Known(checks.TenantLookup{Exists: true, ID: found.Tenant}, from)
	}, nil
}

// noTenant are the codes that say that there is no such tenant: unknown, and
// neither a GUID nor a domain.
var noTenant = map[int]bool{90002: true, 900023: true}

func (a Access) signIn(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	at, err := signedInAt(f.Given)
	if err != nil {
		return nil, err
	}
	id, err := clientID(f)
	switch {
	case err != nil:
		return nil, err
	case f.Given.RedirectURI == "":
		return nil, notGiven("No redirect URI was given.", "Give the redirect URI that the integration sends.")
	case f.Given.Scopes == "":
		return nil, notGiven("No scopes were given.", "Give the scopes that the integration asks for, as it sends them.")
	}
	said, err := a.SignIn.Probe(ctx, oauth.Request{
		Tenant: at, ClientID: id, RedirectURI: f.Given.RedirectURI, Scopes: []string{f.Given.Scopes},
	})
	if err != nil {
		return nil, unanswered("whether it takes the request", "", err)
	}
	probe := checks.SignInProbe{Accepted: said.Accepted, OnPage: said.OnPage, AADSTS: said.AADSTS, OAuth: said.Error, Text: said.Text}
	from := http.MethodGet + " " + a.Cloud.Login + "/" + at + "/oauth2/v2.0/authorize?prompt=none&…"
	return func(f *checks.Facts) { f.SignIn = checks.Known(probe, from) }, nil
}

func (a Access) organization(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	name, err := slug(f)
	if err != nil {
		return nil, err
	}
	found, err := a.DevOps.Lookup(ctx, name)
	if err != nil {
		return nil, gap("Azure DevOps did not show whether the organization exists.", "Look at the network path from here to Azure DevOps, then run the checks again.")
	}
	return func(f *checks.Facts) { f.Organization = checks.Known(found, found.Checked) }, nil
}
