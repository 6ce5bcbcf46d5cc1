package trial_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/trial"
)

func row(t *testing.T, r *trial.Report, scope string) trial.ScopeRow {
	t.Helper()
	i := slices.IndexFunc(r.Scopes, func(s trial.ScopeRow) bool { return s.Scope == scope })
	if i < 0 {
		t.Fatalf("no row %s in %+v", scope, r.Scopes)
	}
	return r.Scopes[i]
}

// report fails the test unless the trial succeeded.
func report(t *testing.T, done trial.Trial) *trial.Report {
	t.Helper()
	if done.State != trial.Succeeded || done.Report == nil {
		t.Fatalf("the trial is %q: %+v", done.State, done.Failure)
	}
	return done.Report
}

func TestAUsersConsentIsProven(t *testing.T) {
	c := start(t, "vso.work_full", "vso.code")
	home := c.tenant("healthy")
	user := c.user(home, "user")
	run := c.trial("vso.work_full", "vso.code")
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password)
	r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
	if !r.OK || r.Verdict == "" || r.Next != "" {
		t.Errorf("verdict %q, next %q", r.Verdict, r.Next)
	}
	for _, scope := range []string{"vso.work_full", "vso.code"} {
		got := row(t, r, scope)
		if !got.Asked || !got.Registered || !got.Consented || !got.InToken || got.Differs {
			t.Errorf("%+v", got)
		}
	}
	if r.Audience != string(entra.AzureDevOps) || !r.AudienceOK || r.Issuer != "https://sts.windows.net/"+home.ID+"/" || string(r.Tenant) != home.ID {
		t.Errorf("audience %q, issuer %q, tenant %q", r.Audience, r.Issuer, r.Tenant)
	}
	if !r.PersonProven || r.Person.UPN != user.UserPrincipalName || string(r.Person.Tenant) != home.ID {
		t.Errorf("person %+v, proven %v", r.Person, r.PersonProven)
	}
	if !r.LifetimeOK || r.Lifetime < 50*time.Minute || r.Expires.Sub(r.Issued) < 50*time.Minute {
		t.Errorf("lifetime %v from %v to %v", r.Lifetime, r.Issued, r.Expires)
	}
	if !r.RefreshCame || !r.RefreshWorks {
		t.Errorf("refresh came %v, works %v: %s", r.RefreshCame, r.RefreshWorks, r.RefreshNote)
	}
	if !r.Organization.OK || r.Organization.As == "" || !r.Project.OK || r.Project.Name != "Web Shop" {
		t.Errorf("%+v\n%+v", r.Organization, r.Project)
	}
	if len(r.Exercises) != 2 || slices.ContainsFunc(r.Exercises, func(e azuredevops.Exercise) bool { return !e.OK }) {
		t.Errorf("%+v", r.Exercises)
	}
	for _, claim := range r.Claims {
		if strings.Contains(claim.Value, user.UserPrincipalName) || claim.Meaning == "" {
			t.Errorf("claim %+v", claim)
		}
	}
	if len(r.Unread) > 0 || len(r.Notes) != 1 {
		t.Errorf("unread %q, notes %q", r.Unread, r.Notes)
	}
}

func TestGranularScopesOfARegistrationForEverything(t *testing.T) {
	c := start(t, "user_impersonation")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work", "vso.project")
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password)
	r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
	if !r.OK {
		t.Errorf("verdict %q", r.Verdict)
	}
	for _, s := range r.Scopes {
		if s.Differs {
			t.Errorf("asking for less than is registered is right: %+v", s)
		}
	}
}

func TestAConsentedScopeTheRegistrationLacks(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work", "vso.build")
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password)
	r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
	if got := r.Scopes[0]; got.Scope != "vso.build" || !got.Differs || got.Registered || !got.InToken {
		t.Errorf("first row %+v", got)
	}
	if !r.OK {
		t.Errorf("it works all the same: %q", r.Verdict)
	}
}

