package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/applicationswithappid"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"

	"github.com/consentry/consentry/entra"
)

const (
	maxPages = 50
	// maxIn is how many values Graph takes in one "in (…)".
	maxIn = 15
	// maxFound bounds a search a person chooses from.
	maxFound = 25
)

var (
	// listedProperties leave out the certificates: Graph allows far fewer
	// lists that name them [Microsoft Learn, application resource type].
	listedProperties = []string{
		"id", "appId", "displayName", "signInAudience", "tags", "web", "spa", "publicClient", "passwordCredentials",
		"requiredResourceAccess", "publisherDomain", "verifiedPublisher", "createdDateTime", "isFallbackPublicClient",
		"isDisabled", "disabledByMicrosoftStatus", "servicePrincipalLockConfiguration", "identifierUris", "notes",
	}
	applicationProperties = append(slices.Clip(listedProperties), "keyCredentials")
	principalProperties   = []string{
		"id", "appId", "displayName", "accountEnabled", "appRoleAssignmentRequired", "appOwnerOrganizationId", "oauth2PermissionScopes",
		"isDisabled", "disabledByMicrosoftStatus", "signInAudience", "verifiedPublisher", "replyUrls",
	}
)

// ApplicationsByTag lists the applications that carry the tag.
func (c *Client) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	return c.listApplications(ctx, applications.ApplicationsRequestBuilderGetQueryParameters{
		Filter: new("tags/any(t:t eq " + quoted(tag) + ")"),
	})
}

// Application reads the application with a client ID. In the tenant it may be
// missing: a *entra.ServiceError with Status 404.
func (c *Client) Application(ctx context.Context, id entra.ClientID) (entra.Application, error) {
	path := "/applications(appId=" + quoted(string(id)) + ")"
	if err := valid(string(id)); err != nil {
		return entra.Application{}, unsent(http.MethodGet, path, err)
	}
	b := applicationswithappid.NewApplicationsWithAppIdRequestBuilderInternal(map[string]string{}, c.adapter, new(string(id)))
	found, ex, err := call(ctx, http.MethodGet, path, func(ctx context.Context) (models.Applicationable, error) {
		return b.Get(ctx, &applicationswithappid.ApplicationsWithAppIdRequestBuilderGetRequestConfiguration{
			QueryParameters: &applicationswithappid.ApplicationsWithAppIdRequestBuilderGetQueryParameters{Select: applicationProperties},
		})
	})
	switch {
	case err != nil:
		return entra.Application{}, err
	case found == nil || str(found.GetId()) == "":
		return entra.Application{}, ex.noAnswer(http.MethodGet, path, errIncomplete)
	}
	return application(found), nil
}

// SearchApplications finds applications by client ID or by the beginning of
// their name, at most 25; an empty text finds any.
func (c *Client) SearchApplications(ctx context.Context, text string) ([]entra.Application, error) {
	query := applications.ApplicationsRequestBuilderGetQueryParameters{Top: new(int32(maxFound))}
	switch text = strings.TrimSpace(text); {
	case entra.IsGUID(text):
		query.Filter = new("appId eq " + quoted(strings.ToLower(text)))
	case text != "":
		query.Filter = new("startswith(displayName," + quoted(text) + ")")
	}
	found, err := c.listApplications(ctx, query)
	return found[:min(len(found), maxFound)], err
}

// listApplications follows next links, unless the query limits their number.
func (c *Client) listApplications(ctx context.Context, query applications.ApplicationsRequestBuilderGetQueryParameters) ([]entra.Application, error) {
	query.Select = listedProperties
	first := &applications.ApplicationsRequestBuilderGetRequestConfiguration{QueryParameters: &query}
	all, err := pages(ctx, "/applications", query.Top == nil, func(ctx context.Context, next string) (page[models.Applicationable], error) {
		if next != "" {
			return c.applications().WithUrl(next).Get(ctx, nil)
		}
		return c.applications().Get(ctx, first)
	})
	return converted(all, application), err
}

