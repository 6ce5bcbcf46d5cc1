package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

func galleryPlan() setup.Plan {
	create := entra.CreateApplication{DisplayName: "Frontegg Integration", Audience: entra.AnyOrganization, RedirectURIs: []entra.RedirectURI{{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web}}}.Request()
	grant := entra.CreateGrant{ResourceName: "Azure DevOps", Type: entra.AllPrincipals, Scopes: []string{"user_impersonation"}}.Request()
	return setup.Plan{Steps: []setup.Step{
		{ID: "resource:499b84ac-1321-427f-aa17-267ca6975798", Action: setup.Keep, Title: "Azure DevOps is known in this tenant"},
		{ID: "application", Action: setup.Create, Title: "App registration “Frontegg Integration” with its client secret", Request: &create, Who: "Application Developer or an administrator",
			Diffs: []setup.Diff{{Field: "Redirect URI", New: "https://gateway.example.com/integration-callback"}, {Field: "Audience", Old: "AzureADMyOrg", New: "AzureADMultipleOrgs"}}},
		{ID: "grant:499b84ac-1321-427f-aa17-267ca6975798", Action: setup.Update, Title: "Consent for Azure DevOps", Request: &grant, Who: "Cloud Application Administrator", Note: "Existing scopes are kept."},
		{ID: "lost-secret:1", Action: setup.Remove, Title: "The client secret whose value was lost", Request: &grant},
	}}
}

func galleryWizard(env store.Environment, p preset.Preset) []galleryPage {
	page := func(slug string, fill func(*wizardPage)) galleryPage {
		w := newWizardPage(env, p, stepIndex(slug))
		w.Manual = (&Handlers{Cloud: entra.Public()}).manualFor(slug, env, p)
		fill(w)
		return galleryPage{"wizard-" + slug, "wizard.html", w}
	}
	named := func(name string, g galleryPage) galleryPage { g.Name = name; return g }
	limit := web.Field{Name: "lifetime", Label: "Expires after", Type: "select", Options: []web.Option{{Value: "90", Label: "90 days", Selected: true}}}
	text := web.Field{Name: "description", Label: "Description", Value: "Frontegg Integration"}
	org := func(s state, words ...string) *organizationStep {
		return &organizationStep{Organization: web.Field{Name: "organization", Label: "Azure DevOps organization", Value: "contoso", Help: "Its name, or any address of it."}, Project: web.Field{Name: "project", Label: "Project (optional)"}, Checked: true, State: s, Words: words}
	}
	form := integrationForm(p, env.Spec, nil)
	return []galleryPage{
		page("integration", func(w *wizardPage) { w.Integration = &form }),
		page("tenant", func(w *wizardPage) {
			w.Tenant = &tenantStep{SignedIn: true, Person: entra.Person{UPN: "admin@contoso.example", DisplayName: "Ada"}, Tenant: entra.Tenant{ID: "11111111-2222-3333-4444-555555555555", DisplayName: "Contoso", DefaultDomain: "contoso.example"},
				Abilities: append(abilities([]string{entra.RoleGlobalAdministrator}, entra.Policies{}), abilities(nil, entra.Policies{SecretsForbidden: new(true), UsersMayRegisterApps: new(false)})...), Unread: []string{"The app management policies: Policy.Read.All would allow it."}}
		}),
		named("wizard-tenant-signed-out", page("tenant", func(w *wizardPage) { w.Tenant = &tenantStep{SignIn: "/sign-in"} })),
		page("app", func(w *wizardPage) {
			w.App = &appStep{OftenExisting: true, Searched: true, Search: "Front", Existing: true, Found: []foundApp{{Application: entra.Application{ClientID: "33333333-2222-3333-4444-555555555555", DisplayName: "Frontegg"}, Chosen: true, Foreign: "frontegg-old"}},
				Name: web.Field{Name: "displayName", Label: "Name of the app registration", Value: "Frontegg Integration", Required: true}, Audience: audienceField("")}
			w.Errors = []string{"The name of the app registration must have 1 to 120 characters."}
		}),
		page("permissions", func(w *wizardPage) {
			w.Permissions = &permissionsStep{Recommended: p.Registered, Groups: scopeGroups([]string{"vso.work_full"}), Operations: p.Operations, BeyondIsRight: true, Consent: true, AdminConsentAsked: true}
		}),
		page("secret", func(w *wizardPage) { w.Secret = &secretStep{Description: text, Lifetime: limit, Limit: "90 days"} }),
		named("wizard-secret-forbidden", page("secret", func(w *wizardPage) { w.Secret = &secretStep{Description: text, Lifetime: limit, Forbidden: true} })),
		page("organization", func(w *wizardPage) { w.Organization = org(state{"good", "found"}, "contoso exists.") }),
		named("wizard-organization-missing", page("organization", func(w *wizardPage) {
			w.Organization = org(state{"bad", "does not exist"}, "Azure DevOps knows no organization contosso.")
		})),
		page("review", func(w *wizardPage) {
			w.Review = &reviewStep{Rows: planRows(galleryPlan().Steps), Pending: 3, Organization: org(state{"warn", "belongs to another tenant"}, "It belongs to another tenant.")}
		}),
		named("wizard-review-refused", page("review", func(w *wizardPage) {
			w.Review = &reviewStep{Rows: planRows(galleryPlan().Steps), Pending: 3, Hurdles: hurdles(galleryPlan().Steps, nil, entra.Policies{SecretsForbidden: new(true), UsersMayRegisterApps: new(false)})}
		})),
		named("wizard-review-done", page("review", func(w *wizardPage) { w.Review = &reviewStep{Rows: planRows(galleryPlan().Steps[:1])} })),
		named("wizard-review-problem", page("review", func(w *wizardPage) {
			w.Review = &reviewStep{Problem: "Microsoft Graph answered 403: Insufficient privileges to complete the operation.", Interrupted: "op"}
		})),
		named("wizard-review-needs", page("review", func(w *wizardPage) {
			w.Review = &reviewStep{Needs: []string{"Sign in to the tenant first."}, Running: "op"}
		})),
	}
}

