package diagnose_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

const (
	someTenant   = "7b1f2a04-6c0e-4d3b-9f5a-2d1c8e4b7a01"
	otherTenant  = "c2d9e1f3-84ab-4a57-b1c6-90e7f3d2a502"
	someClient   = "3f6a9c12-5d7e-4b80-a1c2-6e8f0b3d5a03"
	devopsScopes = "499b84ac-1321-427f-aa17-267ca6975798/vso.work openid offline_access"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// asked notes the calls that came, by name and what they were about.
type asked struct {
	mu    sync.Mutex
	calls []string
}

func (a *asked) note(call string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, call)
}

// fakeSignIn answers with what its fields hold.
type fakeSignIn struct {
	*asked
	discovery              oauth.Discovery
	probe                  oauth.Probe
	discoverErr, probeErr  error
	secretErr, refreshErr  error
	refreshed, probedScope []string
}

func (s *fakeSignIn) Discover(_ context.Context, tenant string) (oauth.Discovery, error) {
	s.note("discover " + tenant)
	return s.discovery, s.discoverErr
}

func (s *fakeSignIn) Probe(_ context.Context, r oauth.Request) (oauth.Probe, error) {
	s.note("probe " + r.Tenant)
	s.probedScope = r.Scopes
	return s.probe, s.probeErr
}

func (s *fakeSignIn) ClientCredentials(_ context.Context, tenant string, id entra.ClientID, secret entra.Sensitive, scope string) (oauth.Tokens, error) {
	s.note("secret " + tenant + " " + scope)
	return oauth.Tokens{}, s.secretErr
}

func (s *fakeSignIn) Refresh(_ context.Context, tenant string, _ entra.ClientID, _, refresh entra.Sensitive, scopes []string) (oauth.Tokens, error) {
	s.note("refresh " + tenant)
	s.refreshed = scopes
	return oauth.Tokens{}, s.refreshErr
}

// fakeDirectory answers everything with one error, or with what it holds.
type fakeDirectory struct {
	*asked
	err      error
	rolesErr error
	policies entra.Policies
}

func (d *fakeDirectory) Me(context.Context) (entra.Person, error) {
	return entra.Person{ID: "me", DisplayName: "Ada"}, d.err
}

func (d *fakeDirectory) Tenant(context.Context) (entra.Tenant, error) {
	return entra.Tenant{ID: otherTenant}, d.err
}

func (d *fakeDirectory) Roles(context.Context) ([]string, error) {
	return []string{entra.RoleGlobalAdministrator}, d.rolesErr
}

func (d *fakeDirectory) Application(_ context.Context, id entra.ClientID) (entra.Application, error) {
	d.note("application " + string(id))
	return entra.Application{ClientID: id}, d.err
}

func (d *fakeDirectory) Owners(context.Context, entra.ClientID) ([]entra.Person, error) {
	return []entra.Person{{ID: "me"}}, d.err
}

func (d *fakeDirectory) Assigned(context.Context, entra.ClientID) ([]entra.Person, error) {
	return []entra.Person{{ID: "me"}, {ID: "you"}}, d.err
}

func (d *fakeDirectory) ServicePrincipals(_ context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	var out []entra.ServicePrincipal
	for _, id := range slices.Backward(ids) {
		out = append(out, entra.ServicePrincipal{ClientID: id})
	}
	return out, d.err
}

func (d *fakeDirectory) GrantsOf(context.Context, entra.ClientID) ([]entra.Grant, bool, error) {
	return nil, false, d.err
}

func (d *fakeDirectory) Policies(context.Context) (entra.Policies, error) { return d.policies, d.err }

// fakeDevOps answers with what its fields hold.
type fakeDevOps struct {
	*asked
	organization azuredevops.Organization
	lookupErr    error
	identity     azuredevops.Identity
	err          error // of everything with the token
	projects     []azuredevops.Project
}

func (d *fakeDevOps) Lookup(_ context.Context, slug string) (azuredevops.Organization, error) {
	d.note("lookup " + slug)
	return d.organization, d.lookupErr
}

func (d *fakeDevOps) Connection(_ context.Context, slug string, _ entra.Sensitive) (azuredevops.Identity, error) {
	d.note("connection " + slug)
	return d.identity, d.err
}