func TestAnOrganizationOfAnotherTenantIsNamedAsTheCause(t *testing.T) {
	c := start(t, "vso.work")
	foreign := c.tenant("organization of another tenant")
	admin := c.user(foreign, "admin")
	run := c.trial("vso.work")
	run.Tenant, run.Organization, run.Project = foreign.ID, "northwind", "Orders"
	flow, p := c.leave(run)
	p.signIn(admin.UserPrincipalName, admin.Password)
	r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
	home := c.tenant("healthy")
	if r.OK || r.Organization.OK || string(r.Organization.Tenant) != home.ID || !strings.Contains(r.Organization.Cause, home.ID) || !strings.Contains(r.Organization.Cause, foreign.ID) {
		t.Errorf("%+v", r.Organization)
	}
	if !strings.Contains(r.Verdict, "northwind") || r.ConsentedKnown || len(r.Unread) != 1 {
		t.Errorf("verdict %q, unread %q", r.Verdict, r.Unread)
	}
	if len(r.Exercises) != 1 || r.Exercises[0].Exercised {
		t.Errorf("%+v", r.Exercises)
	}
	if len(r.Notes) > 0 {
		t.Errorf("a consent in another tenant does prove something for customers: %q", r.Notes)
	}
}

func TestOrganizationsThatCannotBeReached(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	for organization, cause := range map[string]string{
		"no-such-organization": "no organization",
		"personal-projects":    "personal Microsoft accounts",
		"fabrikam":             "connected to tenant",
	} {
		run := c.trial("vso.work")
		run.Organization = organization
		flow, p := c.leave(run)
		p.signIn(user.UserPrincipalName, user.Password)
		if p.answer == nil {
			p.press("Accept")
		}
		r := report(t, c.complete(c.runner(), run, flow, p))
		if r.OK || !strings.Contains(r.Organization.Cause, cause) || r.Organization.Checked == "" {
			t.Errorf("%s: %q %+v", organization, r.Verdict, r.Organization)
		}
	}
}

func TestAProjectThatIsMissing(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work")
	run.Project = "Atlantis"
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password)
	r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
	if r.OK || !r.Organization.OK || r.Project.OK || r.Project.Cause == "" {
		t.Errorf("%q %+v", r.Verdict, r.Project)
	}
}

func TestADeclinedConsentIsExplained(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work")
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password)
	done := c.complete(c.runner(), run, flow, p.press("Cancel"))
	if done.State != trial.Failed || done.Failure.AADSTS != 65004 || done.Failure.Code != "access_denied" || done.Failure.Next == "" {
		t.Errorf("%q %+v", done.State, done.Failure)
	}
}

func TestAWrongSecretIsExplained(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work")
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password).press("Accept")
	c.secret = entra.NewSensitive(c.secret.Reveal() + "x")
	done := c.complete(c.runner(), run, flow, p)
	if done.State != trial.Failed || done.Failure.AADSTS != 7000215 || done.Failure.Transient || strings.Contains(done.Failure.Raw, c.secret.Reveal()) {
		t.Errorf("%q %+v", done.State, done.Failure)
	}
}

// spreading knows the secret only from the third attempt on.
type spreading struct {
	*oauth.Client
	attempts int
}

func (s *spreading) Redeem(ctx context.Context, f oauth.Flow, code, secret entra.Sensitive) (oauth.Tokens, error) {
	if s.attempts++; s.attempts < 3 {
		secret = entra.NewSensitive("not" + secret.Reveal())
	}
	return s.Client.Redeem(ctx, f, code, secret)
}

func TestASecretThatHasNotSpreadIsTriedAgainWithTheSameCode(t *testing.T) {
	c := start(t, "vso.work")
	user := c.user(c.tenant("healthy"), "user")
	run := c.trial("vso.work")
	run.Changed = time.Now()
	flow, p := c.leave(run)
	p.signIn(user.UserPrincipalName, user.Password).press("Accept")
	runner := c.runner()
	slow := &spreading{Client: c.oauth}
	runner.OAuth = slow
	var told []string
	runner.Observe = func(text string) { told = append(told, text) }
	if r := report(t, c.complete(runner, run, flow, p)); !r.OK || slow.attempts != 3 {
		t.Errorf("%d attempts: %q", slow.attempts, r.Verdict)
	}
	if all := strings.Join(told, " "); strings.Count(all, "Not yet spread, trying again") != 2 {
		t.Errorf("told %q", told)
	}
}

// pasted is what a person copies from the page that never redirects.
func pasted(t *testing.T, c *cloud, change func(*trial.Trial), signIn func(*person)) (string, trial.Trial) {
	t.Helper()
	run := c.trial("vso.work")
	change(&run)
	flow, p := c.leave(run)
	if signIn != nil {
		signIn(p)
	}
	if p.answer != nil {
		t.Fatalf("an answer came: %v", p.answer)
	}
	if flow.State == "" || p.text() == "" {
		t.Fatal("no page")
	}
	return p.text(), run
}