func galleryOperations(env store.Environment) []store.Operation {
	result := env.Result
	who := entra.Person{UPN: "admin@contoso.example"}
	return []store.Operation{
		{ID: "done", Environment: env.ID, Kind: store.SetupOperation, State: store.OperationDone, Plan: galleryPlan(), Result: result, Started: galleryTime, Actor: who},
		{ID: "running", Environment: env.ID, Kind: store.SetupOperation, State: store.OperationRunning, Plan: galleryPlan(), Started: galleryTime, Actor: who},
		{ID: "failed", Environment: env.ID, Kind: store.SetupOperation, State: store.OperationFailed, Plan: galleryPlan(), Error: "Microsoft Graph answered 403: Insufficient privileges to complete the operation.", Result: &setup.Result{Left: galleryPlan().Steps[2:3]}, Started: galleryTime, Actor: who},
		{ID: "interrupted", Environment: env.ID, Kind: store.SecretOperation, State: store.OperationInterrupted, Plan: galleryPlan(), Started: galleryTime, Actor: who},
		{ID: "removed", Environment: env.ID, Kind: store.RemoveOperation, State: store.OperationDone, Plan: galleryPlan(), Started: galleryTime, Actor: who},
	}
}

func galleryRuns(env store.Environment) []galleryPage {
	entries := []setup.Entry{
		{Step: "application", Title: "App registration", State: setup.Done, RequestID: "44444444-2222-3333-4444-555555555555"},
		{Step: "grant:499b84ac-1321-427f-aa17-267ca6975798", Title: "Consent", State: setup.Failed, Error: "Insufficient privileges to complete the operation.", RequestID: "55555555-2222-3333-4444-555555555555"},
		{Step: "secret", Title: "Client secret", State: setup.Unknown},
	}
	var pages []galleryPage
	for _, op := range galleryOperations(env) {
		texts := map[setup.StepID]setup.Event{"lost-secret:1": {Text: "Waiting 5 seconds: Microsoft Graph asked for it."}}
		pages = append(pages, galleryPage{"operation-" + op.ID, "operation.html", operationView(op, env, entries, texts, &store.KeptSecret{})})
	}
	return pages
}

