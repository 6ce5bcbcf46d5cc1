package setup

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// done is the actual state of a finished setup.
func done(want Desired) Actual {
	return Actual{
		App: &entra.Application{
			ID: "app-1", ClientID: "client-1", DisplayName: want.DisplayName, Audience: want.Audience,
			Tags: []string{want.Marker}, RedirectURIs: want.RedirectURIs,
			Permissions: []entra.Permission{
				{Resource: entra.AzureDevOps, ID: entra.UserImpersonationID, Kind: entra.Scope},
				{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope},
			},
			Secrets: []entra.Secret{{KeyID: "key-1", Name: entra.SecretName("Frontegg", want.Name, "op0"), Start: noon.Add(-time.Hour), End: noon.AddDate(0, 6, 0)}},
		},
		PrincipalExists: true, Principal: "sp-1",
		Resources: map[entra.ClientID]entra.ServicePrincipal{entra.AzureDevOps: devopsPrincipal, entra.MicrosoftGraph: graphPrincipal},
		Grants: []entra.Grant{
			{ID: "g-1", Client: "sp-1", Resource: "sp-devops", Type: entra.AllPrincipals, Scopes: []string{entra.UserImpersonation}},
			{ID: "g-2", Client: "sp-1", Resource: "sp-graph", Type: entra.AllPrincipals, Scopes: []string{entra.UserRead}},
		},
	}
}

const (
	devopsGrant = StepID("grant:" + string(entra.AzureDevOps))
	graphGrant  = StepID("grant:" + string(entra.MicrosoftGraph))
)