// ServicePrincipals looks service principals up by client ID; those that the
// tenant does not have are absent from the result.
func (c *Client) ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	var out []entra.ServicePrincipal
	for some := range slices.Chunk(ids, maxIn) {
		found, err := c.somePrincipals(ctx, some)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (c *Client) somePrincipals(ctx context.Context, ids []entra.ClientID) ([]entra.ServicePrincipal, error) {
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = quoted(string(id))
	}
	first := &serviceprincipals.ServicePrincipalsRequestBuilderGetRequestConfiguration{
		QueryParameters: &serviceprincipals.ServicePrincipalsRequestBuilderGetQueryParameters{
			Filter: new("appId in (" + strings.Join(values, ",") + ")"),
			Select: principalProperties,
		},
	}
	all, err := pages(ctx, "/servicePrincipals", true, func(ctx context.Context, next string) (page[models.ServicePrincipalable], error) {
		if next != "" {
			return c.principals().WithUrl(next).Get(ctx, nil)
		}
		return c.principals().Get(ctx, first)
	})
	return converted(all, principal), err
}

// GrantsOf lists the delegated grants that the client holds in the tenant, in
// one request. exists is false when it has no service principal there.
func (c *Client) GrantsOf(ctx context.Context, client entra.ClientID) (grants []entra.Grant, exists bool, err error) {
	path := "/servicePrincipals(appId=" + quoted(string(client)) + ")/oauth2PermissionGrants"
	if err := valid(string(client)); err != nil {
		return nil, false, unsent(http.MethodGet, path, err)
	}
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.OAuth2PermissionGrantable], error) {
		return get[page[models.OAuth2PermissionGrantable]](ctx, c, path, nil, next, models.CreateOAuth2PermissionGrantCollectionResponseFromDiscriminatorValue)
	})
	if missing(err) {
		return nil, false, nil
	}
	return converted(all, grant), err == nil, err
}

// get reads what the SDK has no request builder for, or only in a package of
// more than 100,000 lines (users). The path is a literal of this package, or
// holds a validated id.
func get[T any](ctx context.Context, c *Client, path string, properties []string, next string, factory serialization.ParsableFactory) (T, error) {
	var none T
	r := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
		abstractions.GET, "{+baseurl}"+path+"{?%24select}", map[string]string{})
	r.Headers.TryAdd("Accept", "application/json")
	if len(properties) > 0 {
		r.QueryParametersAny["%24select"] = properties
	}
	if next != "" {
		r.PathParameters["request-raw-url"] = next
	}
	found, err := c.adapter.Send(ctx, r, factory, nil)
	if err != nil {
		return none, err
	}
	v, ok := found.(T)
	if !ok {
		return none, errIncomplete
	}
	return v, nil
}

// A page is one answer of a collection.
type page[T any] interface {
	GetValue() []T
	GetOdataNextLink() *string
}

// An item of a collection.
type item interface{ GetId() *string }

// pages reads a collection: the first page, and with all those that follow.
func pages[T item](ctx context.Context, path string, all bool, fetch func(ctx context.Context, next string) (page[T], error)) ([]T, error) {
	var out []T
	next := ""
	for range maxPages {
		p, ex, err := call(ctx, http.MethodGet, path, func(ctx context.Context) (page[T], error) { return fetch(ctx, next) })
		switch {
		case err != nil:
			return nil, err
		case p == nil || !whole(p.GetValue()):
			return nil, ex.noAnswer(http.MethodGet, path, errIncomplete)
		}
		out = append(out, p.GetValue()...)
		next = str(p.GetOdataNextLink())
		if next == "" || !all {
			return out, nil
		}
	}
	return nil, unsent(http.MethodGet, path, fmt.Errorf("the list has more than %d pages", maxPages))
}

// whole reports that there is a list, and that everything in it has an id: an
// answer that lost its content must not read as "there is nothing".
func whole[T item](list []T) bool {
	return list != nil && !slices.ContainsFunc(list, func(m T) bool { return any(m) == nil || str(m.GetId()) == "" })
}

func converted[M, E any](in []M, convert func(M) E) []E {
	out := make([]E, len(in))
	for i, m := range in {
		out[i] = convert(m)
	}
	return out
}

// quoted is an OData string literal.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