func gallerySecrets(env store.Environment, p preset.Preset) []galleryPage {
	page := func(name string, fill func(*secretPage)) galleryPage {
		s := newSecretPage(env, p)
		fill(s)
		return galleryPage{name, "secret.html", s}
	}
	kept := galleryKept()[0]
	return []galleryPage{
		page("secret-waiting", func(s *secretPage) { s.Kept = &kept }),
		page("secret-of-another-person", func(s *secretPage) { s.Kept, s.Foreign = &kept, true }),
		page("secret-shown-without-script", func(s *secretPage) { s.Kept, s.Value = &kept, "abc8Q~not-a-real-secret-only-a-picture" }),
		page("secret-gone", func(*secretPage) {}),
		page("secret-forgotten", func(s *secretPage) { s.Forgotten = &kept }),
	}
}

func galleryTests(h *Handlers, env store.Environment) []galleryPage {
	view := func(name string, t trial.Trial, mine bool) galleryPage {
		p := trialView(t, galleryTime)
		p.Mine, p.LoginHost, p.Env, p.HandOff = mine, hostOf(h.Cloud.Authorize), &env, "/environments/done/hand-off"
		return galleryPage{name, "trial.html", p}
	}
	base := trial.Trial{ID: "t", Environment: env.ID, Kind: trial.UserConsent, Tenant: "organizations", State: trial.Waiting, Started: galleryTime}
	silent, redeeming, none := base, base, base
	silent.Started = galleryTime.Add(-3 * time.Minute)
	redeeming.State, none.State, none.Silence = trial.Redeeming, trial.NoAnswer, trial.WindowClosed
	all := galleryTrials()
	admin := all[0]
	admin.Kind, admin.Report = trial.AdminConsent, &trial.Report{ConsentedKnown: true, Verdict: "Consent is given for the whole tenant.", OK: true, Unread: []string{"What is registered could not be read."}}
	form := &testPage{Env: &env, Action: "/environments/done/test", MayAdd: true, AddURI: true, Callback: h.BaseURL + trialCallback, Past: []trialRow{{"t1", trialWords(all[0], env), trialState(all[0]), galleryTime}}, Errors: []string{"Name at least one scope to ask for."}}
	form.Title = env.Name + ": test consent"
	form.fields(func(_, def string) string { return def }, []string{"openid"})
	return []galleryPage{
		{"test", "test.html", form},
		view("trial-waiting", base, true), view("trial-elsewhere", base, false), view("trial-silent", silent, true), view("trial-redeeming", redeeming, true),
		view("trial-no-answer", none, true), view("trial-works", all[0], true), view("trial-failed", all[1], true), view("trial-admin", admin, true),
	}
}

func galleryRemovals(draft, done store.Environment, p preset.Preset) []galleryPage {
	full := &removePage{Env: done, Preset: p, Rows: planRows(galleryPlan().Steps[3:]), Stops: []string{"Nobody can sign in through Frontegg Integration any more."}, Errors: []string{"Type the environment's name to remove it."}}
	full.Title = done.Name + ": remove"
	empty := &removePage{Env: draft, Preset: p}
	empty.Title = draft.Name + ": remove"
	return []galleryPage{{"remove", "remove.html", full}, {"remove-draft", "remove.html", empty}}
}

func galleryHistory(p *historyPage) *historyPage {
	p.Title, p.Section, p.Back = p.Heading, "start", web.Link{Label: "shop", Href: "/_gallery/environment"}
	if p.Operations != nil {
		p.First, p.Older = "/_gallery/history-changes", "/_gallery/history-changes?place=older"
	}
	return p
}
