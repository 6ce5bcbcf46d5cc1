package handlers

import (
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// galleryFacts are those of an app whose redirect URI is wrong and whose
// consent falls short, read by an administrator without a test consent.
func galleryFacts(cloud entra.Cloud) checks.Facts {
	const tenant, clientID = "11111111-2222-3333-4444-555555555555", "33333333-2222-3333-4444-555555555555"
	who := entra.Person{Tenant: tenant, ID: "99999999-2222-3333-4444-555555555555", UPN: "admin@contoso.example", DisplayName: "Ada"}
	secret := entra.Secret{KeyID: "77777777-2222-3333-4444-555555555555", Name: "Frontegg", Hint: "abc", Start: galleryTime.AddDate(0, -5, 0), End: galleryTime.AddDate(0, 0, 12)}
	old := entra.Secret{KeyID: "88888888-2222-3333-4444-555555555555", Name: "by hand", Hint: "xyz", Start: galleryTime.AddDate(-2, 0, 0), End: galleryTime.AddDate(0, -1, 0)}
	return checks.Facts{
		Now: galleryTime, Cloud: cloud,
		Given: checks.Given{Environment: "frontegg-prod", Integration: "frontegg", ClientID: clientID, Tenant: tenant, RedirectURI: "https://gateway.example.com/wrong-callback",
			Scopes: "499b84ac-1321-427f-aa17-267ca6975798/vso.work_write 499b84ac-1321-427f-aa17-267ca6975798/vso.code offline_access", Organization: "contoso", Project: "Web Shop"},
		Network:      checks.Known([]checks.Reachability{{Service: "sign-in", Host: "login.example", Stage: "answer", Took: 80 * time.Millisecond}}, "one request to each service"),
		Clock:        checks.Known(time.Second, "Date of the sign-in service"),
		Tenant:       checks.Known(checks.TenantLookup{Exists: true, ID: tenant}, "GET metadata"),
		SignIn:       checks.Known(checks.SignInProbe{OnPage: true, AADSTS: 50011, OAuth: "invalid_request", Text: "AADSTS50011: The redirect URI does not match."}, "GET authorize"),
		Organization: checks.NotKnown[entra.DevOpsOrganization]("Azure DevOps did not show whether the organization exists.", "Look at the network path from here to Azure DevOps, then run the checks again."),
		Operator:     checks.Known(checks.Operator{Person: who, Tenant: entra.Tenant{ID: tenant, DisplayName: "Contoso", DefaultDomain: "contoso.example"}, RolesKnown: true}, "GET /me"),
		Application: checks.Known(&entra.Application{ID: "22222222-2222-3333-4444-555555555555", ClientID: clientID, DisplayName: "Frontegg Integration", Audience: entra.AnyOrganization,
			RedirectURIs: []entra.RedirectURI{{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web}}, Secrets: []entra.Secret{secret, old},
			Permissions: []entra.Permission{{Resource: entra.AzureDevOps, ID: entra.UserImpersonationID, Kind: entra.Scope}}}, "GET /applications"),
		Owners:      checks.Known([]entra.Person{who}, "GET /owners"),
		Principal:   checks.Known(&entra.ServicePrincipal{ID: "44444444-2222-3333-4444-555555555555", ClientID: clientID, DisplayName: "Frontegg Integration", Enabled: true, OwnerTenant: tenant}, "GET /servicePrincipals"),
		Resources:   checks.Known(map[entra.ClientID]entra.ServicePrincipal{entra.AzureDevOps: {ID: "55555555-2222-3333-4444-555555555555", ClientID: entra.AzureDevOps, DisplayName: "Azure DevOps", Enabled: true}}, "GET /servicePrincipals"),
		Grants:      checks.Known([]entra.Grant{{ID: "grant", Client: "44444444-2222-3333-4444-555555555555", Resource: "55555555-2222-3333-4444-555555555555", Type: entra.Principal, Principal: who.ID, Scopes: []string{"vso.work"}}}, "GET /oauth2PermissionGrants"),
		Assignments: checks.Known(0, "GET /appRoleAssignedTo"),
		Policies:    checks.Known(entra.Policies{ConsentPolicies: []string{}, Unread: []string{"The admin consent workflow: Policy.Read.All would allow it."}}, "GET /policies"),
	}
}

func galleryRun(cloud entra.Cloud) store.Run {
	run := store.Run{ID: "run", State: store.RunDone, Started: galleryTime, Ended: galleryTime, RunDocument: store.RunDocument{Facts: galleryFacts(cloud)}}
	run.Results = checks.Evaluate(&run.Facts, checks.All)
	return run
}

// galleryChecks are the pages of the checks in every state.
func galleryChecks(h *Handlers, done store.Environment) []galleryPage {
	form := func(name string, env *store.Environment, fill func(*diagnosePage)) galleryPage {
		p := newDiagnosePage(env, func(_, def string) string { return def })
		p.SignIn = "/sign-in"
		fill(p)
		return galleryPage{name, "diagnose.html", p}
	}
	past := []runRow{{"run", "1 thing stops sign-in.", state{"bad", "something is wrong"}, galleryTime}, {"cut", "", state{"warn", "cut off"}, galleryTime.Add(-time.Hour)}}
	run := galleryRun(h.Cloud)
	report := checks.NewReport(run.Facts, "1.0", false)
	opened := openedPage(report)
	pages := []galleryPage{
		form("diagnose", nil, func(p *diagnosePage) { p.Past = past }),
		form("diagnose-refused", nil, func(p *diagnosePage) {
			p.Errors = []string{"There is nothing to check yet: give at least one of the values, best the client ID."}
		}),
		form("diagnose-environment", &done, func(p *diagnosePage) {
			p.Kept, p.UseKept, p.KeptUntil, p.Reader, p.Read, p.Past = true, true, galleryTime.Add(20*time.Hour), "admin@contoso.example", true, past
		}),
		form("diagnose-elsewhere", &done, func(p *diagnosePage) { p.Reader, p.Elsewhere = "ada@fabrikam.example", true }),
		{"run-from-a-file", "run.html", opened},
		{"report", "report.html", viewRunReport("run", report)},
		{"report-whole", "report.html", viewRunReport("run", checks.NewReport(run.Facts, "1.0", true))},
	}
	pages = append(pages, galleryRunPages(h, done, run)...)
	pages = append(pages, galleryFixes(h, run)...)
	return append(pages, galleryChanges(h, done, run)...)
}

func galleryRunPages(h *Handlers, done store.Environment, run store.Run) []galleryPage {
	whole := h.viewOf(run, &done, false)
	whole.Next = []web.Link{{Label: "Make a test consent", Href: "/tests/new"}}
	anonymous := run
	for _, n := range checks.AllNeeds {
		if n != checks.NeedTenant && n != checks.NeedSignIn && n != checks.NeedNetwork && n != checks.NeedClock {
			anonymous.Facts.Renew(n)
		}
	}
	anonymous.Results = checks.Evaluate(&anonymous.Facts, checks.All)
	improved := run
	improved.Results = checks.Evaluate(&anonymous.Facts, checks.All)
	cut := run
	cut.State = store.RunRunning
	signedIn := h.viewOf(anonymous, nil, false)
	signedIn.NewlyIn = true
	live := &runPage{Run: store.Run{ID: "run"}, Heading: "Checks", Env: &done}
	live.Title = "frontegg-prod: checks, under way"
	live.grow(gallerySeen(run), galleryTime)
	return []galleryPage{
		{"run", "run.html", whole}, {"run-anonymous", "run.html", signedIn}, {"run-improved", "run.html", h.viewOf(improved, nil, false)},
		{"run-cut-off", "run.html", h.viewOf(cut, nil, false)}, {"run-growing", "run.html", live},
	}
}

// gallerySeen is a run half-way: the directory has not answered yet.
func gallerySeen(run store.Run) checkingSeen {
	seen := checkingSeen{results: map[string]checks.Result{}, busy: map[string]time.Time{"the app registration": galleryTime.Add(-7 * time.Second)},
		sources: []checks.Source{{Name: "the app registration", Gives: []checks.Need{checks.NeedApplication}}}}
	for _, r := range run.Results {
		if c := r.Check(); c != nil && c.Group == checks.Anonymous {
			seen.results[r.ID] = r
		}
	}
	return seen
}

func galleryFixes(h *Handlers, run store.Run) []galleryPage {
	var pages []galleryPage
	add := func(name string, w choice, fill func(*fixPage)) {
		if p, ok := propose(&run.Facts, w); ok {
			page := h.fixPage(run, p, w)
			fill(page)
			pages = append(pages, galleryPage{name, "fix.html", page})
		}
	}
	mend := choice{Check: "redirect-uri-registered"}
	add("fix", mend, func(p *fixPage) { p.AsksSecret = true })
	add("fix-signed-out", mend, func(p *fixPage) { p.SignIn = "/sign-in" })
	add("fix-elsewhere", mend, func(p *fixPage) {
		p.SignIn, p.Foreign = "/sign-in", "The facts were read in the tenant 1111, but you are signed in to 2222."
	})
	add("fix-old", mend, func(p *fixPage) { p.Old = true })
	add("fix-revoke", choice{Revoke: "grant"}, func(*fixPage) {})
	add("fix-drop", choice{Drop: "88888888-2222-3333-4444-555555555555"}, func(*fixPage) {})
	return pages
}

// galleryChanges are what may become of a change.
func galleryChanges(h *Handlers, done store.Environment, run store.Run) []galleryPage {
	p, ok := propose(&run.Facts, choice{Check: "redirect-uri-registered"})
	if !ok {
		return nil
	}
	fix := store.RunFix{Parent: "run", Check: "redirect-uri-registered", Say: p.change.Describe(), Request: p.change.Request(), Before: run.Results,
		Foreseen: checks.Preview(run.Facts, checks.All, p.change), Operation: "done", State: setup.Done, RequestID: "44444444-2222-3333-4444-555555555555"}
	page := func(name string, facts checks.Facts, change func(*store.RunFix)) galleryPage {
		after := run
		after.Facts, after.Environment = facts, done.ID
		after.Results = checks.Evaluate(&facts, checks.All)
		f := fix
		change(&f)
		after.Fix = &f
		return galleryPage{name, "run.html", h.viewOf(after, &done, false)}
	}
	live := &runPage{Run: store.Run{ID: "run", Environment: done.ID, RunDocument: store.RunDocument{Fix: &fix}}, Heading: "What became of the change", Env: &done}
	live.Title = "frontegg-prod: checks, under way"
	live.grow(checkingSeen{text: "Checking what the change may have altered."}, galleryTime)
	live.Fix = viewFix(live.Run, true, nil)
	return []galleryPage{
		page("changed", run.Facts.With(p.change), func(*store.RunFix) {}),
		page("changed-with-a-difference", run.Facts, func(*store.RunFix) {}),
		page("changed-refused", run.Facts, func(f *store.RunFix) {
			f.State, f.Error = setup.Failed, "Microsoft Graph answered 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request ID 44444444-2222-3333-4444-555555555555)."
		}),
		page("changed-secret", run.Facts, func(f *store.RunFix) { f.Secret = true }),
		{"changing", "run.html", live},
	}
}