func mustPlan(t *testing.T, want Desired, a Actual, entries ...Entry) Plan {
	t.Helper()
	p, err := MakePlan(want, a, entries, noon)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func find(t *testing.T, p Plan, id StepID) Step {
	t.Helper()
	for _, s := range p.Steps {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no step %s in %s", id, titles(p.Steps))
	return Step{}
}

func TestPlanKeepsWhatIsRight(t *testing.T) {
	if pending := mustPlan(t, wanted(), done(wanted())).Pending(); len(pending) > 0 {
		t.Errorf("pending: %s", titles(pending))
	}
}

func TestPlanForNothingThere(t *testing.T) {
	p := mustPlan(t, wanted(), Actual{Resources: done(wanted()).Resources})
	got := []string{}
	for _, s := range p.Steps {
		request := "(with another request)"
		if s.Request != nil {
			request = s.Request.Method + " " + s.Request.Path
		}
		got = append(got, fmt.Sprintf("%s %s %s", s.Action, s.ID, request))
		if s.Who == "" {
			t.Errorf("%s: nobody is named who may do it", s.ID)
		}
	}
	want := []string{
		"create application POST /applications",
		"create secret (with another request)",
		"create service-principal POST /servicePrincipals",
		"create " + string(devopsGrant) + " POST /oauth2PermissionGrants",
		"create " + string(graphGrant) + " POST /oauth2PermissionGrants",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	body := find(t, p, stepApplication).Request.Body
	for _, key := range []string{"displayName", "signInAudience", "web", "requiredResourceAccess", "tags", "passwordCredentials"} {
		if body[key] == nil {
			t.Errorf("POST /applications does not carry %s", key)
		}
	}
}

func TestPlanOrder(t *testing.T) {
	p := mustPlan(t, wanted(), Actual{Resources: map[entra.ClientID]entra.ServicePrincipal{entra.MicrosoftGraph: graphPrincipal}})
	for id, after := range map[StepID][]StepID{
		stepSecret:                      {stepApplication},
		stepPrincipal:                   {stepApplication},
		resourceStep(entra.AzureDevOps): nil,
		devopsGrant:                     {stepPrincipal, resourceStep(entra.AzureDevOps)},
	} {
		if got := find(t, p, id).After; !slices.Equal(got, after) {
			t.Errorf("%s comes after %v, want %v", id, got, after)
		}
	}
}

// TestPlanChanges changes one thing of a finished setup and looks at the one
// step that mends it.
func TestPlanChanges(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Actual)
		want   func(*Desired)
		step   StepID
		action Action
		diffs  []Diff
	}{
		{name: "renamed in the portal", change: func(a *Actual) { a.App.DisplayName = "Other" },
			step: stepApplication, action: Update, diffs: []Diff{{"name", "Other", "Frontegg Integration"}}},
		{name: "single tenant", change: func(a *Actual) { a.App.Audience = entra.SingleTenant },
			step: stepApplication, action: Update, diffs: []Diff{{"audience", "AzureADMyOrg", "AzureADMultipleOrgs"}}},
		{name: "personal accounts only", change: func(a *Actual) { a.App.Audience = entra.PersonalOnly },
			step: stepApplication, action: Update, diffs: []Diff{{"audience", "PersonalMicrosoftAccount", "AzureADandPersonalMicrosoftAccount"}}},
		{name: "redirect URI missing beside another", change: func(a *Actual) {
			a.App.RedirectURIs = []entra.RedirectURI{{URI: "https://other.example/cb", Platform: entra.Web}}
		}, step: stepApplication, action: Update, diffs: []Diff{{"redirect URI", "", "https://gateway.example.com/integration-callback (web)"}}},
		{name: "redirect URI on the wrong platform", change: func(a *Actual) {
			a.App.RedirectURIs = []entra.RedirectURI{{URI: "https://gateway.example.com/integration-callback", Platform: entra.SPA}}
		}, step: stepApplication, action: Update, diffs: []Diff{{"redirect URI", "https://gateway.example.com/integration-callback (spa)", "https://gateway.example.com/integration-callback (web)"}}},
		{name: "redirect URI in another letter case", change: func(a *Actual) {
			a.App.RedirectURIs = []entra.RedirectURI{{URI: "https://gateway.example.com/Integration-Callback", Platform: entra.Web}}
		}, step: stepApplication, action: Update, diffs: []Diff{{"redirect URI", "https://gateway.example.com/Integration-Callback (web)", "https://gateway.example.com/integration-callback (web)"}}},
		{name: "permission missing", change: func(a *Actual) { a.App.Permissions = a.App.Permissions[1:] },
			step: stepApplication, action: Update, diffs: []Diff{{"API permission", "", "Azure DevOps user_impersonation"}}},
		{name: "permission there as a role only", change: func(a *Actual) { a.App.Permissions[1].Kind = entra.Role },
			step: stepApplication, action: Update, diffs: []Diff{{"API permission", "", "Microsoft Graph User.Read"}}},
		{name: "service principal missing", change: func(a *Actual) { a.PrincipalExists, a.Principal, a.Grants = false, "", nil },
			step: stepPrincipal, action: Create},
		{name: "consent with other scopes", change: func(a *Actual) { a.Grants[0].Scopes = []string{"vso.work"} },
			step: devopsGrant, action: Update, diffs: []Diff{{"consent", "vso.work", "vso.work user_impersonation"}}},
		{name: "consent of one person only", change: func(a *Actual) { a.Grants[1].Type, a.Grants[1].Principal = entra.Principal, "user-1" },
			step: graphGrant, action: Create, diffs: []Diff{{"consent", "", "User.Read"}}},
		{name: "secret expired", change: func(a *Actual) { a.App.Secrets[0].End = noon },
			step: stepSecret, action: Create, diffs: []Diff{{"secret valid until", "", "2027-05-20"}}},
		{name: "secret of another environment only", change: func(a *Actual) { a.App.Secrets[0].Name = entra.SecretName("x", "other", "op0") },
			step: stepSecret, action: Create, diffs: []Diff{{"secret valid until", "", "2027-05-20"}}},
		{name: "a new secret asked for", want: func(d *Desired) { d.NewSecret = true },
			step: stepSecret, action: Create, diffs: []Diff{{"secret valid until", "", "2027-05-20"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := wanted()
			a := done(want)
			if tt.change != nil {
				tt.change(&a)
			}
			if tt.want != nil {
				tt.want(&want)
			}
			s := find(t, mustPlan(t, want, a), tt.step)
			if s.Action != tt.action || !slices.Equal(s.Diffs, tt.diffs) {
				t.Errorf("%s %v, want %s %v", s.Action, s.Diffs, tt.action, tt.diffs)
			}
			if s.Request == nil || s.change == nil {
				t.Error("the step shows no request")
			} else if got := s.change.Request(); !reflect.DeepEqual(got, *s.Request) {
				t.Errorf("shows %v but sends %v", *s.Request, got)
			}
		})
	}
}

func TestPlanTakesNothingAway(t *testing.T) {
	want := wanted()
	a := done(want)
	a.App.RedirectURIs = []entra.RedirectURI{{URI: "https://old.example/cb", Platform: entra.SPA}}
	a.App.Permissions = []entra.Permission{{Resource: "other", ID: "p", Kind: entra.Role}}
	a.App.Tags = []string{want.Marker, "theirs"}
	a.App.Audience = entra.AnyAccount
	s := find(t, mustPlan(t, want, a), stepApplication)
	after := s.change.(entra.UpdateApplication).Apply(*a.App)
	if !slices.Contains(after.RedirectURIs, a.App.RedirectURIs[0]) || !slices.Contains(after.Permissions, a.App.Permissions[0]) ||
		!slices.Contains(after.Tags, "theirs") || after.Audience != entra.AnyAccount {
		t.Errorf("something is gone: %+v", after)
	}
	if !strings.Contains(s.Note, "wider") {
		t.Errorf("no word about the wider audience: %q", s.Note)
	}
}

func TestPlanTakesAnAddressWithoutPathAsTheServiceKeepsIt(t *testing.T) {
	want := wanted()
	want.RedirectURIs = []entra.RedirectURI{{URI: "https://app.example", Platform: entra.Web}}
	a := done(want)
	a.App.RedirectURIs = []entra.RedirectURI{{URI: "https://app.example/", Platform: entra.Web}}
	if s := find(t, mustPlan(t, want, a), stepApplication); s.Action != Keep {
		t.Errorf("%s %v", s.Action, s.Diffs)
	}
}

func TestPlanAdopts(t *testing.T) {
	want := wanted()
	want.Adopt, want.DisplayName = "client-1", ""
	a := done(want)
	a.App.DisplayName, a.App.Tags, a.App.Secrets = "Theirs", nil, []entra.Secret{{KeyID: "theirs", Name: "by hand", End: noon.AddDate(1, 0, 0)}}
	p := mustPlan(t, want, a)
	if s := find(t, p, stepApplication); s.Action != Keep {
		t.Errorf("the adopted application is changed: %v", s.Diffs)
	}
	if s := find(t, p, stepSecret); s.Action != Create || s.Request.Path != "/applications/app-1/addPassword" {
		t.Errorf("secret: %s %v", s.Action, s.Request)
	}
	for _, s := range p.Pending() {
		if s.Action == Remove {
			t.Errorf("an adopted application loses %s", s.Title)
		}
	}
}

func TestPlanNamesBothWhenTwoCarryTheMarker(t *testing.T) {
	a := done(wanted())
	a.Others = []entra.Application{{ClientID: "client-2", DisplayName: "Twin"}}
	_, err := MakePlan(wanted(), a, nil, noon)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || len(conflict.Apps) != 2 {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"client-1", "client-2", "Twin", "shop"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
}

func TestPlanWithoutConsentAsksForNone(t *testing.T) {
	want := wanted()
	want.Consent = false
	p := mustPlan(t, want, Actual{})
	for _, s := range p.Steps {
		if strings.HasPrefix(string(s.ID), grantPrefix) || strings.HasPrefix(string(s.ID), resourcePrefix) {
			t.Errorf("step %s", s.ID)
		}
	}
	find(t, p, stepPrincipal)
}

func TestPlanTakesThePermissionIDsOfTheTenant(t *testing.T) {
	a := Actual{Resources: map[entra.ClientID]entra.ServicePrincipal{
		entra.AzureDevOps: {ID: "sp-devops", ClientID: entra.AzureDevOps, Scopes: []entra.PublishedScope{{ID: "new-id", Value: entra.UserImpersonation}}},
	}}
	c := find(t, mustPlan(t, wanted(), a), stepApplication).change.(entra.CreateApplication)
	if c.Permissions[0].ID != "new-id" || c.Permissions[1].ID != entra.UserReadID {
		t.Errorf("permissions %v", c.Permissions)
	}
}

func TestPlanSaysWhatAPersonShouldKnow(t *testing.T) {
	a := done(wanted())
	a.Resources[entra.AzureDevOps] = entra.ServicePrincipal{ID: "sp-devops", DisplayName: "Azure DevOps"}
	for i := range 2 {
		a.Grants = append(a.Grants, entra.Grant{ID: fmt.Sprint(i), Resource: "sp-devops", Type: entra.Principal})
	}
	a.App.Secrets = append(a.App.Secrets, entra.Secret{KeyID: "key-2", Name: a.App.Secrets[0].Name, End: noon.AddDate(1, 0, 0)})
	p := mustPlan(t, wanted(), a)
	if note := find(t, p, devopsGrant).Note; !strings.Contains(note, "AADSTS7000112") || !strings.Contains(note, "2 people") {
		t.Errorf("note of the consent: %q", note)
	}
	if note := find(t, p, stepSecret).Note; !strings.Contains(note, "2 secrets") {
		t.Errorf("note of the secret: %q", note)
	}
}

func TestWiden(t *testing.T) {
	const my, multi, both, personal = entra.SingleTenant, entra.AnyOrganization, entra.AnyAccount, entra.PersonalOnly
	for _, tt := range []struct{ have, want, wide entra.Audience }{
		{my, my, my}, {my, multi, multi}, {multi, my, multi}, {multi, multi, multi}, {both, my, both}, {both, multi, both},
		{personal, multi, both}, {personal, my, both}, {personal, personal, personal},
	} {
		if got := widen(tt.have, tt.want); got != tt.wide {
			t.Errorf("widen(%s, %s) = %s, want %s", tt.have, tt.want, got, tt.wide)
		}
	}
}

func TestPlanRemove(t *testing.T) {
	want := wanted()
	t.Run("our own application goes with everything", func(t *testing.T) {
		r := PlanRemove(want, done(want))
		var got []string
		for _, s := range r.Plan.Steps {
			if s.Request != nil {
				got = append(got, s.Request.Method+" "+s.Request.Path)
			}
		}
		if !slices.Equal(got, []string{"DELETE /servicePrincipals/sp-1", "DELETE /applications/app-1"}) {
			t.Errorf("requests %q", got)
		}
		if len(r.Plan.Steps) != 4 || !strings.Contains(strings.Join(r.Stops, " "), "client-1") {
			t.Errorf("steps %s, stops %q", titles(r.Plan.Steps), r.Stops)
		}
	})
	t.Run("of an adopted one only our secrets go", func(t *testing.T) {
		want := want
		want.Adopt = "client-1"
		a := done(want)
		a.App.Secrets = append(a.App.Secrets, entra.Secret{KeyID: "theirs", Name: "by hand"})
		r := PlanRemove(want, a)
		if len(r.Plan.Steps) != 1 || r.Plan.Steps[0].ID != "old-secret:key-1" || r.Plan.Steps[0].Request.Path != "/applications/app-1/removePassword" {
			t.Errorf("steps %s", titles(r.Plan.Steps))
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		if r := PlanRemove(want, Actual{}); len(r.Plan.Steps) != 0 || len(r.Stops) == 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("two with our marker are not touched", func(t *testing.T) {
		a := done(want)
		a.Others = []entra.Application{{ClientID: "client-2"}}
		if r := PlanRemove(want, a); len(r.Plan.Steps) != 0 || !strings.Contains(r.Stops[0], "client-2") {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheConsentOfATenantHoldsTheFinerScopesThatAreAskedFor(t *testing.T) {
	want := wanted()
	want.Permissions[0].Asked = []string{"vso.work"}
	if got := find(t, mustPlan(t, want, Actual{}), devopsGrant).Request.Body["scope"]; got != "user_impersonation vso.work" {
		t.Errorf("new consent to %q", got)
	}
	s := find(t, mustPlan(t, want, done(wanted())), devopsGrant)
	if s.Action != Update || s.Request.Body["scope"] != "user_impersonation vso.work" {
		t.Errorf("existing consent: %s %v", s.Action, s.Request)
	}
	for _, p := range find(t, mustPlan(t, want, Actual{}), "application").Diffs {
		if strings.Contains(p.New, "vso.work") {
			t.Errorf("the registration lists it: %v", p)
		}
	}
}
