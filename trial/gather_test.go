package trial

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

const (
	theClient  = entra.ClientID("11111111-2222-3333-4444-555555555555")
	devOpsSP   = entra.ObjectID("00000000-0000-0000-0000-00000000d0d0")
	graphSP    = entra.ObjectID("00000000-0000-0000-0000-0000000069a9")
	theUser    = entra.ObjectID("00000000-0000-0000-0000-00000000000a")
	workID     = "00000000-aaaa-0000-0000-000000000001" // as published in this tenant only
	unknownID  = "00000000-aaaa-0000-0000-000000000009"
	buildScope = "vso.build"
)

// aDirectory answers from values; err, by method, wins.
type aDirectory struct {
	tenant  entra.TenantID
	app     *entra.Application
	grants  []entra.Grant
	noSP    bool
	refused map[string]error
}

func (d *aDirectory) Tenant(context.Context) (entra.Tenant, error) {
	return entra.Tenant{ID: d.tenant}, d.refused["tenant"]
}

func (d *aDirectory) Application(context.Context, entra.ClientID) (entra.Application, error) {
	if err := d.refused["application"]; err != nil {
		return entra.Application{}, err
	}
	if d.app == nil {
		return entra.Application{}, &entra.ServiceError{Service: "Microsoft Graph", Status: 404, Code: "Request_ResourceNotFound"}
	}
	return *d.app, nil
}

func (d *aDirectory) ServicePrincipals(_ context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	if d.noSP || !slices.Contains(ids, entra.AzureDevOps) {
		return nil, d.refused["principals"]
	}
	return []entra.ServicePrincipal{{ID: devOpsSP, ClientID: entra.AzureDevOps, Scopes: []entra.PublishedScope{{ID: workID, Value: "vso.work"}}}}, d.refused["principals"]
}

func (d *aDirectory) GrantsOf(context.Context, entra.ClientID) ([]entra.Grant, bool, error) {
	return d.grants, d.grants != nil, d.refused["grants"]
}

func anApp() *entra.Application {
	build, ok := entra.LookupScope(buildScope)
	if !ok {
		panic("no " + buildScope)
	}
	return &entra.Application{ClientID: theClient, Audience: entra.AnyOrganization, Permissions: []entra.Permission{
		{Resource: entra.AzureDevOps, ID: workID, Kind: entra.Scope},
		{Resource: entra.AzureDevOps, ID: build.ID, Kind: entra.Scope},
		{Resource: entra.AzureDevOps, ID: unknownID, Kind: entra.Scope},
		{Resource: entra.AzureDevOps, ID: workID, Kind: entra.Role},
		{Resource: entra.MicrosoftGraph, ID: workID, Kind: entra.Scope},
	}}
}

func someGrants() []entra.Grant {
	return []entra.Grant{
		{Resource: devOpsSP, Type: entra.AllPrincipals, Scopes: []string{"vso.work"}},
		{Resource: devOpsSP, Type: entra.Principal, Principal: theUser, Scopes: []string{"vso.code"}},
		{Resource: devOpsSP, Type: entra.Principal, Principal: "somebody-else", Scopes: []string{"vso.test"}},
		{Resource: graphSP, Type: entra.AllPrincipals, Scopes: []string{"User.Read"}},
	}
}

func TestReadDirectory(t *testing.T) {
	f := readDirectory(t.Context(), &aDirectory{tenant: homeID, app: anApp(), grants: someGrants()}, theClient, entra.AzureDevOps, homeID, theUser)
	if !f.registeredKnown || !slices.Equal(f.registered, []string{"vso.work", buildScope, unknownID}) {
		t.Errorf("registered %v %q", f.registeredKnown, f.registered)
	}
	if !f.consentedKnown || !slices.Equal(f.consented, []string{"vso.work", "vso.code"}) {
		t.Errorf("consented %v %q", f.consentedKnown, f.consented)
	}
	if len(f.unread) > 0 || f.tenant != homeID || f.app == nil {
		t.Errorf("%+v", f)
	}
}

func TestReadDirectorySaysWhatItCannotRead(t *testing.T) {
	forbidden := &entra.ServiceError{Service: "Microsoft Graph", Status: 403, Code: "Authorization_RequestDenied", Message: "canary"}
	good := func() *aDirectory { return &aDirectory{tenant: homeID, app: anApp(), grants: someGrants()} }
	refusing := func(method string, err error) *aDirectory {
		d := good()
		d.refused = map[string]error{method: err}
		return d
	}
	foreign := good()
	foreign.app = nil
	for name, c := range map[string]struct {
		d                     Directory
		tenant                entra.TenantID
		registered, consented bool
		unread                string
	}{
		"nobody signed in":             {nil, homeID, false, false, "nobody is signed in"},
		"the tenant is refused":        {refusing("tenant", forbidden), homeID, false, false, "may not read"},
		"principals without an answer": {refusing("principals", errNetwork), homeID, false, false, "no usable answer"},
		"the application is refused":   {refusing("application", forbidden), homeID, false, true, "may not read"},
		"grants fail":                  {refusing("grants", &entra.ServiceError{Status: 500}), homeID, true, false, "answered 500"},
		"an app of another tenant":     {foreign, homeID, false, true, "registered in another tenant"},
		"consent in another tenant":    {good(), otherID, true, false, string(otherID)},
		"consent in an unnamed tenant": {good(), "", true, true, ""},
	} {
		f := readDirectory(t.Context(), c.d, theClient, entra.AzureDevOps, c.tenant, theUser)
		unread := strings.Join(f.unread, " ")
		if f.registeredKnown != c.registered || f.consentedKnown != c.consented || !strings.Contains(unread, c.unread) || (unread == "") != (c.unread == "") {
			t.Errorf("%s: registered %v, consented %v, %q", name, f.registeredKnown, f.consentedKnown, unread)
		}
		if strings.Contains(unread, "canary") {
			t.Errorf("%s: quotes the service: %q", name, unread)
		}
	}
}

func TestWithoutTheResourceNothingIsConsented(t *testing.T) {
	f := readDirectory(t.Context(), &aDirectory{tenant: homeID, app: anApp(), grants: someGrants(), noSP: true}, theClient, entra.AzureDevOps, homeID, theUser)
	if !f.consentedKnown || len(f.consented) > 0 {
		t.Errorf("%+v", f)
	}
	if !slices.Equal(f.registered, []string{workID, buildScope, unknownID}) {
		t.Errorf("registered %q: names come from what is known of Azure DevOps, ids otherwise", f.registered)
	}
}
