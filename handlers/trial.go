package handlers

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
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
	Callback     string
	CallbackCopy web.Copyable
	// Registered: the callback is among the app's redirect URIs already.
	Registered bool
	// MayAdd: somebody is signed in who can try to add it for the test.
	MayAdd bool
	AddURI bool
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
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	if env.Result == nil || env.Result.App.ClientID == "" {
		return nil, &web.Error{Status: http.StatusConflict, Public: "There is no app registration to test yet. Apply the plan first.", Next: web.Link{Label: "Go to the review", Href: "/environments/" + env.ID + "/setup/review"}}
	}
	page := h.newTestPage(c, p.AskedScopes(chosenScopes(env.Spec, p)))
	page.Env, page.Preset = &env, p
	page.Title, page.Section = env.Name+": test consent", "test"
	page.Action = "/environments/" + env.ID + "/test"
	kept, err := h.usableSecret(c, env.ID)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		page.Kept, page.KeptUntil = true, *kept
	}
	page.Registered = slices.ContainsFunc(env.Result.App.RedirectURIs, func(u entra.RedirectURI) bool { return u.URI == page.Callback })
	trials, err := h.Store.Trials(c.Request.Context(), env.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		page.Past = append(page.Past, trialRow{t.ID, trialWords(t), trialState(t), t.Started})
	}
	return page, nil
}

// usableSecret is the kept secret that this person may use for a test.
func (h *Handlers) usableSecret(c *gin.Context, env string) (*store.KeptSecret, error) {
	who, ok := person(c)
	if !ok {
		return nil, nil
	}
	kept, err := h.Store.Secrets(c.Request.Context(), env)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		if k.Usable && k.Owner.Tenant == who.Tenant && k.Owner.ID == who.ID {
			return &k, nil
		}
	}
	return nil, nil
}

// newTestPage fills the fields that both forms share.
func (h *Handlers) newTestPage(c *gin.Context, scopes []string) *testPage {
	typed := func(name, def string) string {
		if v, ok := c.GetPostForm(name); ok {
			return v
		}
		return def
	}
	page := &testPage{Callback: h.BaseURL + trialCallback, AddURI: typed("add_uri", "yes") == "yes"}
	_, page.MayAdd = person(c)
	page.fields(typed, scopes)
	return page
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

func (h *Handlers) startTest(c *gin.Context) (web.Response, error) {
	page, err := h.testPage(c)
	if err != nil {
		return nil, err
	}
	env := *page.Env
	t, problems := h.readTest(c, env.Result.App.ClientID, env.Tenant)
	t.Environment, t.Organization, t.Project, t.Compare = env.ID, env.Spec.Organization, env.Spec.Project, page.Preset.Compare
	p := pendingTrial{Secret: strings.TrimSpace(c.PostForm("secret")), Home: env.Tenant}
	switch {
	case p.Secret != "":
		problems = append(problems, secretShape(p.Secret)...)
	case page.Kept:
		p.Kept = page.KeptUntil.ID
	default:
		problems = append(problems, "Paste the client secret's value: it is no longer at hand here, and the test redeems a real code with it.")
	}
	if len(problems) == 0 && page.AddURI && !page.Registered {
		var problem string
		if t, problem, err = h.addCallback(c, env, t); err != nil {
			return nil, err
		}
		if problem != "" {
			problems = []string{problem}
		}
	}
	if len(problems) > 0 {
		page.Errors = problems
		return web.PageWithStatus(http.StatusUnprocessableEntity, "test.html", page), nil
	}
	return h.launch(c, t, p)
}

// secretShape refuses what cannot be a client secret.
func secretShape(s string) []string {
	if entra.IsGUID(s) {
		return []string{"What was pasted as client secret is a GUID: that is the secret's ID. Paste the value instead; when it was not noted, replace the secret."}
	}
	if n := len(s); n < 16 || n > 64 {
		return []string{"What was pasted as client secret is not one: values have 16 to 64 characters."}
	}
	return nil
}

// readTest reads what both forms share.
func (h *Handlers) readTest(c *gin.Context, client entra.ClientID, own entra.TenantID) (trial.Trial, []string) {
	t := trial.Trial{ID: newID(), Kind: trial.Kind(c.PostForm("kind")), ClientID: client, RedirectURI: h.BaseURL + trialCallback}
	var problems []string
	if t.Kind != trial.UserConsent && t.Kind != trial.AdminConsent {
		problems = append(problems, "Choose who consents.")
	}
	switch c.PostForm("where") {
	case "own":
		t.Tenant = string(own)
	case "organizations":
		t.Tenant = "organizations"
	default:
		tenant, err := entra.ParseTenant(c.PostForm("tenant"))
		if err != nil {
			problems = append(problems, "In which tenant: "+err.Error())
		}
		t.Tenant = tenant
	}
	t.Scopes = strings.Fields(c.PostForm("scopes"))
	if len(t.Scopes) == 0 {
		problems = append(problems, "Name at least one scope to ask for.")
	}
	return t, problems
}

// newID is a random identifier for an address.
func newID() string { return rand.Text() }

// A pendingTrial is what a test needs until its answer comes. It lives in the
// session of the browser that started the test, on the server and encrypted:
// an answer through another browser finds nothing to redeem with.
type pendingTrial struct {
	Secret string         `json:"secret,omitempty"` // pasted for this test only
	Kept   string         `json:"kept,omitempty"`   // or the id of the kept secret
	Home   entra.TenantID `json:"home,omitempty"`   // of the app
}

// trialsKey holds the tests this browser started, by id.
const trialsKey = "trials"

func (h *Handlers) pendingTrials(c *gin.Context) map[string]pendingTrial {
	all := map[string]pendingTrial{}
	web.SessionOf(c).Get(trialsKey, &all)
	return all
}

func (h *Handlers) mine(c *gin.Context, id string) bool {
	_, ok := h.pendingTrials(c)[id]
	return ok
}

// launch stores the test and leads to its page, from where a link leads to
// Microsoft.
func (h *Handlers) launch(c *gin.Context, t trial.Trial, p pendingTrial) (web.Response, error) {
	t, err := t.Begin(h.Now())
	if err != nil {
		return nil, err
	}
	if err := h.Store.SaveTrial(c.Request.Context(), t, "", nil); err != nil {
		return nil, err
	}
	pending := h.pendingTrials(c)
	pending[t.ID] = p
	if err := web.SessionOf(c).Set(trialsKey, pending); err != nil {
		return nil, err
	}
	h.awaitAnswer(c, t)
	return web.SeeOther("/tests/" + t.ID), nil
}

// leaveForMicrosoft begins a fresh journey: state, nonce and PKCE verifier
// are new each time the link is followed.
func (h *Handlers) leaveForMicrosoft(c *gin.Context) (web.Response, error) {
	t, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	if !h.mine(c, t.ID) {
		return nil, notYourTest()
	}
	if t.Over() {
		return nil, &web.Error{Status: http.StatusConflict, Public: "This test has ended. Start a new one.", Next: web.Link{Label: "Start again", Href: testAddress(t)}}
	}
	r := oauth.Request{Tenant: t.Tenant, ClientID: t.ClientID, RedirectURI: t.RedirectURI, Scopes: t.Scopes, Prompt: "select_account"}
	begin := oauth.Begin
	if t.Kind == trial.AdminConsent {
		r.Scopes, begin = adminScopes(t.Scopes), oauth.BeginAdminConsent
	}
	flow, to := begin(h.Cloud, r, h.Now())
	data, err := json.Marshal(flow)
	if err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	if again, err := t.Begin(h.Now()); err == nil { // one left unanswered begins anew
		t = again
	}
	if err := h.Store.SaveTrial(c.Request.Context(), t, flow.State, data); err != nil {
		return nil, err
	}
	h.awaitAnswer(c, t)
	return web.SeeOtherInPopup(to), nil
}

func notYourTest() error {
	return &web.Error{Status: http.StatusForbidden, Public: "This test was started in another browser. Finish it there, or start a new one here.", Next: web.Link{Label: "Start a test", Href: "/tests/new"}}
}

// adminScopes leaves out what the admin-consent endpoint does not take.
func adminScopes(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		return s == "offline_access" || s == "openid" || s == "profile" || s == "email"
	})
}

