package graph

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func TestOwnersArePeopleAndApplications(t *testing.T) {
	_, c := newWire(t, always(200, `{"value":[
		{"@odata.type":"#microsoft.graph.user","id":"`+appID+`","displayName":"Ada","userPrincipalName":"ada@contoso.example"},
		{"@odata.type":"#microsoft.graph.servicePrincipal","id":"`+clientID+`","displayName":"Deployments"},
		{"@odata.type":"#microsoft.graph.group","id":"`+keyID+`","displayName":"not known to be"}]}`))
	got, err := c.Owners(t.Context(), clientID)
	want := []entra.Person{{ID: appID, DisplayName: "Ada", UPN: "ada@contoso.example"}, {ID: clientID, DisplayName: "Deployments"}, {ID: keyID}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestOwnersOfAnApplicationThatIsNotThere(t *testing.T) {
	_, c := newWire(t, always(404, `{"error":{"code":"Request_ResourceNotFound","message":"Resource does not exist."}}`))
	if _, err := c.Owners(t.Context(), clientID); serviceError(t, err).Status != 404 {
		t.Errorf("%v; want Graph's 404", err)
	}
}

func TestAssignedAreUsersAndGroupsOnly(t *testing.T) {
	entry := func(id, kind string) string {
		return `{"id":"` + kind + `","principalId":"` + id + `","principalType":"` + kind + `","principalDisplayName":"` + kind + ` one"}`
	}
	w, c := newWire(t, nil)
	w.answer = inTurn(
		always(200, `{"value":[`+entry(appID, "User")+","+entry(clientID, "ServicePrincipal")+`],"@odata.nextLink":"`+w.server.URL+`/v1.0/next"}`),
		always(200, `{"value":[`+entry(keyID, "Group")+`]}`))
	got, err := c.Assigned(t.Context(), clientID)
	want := []entra.Person{{ID: appID, DisplayName: "User one"}, {ID: keyID, DisplayName: "Group one"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestNobodyIsAssignedToWhatIsNotInTheTenant(t *testing.T) {
	_, c := newWire(t, always(404, `{"error":{"code":"Request_ResourceNotFound","message":"x"}}`))
	if got, err := c.Assigned(t.Context(), clientID); err != nil || len(got) != 0 {
		t.Errorf("%v, %v; want nobody", got, err)
	}
	_, c = newWire(t, always(403, `{"error":{"code":"Authorization_RequestDenied","message":"x"}}`))
	if _, err := c.Assigned(t.Context(), clientID); serviceError(t, err).Status != 403 {
		t.Errorf("%v; want Graph's refusal", err)
	}
}

func TestNoIDNoRequest(t *testing.T) {
	w, c := newWire(t, always(200, emptyList))
	if _, err := c.Owners(t.Context(), "a/b"); noAnswer(t, err).Sent {
		t.Errorf("owners: %v", err)
	}
	if _, err := c.Assigned(t.Context(), ""); noAnswer(t, err).Sent {
		t.Errorf("assigned: %v", err)
	}
	w.expect()
}

func TestAnOwnersAddressStaysInThisCloud(t *testing.T) {
	w, c := newWire(t, always(204, ""))
	ch := entra.AddOwner{App: appID, Owner: entra.Person{ID: keyID}, Graph: w.server.URL}
	do(t, c, ch)
	w.expect("POST /v1.0/applications/" + appID + "/owners/$ref")
	sameBody(t, w.got[0], ch.Request().Body)
	for _, bad := range []entra.AddOwner{
		{App: appID, Owner: ch.Owner, Graph: "https://graph.microsoft.com"}, {App: appID, Owner: ch.Owner},
		{App: appID, Graph: w.server.URL}, {Owner: ch.Owner, Graph: w.server.URL},
	} {
		if _, err := c.Do(t.Context(), bad); noAnswer(t, err).Sent {
			t.Errorf("%+v was sent", bad)
		}
	}
	w.expect("POST /v1.0/applications/" + appID + "/owners/$ref")
}

func TestWhatTheChecksWantToKnowOfAnApplication(t *testing.T) {
	const all = `"isDisabled":true,"disabledByMicrosoftStatus":"DisabledDueToViolationOfServicesAgreement","notes":"ask Ada","identifierUris":["api://x"],
		"servicePrincipalLockConfiguration":{"isEnabled":true,"allProperties":null,"credentialsWithUsageVerify":true,"credentialsWithUsageSign":true,"tokenEncryptionKeyId":true},
		"web":{"redirectUris":[],"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":true}},
		"keyCredentials":[null,{"keyId":"` + keyID + `","displayName":"CN=x","usage":"Verify","startDateTime":"2026-01-01T00:00:00Z","endDateTime":"2027-01-01T00:00:00Z"}]`
	_, c := newWire(t, inTurn(always(200, `{"id":"`+appID+`",`+all+`}`), always(200, `{"id":"`+appID+`","isDisabled":null}`)))
	got, err := c.Application(t.Context(), clientID)
	if err != nil {
		t.Fatal(err)
	}
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	want := entra.Application{
		ID: appID, IsDisabled: new(true), DisabledByMicrosoft: "DisabledDueToViolationOfServicesAgreement", Notes: "ask Ada",
		IdentifierURIs: []string{"api://x"}, ImplicitGrant: entra.ImplicitGrant{IDTokens: true},
		PropertyLock: entra.PropertyLock{Enabled: true, Verify: true, Sign: true, TokenKeyIDs: true},
		Certificates: []entra.Certificate{{KeyID: keyID, Name: "CN=x", Usage: "Verify", Start: day(2026), End: day(2027)}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if bare, err := c.Application(t.Context(), clientID); err != nil || bare.IsDisabled != nil || bare.BlockedByMicrosoft() || !got.BlockedByMicrosoft() {
		t.Errorf("bare: %+v, %v", bare, err)
	}
}

func TestWhatTheChecksWantToKnowOfAPrincipal(t *testing.T) {
	_, c := newWire(t, always(200, `{"value":[{"id":"`+appID+`","appId":"`+clientID+`","isDisabled":false,"signInAudience":"AzureADMultipleOrgs",
		"replyUrls":["https://a.example.com/cb"],"verifiedPublisher":{"verifiedPublisherId":"1234"}}]}`))
	got, err := c.ServicePrincipals(t.Context(), clientID)
	want := []entra.ServicePrincipal{{
		ID: appID, ClientID: clientID, IsDisabled: new(false), Audience: entra.AnyOrganization, Verified: true, RedirectURIs: []string{"https://a.example.com/cb"},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestOwnersAndAssignmentsOnTheRealWire(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "assignment required")
	c := automation(t, s, tenant)
	id := entra.ClientID(tenant.Connection.ClientID)
	assigned, err := c.Assigned(t.Context(), id)
	if err != nil || len(assigned) != 1 || assigned[0].DisplayName != "Dev Developer" || assigned[0].ID == "" {
		t.Errorf("assigned: %+v, %v; want the developer alone", assigned, err)
	}
	owners, err := c.Owners(t.Context(), id)
	if err != nil || len(owners) != 1 || !strings.HasPrefix(owners[0].UPN, "developer@") {
		t.Fatalf("owners: %+v, %v; want the developer alone", owners, err)
	}
	app, err := c.Application(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	principals, err := c.ServicePrincipals(t.Context(), id)
	if err != nil || len(principals) != 1 || !principals[0].AssignmentRequired || !principals[0].Enabled {
		t.Fatalf("principal: %+v, %v", principals, err)
	}
	do(t, c, entra.UpdateServicePrincipal{ID: principals[0].ID, Enabled: new(false), AssignmentRequired: new(false)})
	if after, err := c.ServicePrincipals(t.Context(), id); err != nil || after[0].AssignmentRequired || after[0].Enabled {
		t.Errorf("principal afterwards: %+v, %v", after, err)
	}
	do(t, c, entra.UpdateServicePrincipal{ID: principals[0].ID, Enabled: new(true), AssignmentRequired: new(true)})
	me, err := c.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do(t, c, entra.AddOwner{App: app.ID, Owner: me, Graph: s.Cloud().Graph})
	if owners, err = c.Owners(t.Context(), id); err != nil || len(owners) != 2 {
		t.Errorf("owners afterwards: %+v, %v; want two", owners, err)
	}
	if no, err := c.Do(t.Context(), entra.AddOwner{App: app.ID, Owner: me, Graph: s.Cloud().Graph}); err == nil || serviceError(t, err).Status != 400 {
		t.Errorf("an owner twice: %+v, %v", no, err)
	}
}

func TestTheLockAndImplicitGrantOnTheRealWire(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	app := *do(t, c, newRegistration("consentry:lock")).Application
	for _, ch := range []entra.UpdateApplication{
		{App: app.ID, ImplicitGrant: &entra.ImplicitGrant{IDTokens: true}},
		{App: app.ID, PropertyLock: &entra.PropertyLock{Enabled: true, All: true}},
		{App: app.ID, ImplicitGrant: &entra.ImplicitGrant{}},
	} {
		before, err := c.Application(t.Context(), app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		do(t, c, ch)
		after, err := c.Application(t.Context(), app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, ch.Describe(), after, ch.Apply(before))
	}
}
