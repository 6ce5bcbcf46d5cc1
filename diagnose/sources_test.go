package diagnose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
)

func TestEveryFactHasOneSource(t *testing.T) {
	times := map[checks.Need]int{}
	for _, s := range diagnose.Sources(newBench().Access) {
		for _, n := range s.Gives {
			times[n]++
		}
	}
	for _, n := range checks.AllNeeds {
		if times[n] != 1 {
			t.Errorf("%s has %d sources", n, times[n])
		}
	}
}

func TestNothingGivenAsksNobodyAndSaysWhatToGive(t *testing.T) {
	b := newBench()
	b.Access.Directory, b.Access.Secret, b.Access.Tokens = nil, entra.Sensitive{}, nil
	f := b.Start(checks.Given{})
	for _, n := range checks.AllNeeds {
		if n == checks.NeedNetwork || n == checks.NeedClock {
			continue
		}
		gap := b.gapOf(t, f, n)
		switch {
		case gap == nil:
			t.Errorf("%s is known", n)
		case gap.Why == "" || gap.Would == "" || !strings.HasSuffix(gap.Why, ".") || !strings.HasSuffix(gap.Would, "."):
			t.Errorf("%s: %q %q; want two sentences", n, gap.Why, gap.Would)
		case !gap.NotGiven:
			t.Errorf("%s: %s counts as something that went wrong", n, gap.Why)
		}
	}
	if len(b.asked.calls) != 0 {
		t.Errorf("asked %v", b.asked.calls)
	}
}

func TestWhatIsNoValueIsNotSentAnywhere(t *testing.T) {
	b := newBench()
	f := b.Start(checks.Given{ClientID: "Enter_the_Id_Here", Tenant: "not a tenant", RedirectURI: "x", Scopes: devopsScopes, Organization: "no such/name?", Project: "a/b"})
	for _, n := range []checks.Need{checks.NeedTenant, checks.NeedSignIn, checks.NeedOrganization, checks.NeedSecretTrial, checks.NeedApplication, checks.NeedConnection, checks.NeedProject} {
		if gap := b.gapOf(t, f, n); gap == nil || gap.NotGiven || gap.Would == "" {
			t.Errorf("%s: %+v; want a gap that says what was given is none", n, gap)
		}
	}
	if len(b.asked.calls) != 0 {
		t.Errorf("asked %v", b.asked.calls)
	}
}

func TestTenants(t *testing.T) {
	tests := []struct {
		name, given string
		err         error
		want        checks.TenantLookup
		known       bool
	}{
		{"there", "contoso.example", nil, checks.TenantLookup{Exists: true, ID: someTenant}, true},
		{"unknown", "contoso.example", &entra.ServiceError{Status: 400, AADSTS: 90002}, checks.TenantLookup{AADSTS: 90002}, true},
		{"refused as no tenant", someTenant, &entra.ServiceError{Status: 400, AADSTS: 900023}, checks.TenantLookup{AADSTS: 900023}, true},
		{"the service is down", someTenant, &entra.ServiceError{Status: 503}, checks.TenantLookup{}, false},
		{"no connection", someTenant, &entra.NoAnswerError{Service: "sign-in", Err: errors.New("refused")}, checks.TenantLookup{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			b.signIn.discoverErr = tt.err
			f := b.Start(checks.Given{Tenant: tt.given})
			b.learn(t, &f, checks.NeedTenant)
			if f.Tenant.Known() != tt.known || f.Tenant.Or(checks.TenantLookup{}) != tt.want {
				t.Errorf("%+v", f.Tenant)
			}
		})
	}
}

func TestTheSignInPageIsAskedWhatTheIntegrationAsks(t *testing.T) {
	b := newBench()
	f := b.Start(someGiven())
	f.Given.Tenant, f.Given.Scopes = "", "vso.work,  vso.code"
	b.signIn.probe.AADSTS, b.signIn.probe.OnPage = 50011, true
	b.learn(t, &f, checks.NeedSignIn)
	if got := f.SignIn.Get(); got.AADSTS != 50011 || !got.OnPage || got.Accepted {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(b.signIn.probedScope, []string{"vso.work,  vso.code"}) || !slices.Equal(b.asked.calls, []string{"probe organizations"}) {
		t.Errorf("asked %v for %q; want the scopes as they were given, at organizations", b.asked.calls, b.signIn.probedScope)
	}
}

func TestTheSecretIsTriedInTheTenantThatIsKnown(t *testing.T) {
	const graphScope = " https://graph.microsoft.com/.default"
	tests := []struct {
		name  string
		know  []checks.Need
		tried string
	}{
		{"the one that was named", []checks.Need{checks.NeedTenant, checks.NeedOperator, checks.NeedOrganization}, someTenant},
		{"that of whoever is signed in", []checks.Need{checks.NeedOperator, checks.NeedOrganization}, otherTenant},
		{"the organization's", []checks.Need{checks.NeedOrganization}, someTenant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			f := b.Start(someGiven())
			b.learn(t, &f, append(tt.know, checks.NeedSecretTrial)...)
			if last := b.asked.calls[len(b.asked.calls)-1]; last != "secret "+tt.tried+graphScope || !f.SecretTrial.Get().Accepted {
				t.Errorf("asked %s", last)
			}
		})
	}
	b := newBench()
	if gap := b.gapOf(t, b.Start(someGiven()), checks.NeedSecretTrial); gap == nil || !strings.Contains(gap.Would, "tenant") {
		t.Errorf("no tenant known: %+v", gap)
	}
}

