package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// signInPage shows which identity will be used, before it is.
type signInPage struct {
	web.Base
	Browser   *BrowserSignIn
	CLI       bool
	Begin     string // address of the browser sign-in
	Return    string
	LoginHost string
	Scopes    []scopeWords
	Accounts  []Account // of the tenant to begin with
	Others    []Account // of further tenants
	Failure   *trial.Failure
}

type scopeWords struct{ Name, Why string }

// signInScopes says in words what the sign-in asks for.
var signInScopes = []scopeWords{
	{"User.Read", "know who you are"},
	{"Application.ReadWrite.All", "create and change the app registrations you may change yourself"},
	{"DelegatedPermissionGrant.ReadWrite.All", "consent for the tenant, where your role allows it"},
	{"Policy.Read.All", "read the tenant's rules on apps, consent and secrets, so that the plan keeps to them"},
}

func (h *Handlers) showSignIn(c *gin.Context) (web.Response, error) {
	return web.Page("sign_in.html", h.signInPage(localPath(c.Query("return")))), nil
}

func (h *Handlers) signInPage(back string) *signInPage {
	p := &signInPage{Browser: h.Browser, CLI: h.CLIToken != nil, Return: back, Scopes: signInScopes}
	p.Accounts, p.Others = byFirstTenant(h.Accounts)
	p.Title = "Sign in to your tenant"
	p.Begin = "/sign-in/begin?return=" + url.QueryEscape(back)
	if u, err := url.Parse(h.Cloud.Authorize); err == nil {
		p.LoginHost = u.Host
	}
	return p
}

// byFirstTenant parts the accounts of the first one's tenant from the others.
func byFirstTenant(all []Account) (first, others []Account) {
	for _, a := range all {
		if a.domain() == all[0].domain() {
			first = append(first, a)
		} else {
			others = append(others, a)
		}
	}
	return first, others
}

func (a Account) domain() string {
	_, domain, _ := strings.Cut(a.UPN, "@")
	return domain
}

// flowKey begins the session key of a sign-in under way, which goes on with
// its state. Several tabs may sign in at once; each flow is used once.
const flowKey = "flow:"

type pendingSignIn struct {
	Flow oauth.Flow `json:"flow"`
	Back string     `json:"back"`
}

// maxFlows is how many sign-ins one browser may have under way.
const maxFlows = 10

func (h *Handlers) beginSignIn(c *gin.Context) (web.Response, error) {
	if h.Browser == nil {
		return nil, web.NotFound("browser sign-in")
	}
	flow, to := oauth.Begin(h.Cloud, oauth.Request{
		Tenant: h.Browser.Tenant, ClientID: h.Browser.ClientID, RedirectURI: h.BaseURL + signInCallback,
		Scopes: graphScopes, Prompt: "select_account",
	}, h.Now())
	sess := web.SessionOf(c)
	h.dropOldFlows(sess)
	if err := sess.Set(flowKey+flow.State, pendingSignIn{Flow: flow, Back: localPath(c.Query("return"))}); err != nil {
		return nil, err
	}
	return web.SeeOther(to), nil
}

// dropOldFlows forgets sign-ins that took too long, and the oldest of too many.
func (h *Handlers) dropOldFlows(sess *web.Session) {
	living, oldest := 0, ""
	first := h.Now()
	for _, key := range sess.Keys(flowKey) {
		var p pendingSignIn
		if !sess.Get(key, &p) || p.Flow.ExpiredAt(h.Now()) {
			sess.Delete(key)
			continue
		}
		living++
		if p.Flow.Started.Before(first) {
			first, oldest = p.Flow.Started, key
		}
	}
	if living >= maxFlows {
		sess.Delete(oldest)
	}
}

