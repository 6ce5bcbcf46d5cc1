package handlers

import (
	"context"
	"log/slog"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// signInPage shows which identity will be used and what it is asked for,
// before it is.
type signInPage struct {
	web.Base
	signInWords
	Browser   *BrowserSignIn
	Device    *DeviceSignIn
	Ambient   *Ambient
	Need      level
	Begin     string // address of the browser sign-in
	Return    string
	LoginHost string
	Scopes    []scopeWords
	Accounts  []Account // of the tenant to begin with
	Others    []Account // of further tenants
	Failure   *trial.Failure
}

// signInWords are what the page says.
type signInWords struct{ Heading, Lead, Button string }

// wordsFor say why somebody is on the sign-in page: to get in, to allow more,
// or to prove that it is still them.
func (h *Handlers) wordsFor(need level, again bool) signInWords {
	switch {
	case again:
		return signInWords{"Confirm that it is you", "What you are about to do cannot be taken back, and your sign-in is more than 15 minutes old. Sign in once more; then you come back to where you were.", "Confirm at "}
	case need >= levelWrite:
		return signInWords{"Allow the changes at Microsoft", "So far Consentry may only read. For this it needs more, which Microsoft asks you about, unless your organization has agreed before. Then you come back to where you were; nothing is changed before you say so there.", "Allow the changes at "}
	case need == levelRead && h.Shared != nil:
		return signInWords{"Let Consentry read your directory", "So far Consentry knows who you are and no more. This page shows what is in your tenant; for that it reads there in your name.", "Allow reading at "}
	case h.Shared != nil:
		return signInWords{"Sign in to Consentry", "This console is shared. What you may do here is your role in it, which your organization gives you at Microsoft.", "Sign in at "}
	}
	return signInWords{"Sign in to your tenant", "Consentry works in your name: it can do what you may do yourself, and nothing else. The tokens stay on this console.", "Sign in at "}
}

// firstLevel is what a sign-in asks for that names no level. On one's own
// machine the sign-in is there for the directory.
func (h *Handlers) firstLevel() level {
	if h.Shared != nil {
		return levelSignIn
	}
	return levelRead
}

// wanted is what the address asks for. Whoever is not signed in to a shared
// console signs in first; the page they come back to asks for more.
func (h *Handlers) wanted(c *gin.Context) (need level, again bool) {
	if _, in := person(c); !in && h.Shared != nil {
		return h.firstLevel(), false
	}
	need, _ = parseLevel(c.Query("for"))
	return max(need, h.firstLevel()), c.Query("again") != "" && h.Shared != nil
}

func (h *Handlers) showSignIn(c *gin.Context) (web.Response, error) {
	need, again := h.wanted(c)
	page := h.signInPage(localPath(c.Query("return")), need, again)
	_, in := person(c)
	if in && (need > h.firstLevel() || again) {
		page.Accounts, page.Others, page.Ambient = nil, nil, nil
	}
	if !in && strings.HasPrefix(page.Return, formPath) {
		page.Lead = "Nobody was signed in any more when you sent the form, so nothing was done yet. What you typed is kept for ten minutes: sign in, look at it once more and send it."
	}
	return web.Page("sign_in.html", page), nil
}

func (h *Handlers) signInPage(back string, need level, again bool) *signInPage {
	p := &signInPage{Browser: h.Browser, Device: h.device(), Ambient: h.ambient(), Need: need, Return: back, Scopes: need.words(), signInWords: h.wordsFor(need, again)}
	p.Accounts, p.Others = byFirstTenant(h.Accounts)
	p.Title = p.Heading
	p.Begin = beginPath(need, again, back)
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
	Need level      `json:"need"`
	// Again: the person was to prove anew who they are. Who was signed in
	// when it began; zero for nobody.
	Again bool         `json:"again,omitempty"`
	Who   entra.Person `json:"who"`
}

// maxFlows is how many sign-ins one browser may have under way.
const maxFlows = 10

func (h *Handlers) beginSignIn(c *gin.Context) (web.Response, error) {
	need, again := h.wanted(c)
	// The way to allow more begins on the page with a device code. Another site
	// sets nothing going either: with what was allowed before, Microsoft may
	// answer without a question.
	if h.Browser == nil && h.device() != nil || h.Browser != nil && fromAnotherSite(c) {
		return web.SeeOther(signInPath(need, again, localPath(c.Query("return")))), nil
	}
	if h.Browser == nil {
		return nil, web.NotFound("browser sign-in")
	}
	if h.Shared != nil && need > h.role(c).most() {
		return h.deniedPage("Your role in this console has no use for what this would ask you to allow."), nil
	}
	p := pendingSignIn{Back: localPath(c.Query("return")), Need: need, Again: again}
	request := oauth.Request{Tenant: h.Browser.Tenant, ClientID: h.Browser.ClientID, RedirectURI: h.BaseURL + signInCallback,
		Scopes: need.scopes(), Prompt: "select_account"}
	who, in := person(c)
	if in && (again || need > h.firstLevel()) {
		// Whoever is signed in goes on as the same person, with what they
		// allowed before.
		p.Who, request.LoginHint, request.Prompt = who, who.UPN, ""
		request.Scopes = max(need, h.reachedBy(c.Request.Context(), who)).scopes()
	}
	if again {
		request.Prompt, request.MaxAge = "login", recent
	}
	var to string
	p.Flow, to = oauth.Begin(h.Cloud, request, h.Now())
	sess := web.SessionOf(c)
	h.dropOldFlows(sess)
	if err := sess.Set(flowKey+p.Flow.State, p); err != nil {
		return nil, err
	}
	return web.SeeOther(to), nil
}

// reachedBy is the level that the person has allowed, as far as their role
// still has a use for it.
func (h *Handlers) reachedBy(ctx context.Context, who entra.Person) level {
	t, err := h.keptTokens(ctx, who)
	if err != nil {
		return levelSignIn
	}
	return levelReached(t)
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

// signOut ends the session, and takes the person's tokens away: whoever signs
// out expects that nothing goes on in their name.
func (h *Handlers) signOut(c *gin.Context) (web.Response, error) {
	if p, ok := person(c); ok {
		ctx := c.Request.Context()
		if err := h.Store.Audit(ctx, store.AuditEvent{Action: "sign-out", Result: store.AuditDone, Object: "session/" + web.SessionOf(c).Mark()}); err != nil {
			h.Log.Error("a sign-out could not be written into the audit log", "error", err.Error()) // keeping somebody in would be worse
		}
		if err := h.forgetTokens(ctx, p); err != nil {
			return nil, err
		}
	}
	web.SessionOf(c).End()
	c.Header("Clear-Site-Data", `"cache","cookies","storage"`)
	return web.SeeOther("/"), nil
}

// forgetTokens waits for a renewal under way, which would bring them back.
func (h *Handlers) forgetTokens(ctx context.Context, p entra.Person) error {
	held := h.operators.turn(p)
	held.Lock()
	defer held.Unlock()
	return h.Store.DeleteOperator(ctx, p.Tenant, p.ID)
}

// welcome starts a new session id for the person and leads back. What another
// person left in the session of a shared console is not for them.
func (h *Handlers) welcome(c *gin.Context, who entra.Person, v visit, back string) (web.Response, error) {
	sess := web.SessionOf(c)
	before, _ := person(c)
	sess.Renew()
	if h.Shared != nil && (before.Tenant != who.Tenant || before.ID != who.ID) {
		forgetOthers(sess)
	}
	v.Since, v.IP = h.Now(), web.ClientIP(c)
	if err := h.auditSignIn(c, who, v); err != nil {
		return nil, err
	}
	if err := sess.Set(personKey, who); err != nil {
		return nil, err
	}
	if err := sess.Set(visitKey, v); err != nil {
		return nil, err
	}
	h.putCaller(c)
	web.Note(c, slog.String("signed_in_tenant", string(who.Tenant)))
	ctx := context.WithoutCancel(c.Request.Context())
	h.background(func() { h.cleanUpTrialsOf(ctx, who) })
	return web.SeeOther(localPath(back)), nil
}

// forgetOthers leaves what belongs to nobody yet: sign-ins under way in other
// tabs, and forms that know whose they are.
func forgetOthers(sess *web.Session) {
	for _, key := range sess.Keys("") {
		if !strings.HasPrefix(key, flowKey) && !strings.HasPrefix(key, formKey) {
			sess.Delete(key)
		}
	}
}

// auditSignIn writes down who is about to be signed in. What cannot be written
// down does not happen.
func (h *Handlers) auditSignIn(c *gin.Context, who entra.Person, v visit) error {
	caller := h.caller(c)
	caller.Person, caller.Tenant, caller.Role = who, who.Tenant, firstOf(v.Role, Admin.String())
	return h.Store.Audit(store.As(c.Request.Context(), caller), store.AuditEvent{Action: "sign-in", Result: store.AuditDone,
		Object: "session/" + web.SessionOf(c).Mark(), Tenant: who.Tenant, Detail: map[string]string{"way": firstOf(v.Way, "browser")}})
}