func TestSecretsRefused(t *testing.T) {
	b := newBench()
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedOrganization)
	b.signIn.secretErr = &entra.ServiceError{Service: "sign-in", Status: 401, AADSTS: 7000222, Code: "invalid_client", Message: "expired"}
	b.learn(t, &f, checks.NeedSecretTrial)
	if got, want := f.SecretTrial.Get(), (checks.SecretTrial{AADSTS: 7000222, OAuth: "invalid_client", Text: "expired"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, err := range []error{&entra.ServiceError{Status: 429}, &entra.ServiceError{Status: 503}, &entra.NoAnswerError{Sent: true, Err: errors.New("lost")}} {
		b.signIn.secretErr = err
		if b.gapOf(t, f, checks.NeedSecretTrial) == nil {
			t.Errorf("%v says nothing about the secret", err)
		}
	}
}

var ofDirectory = []checks.Need{
	checks.NeedOperator, checks.NeedApplication, checks.NeedOwners, checks.NeedPrincipal, checks.NeedGrants, checks.NeedAssignments, checks.NeedPolicies,
}

func TestTheDirectoryRefusesAndSaysWhichPermission(t *testing.T) {
	b := newBench()
	f := b.Start(someGiven())
	for _, n := range ofDirectory {
		b.directory.err = &entra.ServiceError{Service: "Microsoft Graph", Status: 403, Code: "Authorization_RequestDenied"}
		if gap := b.gapOf(t, f, n); gap == nil || !strings.Contains(gap.Would, ".Read") {
			t.Errorf("%s refused: %+v; want the permission that would do", n, gap)
		}
		b.directory.err = &entra.NoAnswerError{Service: "Microsoft Graph", Err: errors.New("no route")}
		if gap := b.gapOf(t, f, n); gap == nil || strings.Contains(gap.Would, ".Read") {
			t.Errorf("%s not answered: %+v", n, gap)
		}
	}
}

func TestWhatTheDirectoryDoesNotHaveIsAFact(t *testing.T) {
	b := newBench()
	f := b.Start(someGiven())
	b.directory.err = &entra.ServiceError{Service: "Microsoft Graph", Status: 404}
	b.learn(t, &f, checks.NeedApplication, checks.NeedOwners)
	if !f.Application.Known() || f.Application.Get() != nil || f.Owners.Known() {
		t.Errorf("application %+v, owners %+v; want none, and nobody who could own it", f.Application, f.Owners)
	}
}

func TestWhatTheDirectoryTells(t *testing.T) {
	b := newBench()
	b.directory.rolesErr = errors.New("hidden")
	f := b.Start(someGiven())
	b.learn(t, &f, ofDirectory...)
	if o := f.Operator.Get(); o.Person.DisplayName != "Ada" || o.Tenant.ID != otherTenant || o.RolesKnown {
		t.Errorf("operator %+v", o)
	}
	if p := f.Principal.Get(); p == nil || p.ClientID != someClient || len(f.Resources.Get()) != 2 {
		t.Errorf("principal %+v, resources %+v", p, f.Resources.Get())
	}
	if f.Assignments.Get() != 2 || len(f.Owners.Get()) != 1 || len(f.Grants.Get()) != 0 || f.Application.Get().ClientID != someClient {
		t.Errorf("%+v", f)
	}
	b.directory.policies = entra.Policies{Unread: []string{"refused"}}
	if gap := b.gapOf(t, f, checks.NeedPolicies); gap == nil || !strings.Contains(gap.Would, "Policy.Read.All") {
		t.Errorf("policies that tell nothing: %+v", gap)
	}
}

func TestOrganizations(t *testing.T) {
	b := newBench()
	f := b.Start(someGiven())
	f.Given.Organization = "https://dev.azure.com/Shop/Web"
	b.learn(t, &f, checks.NeedOrganization)
	if !f.Organization.Get().Exists || !slices.Equal(b.asked.calls, []string{"lookup shop"}) {
		t.Errorf("%+v after %v", f.Organization, b.asked.calls)
	}
	b.devops.lookupErr = azuredevops.ErrCannotTell
	if gap := b.gapOf(t, f, checks.NeedOrganization); gap == nil || gap.NotGiven {
		t.Errorf("cannot tell: %+v", gap)
	}
}

func TestTheClockIsReadOffAnAnswer(t *testing.T) {
	b := newBench()
	b.Access.Prober = fakeProber{noon.Add(-90*time.Second - 300*time.Millisecond)}
	f := b.Start(checks.Given{})
	b.learn(t, &f, checks.NeedNetwork)
	if f.Clock.Get() != 90*time.Second || len(f.Network.Get()) != 5 {
		t.Errorf("ahead %v, reached %+v", f.Clock, f.Network)
	}
	b.Access.Prober = fakeProber{}
	f = b.Start(checks.Given{})
	b.learn(t, &f, checks.NeedNetwork)
	if f.Clock.Known() || !f.Network.Known() {
		t.Errorf("no service says the time: %+v", f.Clock)
	}
}

func TestWhatIsKeptOfTheSecret(t *testing.T) {
	b := newBench()
	f := b.Start(checks.Given{Secret: checks.SecretGiven{Given: true, Hint: "old"}})
	if got := f.Given.Secret; got.Hint != "k9X" || got.Shape != checks.UsualShape || !f.Now.Equal(noon) {
		t.Errorf("%+v at %v", got, f.Now)
	}
}
