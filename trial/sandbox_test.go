package trial_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/trial"
)

const callback = "http://localhost:8080/tests/callback"

// A cloud is a sandbox with one app registered in its healthy tenant, and
// the real clients of it.
type cloud struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	oauth   *oauth.Client
	devops  *azuredevops.Client
	// directory reads the healthy tenant as its automation.
	directory *graph.Client
	app       entra.Application
	secret    entra.Sensitive
}

// shared is one sandbox for all tests: each registers an app of its own, and
// closing one takes a second, until HTTP/2 has said goodbye.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) {
	return sandbox.Start(context.Background(), sandbox.Options{})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := shared(); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "closing the sandbox:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// start registers an app with the permissions, by bare name.
func start(t *testing.T, permissions ...string) *cloud {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	transport, err := graph.Transport(s.Cloud())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	c := &cloud{t: t, sandbox: s, oauth: &oauth.Client{Cloud: s.Cloud(), HTTP: client}, devops: &azuredevops.Client{Cloud: s.Cloud(), HTTP: client}}
	home := c.tenant("healthy")
	cred, err := graph.ClientSecret(s.Cloud(), home.ID, entra.ClientID(home.Automation.ClientID), entra.NewSensitive(home.Automation.ClientSecret))
	if err != nil {
		t.Fatal(err)
	}
	if c.directory, err = graph.New(s.Cloud(), cred, graph.Options{HTTP: client}); err != nil {
		t.Fatal(err)
	}
	c.register(permissions)
	return c
}

func (c *cloud) register(permissions []string) {
	c.t.Helper()
	change := entra.CreateApplication{
		DisplayName: "Gateway", Audience: entra.AnyOrganization,
		RedirectURIs: []entra.RedirectURI{{URI: callback, Platform: entra.Web}},
		Secret:       &entra.NewSecret{Name: "test", End: time.Now().AddDate(0, 6, 0)},
		Permissions:  []entra.Permission{{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope}},
	}
	for _, name := range permissions {
		s, ok := entra.LookupScope(name)
		if !ok {
			c.t.Fatalf("no scope %s", name)
		}
		change.Permissions = append(change.Permissions, entra.Permission{Resource: entra.AzureDevOps, ID: s.ID, Kind: entra.Scope})
	}
	created, err := c.directory.Do(c.t.Context(), change)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.directory.Do(c.t.Context(), entra.CreateServicePrincipal{ClientID: created.Application.ClientID}); err != nil {
		c.t.Fatal(err)
	}
	c.app, c.secret = *created.Application, created.SecretValue
}

func (c *cloud) tenant(scenario string) sandbox.ReadyTenant {
	c.t.Helper()
	for _, tenant := range c.sandbox.Ready().Tenants {
		if tenant.Scenario == scenario {
			return tenant
		}
	}
	c.t.Fatalf("no tenant of scenario %q", scenario)
	return sandbox.ReadyTenant{}
}

// user is a tenant's person by the beginning of their name.
func (c *cloud) user(tenant sandbox.ReadyTenant, name string) sandbox.ReadyUser {
	c.t.Helper()
	i := slices.IndexFunc(tenant.Users, func(u sandbox.ReadyUser) bool { return u.UserPrincipalName == name+"@"+tenant.Domain })
	if i < 0 {
		c.t.Fatalf("no user %s in %s", name, tenant.Domain)
	}
	return tenant.Users[i]
}

// trial is one of the registered app that asks for the scopes by bare name.
func (c *cloud) trial(scopes ...string) trial.Trial {
	c.t.Helper()
	t := trial.Trial{
		ID: "t1", Kind: trial.UserConsent, Tenant: "organizations", ClientID: c.app.ClientID, RedirectURI: callback,
		Scopes: []string{"openid", "profile", "offline_access"}, Organization: "contoso", Project: "Web Shop",
	}
	for _, s := range scopes {
		t.Scopes = append(t.Scopes, entra.ScopeName(entra.AzureDevOps, s))
	}
	t, err := t.Begin(time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return t
}

// leave begins a flow for the trial and opens Microsoft's page.
func (c *cloud) leave(t trial.Trial) (oauth.Flow, *person) {
	c.t.Helper()
	begin := oauth.Begin
	if t.Kind == trial.AdminConsent {
		begin = oauth.BeginAdminConsent
	}
	flow, to := begin(c.sandbox.Cloud(), oauth.Request{Tenant: t.Tenant, ClientID: t.ClientID, RedirectURI: t.RedirectURI, Scopes: t.Scopes}, time.Now())
	return flow, open(c.t, to, t.RedirectURI)
}

// runner waits for nothing.
func (c *cloud) runner() *trial.Runner {
	return &trial.Runner{
		OAuth: c.oauth, DevOps: c.devops, Directory: c.directory, Now: time.Now,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// complete finishes the trial with the answer that left the page.
func (c *cloud) complete(r *trial.Runner, t trial.Trial, f oauth.Flow, p *person) trial.Trial {
	c.t.Helper()
	if p.answer == nil {
		c.t.Fatalf("no answer left Microsoft's page, which says: %s", p.text())
	}
	done, err := r.Complete(c.t.Context(), t, f, oauth.ParseCallback(p.answer), c.secret)
	if err != nil {
		c.t.Fatal(err)
	}
	return done
}
