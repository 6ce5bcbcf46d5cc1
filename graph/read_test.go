package graph

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func (r received) option(t *testing.T, name string) string {
	t.Helper()
	v, err := url.ParseQuery(r.query)
	if err != nil {
		t.Fatal(err)
	}
	return v.Get(name)
}

func TestReadsOnTheWire(t *testing.T) {
	const dev, msg = "499b84ac-1321-427f-aa17-267ca6975798", "00000003-0000-0000-c000-000000000000"
	tests := []struct {
		name   string
		answer string
		read   func(*testing.T, *Client) error
		path   string
		filter string
		props  string
	}{
		{"applications by tag", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.ApplicationsByTag(t.Context(), "it's ours")
			return err
		}, "/applications", "tags/any(t:t eq 'it''s ours')", strings.Join(listedProperties, ",")},
		{"an application", createdApplication, func(t *testing.T, c *Client) error {
			_, err := c.Application(t.Context(), clientID)
			return err
		}, "/applications(appId='" + clientID + "')", "", strings.Join(applicationProperties, ",")},
		{"both resources in one request", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.ServicePrincipals(t.Context(), entra.AzureDevOps, entra.MicrosoftGraph)
			return err
		}, "/servicePrincipals", "appId in ('" + dev + "','" + msg + "')", strings.Join(principalProperties, ",")},
		{"grants of a client", emptyList, func(t *testing.T, c *Client) error {
			_, _, err := c.GrantsOf(t.Context(), clientID)
			return err
		}, "/servicePrincipals(appId='" + clientID + "')/oauth2PermissionGrants", "", ""},
		{"owners of an application", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.Owners(t.Context(), clientID)
			return err
		}, "/applications(appId='" + clientID + "')/owners", "", "id,displayName,userPrincipalName"},
		{"who is assigned", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.Assigned(t.Context(), clientID)
			return err
		}, "/servicePrincipals(appId='" + clientID + "')/appRoleAssignedTo", "", ""},
		{"a search by name", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.SearchApplications(t.Context(), " O'Hara & Co ")
			return err
		}, "/applications", "startswith(displayName,'O''Hara & Co')", strings.Join(listedProperties, ",")},
		{"a search by client ID", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.SearchApplications(t.Context(), strings.ToUpper(dev))
			return err
		}, "/applications", "appId eq '" + dev + "'", strings.Join(listedProperties, ",")},
		{"a search for anything", emptyList, func(t *testing.T, c *Client) error {
			_, err := c.SearchApplications(t.Context(), "")
			return err
		}, "/applications", "", strings.Join(listedProperties, ",")},
		{"the tenant", `{"value":[{"id":"` + keyID + `"}]}`, func(t *testing.T, c *Client) error {
			_, err := c.Tenant(t.Context())
			return err
		}, "/organization", "", "id,displayName,verifiedDomains"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, c := newWire(t, always(200, tt.answer))
			if err := tt.read(t, c); err != nil {
				t.Fatal(err)
			}
			w.expect("GET /v1.0" + tt.path)
			if got := w.got[0].option(t, "$filter"); got != tt.filter {
				t.Errorf("$filter = %q, want %q", got, tt.filter)
			}
			if got := w.got[0].option(t, "$select"); got != tt.props {
				t.Errorf("$select = %q, want %q", got, tt.props)
			}
			if got := w.got[0].header.Get("Accept"); !strings.HasPrefix(got, "application/json") {
				t.Errorf("Accept = %q", got)
			}
		})
	}
}

func TestASearchIsNeverLong(t *testing.T) {
	items := strings.Repeat(`{"id":"1"},`, 30) + `{"id":"2"}`
	w, c := newWire(t, nil)
	w.answer = always(200, `{"value":[`+items+`],"@odata.nextLink":"`+w.server.URL+`/v1.0/applications?$skiptoken=x"}`)
	found, err := c.SearchApplications(t.Context(), "x")
	if err != nil || len(found) != maxFound {
		t.Errorf("%d found, %v; want %d", len(found), err, maxFound)
	}
	w.expect("GET /v1.0/applications")
	if got := w.got[0].option(t, "$top"); got != "25" {
		t.Errorf("$top = %q", got)
	}
}