func (h *Handlers) finishSignIn(c *gin.Context) (web.Response, error) {
	cb := oauth.ParseCallback(c.Request.URL.Query())
	sess := web.SessionOf(c)
	var p pendingSignIn
	known := cb.State != "" && sess.Get(flowKey+cb.State, &p)
	sess.Delete(flowKey + cb.State) // used up, whatever comes of it
	if !known || p.Flow.ExpiredAt(h.Now()) {
		return nil, &web.Error{Status: http.StatusBadRequest, Next: web.Link{Label: "Sign in again", Href: "/sign-in"},
			Public: "This sign-in was not started here, was used before, or took longer than ten minutes. Start it again."}
	}
	if cb.Error != "" {
		page := h.signInPage(p.Back)
		f := trial.Explain(cb.AADSTS, cb.Error)
		page.Failure = &f
		return web.CallbackPage("sign_in.html", page), nil
	}
	return h.signIn(c, p, cb)
}

func (h *Handlers) signIn(c *gin.Context, p pendingSignIn, cb oauth.Callback) (web.Response, error) {
	ctx := c.Request.Context()
	if err := p.Flow.Check(cb); err != nil {
		return nil, &web.Error{Status: http.StatusBadRequest, Public: "The answer does not belong to this sign-in. Start it again.", Err: err}
	}
	tokens, err := h.OAuth.Redeem(ctx, p.Flow, cb.Code, entra.Sensitive{})
	if err != nil {
		return nil, signInFailed(err)
	}
	who, err := h.OAuth.VerifyIDToken(ctx, p.Flow, tokens.ID)
	if err != nil {
		return nil, &web.Error{Status: http.StatusBadGateway, Err: err, Next: web.Link{Label: "Sign in again", Href: "/sign-in"},
			Public: "Microsoft's answer could not be verified, so nobody was signed in. If this stays, check this machine's clock."}
	}
	if err := h.Store.SaveOperator(ctx, who, tokens.Seal()); err != nil {
		return nil, err
	}
	return h.welcome(c, who, p.Back)
}

func signInFailed(err error) error {
	return &web.Error{Status: http.StatusBadGateway, Err: err, Next: web.Link{Label: "Sign in again", Href: "/sign-in"},
		Public: fmt.Sprintf("The sign-in could not be finished: %s", sentence(err))}
}

// welcome starts a new session id for the person and leads back.
func (h *Handlers) welcome(c *gin.Context, who entra.Person, back string) (web.Response, error) {
	sess := web.SessionOf(c)
	sess.Renew()
	if err := sess.Set(personKey, who); err != nil {
		return nil, err
	}
	web.Note(c, slog.String("signed_in_tenant", string(who.Tenant)))
	ctx := context.WithoutCancel(c.Request.Context())
	h.background(func() { h.cleanUpTrialsOf(ctx, who) })
	return web.SeeOther(localPath(back)), nil
}

// useAzureCLI takes the identity that "az login" left on this machine.
func (h *Handlers) useAzureCLI(c *gin.Context) (web.Response, error) {
	if h.CLIToken == nil {
		return nil, web.NotFound("Azure CLI sign-in")
	}
	d, err := h.NewDirectory(h.CLIToken)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	who, err := d.Me(ctx)
	if err == nil {
		var t entra.Tenant
		t, err = d.Tenant(ctx)
		who.Tenant = t.ID
	}
	if err != nil {
		return nil, &web.Error{Status: http.StatusBadGateway, Err: err, Next: web.Link{Label: "Try again", Href: "/sign-in"},
			Public: "The Azure CLI gave no usable sign-in. Run \"az login\" (with --tenant where you have several) in a terminal of this machine, then try again."}
	}
	return h.welcome(c, who, c.PostForm("return"))
}

func (h *Handlers) signOut(c *gin.Context) (web.Response, error) {
	if p, ok := person(c); ok {
		if err := h.Store.DeleteOperator(c.Request.Context(), p.Tenant, p.ID); err != nil {
			return nil, err
		}
	}
	web.SessionOf(c).End()
	c.Header("Clear-Site-Data", `"cache","cookies","storage"`)
	return web.SeeOther("/"), nil
}

// localPath accepts only a path of this console; everything else becomes "/".
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(s, "\\\r\n\t\x00") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
