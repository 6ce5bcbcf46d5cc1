package handlers

import (
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// A galleryPage is one page in one state, made by hand.
type galleryPage struct {
	Name, Template string
	Page           web.Pager
}

// galleryIndex lists them.
type galleryIndex struct {
	web.Base
	Names []string
}

func (h *Handlers) showGallery(*gin.Context) (web.Response, error) {
	page := &galleryIndex{}
	page.Title = "Gallery"
	for _, g := range h.gallery() {
		page.Names = append(page.Names, g.Name)
	}
	return web.Page("gallery.html", page), nil
}

func (h *Handlers) showGalleryPage(c *gin.Context) (web.Response, error) {
	all := h.gallery()
	i := slices.IndexFunc(all, func(g galleryPage) bool { return g.Name == c.Param("name") })
	if i < 0 {
		return nil, web.NotFound("gallery page")
	}
	return web.Page(all[i].Template, all[i].Page), nil
}

// galleryTime is the moment the gallery's values are made for.
var galleryTime = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// gallery is every page in every designed state: empty, partial, failed,
// done. The render test and the accessibility walk use the same list.
func (h *Handlers) gallery() []galleryPage {
	g := *galleryHandlers(h)
	draft, done := galleryEnvironments()
	frontegg, _ := preset.ByID("frontegg")
	pages := []galleryPage{
		{"start-empty", "start.html", g.startPage(nil)},
		{"start", "start.html", g.startPage([]store.Environment{draft, done, galleryAttention(done)})},
		{"sign-in", "sign_in.html", g.signInPage("/", levelRead, false)},
		{"sign-in-failed", "sign_in.html", gallerySignInFailed(&g)},
		{"sign-in-write", "sign_in.html", g.signInPage("/environments/done/setup/review", levelWrite, false)},
		{"sign-in-again", "sign_in.html", g.signInPage("/environments/done/setup/review", levelConsent, true)},
		{"form-kept", "form_kept.html", formView(keptForm{Path: "/setup/frontegg", Back: "/setup/frontegg", Fields: url.Values{"environment": {"frontegg-prod"}, "inputs.host": {"gateway.example.com"}, "version": {"3"}}})},
		{"sessions", "sessions.html", sessionsView(gallerySessions())},
		{"denied", "denied.html", g.deniedView("You are known, but you have no role in this console yet.")},
		{"integrations", "integrations.html", galleryIntegrations()},
		{"environment", "environment.html", galleryReminded(g.environmentPage(done, frontegg, galleryOperations(done), galleryTrials(), galleryKept()), done)},
		{"history-changes", "history.html", galleryHistory(&historyPage{Heading: "shop: changes", Operations: operationRows(galleryOperations(done))})},
		{"history-none", "history.html", galleryHistory(&historyPage{Heading: "shop: runs of the checks", None: "The checks have not been run for this environment yet.", Begin: web.Link{Label: "Run the checks", Href: "/_gallery/diagnose-environment"}})},
		{"environment-attention", "environment.html", g.environmentPage(galleryAttention(done), frontegg, nil, nil, nil)},
		{"hand-off", "hand_off.html", handOff(done, frontegg)},
		{"hand-off-too-early", "hand_off.html", handOff(draft, frontegg)},
		{"manual", "manual.html", galleryManual(&g, done, frontegg)},
		{"admin-request", "admin_request.html", galleryAdminRequest(done, frontegg)},
		{"error", "error.html", galleryError()},
		{"customer", "customer.html", galleryCustomer()},
		{"answered", "answered.html", answeredView(galleryTrials()[0])},
		{"outcome-good", "outcome.html", galleryOutcome(trial.Outcome{Title: "Consent is given", Words: "Everybody in your tenant can use the integration now.", Tenant: "11111111-2222-3333-4444-555555555555"})},
		{"outcome-refused", "outcome.html", galleryOutcome(trial.Outcome{Title: "Consent was not given", Failure: galleryFailure()})},
	}
	for _, p := range preset.All {
		pages = append(pages, galleryPage{"new-" + p.ID, "new_environment.html", newEnvironment(p, setup.Spec{Name: p.ID, Integration: p.ID, Inputs: inputDefaults(p)}, nil)})
		e := done
		e.Spec.Integration, e.Spec.Inputs = p.ID, inputDefaults(p)
		pages = append(pages, galleryPage{"hand-off-" + p.ID, "hand_off.html", handOff(e, p)})
	}
	pages = append(pages, galleryPage{"new-with-errors", "new_environment.html", newEnvironment(frontegg, setup.Spec{Name: "Not A Name", Inputs: map[string]string{"host": "http://"}},
		[]setup.FieldError{{Field: "environment", Message: "Names have lower-case letters, digits and hyphens."}, {Field: "inputs.host", Message: "Give the host alone, such as gateway.example.com."}})})
	pages = append(pages, galleryIdentities(&g)...)
	pages = append(pages, galleryWizard(draft, frontegg)...)
	pages = append(pages, galleryRuns(done)...)
	pages = append(pages, gallerySecrets(done, frontegg)...)
	pages = append(pages, galleryTests(&g, done)...)
	pages = append(pages, galleryRotations(done, frontegg)...)
	pages = append(pages, galleryCredentials(&g, draft, done)...)
	pages = append(pages, galleryChecks(&g, done)...)
	pages = append(pages, galleryExplanations(h.Cloud)...)
	pages = append(pages, galleryAdvice(h.Cloud)...)
	pages = append(pages, galleryAudit()...)
	return append(pages, galleryRemovals(draft, done, frontegg)...)
}

// galleryHandlers is h at the gallery's moment, with both ways to sign in.
func galleryHandlers(h *Handlers) *Handlers {
	return &Handlers{
		Cloud: h.Cloud, BaseURL: h.BaseURL, Now: func() time.Time { return galleryTime },
		Browser: &BrowserSignIn{ClientID: "11111111-2222-3333-4444-555555555555", Name: "Consentry", Tenant: "organizations"},
		Device:  &DeviceSignIn{ClientID: "11111111-2222-3333-4444-555555555555", Name: "Consentry", Tenant: "organizations"},
		Ambient: &Ambient{Kind: AzureCLI, Token: h.tokens(entra.Person{})},
		Accounts: []Account{{"admin@contoso.example", "a password", "Global Administrator of a healthy tenant"},
			{"user@fabrikam.example", "a password", "admin consent required; no directory role"}},
	}
}

func galleryEnvironments() (draft, done store.Environment) {
	draft = store.Environment{ID: "draft", Name: "frontegg-staging", State: store.Draft, Step: "permissions", Tenant: "11111111-2222-3333-4444-555555555555", TenantName: "Contoso", Version: 3,
		Spec:    setup.Spec{Name: "frontegg-staging", Integration: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"}},
		Updated: galleryTime.Add(-2 * time.Hour)}
	secret := entra.Secret{KeyID: "77777777-2222-3333-4444-555555555555", Name: entra.SecretName("Frontegg Integration", "frontegg-prod", "OP"), Hint: "abc", Start: galleryTime.Add(-168 * 24 * time.Hour), End: galleryTime.Add(12 * 24 * time.Hour)}
	done = draft
	done.ID, done.Name, done.State, done.Step = "done", "frontegg-prod", store.Connected, "review"
	done.Spec.Name, done.Spec.Organization, done.Spec.Project = "frontegg-prod", "contoso", "Web Shop"
	done.Result = &setup.Result{Proven: true, Secret: &secret, Words: []string{"The secret of an attempt that was cut off had been lost. It was removed and replaced."},
		App: entra.Application{ID: "22222222-2222-3333-4444-555555555555", ClientID: "33333333-2222-3333-4444-555555555555", DisplayName: "Frontegg Integration", Audience: entra.AnyOrganization,
			Secrets: []entra.Secret{secret, {KeyID: "8", Name: "by hand", Hint: "xyz", Start: galleryTime.Add(-900 * 24 * time.Hour), End: galleryTime.Add(-24 * time.Hour)}}}}
	return draft, done
}

func galleryAttention(e store.Environment) store.Environment {
	e.ID, e.Name, e.State, e.Result = "attention", "cyclr-prod", store.Attention, nil
	return e
}

func galleryFailure() *trial.Failure {
	f := trial.Explain(50011, "invalid_request")
	f.Raw = "AADSTS50011: The redirect URI 'https://example.com/cb' specified in the request does not match the redirect URIs configured for the application."
	return &f
}

func gallerySignInFailed(h *Handlers) *signInPage {
	p := h.signInPage("/", levelRead, false)
	f := trial.Explain(65004, "access_denied")
	p.Failure = &f
	return p
}

func galleryIntegrations() *integrationsPage {
	p := &integrationsPage{Presets: preset.All}
	p.Title = "Set up an integration"
	return p
}

func galleryManual(h *Handlers, env store.Environment, p preset.Preset) *manualPage {
	page := &manualPage{Env: env, Preset: p, Steps: h.manual(env, p)}
	page.Title = env.Name + ": the manual way"
	return page
}

func galleryAdminRequest(env store.Environment, p preset.Preset) *adminRequestPage {
	page := &adminRequestPage{Env: env, Text: p.AdminRequest(handOffValues(env, p))}
	page.Title = env.Name + ": text for the administrator"
	return page
}

func galleryError() *web.ErrorPage {
	p := &web.ErrorPage{Status: 409, Message: "Somebody changed this environment in another window after you opened this page. Nothing was overwritten.", RequestID: "0123456789abcdef", Next: web.Link{Label: "Load the newest state", Href: "/"}}
	p.Title = "Conflict"
	return p
}

func galleryCustomer() *customerPage {
	p := &customerPage{EnvID: "done", EnvName: "frontegg-prod", Integration: "Frontegg Integration", LoginHost: "login.example", Back: radio("back", "Where Microsoft leads afterwards", "console", web.Option{Value: "console", Label: "To this console"}), Ours: true, OursCopy: web.Copyable{Label: "redirect URI", Value: "http://localhost:8080/consent/outcome"},
		Link: "https://login.example/customer.example/v2.0/adminconsent?client_id=33333333-2222-3333-4444-555555555555", Redirect: "https://gateway.example.com/integration-callback", Scopes: []string{"499b84ac-1321-427f-aa17-267ca6975798/user_impersonation"}}
	p.Title = "frontegg-prod: link for a customer"
	p.Tenant = web.Field{Name: "tenant", Label: "The customer's tenant", Value: "customer.example", Required: true}
	return p
}

func galleryOutcome(o trial.Outcome) *outcomePage {
	p := &outcomePage{Outcome: o}
	p.Title = o.Title
	return p
}

func galleryKept() []store.KeptSecret {
	return []store.KeptSecret{{ID: "kept", Environment: "done", Hint: "abc", Expires: galleryTime.Add(180 * 24 * time.Hour), Created: galleryTime, Usable: true}}
}

func galleryTrials() []trial.Trial {
	report := galleryReport()
	return []trial.Trial{
		{ID: "t1", Kind: trial.UserConsent, Tenant: "organizations", State: trial.Succeeded, Report: report, Started: galleryTime},
		{ID: "t2", Kind: trial.AdminConsent, Tenant: "customer.example", State: trial.Failed, Failure: galleryFailure(), Started: galleryTime.Add(-time.Hour)},
	}
}

func galleryReport() *trial.Report {
	return &trial.Report{HasToken: true, RegisteredKnown: true, ConsentedKnown: true, OK: true, Verdict: "Ada can use the integration: the token reaches contoso / Web Shop.",
		Scopes: []trial.ScopeRow{
			{Scope: "vso.code", Asked: true, Registered: true, InToken: true, ImpliedBy: "user_impersonation", Note: "Covered."},
			{Scope: "vso.build", Asked: true, Differs: true, Note: "Asked for, but neither consented nor in the token."},
		},
		Audience: "499b84ac-1321-427f-aa17-267ca6975798", AudienceOK: true, Issuer: "https://sts.windows.net/11111111-2222-3333-4444-555555555555/", Tenant: "11111111-2222-3333-4444-555555555555",
		Person: entra.Person{UPN: "ada@contoso.example", DisplayName: "Ada"}, Lifetime: 75 * time.Minute, LifetimeOK: true, RefreshAsked: true, RefreshCame: true, RefreshWorks: true,
		Claims:       []trial.Claim{{Name: "aud", Value: "499b84ac-1321-427f-aa17-267ca6975798", Meaning: "For which service the token is; others refuse it"}},
		Organization: trial.Reach{Name: "contoso", Tried: true, OK: true, As: "Ada"}, Project: trial.Reach{Name: "Web Shop", Tried: true, Cause: "No project of that name is visible to Ada.", Next: "Ask the project's administrator to add her."},
		Exercises: []trial.Exercise{{Scope: "vso.code", Method: "GET", Path: "/contoso/_apis/git/repositories", Status: 200, OK: true, Exercised: true}, {Scope: "vso.release", Note: "its host is not configured"}},
	}
}
