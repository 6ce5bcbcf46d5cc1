package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/web"
)

// An Ambient is an identity that is there without the console: of a tool, of
// the environment, of the machine. It is offered by name, looked up when
// somebody wants to see it, and used when they say so.
type Ambient struct {
	Kind AmbientKind
	// Client and Tenant are what is known before a token is asked for.
	Client entra.ClientID
	Tenant string
	Token  TokenFunc

	mu    sync.Mutex
	kept  oauth.Tokens
	asked time.Time
}

// askAgain is how long a token of an ambient identity is used before it is
// asked for again: the Azure CLI starts a process every time, and whoever runs
// "az login" meanwhile is somebody else.
const askAgain = time.Minute

// token is one of the last minute, or one asked for now.
func (a *Ambient) token(ctx context.Context, now time.Time, fresh bool) (oauth.Tokens, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := now.Sub(a.asked); !fresh && age >= 0 && age < askAgain && a.kept.Expires.Sub(now) > refreshAhead {
		return a.kept, nil
	}
	var t oauth.Tokens
	var err error
	if t.Access, t.Expires, err = a.Token(ctx); err != nil {
		return oauth.Tokens{}, err
	}
	a.kept, a.asked = t, now
	return t, nil
}

// AmbientKind says where an ambient identity comes from, as --identity does.
type AmbientKind string

// The kinds.
const (
	AzureCLI         AmbientKind = "azure-cli"
	Environment      AmbientKind = "environment"
	WorkloadIdentity AmbientKind = "workload-identity"
	ManagedIdentity  AmbientKind = "managed-identity"
)

// ambientWords say what a kind is, and what to do where it gives no token.
var ambientWords = map[AmbientKind]struct{ Title, Words, Missing string }{
	AzureCLI: {"With the Azure CLI", "Whoever ran az login on this machine, through Microsoft's own app Azure CLI. Its rights are those of that account.",
		"The Azure CLI gave no usable sign-in. Run \"az login\" (with --tenant where you have several) in a terminal of this machine, then try again."},
	Environment: {"With the application of the environment", "The application that AZURE_CLIENT_ID names, with the credential beside it. What is done is done in its own name and not in yours.",
		"The application of the environment could not sign in. Look at AZURE_TENANT_ID, AZURE_CLIENT_ID and its credential, start the console anew, then try again."},
	WorkloadIdentity: {"With the workload identity", "The application that the platform vouches for with the token in AZURE_FEDERATED_TOKEN_FILE. What is done is done in its own name and not in yours.",
		"The workload identity could not sign in. Its federated credential must name the issuer, subject and audience of the platform's token exactly."},
	ManagedIdentity: {"With the managed identity", "The identity that Azure gave this machine. What is done is done in its own name and not in yours.",
		"Azure gave no token for a managed identity. Assign one to this machine, or give its client ID with --client-id where there are several."},
}

// Title, Words and Missing are the kind's.
func (a *Ambient) Title() string { return ambientWords[a.Kind].Title }

// Words say what the identity is.
func (a *Ambient) Words() string { return ambientWords[a.Kind].Words }

// identityPage shows who an ambient identity is, before anything is done in
// its name.
type identityPage struct {
	web.Base
	Ambient   *Ambient
	Identity  entra.Identity
	Abilities []ability // of an application
	Return    string
}

// lookedKey holds the identity that was shown in this browser, and lookedBack
// where to go with it.
const (
	lookedKey   = "identity-looked"
	lookedBack  = "identity-back"
	identityKey = "identity"
)

// ambient is the identity that may be offered; nil in a shared console.
func (h *Handlers) ambient() *Ambient {
	if h.Shared != nil {
		return nil
	}
	return h.Ambient
}

// lookIdentity asks who the ambient identity is.
func (h *Handlers) lookIdentity(c *gin.Context) (web.Response, error) {
	who, err := h.askAmbient(c.Request.Context())
	if err != nil {
		return nil, err
	}
	sess := web.SessionOf(c)
	if err := sess.Set(lookedKey, who); err != nil {
		return nil, err
	}
	if err := sess.Set(lookedBack, localPath(c.PostForm("return"))); err != nil {
		return nil, err
	}
	return web.SeeOther("/sign-in/identity"), nil
}

func (h *Handlers) askAmbient(ctx context.Context) (entra.Identity, error) {
	a := h.ambient()
	if a == nil {
		return entra.Identity{}, web.NotFound("ambient identity")
	}
	t, err := a.token(ctx, h.Now(), true)
	who := entra.TokenIdentity(t.Access)
	if err == nil && who.Complete() {
		return who, nil
	}
	return entra.Identity{}, &web.Error{Status: http.StatusBadGateway, Err: err, Next: web.Link{Label: "Try again", Href: "/sign-in"}, Public: ambientWords[a.Kind].Missing}
}

// showIdentity shows what was looked up.
func (h *Handlers) showIdentity(c *gin.Context) (web.Response, error) {
	page := &identityPage{Ambient: h.ambient()}
	sess := web.SessionOf(c)
	if page.Ambient == nil || !sess.Get(lookedKey, &page.Identity) {
		return web.SeeOther("/sign-in"), nil
	}
	sess.Get(lookedBack, &page.Return)
	page.Title = "Is this the identity to use?"
	if page.Identity.AppOnly {
		page.Abilities = appAbilities(page.Identity, entra.Policies{})
	}
	return web.Page("identity.html", page), nil
}

// useIdentity works in the name that was shown, as long as it is still the
// same.
func (h *Handlers) useIdentity(c *gin.Context) (web.Response, error) {
	var shown entra.Identity
	var back string
	sess := web.SessionOf(c)
	looked := sess.Get(lookedKey, &shown)
	sess.Get(lookedBack, &back)
	who, err := h.askAmbient(c.Request.Context())
	if err != nil {
		return nil, err
	}
	if !looked || !samePrincipal(who, shown) {
		if err := sess.Set(lookedKey, who); err != nil {
			return nil, err
		}
		return web.SeeOther("/sign-in/identity"), nil
	}
	sess.Delete(lookedKey)
	sess.Delete(lookedBack)
	if err := sess.Set(identityKey, who); err != nil {
		return nil, err
	}
	web.Note(c, slog.Bool("app_only", who.AppOnly))
	return h.welcome(c, who.Person, visit{Way: "ambient identity (" + string(h.Ambient.Kind) + ")"}, back)
}

func samePrincipal(a, b entra.Identity) bool {
	return a.Tenant == b.Tenant && a.ID == b.ID && a.Client == b.Client && a.AppOnly == b.AppOnly
}

// ambientToken is the ambient identity's, as long as it is the one that was
// chosen: whoever ran "az login" since, or signed in through the browser and
// out again, must not act under another name or in another tenant.
func (h *Handlers) ambientToken(ctx context.Context, p entra.Person) (t oauth.Tokens, err error) {
	a := h.ambient()
	if a == nil {
		return t, errSignedOut
	}
	if t, err = a.token(ctx, h.Now(), false); err != nil {
		return t, err
	}
	if who := entra.TokenIdentity(t.Access); who.Tenant != p.Tenant || who.ID != p.ID {
		return oauth.Tokens{}, errSignedOut
	}
	return t, nil
}

// application is the identity of somebody who is no person: an application
// acts in its own name. ok is false for people.
func application(c *gin.Context) (entra.Identity, bool) {
	var i entra.Identity
	who, in := person(c)
	ok := in && web.SessionOf(c).Get(identityKey, &i)
	return i, ok && i.AppOnly && i.Tenant == who.Tenant && i.ID == who.ID
}
