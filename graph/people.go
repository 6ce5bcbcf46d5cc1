package graph

import (
	"context"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/consentry/consentry/entra"
)

// Owners lists the owners of the application with a client ID: people, and
// service principals, which have no user principal name. In the tenant the
// application may be missing: a *entra.ServiceError with Status 404.
func (c *Client) Owners(ctx context.Context, id entra.ClientID) ([]entra.Person, error) {
	path := "/applications(appId=" + quoted(string(id)) + ")/owners"
	if err := valid(string(id)); err != nil {
		return nil, unsent("GET", path, err)
	}
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.DirectoryObjectable], error) {
		return get[page[models.DirectoryObjectable]](ctx, c, path, []string{"id", "displayName", "userPrincipalName"}, next, models.CreateDirectoryObjectCollectionResponseFromDiscriminatorValue)
	})
	return converted(all, person), err
}

// Assigned lists who is assigned to the application with a client ID in the
// tenant: users and groups; what applications hold is left out. Without a
// service principal nobody is. Of the person only the ID and the display name
// are known, and nothing tells who is in a group.
func (c *Client) Assigned(ctx context.Context, id entra.ClientID) ([]entra.Person, error) {
	path := "/servicePrincipals(appId=" + quoted(string(id)) + ")/appRoleAssignedTo"
	if err := valid(string(id)); err != nil {
		return nil, unsent("GET", path, err)
	}
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.AppRoleAssignmentable], error) {
		return get[page[models.AppRoleAssignmentable]](ctx, c, path, nil, next, models.CreateAppRoleAssignmentCollectionResponseFromDiscriminatorValue)
	})
	if missing(err) {
		return nil, nil
	}
	var out []entra.Person
	for _, a := range all {
		if kind := str(a.GetPrincipalType()); kind != "User" && kind != "Group" {
			continue
		}
		p := entra.Person{DisplayName: str(a.GetPrincipalDisplayName())}
		if id := a.GetPrincipalId(); id != nil {
			p.ID = entra.ObjectID(id.String())
		}
		out = append(out, p)
	}
	return out, err
}
