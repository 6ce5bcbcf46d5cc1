package trial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/consentry/consentry/entra"
)

// Directory is what a trial reads of the tenant of whoever runs it; the graph
// package's client does it.
type Directory interface {
	// Application reads one by client ID; a missing one is a
	// *entra.ServiceError with Status 404.
	Application(ctx context.Context, id entra.ClientID) (entra.Application, error)
	ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error)
	GrantsOf(ctx context.Context, client entra.ClientID) (grants []entra.Grant, exists bool, err error)
	Tenant(ctx context.Context) (entra.Tenant, error)
}

// directoryFacts is what a directory told about a client and one resource.
// A place that is not known has its reason in unread.
type directoryFacts struct {
	tenant          entra.TenantID // that was read; empty when none could be
	app             *entra.Application
	registered      []string
	consented       []string
	registeredKnown bool
	consentedKnown  bool
	unread          []string
}

// readDirectory reads what is registered and what was consented to in the
// tenant a consent was tried in, for everybody and for the person. An empty
// tenant means that of the directory.
func readDirectory(ctx context.Context, d Directory, client, resource entra.ClientID, tenant entra.TenantID, person entra.ObjectID) directoryFacts {
	var f directoryFacts
	if d == nil {
		f.unread = []string{"Registered and consented scopes: nobody is signed in here who could read them."}
		return f
	}
	home, err := d.Tenant(ctx)
	if err != nil {
		f.unread = []string{"Registered and consented scopes: " + unreadable(err)}
		return f
	}
	f.tenant = home.ID
	principal, err := resourcePrincipal(ctx, d, resource)
	if err != nil {
		f.unread = []string{"Registered and consented scopes: " + unreadable(err)}
		return f
	}
	f.readRegistered(ctx, d, client, principal)
	if tenant != "" && tenant != home.ID {
		f.unread = append(f.unread, fmt.Sprintf("Consented scopes: the consent was given in tenant %s, and only somebody signed in there can read it.", tenant))
		return f
	}
	f.readConsented(ctx, d, client, principal, person)
	return f
}

// resourcePrincipal finds the resource's presence in the tenant; without one
// only its client ID is known.
func resourcePrincipal(ctx context.Context, d Directory, resource entra.ClientID) (entra.ServicePrincipal, error) {
	list, err := d.ServicePrincipals(ctx, resource)
	if err != nil {
		return entra.ServicePrincipal{}, err
	}
	for _, p := range list {
		if p.ClientID == resource {
			return p, nil
		}
	}
	return entra.ServicePrincipal{ClientID: resource}, nil
}

func (f *directoryFacts) readRegistered(ctx context.Context, d Directory, client entra.ClientID, resource entra.ServicePrincipal) {
	app, err := d.Application(ctx, client)
	var se *entra.ServiceError
	switch {
	case errors.As(err, &se) && se.Status == http.StatusNotFound:
		f.unread = append(f.unread, "Registered scopes: the app is registered in another tenant than the one signed in to here.")
		return
	case err != nil:
		f.unread = append(f.unread, "Registered scopes: "+unreadable(err))
		return
	}
	f.app, f.registeredKnown = &app, true
	for _, p := range app.Permissions {
		if p.Resource == resource.ClientID && p.Kind == entra.Scope {
			f.registered = append(f.registered, scopeName(p, resource))
		}
	}
}

// scopeName is the name of a registered permission: what the resource
// publishes in this tenant, or what is known of Azure DevOps; else its id.
func scopeName(p entra.Permission, resource entra.ServicePrincipal) string {
	for _, s := range resource.Scopes {
		if strings.EqualFold(s.ID, p.ID) {
			return s.Value
		}
	}
	if s, ok := entra.LookupScopeID(p.ID); ok && p.Resource == entra.AzureDevOps {
		return s.Value
	}
	return p.ID
}

func (f *directoryFacts) readConsented(ctx context.Context, d Directory, client entra.ClientID, resource entra.ServicePrincipal, person entra.ObjectID) {
	grants, _, err := d.GrantsOf(ctx, client)
	if err != nil {
		f.unread = append(f.unread, "Consented scopes: "+unreadable(err))
		return
	}
	f.consentedKnown = true
	for _, g := range grants {
		mine := g.Type == entra.AllPrincipals || g.Principal == person
		if g.Resource == resource.ID && resource.ID != "" && mine {
			f.consented = append(f.consented, g.Scopes...)
		}
	}
}

// unreadable says why the directory gave nothing, without its own text.
func unreadable(err error) string {
	var se *entra.ServiceError
	switch {
	case !errors.As(err, &se):
		return "Microsoft Graph gave no usable answer."
	case se.Status == http.StatusForbidden, se.Status == http.StatusUnauthorized:
		return "the person signed in here may not read them."
	}
	return fmt.Sprintf("Microsoft Graph answered %d.", se.Status)
}