func TestManyPrincipalsAreAskedForInPortions(t *testing.T) {
	w, c := newWire(t, always(200, `{"value":[{"id":"1"}]}`))
	found, err := c.ServicePrincipals(t.Context(), slices.Repeat([]entra.ClientID{clientID}, maxIn+1)...)
	if err != nil || len(found) != 2 || len(w.requests()) != 2 {
		t.Errorf("%d found in %d requests, %v; want one in each of two", len(found), len(w.requests()), err)
	}
	if found, err := c.ServicePrincipals(t.Context()); err != nil || len(found) != 0 || len(w.requests()) != 2 {
		t.Errorf("nobody asked for: %v, %v, %d requests", found, err, len(w.requests()))
	}
}

func TestPrincipalHoldsWhatItPublishes(t *testing.T) {
	_, c := newWire(t, always(200, `{"value":[{"id":"`+appID+`","appId":"`+clientID+`","displayName":"Azure DevOps","accountEnabled":false,
		"appRoleAssignmentRequired":true,"appOwnerOrganizationId":"`+keyID+`","oauth2PermissionScopes":[null,
		{"id":"`+scopeA+`","value":"user_impersonation","type":"User","isEnabled":true},
		{"id":"`+scopeB+`","value":"vso.x","type":"Admin","isEnabled":false}]}]}`))
	found, err := c.ServicePrincipals(t.Context(), clientID)
	want := entra.ServicePrincipal{
		ID: appID, ClientID: clientID, DisplayName: "Azure DevOps", AssignmentRequired: true, OwnerTenant: keyID,
		Scopes: []entra.PublishedScope{{ID: scopeA, Value: "user_impersonation", Enabled: true}, {ID: scopeB, Value: "vso.x", AdminOnly: true}},
	}
	if err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], want) {
		t.Errorf("found %+v, %v; want %+v", found, err, want)
	}
}

func TestGrantsOfAClientThatIsNotThere(t *testing.T) {
	_, c := newWire(t, status(404))
	if grants, exists, err := c.GrantsOf(t.Context(), clientID); err != nil || exists || grants != nil {
		t.Errorf("%v, exists %v, %v; want nothing, without error", grants, exists, err)
	}
	_, c = newWire(t, always(200, `{"value":[`+createdGrant+`]}`))
	grants, exists, err := c.GrantsOf(t.Context(), clientID)
	if err != nil || !exists || len(grants) != 1 || grants[0].ID != grantID {
		t.Errorf("%+v, exists %v, %v; want the grant", grants, exists, err)
	}
	_, c = newWire(t, status(403))
	if _, exists, err := c.GrantsOf(t.Context(), clientID); exists || serviceError(t, err).Status != 403 {
		t.Errorf("exists %v, %v; want the refusal", exists, err)
	}
}

func TestClientIDsThatAreNoneNeverReachAPath(t *testing.T) {
	w, c := newWire(t, always(200, emptyList))
	for _, id := range []entra.ClientID{"", "x')/owners('y", "a/b", "%27"} {
		if _, err := c.Application(t.Context(), id); err == nil {
			t.Errorf("Application(%q): no error", id)
		}
		if _, _, err := c.GrantsOf(t.Context(), id); err == nil {
			t.Errorf("GrantsOf(%q): no error", id)
		}
	}
	w.expect()
}

func TestListsWithHolesAreRead(t *testing.T) {
	_, c := newWire(t, always(200, `{"id":"`+appID+`","appId":"`+clientID+`","passwordCredentials":[null,`+createdSecret+`],
		"requiredResourceAccess":[null,{"resourceAppId":"`+clientID+`","resourceAccess":[null,{"id":"`+scopeA+`","type":"Scope"}]}],
		"web":null,"spa":null,"publicClient":null,"verifiedPublisher":{"verifiedPublisherId":"123"}}`))
	app, err := c.Application(t.Context(), clientID)
	if err != nil || len(app.Secrets) != 1 || len(app.Permissions) != 1 || !app.Verified {
		t.Errorf("%+v, %v", app, err)
	}
}
