package azuredevops

import (
	"context"
	"net/url"

	"github.com/consentry/consentry/entra"
)

// An Identity is who a token is to one organization.
type Identity struct {
	ID          string
	DisplayName string
	// Descriptor names the identity's kind and tenant, for example
	// "Microsoft.IdentityModel.Claims.ClaimsIdentity;{tenant}\{upn}".
	Descriptor string
	Account    string // usually the user principal name
	// Anonymous: the organization answered without knowing the token, as it
	// does for anybody while it has a public project. The token proves nothing.
	Anonymous bool
}

// anonymousID is the identity of nobody.
const anonymousID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

type connectionData struct {
	AuthenticatedUser struct {
		ID          string `json:"id"`
		Descriptor  string `json:"descriptor"`
		DisplayName string `json:"providerDisplayName"`
		Properties  struct {
			Account struct {
				Value string `json:"$value"`
			} `json:"Account"`
		} `json:"properties"`
	} `json:"authenticatedUser"`
}

// Connection asks an organization who the token is there. It takes a token of
// any scope. Success alone is no proof: see Identity.Anonymous.
func (c *Client) Connection(ctx context.Context, slug string, token entra.Sensitive) (Identity, error) {
	path, err := organizationPath(slug)
	if err != nil {
		return Identity{}, err
	}
	var d connectionData
	_, err = c.get(ctx, call{
		base:  c.Cloud.DevOps,
		path:  path + "/_apis/connectionData",
		query: url.Values{"api-version": {previewVersion}},
		token: token,
	}, &d)
	if err != nil {
		return Identity{}, err
	}
	u := d.AuthenticatedUser
	return Identity{
		ID:          u.ID,
		DisplayName: u.DisplayName,
		Descriptor:  u.Descriptor,
		Account:     u.Properties.Account.Value,
		Anonymous:   u.ID == "" || u.ID == anonymousID,
	}, nil
}

// Accounts lists the slugs of the organizations the token's user is a member
// of, in the token's tenant. It needs vso.profile.
func (c *Client) Accounts(ctx context.Context, token entra.Sensitive) ([]string, error) {
	var me struct {
		ID          string `json:"id"`
		PublicAlias string `json:"publicAlias"`
	}
	_, err := c.get(ctx, call{
		base:  c.Cloud.VSSPS,
		path:  "/_apis/profile/profiles/me",
		query: url.Values{"api-version": {version}},
		token: token,
	}, &me)
	if err != nil {
		return nil, err
	}
	var accounts struct {
		Value []struct {
			Name string `json:"accountName"`
		} `json:"value"`
	}
	_, err = c.get(ctx, call{
		base:  c.Cloud.VSSPS,
		path:  "/_apis/accounts",
		query: url.Values{"memberId": {firstOf(me.PublicAlias, me.ID)}, "api-version": {version}},
		token: token,
	}, &accounts)
	if err != nil {
		return nil, err
	}
	slugs := make([]string, 0, len(accounts.Value))
	for _, a := range accounts.Value {
		slugs = append(slugs, a.Name)
	}
	return slugs, nil
}
