package graph

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"

	"github.com/consentry/consentry/entra"
)

// everyMember is a "wids" value that every member of a tenant carries; it is
// not an administrator role.
const everyMember = "b79fbf4d-3ef9-4689-8143-76b194e85509"

// ErrRolesHidden: the directory shows that there are roles but not which.
// Directory.Read.All would show them.
var ErrRolesHidden = errors.New("the directory roles are hidden: Microsoft Graph names them only with the permission Directory.Read.All")

// Me tells who is signed in. For an application's own token it is the
// application: its service principal's object ID and its name.
func (c *Client) Me(ctx context.Context) (entra.Person, error) {
	claims, err := c.claims(ctx)
	if err != nil {
		return entra.Person{}, err
	}
	if claims.Kind == "app" {
		name := claims.AppName
		if name == "" {
			name = claims.AppID
		}
		return entra.Person{Tenant: claims.Tenant, ID: claims.Object, DisplayName: name}, nil
	}
	me, ex, err := call(ctx, http.MethodGet, "/me", func(ctx context.Context) (models.Userable, error) {
		return get[models.Userable](ctx, c, "/me", []string{"id", "displayName", "userPrincipalName"}, "", models.CreateUserFromDiscriminatorValue)
	})
	switch {
	case err != nil:
		return entra.Person{}, err
	case str(me.GetId()) == "":
		return entra.Person{}, ex.noAnswer(http.MethodGet, "/me", errIncomplete)
	}
	p := entra.Person{Tenant: claims.Tenant, ID: entra.ObjectID(str(me.GetId())), UPN: str(me.GetUserPrincipalName()), DisplayName: str(me.GetDisplayName())}
	if p.Tenant == "" {
		tenant, err := c.Tenant(ctx)
		if err != nil {
			return entra.Person{}, err
		}
		p.Tenant = tenant.ID
	}
	return p, nil
}

func (c *Client) claims(ctx context.Context) (claims, error) {
	found, err := c.tokens.claims(ctx)
	if err != nil {
		return claims{}, unsent(http.MethodGet, "/me", err)
	}
	return found, nil
}

// Tenant describes the tenant that the credential signs in to.
func (c *Client) Tenant(ctx context.Context) (entra.Tenant, error) {
	const path = "/organization"
	b := organization.NewOrganizationRequestBuilderInternal(map[string]string{}, c.adapter)
	found, ex, err := call(ctx, http.MethodGet, path, func(ctx context.Context) (models.OrganizationCollectionResponseable, error) {
		return b.Get(ctx, &organization.OrganizationRequestBuilderGetRequestConfiguration{
			QueryParameters: &organization.OrganizationRequestBuilderGetQueryParameters{Select: []string{"id", "displayName", "verifiedDomains"}},
		})
	})
	switch {
	case err != nil:
		return entra.Tenant{}, err
	case found == nil || len(found.GetValue()) == 0 || !whole(found.GetValue()):
		return entra.Tenant{}, ex.noAnswer(http.MethodGet, path, errIncomplete)
	}
	return tenant(found.GetValue()[0]), nil
}

// Roles lists the template ids of the active directory roles of whoever is
// signed in. It reads the token's "wids" claim and asks Graph where the token
// has none; ErrRolesHidden says that Graph did not tell.
func (c *Client) Roles(ctx context.Context) ([]string, error) {
	claims, err := c.claims(ctx)
	if err != nil {
		return nil, err
	}
	if claims.Roles != nil {
		return slices.DeleteFunc(slices.Clone(*claims.Roles), func(id string) bool { return id == everyMember }), nil
	}
	return c.directoryRoles(ctx)
}

func (c *Client) directoryRoles(ctx context.Context) ([]string, error) {
	const path = "/me/transitiveMemberOf/microsoft.graph.directoryRole"
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.DirectoryRoleable], error) {
		return get[page[models.DirectoryRoleable]](ctx, c, path, []string{"id", "roleTemplateId"}, next, models.CreateDirectoryRoleCollectionResponseFromDiscriminatorValue)
	})
	if err != nil {
		return nil, err
	}
	roles := converted(all, func(m models.DirectoryRoleable) string { return str(m.GetRoleTemplateId()) })
	if slices.Contains(roles, "") {
		return nil, ErrRolesHidden
	}
	return roles, nil
}

func tenant(m models.Organizationable) entra.Tenant {
	t := entra.Tenant{ID: entra.TenantID(str(m.GetId())), DisplayName: str(m.GetDisplayName())}
	for _, d := range present(m.GetVerifiedDomains()) {
		name := str(d.GetName())
		t.Domains = append(t.Domains, name)
		if flag(d.GetIsDefault()) {
			t.DefaultDomain = name
		}
	}
	return t
}
