package diagnose

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// token tells what the token of a test consent says about itself, and tries
// the refresh token once; what that brings is thrown away.
func (a Access) token(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if a.Tokens == nil {
		return nil, errNoToken
	}
	claims, err := oauth.Claims(a.Tokens.Access)
	if err != nil {
		return nil, gap("The token cannot be decoded here, which is allowed: access tokens are for their service alone.",
			"See what the organization says to it.")
	}
	facts := tokenFacts(claims, *a.Tokens)
	facts.Got = f.Now
	facts.Refresh = a.refresh(ctx, f)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return func(f *checks.Facts) { f.Token = checks.Known(facts, "a test consent") }, nil
}

// tokenFacts reads an access token without verifying it: that is for the
// service it is for.
func tokenFacts(claims map[string]any, tokens oauth.Tokens) checks.TokenFacts {
	text := func(name string) string {
		s, _ := claims[name].(string)
		return entra.ForeignText(s)
	}
	t := checks.TokenFacts{
		Audience: text("aud"), Issuer: text("iss"), Tenant: entra.TenantID(text("tid")), Lifetime: tokens.Lifetime,
		Person:  entra.Person{Tenant: entra.TenantID(text("tid")), ID: entra.ObjectID(text("oid")), DisplayName: text("name")},
		AppOnly: text("idtyp") == "app" || claims["scp"] == nil && claims["roles"] != nil,
	}
	for _, name := range []string{"upn", "preferred_username", "unique_name"} {
		if t.Person.UPN == "" {
			t.Person.UPN = text(name)
		}
	}
	scp, _ := claims["scp"].(string)
	for _, ref := range entra.ParseScopes(scp) {
		if !entra.IsOpenIDScope(ref.Name) {
			t.Scopes = append(t.Scopes, ref.Name)
		}
	}
	return t
}

// refresh is tried where a refresh token came.
func (a Access) refresh(ctx context.Context, f checks.Facts) checks.RefreshFacts {
	asked := strings.Fields(f.Given.Scopes)
	r := checks.RefreshFacts{Asked: slices.Contains(asked, entra.ScopeOfflineAccess), Came: !a.Tokens.Refresh.IsZero()}
	at, err := signedInAt(f.Given)
	if !r.Came || err != nil {
		return r
	}
	_, err = a.SignIn.Refresh(ctx, at, entra.ClientID(f.Given.ClientID), a.Secret, a.Tokens.Refresh, asked)
	r.Worked = err == nil
	var no *entra.ServiceError
	if errors.As(err, &no) {
		r.AADSTS = no.AADSTS
	}
	return r
}

// forDevOps is the token, if it is one for Azure DevOps: no other service's
// token is sent there. A token that cannot be decoded is taken to be what was
// asked for.
func (a Access) forDevOps(f checks.Facts) (entra.Sensitive, error) {
	if a.Tokens == nil {
		return entra.Sensitive{}, errNoToken
	}
	resource := firstResource(f.Given.Scopes)
	if claims, err := oauth.Claims(a.Tokens.Access); err == nil {
		audience, _ := claims["aud"].(string)
		resource = entra.ParseScope(audience + "/.default").Resource
	}
	if resource != entra.AzureDevOps {
		return entra.Sensitive{}, gap("The token of the test consent is not for Azure DevOps, so it was not sent there.",
			"Put the resource in front of each scope: "+entra.ScopeName(entra.AzureDevOps, "vso.work")+".")
	}
	return a.Tokens.Access, nil
}

func firstResource(scopes string) entra.ClientID {
	for _, ref := range entra.ParseScopes(scopes) {
		if ref.Resource != "" {
			return ref.Resource
		}
	}
	return ""
}

// scopesIn are the bare names of what a token may do; none for one that
// cannot be decoded.
func scopesIn(tokens oauth.Tokens) []string {
	claims, err := oauth.Claims(tokens.Access)
	if err != nil {
		return nil
	}
	return tokenFacts(claims, tokens).Scopes
}
