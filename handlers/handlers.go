// Package handlers holds the console's pages, one file each: read the
// request, ask, choose the answer. routes.go is the table of contents.
package handlers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/remind"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/work"
)

// A TokenFunc gives an access token for Microsoft Graph and when it ends.
type TokenFunc func(context.Context) (token entra.Sensitive, expires time.Time, err error)

// A Directory reads and changes the tenant of whoever is signed in.
type Directory interface {
	setup.Directory
	Me(ctx context.Context) (entra.Person, error)
	Tenant(ctx context.Context) (entra.Tenant, error)
	// Roles are the person's directory roles, by template id.
	Roles(ctx context.Context) ([]string, error)
	Policies(ctx context.Context) (entra.Policies, error)
	// SearchApplications finds by the beginning of the display name or by
	// client ID, at most 25.
	SearchApplications(ctx context.Context, text string) ([]entra.Application, error)
	// Owners are those of an app registration, Assigned the users and groups
	// assigned to an application.
	Owners(ctx context.Context, id entra.ClientID) ([]entra.Person, error)
	Assigned(ctx context.Context, id entra.ClientID) ([]entra.Person, error)
}

// BrowserSignIn signs people in through the browser with an app registration
// of the operator's choosing.
type BrowserSignIn struct {
	ClientID entra.ClientID
	Name     string // what the page calls that registration
	Tenant   string // "organizations", a tenant ID or a domain
}

// An Account is one that anybody may sign in with.
type Account struct{ UPN, Password, About string }

// Handlers are the console's pages with everything they ask.
type Handlers struct {
	Cloud entra.Cloud
	// BaseURL is the console's own address without trailing slash; callbacks
	// are below it. It comes from configuration, never from a request.
	BaseURL string
	Store   *store.Store
	OAuth   *oauth.Client
	Trials  *trial.Runner
	// NewDirectory gives a client for the tenant the token is for. It asks for
	// the token right before every request, and keeps none: whether the request
	// may still be sent is decided there.
	NewDirectory func(TokenFunc) (Directory, error)
	// Organization looks an Azure DevOps organization up anonymously.
	Organization func(ctx context.Context, slug string) (entra.DevOpsOrganization, error)
	// Access is what anybody may ask the cloud's services for when the checks
	// gather their facts; each run adds what was given.
	Access diagnose.Access
	// Version of the console, for reports.
	Version string
	// Browser, Device and Ambient are the ways to sign in; one of them at
	// least, and the first alone where the console is shared.
	Browser *BrowserSignIn
	Device  *DeviceSignIn
	Ambient *Ambient
	// Accounts may be shown beside the sign-in: a sandbox has some to try.
	// Those to begin with are of one tenant and come first.
	Accounts []Account
	// Gallery shows every page in every state at /_gallery, for people who
	// work on the console.
	Gallery bool
	// Reminders say how people are told that a credential ends; zero tells
	// nobody.
	Reminders remind.Settings

	Log *slog.Logger
	Now func() time.Time
	// Sleep waits between attempts; it ends early with ctx.
	Sleep func(ctx context.Context, d time.Duration) error

	// Shared is set where several people use the console; nil for one that a
	// person has to themselves.
	Shared *Shared

	// Runs carries out the runs of the checks in this process, which knows what
	// was typed for them and is kept nowhere.
	Runs work.Pool

	operators operators
	// strangers is how many more forms are kept of whom nobody knows.
	strangers allowance
	leastOnce sync.Once
	least     map[string]Role // of each route
	running   running
	checkings checkings
	// work is what goes on when its page is left.
	work sync.WaitGroup
	// redirects is held while an app's list of redirect URIs is read and
	// written back: it is replaced as a whole.
	redirects sync.Mutex
	// polling is held while Microsoft is asked about a device sign-in: a
	// person has one console to themselves there.
	polling sync.Mutex
}

// directory gives the signed-in person's directory, once they have allowed to
// read it. Without a person the answer is a redirect to the sign-in page that
// comes back here.
func (h *Handlers) directory(c *gin.Context) (Directory, entra.Person, error) {
	p, ok := person(c)
	if !ok {
		return nil, p, errNobody
	}
	if err := h.allowed(c.Request.Context(), p, levelRead); err != nil {
		return nil, p, err
	}
	d, err := h.directoryOf(p)
	return d, p, err
}
