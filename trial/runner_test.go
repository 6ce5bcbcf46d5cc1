package trial

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// aSignIn answers Redeem with errs one after the other, then with tokens.
type aSignIn struct {
	errs       []error
	tokens     oauth.Tokens
	refreshErr error
	verifyErr  error
	person     entra.Person

	redeemed, refreshed int
}

func (s *aSignIn) Redeem(context.Context, oauth.Flow, entra.Sensitive, entra.Sensitive) (oauth.Tokens, error) {
	s.redeemed++
	if s.redeemed <= len(s.errs) {
		return oauth.Tokens{}, s.errs[s.redeemed-1]
	}
	return s.tokens, nil
}

func (s *aSignIn) Refresh(context.Context, string, entra.ClientID, entra.Sensitive, entra.Sensitive, []string) (oauth.Tokens, error) {
	s.refreshed++
	return s.tokens, s.refreshErr
}

func (s *aSignIn) VerifyIDToken(context.Context, oauth.Flow, entra.Sensitive) (entra.Person, error) {
	return s.person, s.verifyErr
}

// aDevOps is an organization that lets everybody in but refuses scopes.
type aDevOps struct {
	org     azuredevops.Organization
	connErr error
	refuses []string
	asked   []string
}

func (d *aDevOps) Lookup(context.Context, string) (azuredevops.Organization, error) {
	return d.org, nil
}

func (d *aDevOps) Connection(context.Context, string, entra.Sensitive) (azuredevops.Identity, error) {
	return azuredevops.Identity{ID: "1", DisplayName: "Anna"}, d.connErr
}

func (d *aDevOps) Project(_ context.Context, _, name string, _ entra.Sensitive) (azuredevops.Project, error) {
	return azuredevops.Project{ID: "1", Name: name}, nil
}

func (d *aDevOps) Projects(context.Context, string, entra.Sensitive) ([]azuredevops.Project, error) {
	return []azuredevops.Project{{Name: "Mobile"}}, nil
}

func (d *aDevOps) Exercise(_ context.Context, slug, project, scope string, _ entra.Sensitive) azuredevops.Exercise {
	d.asked = append(d.asked, slug+"/"+project+" "+scope)
	return azuredevops.Exercise{Scope: scope, Exercised: true, OK: !slices.Contains(d.refuses, scope)}
}

// jwt is a token for reading; nothing here verifies signatures.
func jwt(t *testing.T, claims map[string]any) entra.Sensitive {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return entra.NewSensitive("eyJh." + base64.RawURLEncoding.EncodeToString(payload) + ".canary-signature")
}

func devOpsClaims(scp string) map[string]any {
	return map[string]any{
		"aud": string(entra.AzureDevOps), "iss": "https://sts.windows.net/" + string(homeID) + "/", "tid": string(homeID), "oid": string(theUser),
		"scp": scp, "upn": "anna@contoso.example", "name": "Anna", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "ver": "1.0",
	}
}

// aRun is a runner with a clock that Sleep moves.
type aRun struct {
	*Runner
	signIn *aSignIn
	devops *aDevOps
	clock  time.Time
	told   []string
}

func newRun(t *testing.T) *aRun {
	run := &aRun{clock: now}
	run.signIn = &aSignIn{
		tokens: oauth.Tokens{
			Access: jwt(t, devOpsClaims("vso.work")), Refresh: entra.NewSensitive("canary-refresh"), ID: entra.NewSensitive("canary-id"),
			TokenType: "Bearer", Lifetime: time.Hour, Expires: now.Add(time.Hour),
		},
		person: entra.Person{Tenant: homeID, ID: theUser, UPN: "anna@contoso.example", DisplayName: "Anna"},
	}
	run.devops = &aDevOps{org: azuredevops.Organization{Exists: true, Connected: true, Tenant: homeID}}
	run.Runner = &Runner{
		OAuth: run.signIn, DevOps: run.devops, Directory: &aDirectory{tenant: homeID, app: anApp(), grants: someGrants()},
		Now:     func() time.Time { return run.clock },
		Sleep:   func(ctx context.Context, d time.Duration) error { run.clock = run.clock.Add(d); return ctx.Err() },
		Observe: func(text string) { run.told = append(run.told, text) },
	}
	return run
}

