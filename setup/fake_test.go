package setup

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/consentry/consentry/entra"
)

// A directory is one tenant in memory. It answers as Microsoft Graph does
// where setup depends on it: unique service principals and grants, refusals
// with their codes, and applications and secrets that may be made twice.
type directory struct {
	mu    sync.Mutex
	clock *clock
	now   state
	// stale is what reads see while staleReads is positive.
	stale      state
	staleReads int
	// lag is how many reads after each write do not see it.
	lag int

	// before may refuse the i-th write (from 1) before it is looked at; after
	// may replace its answer.
	before func(i int, c entra.Change) error
	after  func(i int, c entra.Change) error
	// overlap lets two live secrets of an environment stand side by side, as
	// while one is rotated.
	overlap bool
	// noSecretText leaves the value out of a new application's answer.
	noSecretText bool

	writes     int
	sent       []string // every write that arrived, in words
	reads      []string
	violations []string
	serial     int
}

type state struct {
	apps       []entra.Application
	principals []entra.ServicePrincipal
	grants     []entra.Grant
}

func (s state) clone() state {
	c := state{slices.Clone(s.apps), slices.Clone(s.principals), slices.Clone(s.grants)}
	for i := range c.apps {
		c.apps[i].Secrets = slices.Clone(c.apps[i].Secrets)
		c.apps[i].Certificates = slices.Clone(c.apps[i].Certificates)
	}
	return c
}

var (
	devopsPrincipal = entra.ServicePrincipal{ID: "sp-devops", ClientID: entra.AzureDevOps, DisplayName: "Azure DevOps", Enabled: true}
	graphPrincipal  = entra.ServicePrincipal{ID: "sp-graph", ClientID: entra.MicrosoftGraph, DisplayName: "Microsoft Graph", Enabled: true}
)

func newDirectory(c *clock) *directory {
	return &directory{clock: c, now: state{principals: []entra.ServicePrincipal{devopsPrincipal, graphPrincipal}}}
}

func (d *directory) id(kind string) string {
	d.serial++
	return fmt.Sprintf("%s-%d", kind, d.serial)
}

// seen is the state a read sees.
func (d *directory) seen(what string) state {
	d.reads = append(d.reads, what)
	if d.staleReads > 0 {
		d.staleReads--
		return d.stale.clone()
	}
	return d.now.clone()
}

func (d *directory) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := slices.DeleteFunc(d.seen("applications by tag").apps, func(a entra.Application) bool { return !slices.Contains(a.Tags, tag) })
	for i := range found {
		found[i].Certificates, found[i].Federated = nil, nil // as lists do
	}
	return found, ctx.Err()
}

func (d *directory) Application(ctx context.Context, id entra.ClientID) (entra.Application, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.seen("application").apps {
		if a.ClientID == id {
			a.Federated = nil // another request tells them
			return a, ctx.Err()
		}
	}
	return entra.Application{}, refuse(404, "Request_ResourceNotFound")
}

func (d *directory) ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(d.seen("service principals").principals, func(p entra.ServicePrincipal) bool { return !slices.Contains(ids, p.ClientID) }), ctx.Err()
}

func (d *directory) GrantsOf(ctx context.Context, client entra.ClientID) ([]entra.Grant, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.seen("grants")
	for _, p := range s.principals {
		if p.ClientID == client {
			return slices.DeleteFunc(s.grants, func(g entra.Grant) bool { return g.Client != p.ID }), true, ctx.Err()
		}
	}
	return nil, false, ctx.Err()
}

func (d *directory) FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.seen("federated credentials").apps {
		if a.ID == app {
			return slices.Clone(a.Federated), ctx.Err()
		}
	}
	return nil, refuse(404, "Request_ResourceNotFound")
}

func (d *directory) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return entra.Created{}, &entra.NoAnswerError{Service: "Microsoft Graph", Err: err}
	}
	d.writes++
	i := d.writes
	if d.before != nil {
		if err := d.before(i, c); err != nil {
			return entra.Created{}, err
		}
	}
	r := c.Request()
	d.sent = append(d.sent, r.Method+" "+r.Path)
	before := d.now.clone()
	created, err := d.carryOut(c)
	if err == nil {
		d.stale, d.staleReads = before, d.lag
	}
	d.watch()
	if d.after != nil {
		if lost := d.after(i, c); lost != nil {
			return entra.Created{}, lost
		}
	}
	created.RequestID = fmt.Sprintf("request-%d", i)
	return created, err
}

// watch notes what must never be, not even for a moment.
func (d *directory) watch() {
	marked := map[string]int{}
	for _, a := range d.now.apps {
		for _, t := range a.Tags {
			if name, ok := entra.MarkedEnvironment(t); ok {
				marked[name]++
				most := 1
				if d.overlap {
					most = 2
				}
				if n := len(liveSecrets(a, name, d.clock.Now())); n > most {
					d.violations = append(d.violations, fmt.Sprintf("%d live secrets of %s", n, name))
				}
				made := slices.DeleteFunc(liveCertificates(a, name, d.clock.Now()), brought)
				if len(made) > 1 {
					d.violations = append(d.violations, fmt.Sprintf("%d live certificates of %s", len(made), name))
				}
			}
		}
	}
	for name, n := range marked {
		if n > 1 {
			d.violations = append(d.violations, fmt.Sprintf("%d applications of %s", n, name))
		}
	}
}

func refuse(status int, code string) error {
	return &entra.ServiceError{Service: "Microsoft Graph", Status: status, Code: code, Message: "no", RequestID: "refused-1"}
}

