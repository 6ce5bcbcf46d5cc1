package handlers

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// testPage asks how to test: as whom, where, with which scopes.
type testPage struct {
	web.Base
	Env                   *store.Environment // nil when any app is tested
	Preset                preset.Preset
	Action                string
	Kind                  web.Field
	Where                 web.Field
	Tenant                web.Field
	Client                web.Field // any app only
	Secret                web.Field
	Scopes                web.Field
	Organization, Project web.Field
	// Kept: the secret made here is still at hand and will be used.
	Kept         bool
	KeptUntil    store.KeptSecret
	Noun         string // what it is
	Callback     string
	CallbackCopy web.Copyable
	// Registered: the callback is among the app's redirect URIs already.
	Registered bool
	// MayAdd: somebody is signed in who can try to add it for the test.
	MayAdd bool
	Allow  *gate // what stands before that
	AddURI bool
	// Run is that of the checks that asked for the test; empty when none did.
	Run    string
	Errors []string
	Past   []trialRow
}

func (h *Handlers) showTest(c *gin.Context) (web.Response, error) {
	page, err := h.testPage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("test.html", page), nil
}

// testPage builds the form for an environment's app, with what was typed.
func (h *Handlers) testPage(c *gin.Context) (*testPage, error) {
	env, p, err := h.withApp(c)
	if err != nil {
		return nil, err
	}
	page := h.newTestPage(c, p.AskedScopes(chosenScopes(env.Spec, p)))
	page.Env, page.Preset = &env, p
	page.Title, page.Section = env.Name+": test consent", "test"
	page.Action = "/environments/" + env.ID + "/test"
	if page.KeptUntil, page.Kept, err = h.usableSecret(c, env); err != nil {
		return nil, err
	}
	if assertionLabel(env) != "" {
		page.Secret.Label = assertionLabel(env)
		page.Secret.Help = "It begins with ey and is good for some minutes, so get it last. It is used for this test only and kept nowhere."
	}
	page.Noun = shownNoun(env)
	page.Registered = slices.ContainsFunc(env.Result.App.RedirectURIs, func(u entra.RedirectURI) bool { return u.URI == page.Callback })
	trials, err := h.Store.Trials(c.Request.Context(), env.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		t = h.asSeen(c.Request.Context(), t)
		page.Past = append(page.Past, trialRow{t.ID, trialWords(t, env), trialState(t), t.Started})
	}
	return page, nil
}

// usableSecret is the kept secret that this person may use for a test.
func (h *Handlers) usableSecret(c *gin.Context, env store.Environment) (k store.KeptSecret, ok bool, err error) {
	who, _ := person(c)
	kept, err := h.Store.Secrets(c.Request.Context(), env.ID)
	if err != nil {
		return k, false, err
	}
	if live := liveSecret(env, kept); live != nil && owns(who, *live) {
		return *live, true, nil
	}
	return k, false, nil
}

// newTestPage fills the fields that both forms share.
func (h *Handlers) newTestPage(c *gin.Context, scopes []string) *testPage {
	typed := func(name, def string) string { return typedOrAsked(c, name, def) }
	page := &testPage{Callback: h.BaseURL + trialCallback, Run: typed("run", ""), AddURI: typed("add_uri", "yes") == "yes"}
	if h.role(c) == Admin { // a test changes nothing for anybody else
		page.MayAdd = h.mayAdd(c, page)
	}
	page.fields(typed, scopes)
	return page
}

// typedOrAsked is what a form brought, or what the address that led to it
// suggests, or else a default.
func typedOrAsked(c *gin.Context, name, def string) string {
	if v, ok := c.GetPostForm(name); ok {
		return v
	}
	if v, ok := c.GetQuery(name); ok && v != "" {
		return v
	}
	return def
}

// fields builds the form; typed gives what was typed, else a default.
func (page *testPage) fields(typed func(name, def string) string, scopes []string) {
	page.CallbackCopy = web.Copyable{Label: "redirect URI", Value: page.Callback}
	page.Kind = radio("kind", "Who consents", typed("kind", string(trial.UserConsent)),
		web.Option{Value: string(trial.UserConsent), Label: "A user, for themselves", Help: "What most people will meet. Sign in as a plain user to see what they see."},
		web.Option{Value: string(trial.AdminConsent), Label: "An administrator, for the whole tenant", Help: "Sign in as an administrator. Afterwards nobody in that tenant is asked again."})
	page.Where = radio("where", "In which tenant", typed("where", "own"),
		web.Option{Value: "own", Label: "The app's own tenant", Help: "Shows that the app works. It proves nothing for customers: the home tenant is exempt from the rules on unverified publishers."},
		web.Option{Value: "organizations", Label: "Whichever the person signs in from", Help: "The address most integrations use."},
		web.Option{Value: "other", Label: "A certain other tenant", Help: "Name it below."})
	page.Tenant = web.Field{Name: "tenant", Label: "That other tenant", Value: typed("tenant", ""), Placeholder: "customer.onmicrosoft.com", Help: "Its Directory (tenant) ID or a domain of it."}
	page.Secret = web.Field{Name: "secret", Label: "Client secret", Type: "password", Help: "The value, not the secret ID. It is used for this test only and kept nowhere."}
	page.Scopes = web.Field{Name: "scopes", Label: "Scopes to ask for", Type: "textarea", Value: typed("scopes", strings.Join(scopes, "\n")), Help: "One on each line, or separated by blanks."}
}

func radio(name, label, chosen string, options ...web.Option) web.Field {
	f := web.Field{Name: name, Label: label, Type: "radio", Options: options}
	for i := range f.Options {
		f.Options[i].Selected = f.Options[i].Value == chosen
	}
	return f
}