func (d *fakeDevOps) Project(_ context.Context, slug, name string, _ entra.Sensitive) (azuredevops.Project, error) {
	d.note("project " + slug + "/" + name)
	return azuredevops.Project{Name: name}, d.err
}

func (d *fakeDevOps) Projects(_ context.Context, slug string, _ entra.Sensitive) ([]azuredevops.Project, error) {
	d.note("projects " + slug)
	return d.projects, nil
}

func (d *fakeDevOps) Exercise(_ context.Context, slug, project, scope string, _ entra.Sensitive) azuredevops.Exercise {
	d.note("exercise " + slug + "/" + project + " " + scope)
	return azuredevops.Exercise{Scope: scope, Exercised: true, OK: true, Status: 200}
}

// fakeProber reaches everything.
type fakeProber struct{ clock time.Time }

func (p fakeProber) Reach(_ context.Context, s diagnose.Service) (checks.Reachability, time.Time) {
	return checks.Reachability{Service: s.Name, Stage: "answer"}, p.clock
}

// A bench is an access to fakes only.
type bench struct {
	asked     *asked
	signIn    *fakeSignIn
	directory *fakeDirectory
	devops    *fakeDevOps
	diagnose.Access
}

func newBench() *bench {
	calls := &asked{}
	b := &bench{
		asked:     calls,
		signIn:    &fakeSignIn{asked: calls, discovery: oauth.Discovery{Tenant: someTenant}},
		directory: &fakeDirectory{asked: calls, policies: entra.Policies{UsersMayRegisterApps: new(true)}},
		devops:    &fakeDevOps{asked: calls, organization: azuredevops.Organization{Slug: "shop", Exists: true, Connected: true, Tenant: someTenant}, identity: azuredevops.Identity{DisplayName: "Ada"}},
	}
	b.Access = diagnose.Access{
		Cloud: entra.Public(), SignIn: b.signIn, Directory: b.directory, DevOps: b.devops, Prober: fakeProber{noon},
		Secret: entra.NewSensitive("k9X8Q~abcdefghijklmnopqrstuvwxyz.0123456"), Tokens: tokensWith(`{"aud":"499b84ac-1321-427f-aa17-267ca6975798","scp":"vso.work openid"}`),
		Now: func() time.Time { return noon },
	}
	return b
}

func tokensWith(claims string) *oauth.Tokens {
	part := base64.RawURLEncoding.EncodeToString
	return &oauth.Tokens{
		Access: entra.NewSensitive("e30." + part([]byte(claims)) + "." + part([]byte("sealed"))), Refresh: entra.NewSensitive("refresh"), Lifetime: time.Hour,
	}
}

func someGiven() checks.Given {
	return checks.Given{ClientID: someClient, Tenant: "organizations", RedirectURI: "https://app.example.com/cb", Scopes: devopsScopes, Organization: "shop", Project: "Web"}
}

// learn asks the sources of facts, one after the other, and notes what they
// could not tell as a run does.
func (b *bench) learn(t *testing.T, f *checks.Facts, needs ...checks.Need) {
	t.Helper()
	for _, n := range needs {
		i := slices.IndexFunc(diagnose.Sources(b.Access), func(s checks.Source) bool { return slices.Contains(s.Gives, n) })
		if i < 0 {
			t.Fatalf("no source gives %s", n)
		}
		write, err := diagnose.Sources(b.Access)[i].Fetch(t.Context(), *f)
		var g *checks.GapError
		switch {
		case errors.As(err, &g):
			f.Forget(n, g.Why, g.Would)
		case err != nil:
			t.Fatalf("%s: %v, which says nothing of what would make it known", n, err)
		default:
			write(f)
		}
	}
}

// gapOf is why a source does not tell; nil when it does.
func (b *bench) gapOf(t *testing.T, f checks.Facts, n checks.Need) *checks.Gap {
	t.Helper()
	for _, s := range diagnose.Sources(b.Access) {
		if !slices.Contains(s.Gives, n) {
			continue
		}
		_, err := s.Fetch(t.Context(), f)
		var g *checks.GapError
		if errors.As(err, &g) {
			return &g.Gap
		}
		if err != nil {
			t.Fatalf("%s: %v", n, err)
		}
	}
	return nil
}