// finishTrial receives Microsoft's answer, redeems apart from the request,
// and leads to a clean address.
func (h *Handlers) finishTrial(c *gin.Context) (web.Response, error) {
	cb := oauth.ParseCallback(c.Request.URL.Query())
	ctx := c.Request.Context()
	t, data, err := h.Store.TrialByState(ctx, cb.State)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGone) {
		return nil, &web.Error{Status: http.StatusBadRequest, Err: err, Next: web.Link{Label: "Start a test", Href: "/tests/new"},
			Public: "This answer belongs to no test that waits for one: it was used before, or the test was not started here."}
	}
	if err != nil {
		return nil, err
	}
	p, ok := h.pendingTrials(c)[t.ID]
	if !ok {
		return nil, notYourTest()
	}
	var flow oauth.Flow
	if err := json.Unmarshal(data, &flow); err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	if flow.ExpiredAt(h.Now()) {
		return nil, &web.Error{Status: http.StatusBadRequest, Public: "The sign-in took longer than ten minutes. Start it again.", Next: web.Link{Label: "Back to the test", Href: "/tests/" + t.ID}}
	}
	who, _ := person(c)
	secret := entra.NewSensitive(p.Secret)
	if p.Kept != "" && cb.Error == "" {
		if secret, err = h.Store.UseSecret(ctx, p.Kept, who); err != nil {
			return nil, &web.Error{Status: http.StatusGone, Err: err, Public: "The client secret is no longer at hand here. Start the test again and paste its value.", Next: web.Link{Label: "Start again", Href: testAddress(t)}}
		}
	}
	answered, err := t.Answer()
	if err != nil {
		return nil, &web.Error{Status: http.StatusConflict, Err: err, Public: "This test has ended. Start a new one.", Next: web.Link{Label: "Start again", Href: testAddress(t)}}
	}
	if err := h.Store.SaveTrial(ctx, answered, "", nil); err != nil {
		return nil, err
	}
	h.running.begin(t.ID)
	go h.complete(ctx, t, flow, cb, secret, who)
	return web.SeeOtherInPopup("/tests/" + t.ID + "/answered"), nil
}

func testAddress(t trial.Trial) string {
	if t.Environment == "" {
		return "/tests/new"
	}
	return "/environments/" + t.Environment + "/test"
}