func aTrial() Trial {
	return Trial{
		ID: "t1", Kind: UserConsent, Tenant: "organizations", ClientID: theClient, RedirectURI: "http://localhost:8080/cb",
		Scopes:       []string{string(entra.AzureDevOps) + "/vso.work", "openid", "profile", "offline_access"},
		Organization: "contoso", Project: "Web Shop", State: Waiting, Started: now,
	}
}

var (
	theFlow = oauth.Flow{State: "s1", Nonce: "n", Verifier: "v", Tenant: "organizations", ClientID: theClient}
	theCode = oauth.Callback{State: "s1", Code: entra.NewSensitive("canary-code")}
	aSecret = entra.NewSensitive("canary-secret")
)

func TestCompleteReportsOnAGoodConsent(t *testing.T) {
	run := newRun(t)
	done, err := run.Complete(t.Context(), aTrial(), theFlow, theCode, aSecret)
	if err != nil || done.State != Succeeded || done.Report == nil {
		t.Fatalf("%+v, %v", done, err)
	}
	r := *done.Report
	if !r.OK || !r.HasToken || !r.AudienceOK || r.ResourceName != "Azure DevOps" || !r.LifetimeOK || !r.RefreshAsked || !r.RefreshWorks {
		t.Errorf("%+v", r)
	}
	if r.Tenant != homeID || !r.PersonProven || r.Person.ID != theUser || !r.Issued.Equal(now) || !r.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("person and times: %+v", r)
	}
	if !r.Organization.OK || !r.Project.OK || !slices.Equal(run.devops.asked, []string{"contoso/Web Shop vso.work"}) {
		t.Errorf("%+v %+v %q", r.Organization, r.Project, run.devops.asked)
	}
	if row := cells(r.Scopes[0]); row != "vso.code arCt" && row != "!vso.code arCt" {
		t.Errorf("first row %q: a consent that is no longer registered differs", row)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "no verified publisher") {
		t.Errorf("a consent in the app's own tenant proves nothing for customers: %q", r.Notes)
	}
	if run.signIn.redeemed != 1 || run.signIn.refreshed != 1 {
		t.Errorf("redeemed %d times, refreshed %d times", run.signIn.redeemed, run.signIn.refreshed)
	}
	stored, err := json.Marshal(done)
	if err != nil || strings.Contains(string(stored)+strings.Join(run.told, " "), "canary") {
		t.Errorf("a token, code or secret is in the result (%v)", err)
	}
}

func TestCompleteTriesAgainWhileASecretSpreads(t *testing.T) {
	wrong := &entra.ServiceError{Service: "sign-in", Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "AADSTS7000215"}
	run := newRun(t)
	run.signIn.errs = []error{wrong, wrong, wrong}
	trial := aTrial()
	trial.Changed = now.Add(-10 * time.Second)
	done, err := run.Complete(t.Context(), trial, theFlow, theCode, aSecret)
	if err != nil || done.State != Succeeded || done.Failure != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	if run.signIn.redeemed != 4 || run.clock.Equal(now) {
		t.Errorf("redeemed %d times in %v", run.signIn.redeemed, run.clock.Sub(now))
	}
	if n := strings.Count(strings.Join(run.told, "\n"), "Not yet spread, trying again"); n != 3 {
		t.Errorf("told %q", run.told)
	}
}