func TestErrorsOfMicrosoftsPageAreExplainedFromAPaste(t *testing.T) {
	c := start(t, "vso.work")
	locked := c.tenant("admin consent required")
	user := c.user(locked, "user")
	for name, c2 := range map[string]struct {
		change func(*trial.Trial)
		signIn func(*person)
		aadsts int
	}{
		"a redirect URI that is not registered": {func(r *trial.Trial) { r.RedirectURI = "http://localhost:8080/elsewhere" }, nil, 50011},
		"a client ID that nobody has":           {func(r *trial.Trial) { r.ClientID = "99999999-2222-3333-4444-555555555555" }, nil, 700016},
		"a user who may not consent": {func(r *trial.Trial) { r.Tenant = locked.ID }, func(p *person) {
			p.signIn(user.UserPrincipalName, user.Password)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			text, run := pasted(t, c, c2.change, c2.signIn)
			run, err := run.Unanswered(trial.WindowClosed, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			done, err := run.Fail(trial.ExplainPaste(text), time.Now())
			if err != nil || done.State != trial.Failed || done.Failure.Cause == "" || done.Failure.Next == "" {
				t.Fatalf("%q: %+v, %v", text, done, err)
			}
			got := done.Failure.AADSTS
			if c2.aadsts == 0 && got != 90094 && got != 90095 || c2.aadsts != 0 && got != c2.aadsts {
				t.Errorf("AADSTS%d from %q", got, text)
			}
		})
	}
}

func TestARedirectURIAddedMomentsAgoIsNotYetSpread(t *testing.T) {
	c := start(t, "vso.work")
	text, run := pasted(t, c, func(r *trial.Trial) { r.RedirectURI = "http://localhost:8080/elsewhere" }, nil)
	run.Changed = time.Now()
	done, err := run.Fail(trial.ExplainPaste(text), time.Now())
	if err != nil || done.State != trial.Waiting || !done.Failure.Transient || done.Failure.AADSTS != 50011 {
		t.Errorf("%q %+v, %v", done.State, done.Failure, err)
	}
}

func TestAnAdministratorsConsent(t *testing.T) {
	c := start(t, "vso.work")
	for name, tenant := range map[string]struct {
		scenario string
		unread   int
	}{"in the app's own tenant": {"healthy", 0}, "in a customer's tenant": {"admin consent required", 1}} {
		t.Run(name, func(t *testing.T) {
			there := c.tenant(tenant.scenario)
			admin := c.user(there, "admin")
			run := c.trial("vso.work")
			run.Kind, run.Tenant = trial.AdminConsent, there.ID
			run.Scopes = []string{entra.ScopeName(entra.AzureDevOps, "vso.work")}
			flow, p := c.leave(run)
			p.signIn(admin.UserPrincipalName, admin.Password)
			r := report(t, c.complete(c.runner(), run, flow, p.press("Accept")))
			got := row(t, r, "vso.work")
			if !r.OK || r.HasToken || string(r.Tenant) != there.ID || !got.Consented || !got.Registered || got.Differs || len(r.Unread) != tenant.unread {
				t.Errorf("%+v\n%+v", r, got)
			}
		})
	}
}

func TestACustomersAdministratorIsToldTheOutcome(t *testing.T) {
	c := start(t, "vso.work")
	customer := c.tenant("admin consent required")
	admin := c.user(customer, "admin")
	link := trial.CustomerLink(c.sandbox.Cloud(), customer.Domain, c.app.ClientID, []string{entra.ScopeName(entra.AzureDevOps, "vso.work")}, callback, "st")
	for button, ok := range map[string]bool{"Cancel": false, "Accept": true} {
		p := open(t, link, callback).signIn(admin.UserPrincipalName, admin.Password).press(button)
		if p.answer == nil || p.answer.Get("state") != "st" {
			t.Fatalf("%s: answer %v, page %q", button, p.answer, p.text())
		}
		o := trial.ReadOutcome(oauth.ParseCallback(p.answer))
		if o.OK != ok || (o.Failure == nil) != ok || ok && string(o.Tenant) != customer.ID {
			t.Errorf("%s: %+v", button, o)
		}
		if !ok && o.Failure.AADSTS != 65004 {
			t.Errorf("%s: %+v", button, o.Failure)
		}
	}
}
