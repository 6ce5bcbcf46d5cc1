package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/consentry/consentry/entra"
)

// registrationProperties are what a Registration has besides an Application.
var registrationProperties = append([]string{"uniqueName", "appRoles", "optionalClaims", "api"}, applicationProperties...)

var (
	errNotUnique  = errors.New("a unique name has small letters, digits and hyphens, and begins with none of the latter")
	errNotAPerson = errors.New("give a user principal name (somebody@contoso.com) or an object ID")
)

// uniqueNamePattern is what our unique names are made of.
var uniqueNamePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}$`)

// Registration reads the application with a unique name. In the tenant it may be missing: a *entra.ServiceError with
// Status 404.
func (c *Client) Registration(ctx context.Context, uniqueName string) (entra.Registration, error) {
	path := entra.UniqueNamePath(uniqueName)
	if !uniqueNamePattern.MatchString(uniqueName) {
		return entra.Registration{}, unsent(http.MethodGet, path, errNotUnique)
	}
	found, ex, err := call(ctx, http.MethodGet, path, func(ctx context.Context) (models.Applicationable, error) {
		return get[models.Applicationable](ctx, c, path, registrationProperties, "", models.CreateApplicationFromDiscriminatorValue)
	})
	switch {
	case err != nil:
		return entra.Registration{}, err
	case str(found.GetId()) == "" || str(found.GetAppId()) == "":
		return entra.Registration{}, ex.noAnswer(http.MethodGet, path, errIncomplete)
	}
	return registration(found), nil
}

func registration(m models.Applicationable) entra.Registration {
	r := entra.Registration{Application: application(m), UniqueName: str(m.GetUniqueName())}
	for _, role := range present(m.GetAppRoles()) {
		r.AppRoles = append(r.AppRoles, appRole(role))
	}
	if claims := m.GetOptionalClaims(); claims != nil {
		for _, claim := range present(claims.GetIdToken()) {
			r.IDTokenClaims = append(r.IDTokenClaims, str(claim.GetName()))
		}
	}
	if api := m.GetApi(); api != nil && api.GetRequestedAccessTokenVersion() != nil {
		r.TokenVersion = int(*api.GetRequestedAccessTokenVersion())
	}
	return r
}

func appRole(m models.AppRoleable) entra.AppRole {
	role := entra.AppRole{
		Value: str(m.GetValue()), Name: str(m.GetDisplayName()), Description: str(m.GetDescription()), Enabled: flag(m.GetIsEnabled()),
	}
	if id := m.GetId(); id != nil {
		role.ID = id.String()
	}
	return role
}

// RoleAssignments lists who has which app role of the application with a
// client ID in the tenant. Without a service principal nobody has any.
func (c *Client) RoleAssignments(ctx context.Context, id entra.ClientID) ([]entra.RoleAssignment, error) {
	path := "/servicePrincipals(appId=" + quoted(string(id)) + ")/appRoleAssignedTo"
	if err := valid(string(id)); err != nil {
		return nil, unsent(http.MethodGet, path, err)
	}
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.AppRoleAssignmentable], error) {
		return get[page[models.AppRoleAssignmentable]](ctx, c, path, nil, next, models.CreateAppRoleAssignmentCollectionResponseFromDiscriminatorValue)
	})
	if missing(err) {
		return nil, nil
	}
	return converted(all, func(m models.AppRoleAssignmentable) entra.RoleAssignment {
		var a entra.RoleAssignment
		if id := m.GetPrincipalId(); id != nil {
			a.Principal = entra.ObjectID(id.String())
		}
		if id := m.GetAppRoleId(); id != nil {
			a.Role = id.String()
		}
		return a
	}), err
}

// userPattern is an object ID or a user principal name.
var userPattern = regexp.MustCompile(`^[A-Za-z0-9._%+~#-]+(@[A-Za-z0-9.-]+)?$`)

// Person finds somebody of the tenant by object ID or user principal name. In
// the tenant they may be missing: a *entra.ServiceError with Status 404. It
// takes the permission User.ReadBasic.All.
func (c *Client) Person(ctx context.Context, idOrUPN string) (entra.Person, error) {
	const path = "/users/{id}"
	if !userPattern.MatchString(idOrUPN) {
		return entra.Person{}, unsent(http.MethodGet, path, errNotAPerson)
	}
	claims, err := c.claims(ctx)
	if err != nil {
		return entra.Person{}, err
	}
	found, ex, err := call(ctx, http.MethodGet, path, func(ctx context.Context) (models.Userable, error) {
		return get[models.Userable](ctx, c, "/users/"+url.PathEscape(idOrUPN), []string{"id", "displayName", "userPrincipalName"}, "", models.CreateUserFromDiscriminatorValue)
	})
	switch {
	case err != nil:
		return entra.Person{}, err
	case str(found.GetId()) == "":
		return entra.Person{}, ex.noAnswer(http.MethodGet, path, errIncomplete)
	}
	return entra.Person{Tenant: claims.Tenant, ID: entra.ObjectID(str(found.GetId())), UPN: str(found.GetUserPrincipalName()), DisplayName: str(found.GetDisplayName())}, nil
}

// putRegistration is the one change with a header of its own, see
// entra.PutRegistration. When it made the registration the answer has it; when
// it changed one there is none.
func (c *Client) putRegistration(ctx context.Context, ch entra.PutRegistration) (entra.Created, error) {
	if !uniqueNamePattern.MatchString(ch.UniqueName) {
		return entra.Created{}, refuse(ch, errNotUnique)
	}
	body, ex, err := c.shown(ctx, ch, "Prefer", "create-if-missing")
	if err != nil {
		return entra.Created{}, err
	}
	created := entra.Created{RequestID: ex.requestID()}
	if ex.Status == http.StatusNoContent {
		return created, nil
	}
	var made struct{ ID, AppID string }
	if json.Unmarshal(body, &made) != nil || made.ID == "" || made.AppID == "" {
		return entra.Created{}, incomplete(ch, ex)
	}
	app := entra.Application{ID: entra.ObjectID(made.ID), ClientID: entra.ClientID(made.AppID), DisplayName: ch.DisplayName, Audience: ch.Audience}
	created.Application = &app
	return created, nil
}

// sendShown sends a change whose answer tells nothing that was not known.
func (c *Client) sendShown(ctx context.Context, ch entra.Change, ids ...string) (entra.Created, error) {
	for _, id := range ids {
		if err := valid(id); err != nil {
			return entra.Created{}, refuse(ch, err)
		}
	}
	_, ex, err := c.shown(ctx, ch)
	if err != nil {
		return entra.Created{}, err
	}
	return entra.Created{RequestID: ex.requestID()}, nil
}

// shown sends exactly the request that a change shows, with headers given as
// name, value pairs.
func (c *Client) shown(ctx context.Context, ch entra.Change, headers ...string) ([]byte, *exchange, error) {
	r := ch.Request()
	body, err := json.Marshal(r.Body)
	if err != nil {
		return nil, nil, refuse(ch, err)
	}
	return write(ctx, ch, func(ctx context.Context) ([]byte, error) {
		info := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
			methods[r.Method], "{+baseurl}"+r.Path, map[string]string{})
		info.SetStreamContentAndContentType(body, "application/json")
		info.Headers.TryAdd("Accept", "application/json")
		for i := 0; i < len(headers); i += 2 {
			info.Headers.TryAdd(headers[i], headers[i+1])
		}
		answer, err := c.adapter.SendPrimitive(ctx, info, "[]byte", nil)
		raw, _ := answer.([]byte) // nil where there is no content
		return raw, err
	})
}

var methods = map[string]abstractions.HttpMethod{"POST": abstractions.POST, "PATCH": abstractions.PATCH}