func TestCompleteGivesUpOnASecretThatStaysWrong(t *testing.T) {
	wrong := &entra.ServiceError{Service: "sign-in", Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "AADSTS7000215 for anna@contoso.example"}
	run := newRun(t)
	run.signIn.errs = slices.Repeat([]error{wrong}, 1000)
	trial := aTrial()
	trial.Changed = now
	done, err := run.Complete(t.Context(), trial, theFlow, theCode, aSecret)
	if err != nil || done.State != Failed || done.Failure.AADSTS != 7000215 || done.Failure.Transient {
		t.Fatalf("%+v, %v", done, err)
	}
	if waited := run.clock.Sub(now); waited <= NotYetSpread-15*time.Second || waited > NotYetSpread+15*time.Second || run.signIn.redeemed > 30 {
		t.Errorf("%d attempts in %v", run.signIn.redeemed, waited)
	}
	if done.Failure.Raw != "AADSTS7000215 for a…@contoso.example" {
		t.Errorf("raw %q", done.Failure.Raw)
	}
}

func TestCompleteFails(t *testing.T) {
	refused := func(code int, name string) *entra.ServiceError {
		return &entra.ServiceError{Service: "sign-in", Status: 400, Code: name, AADSTS: code}
	}
	for name, c := range map[string]struct {
		prepare func(*aRun, *Trial, *oauth.Callback)
		aadsts  int
		cause   string
		redeems int
	}{
		"a wrong secret without a change of ours": {func(r *aRun, _ *Trial, _ *oauth.Callback) {
			r.signIn.errs = []error{refused(7000215, "invalid_client")}
		}, 7000215, "secret", 1},
		"a used code after our change": {func(r *aRun, tr *Trial, _ *oauth.Callback) {
			tr.Changed = now
			r.signIn.errs = []error{refused(54005, "invalid_grant")}
		}, 54005, "code", 1},
		"no answer": {func(r *aRun, _ *Trial, _ *oauth.Callback) { r.signIn.errs = []error{errNetwork} }, 0, "no usable answer", 1},
		"the person declined": {func(_ *aRun, _ *Trial, cb *oauth.Callback) {
			*cb = oauth.Callback{State: "s1", Error: "access_denied", AADSTS: 65004}
		}, 65004, "declined", 0},
		"an admin declined": {func(_ *aRun, tr *Trial, cb *oauth.Callback) {
			tr.Kind = AdminConsent
			*cb = oauth.Callback{State: "s1", Error: "consent_required", AADSTS: 65004}
		}, 65004, "declined", 0},
		"neither code nor error":            {func(_ *aRun, _ *Trial, cb *oauth.Callback) { cb.Code = entra.Sensitive{} }, 0, "neither a code nor an error", 0},
		"an admin's answer without consent": {func(_ *aRun, tr *Trial, _ *oauth.Callback) { tr.Kind = AdminConsent }, 0, "neither a code nor an error", 0},
		"an ID token that is not proven":    {func(r *aRun, _ *Trial, _ *oauth.Callback) { r.signIn.verifyErr = errors.New("nonce") }, 0, "could not be proven", 1},
	} {
		t.Run(name, func(t *testing.T) {
			run, trial, cb := newRun(t), aTrial(), theCode
			c.prepare(run, &trial, &cb)
			done, err := run.Complete(t.Context(), trial, theFlow, cb, aSecret)
			if err != nil || done.State != Failed || done.Failure == nil || done.Report != nil {
				t.Fatalf("%+v, %v", done, err)
			}
			f := done.Failure
			if f.AADSTS != c.aadsts || !strings.Contains(f.Cause, c.cause) || f.Next == "" || f.Transient {
				t.Errorf("%+v", f)
			}
			if run.signIn.redeemed != c.redeems {
				t.Errorf("redeemed %d times, want %d", run.signIn.redeemed, c.redeems)
			}
		})
	}
}

func TestCompleteLeavesATrialThatTheAnswerIsNotFor(t *testing.T) {
	for name, c := range map[string]struct {
		state State
		flow  oauth.Flow
		want  error
	}{
		"another state":   {Waiting, oauth.Flow{State: "other"}, oauth.ErrState},
		"an empty state":  {Waiting, oauth.Flow{}, oauth.ErrState},
		"a second answer": {Succeeded, theFlow, &StateError{Succeeded, Redeeming}},
	} {
		run, trial := newRun(t), aTrial()
		trial.State = c.state
		done, err := run.Complete(t.Context(), trial, c.flow, theCode, aSecret)
		if err == nil || err.Error() != c.want.Error() || done.State != c.state || run.signIn.redeemed != 0 {
			t.Errorf("%s: %q, %v, redeemed %d times", name, done.State, err, run.signIn.redeemed)
		}
	}
}

func TestCompleteEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := newRun(t)
	run.signIn.errs = slices.Repeat([]error{&entra.ServiceError{Status: 401, AADSTS: 7000215}}, 100)
	run.Sleep = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	trial := aTrial()
	trial.Changed = now
	if done, err := run.Complete(ctx, trial, theFlow, theCode, aSecret); !errors.Is(err, context.Canceled) || done.Over() {
		t.Errorf("%q, %v", done.State, err)
	}
}

func TestCompleteShowsWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*testing.T, *aRun, *Trial)
		check   func(Report) bool
		verdict string
	}{
		"a scope that was not consented to": {
			func(_ *testing.T, _ *aRun, tr *Trial) {
				tr.Scopes = append(tr.Scopes, string(entra.AzureDevOps)+"/vso.build")
			},
			func(r Report) bool { return r.Scopes[0].Scope == "vso.build" && r.Scopes[0].Differs }, "lacks vso.build",
		},
		"a token for another service": {
			func(t *testing.T, r *aRun, _ *Trial) {
				claims := devOpsClaims("User.Read")
				claims["aud"] = "https://graph.microsoft.com"
				r.signIn.tokens.Access = jwt(t, claims)
			},
			func(r Report) bool { return !r.AudienceOK && r.ResourceName == "Microsoft Graph" }, "for Microsoft Graph",
		},
		"an organization of another tenant": {
			func(_ *testing.T, r *aRun, _ *Trial) {
				r.devops.org.Tenant, r.devops.connErr = otherID, refusedWith(401, "UnauthorizedRequestException")
			},
			func(r Report) bool {
				return r.Organization.Tenant == otherID && !r.Exercises[0].Exercised && !r.Project.Tried
			},
			fmt.Sprintf("connected to tenant %s, but the token is of tenant %s", otherID, homeID),
		},
		"a refresh token that fails": {
			func(_ *testing.T, r *aRun, _ *Trial) {
				r.signIn.refreshErr = &entra.ServiceError{AADSTS: 700082, Code: "invalid_grant"}
			},
			func(r Report) bool { return r.RefreshCame && !r.RefreshWorks && r.RefreshNote != "" }, "refresh token does not",
		},
		"no refresh token": {
			func(_ *testing.T, r *aRun, _ *Trial) { r.signIn.tokens.Refresh = entra.Sensitive{} },
			func(r Report) bool { return r.RefreshAsked && !r.RefreshCame }, "no refresh token came",
		},
		"a read that is refused": {
			func(_ *testing.T, r *aRun, _ *Trial) { r.devops.refuses = []string{"vso.work"} },
			func(r Report) bool { return !r.Exercises[0].OK }, "refused what needs vso.work",
		},
	} {
		t.Run(name, func(t *testing.T) {
			run, trial := newRun(t), aTrial()
			c.prepare(t, run, &trial)
			done, err := run.Complete(t.Context(), trial, theFlow, theCode, aSecret)
			if err != nil || done.State != Succeeded {
				t.Fatalf("%+v, %v", done, err)
			}
			if r := *done.Report; r.OK || !c.check(r) || !strings.Contains(r.Verdict, c.verdict) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestCompleteWithAnOpaqueToken(t *testing.T) {
	run := newRun(t)
	run.signIn.tokens.Access = entra.NewSensitive("opaque")
	run.signIn.tokens.Scopes = []string{string(entra.AzureDevOps) + "/vso.work"}
	done, err := run.Complete(t.Context(), aTrial(), theFlow, theCode, aSecret)
	if err != nil || done.State != Succeeded {
		t.Fatalf("%+v, %v", done, err)
	}
	r := *done.Report
	if !r.OK || r.Tenant != homeID || r.Person.ID != theUser || len(r.Claims) > 0 || len(r.Notes) == 0 || !r.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("an access token need not be readable: %+v", r)
	}
}

func TestCompleteWithoutOrganizationOrDirectory(t *testing.T) {
	run, trial := newRun(t), aTrial()
	run.Directory, trial.Organization, trial.Project = nil, "", ""
	done, err := run.Complete(t.Context(), trial, theFlow, theCode, aSecret)
	if err != nil || done.State != Succeeded {
		t.Fatalf("%+v, %v", done, err)
	}
	if r := *done.Report; !r.OK || r.RegisteredKnown || r.ConsentedKnown || len(r.Unread) != 1 || len(r.Exercises) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestCompleteExercisesOnTheFirstProjectWhenNoneIsNamed(t *testing.T) {
	run, trial := newRun(t), aTrial()
	trial.Project = ""
	if _, err := run.Complete(t.Context(), trial, theFlow, theCode, aSecret); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(run.devops.asked, []string{"contoso/Mobile vso.work"}) {
		t.Errorf("exercised %q", run.devops.asked)
	}
}

func TestCompleteReportsOnAnAdminConsent(t *testing.T) {
	for name, c := range map[string]struct {
		tenant entra.TenantID
		row    string
		unread int
	}{
		"in the tenant signed in to here": {homeID, "vso.work ARCt", 0},
		"in a customer's tenant":          {otherID, "vso.work ARCt", 1}, // known from the answer itself
	} {
		run, trial := newRun(t), aTrial()
		trial.Kind = AdminConsent
		cb := oauth.Callback{State: "s1", AdminConsent: true, Tenant: string(c.tenant), Scope: string(entra.AzureDevOps) + "/vso.work"}
		done, err := run.Complete(t.Context(), trial, theFlow, cb, entra.Sensitive{})
		if err != nil || done.State != Succeeded {
			t.Fatalf("%s: %+v, %v", name, done, err)
		}
		r := *done.Report
		if !r.OK || r.HasToken || r.Tenant != c.tenant || len(r.Unread) != c.unread || !r.ConsentedKnown || r.Next == "" {
			t.Errorf("%s: %+v", name, r)
		}
		if i := slices.IndexFunc(r.Scopes, func(s ScopeRow) bool { return s.Scope == "vso.work" }); i < 0 || cells(r.Scopes[i]) != c.row {
			t.Errorf("%s: rows %+v", name, r.Scopes)
		}
		if run.signIn.redeemed != 0 {
			t.Errorf("%s: an admin consent brings no code to redeem", name)
		}
	}
}

func TestAnAdminConsentToLessIsNotTakenForAll(t *testing.T) {
	run, trial := newRun(t), aTrial()
	trial.Kind = AdminConsent
	trial.Scopes = append(trial.Scopes, string(entra.AzureDevOps)+"/vso.build")
	cb := oauth.Callback{State: "s1", AdminConsent: true, Tenant: string(homeID), Scope: string(entra.AzureDevOps) + "/vso.work"}
	done, err := run.Complete(t.Context(), trial, theFlow, cb, entra.Sensitive{})
	if err != nil || done.State != Succeeded || done.Report.OK || !strings.Contains(done.Report.Verdict, "not to vso.build") {
		t.Errorf("%+v, %v", done.Report, err)
	}
}

func TestWhatAnAdminConsentedToIsBelievedBeforeTheDirectoryShowsIt(t *testing.T) {
	run, trial := newRun(t), aTrial()
	run.Directory = &aDirectory{tenant: homeID, app: anApp()}
	trial.Kind = AdminConsent
	cb := oauth.Callback{State: "s1", AdminConsent: true, Tenant: string(homeID), Scope: string(entra.AzureDevOps) + "/vso.work"}
	done, err := run.Complete(t.Context(), trial, theFlow, cb, entra.Sensitive{})
	if err != nil || !done.Report.OK {
		t.Errorf("%+v, %v", done.Report, err)
	}
}