func (d *directory) carryOut(c entra.Change) (entra.Created, error) {
	switch c := c.(type) {
	case entra.CreateApplication:
		return d.createApplication(c), nil
	case entra.CreateServicePrincipal:
		return d.createPrincipal(c)
	case entra.CreateGrant:
		return d.createGrant(c)
	case entra.SetGrantScopes:
		return entra.Created{}, d.eachGrant(c.Grant, func(g *entra.Grant) { g.Scopes = slices.Clone(c.Scopes) })
	case entra.UpdateApplication:
		return entra.Created{}, d.eachApp(c.App, func(a *entra.Application) error { *a = c.Apply(*a); return nil })
	case entra.AddSecret:
		return d.addSecret(c)
	case entra.RemoveSecret:
		return entra.Created{}, d.removeSecret(c)
	case entra.AddCertificate, entra.RemoveCertificate, entra.AddFederatedCredential, entra.RemoveFederatedCredential:
		return d.changeProof(c)
	case entra.DeleteServicePrincipal:
		return entra.Created{}, d.deletePrincipal(c.ID)
	case entra.DeleteApplication:
		return entra.Created{}, d.deleteApplication(c.App)
	}
	panic(fmt.Sprintf("%T", c))
}

func (d *directory) createApplication(c entra.CreateApplication) entra.Created {
	app := c.Apply(entra.Application{})
	app.ID, app.ClientID = entra.ObjectID(d.id("app")), entra.ClientID(d.id("client"))
	out := entra.Created{Application: &app}
	if c.Secret != nil {
		app.Secrets[0] = d.newSecret(app.Secrets[0])
		out.Secret = new(app.Secrets[0])
		if !d.noSecretText {
			out.SecretValue = entra.NewSensitive("value of " + string(app.Secrets[0].KeyID))
		}
	}
	d.now.apps = append(d.now.apps, app)
	return out
}

func (d *directory) newSecret(s entra.Secret) entra.Secret {
	s.KeyID, s.Start, s.Hint = entra.KeyID(d.id("key")), d.clock.Now(), "val"
	return s
}

func (d *directory) createPrincipal(c entra.CreateServicePrincipal) (entra.Created, error) {
	for _, p := range d.now.principals {
		if p.ClientID == c.ClientID {
			return entra.Created{}, refuse(409, "Request_MultipleObjectsWithSameKeyValue")
		}
	}
	p := entra.ServicePrincipal{ID: entra.ObjectID(d.id("sp")), ClientID: c.ClientID, DisplayName: c.DisplayName, Enabled: true}
	d.now.principals = append(d.now.principals, p)
	return entra.Created{Principal: &p}, nil
}

func (d *directory) createGrant(c entra.CreateGrant) (entra.Created, error) {
	for _, g := range d.now.grants {
		if g.Client == c.Client && g.Resource == c.Resource && g.Type == c.Type && g.Principal == c.Principal {
			return entra.Created{}, refuse(400, "Request_BadRequest")
		}
	}
	g := entra.Grant{ID: d.id("grant"), Client: c.Client, Resource: c.Resource, Type: c.Type, Principal: c.Principal, Scopes: slices.Clone(c.Scopes)}
	d.now.grants = append(d.now.grants, g)
	return entra.Created{Grant: &g}, nil
}

func (d *directory) eachGrant(id string, change func(*entra.Grant)) error {
	for i := range d.now.grants {
		if d.now.grants[i].ID == id {
			change(&d.now.grants[i])
			return nil
		}
	}
	return refuse(404, "Request_ResourceNotFound")
}

func (d *directory) eachApp(id entra.ObjectID, change func(*entra.Application) error) error {
	for i := range d.now.apps {
		if d.now.apps[i].ID == id {
			return change(&d.now.apps[i])
		}
	}
	return refuse(404, "Request_ResourceNotFound")
}

func (d *directory) addSecret(c entra.AddSecret) (entra.Created, error) {
	var out entra.Created
	err := d.eachApp(c.App, func(a *entra.Application) error {
		*a = c.Apply(*a)
		last := &a.Secrets[len(a.Secrets)-1]
		*last = d.newSecret(*last)
		out = entra.Created{Secret: new(*last), SecretValue: entra.NewSensitive("value of " + string(last.KeyID))}
		return nil
	})
	return out, err
}

func (d *directory) removeSecret(c entra.RemoveSecret) error {
	return d.eachApp(c.App, func(a *entra.Application) error {
		before := len(a.Secrets)
		if *a = c.Apply(*a); len(a.Secrets) == before {
			return refuse(400, "Request_BadRequest")
		}
		return nil
	})
}

func (d *directory) deletePrincipal(id entra.ObjectID) error {
	before := len(d.now.principals)
	d.now.principals = slices.DeleteFunc(d.now.principals, func(p entra.ServicePrincipal) bool { return p.ID == id })
	d.now.grants = slices.DeleteFunc(d.now.grants, func(g entra.Grant) bool { return g.Client == id })
	if len(d.now.principals) == before {
		return refuse(404, "Request_ResourceNotFound")
	}
	return nil
}

func (d *directory) deleteApplication(id entra.ObjectID) error {
	before := len(d.now.apps)
	d.now.apps = slices.DeleteFunc(d.now.apps, func(a entra.Application) bool { return a.ID == id })
	if len(d.now.apps) == before {
		return refuse(404, "Request_ResourceNotFound")
	}
	return nil
}
