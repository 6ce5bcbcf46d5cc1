package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// SignIn is what a trial asks of the sign-in service; *oauth.Client does it.
type SignIn interface {
	Redeem(ctx context.Context, f oauth.Flow, code, secret entra.Sensitive) (oauth.Tokens, error)
	Refresh(ctx context.Context, tenant string, id entra.ClientID, secret, refresh entra.Sensitive, scopes []string) (oauth.Tokens, error)
	VerifyIDToken(ctx context.Context, f oauth.Flow, raw entra.Sensitive) (entra.Person, error)
}

// A Runner finishes trials. It may be copied to give each its own Directory
// and Observe.
type Runner struct {
	OAuth  SignIn
	DevOps DevOps
	// Directory reads the tenant of whoever runs the trial; nil leaves
	// registered and consented scopes unknown.
	Directory Directory
	Now       func() time.Time
	// Sleep waits before another attempt and ends early with its context.
	Sleep func(ctx context.Context, d time.Duration) error
	// Observe is told in a sentence what is being done; nil tells nobody.
	Observe func(text string)
	// Tokens is given the tokens once they are proven, to check with; nil
	// gives them to nobody.
	Tokens func(oauth.Tokens)
}

// Complete takes the answer that came for a trial: it redeems the code, tries
// what the token can do, and returns the trial Succeeded with its report or
// Failed with its cause. The tokens go nowhere but to Tokens and end with the
// call.
//
// An error means that the trial did not move on: the answer belongs to
// another flow, the trial has ended already, or ctx ended.
func (r *Runner) Complete(ctx context.Context, t Trial, f oauth.Flow, cb oauth.Callback, secret entra.Sensitive) (Trial, error) {
	if err := f.Check(cb); err != nil {
		return t, err
	}
	t, err := t.Answer()
	if err != nil {
		return t, err
	}
	switch {
	case cb.Error != "":
		return t.end(explainCallback(cb), r.Now())
	case t.Kind == AdminConsent:
		return r.completeAdminConsent(ctx, t, cb)
	case cb.Code.IsZero():
		return t.end(noCode, r.Now())
	}
	return r.completeUserConsent(ctx, t, f, cb.Code, secret)
}

// noCode is an answer that no sign-in service gives.
var noCode = Failure{
	Cause: "The answer holds neither a code nor an error, so it is not the sign-in service's.",
	Next:  "Start the test again from this console.",
}

func (r *Runner) completeUserConsent(ctx context.Context, t Trial, f oauth.Flow, code, secret entra.Sensitive) (Trial, error) {
	r.tell("Redeeming the code.")
	tokens, err := r.redeem(ctx, &t, f, code, secret)
	if err != nil {
		return r.failed(ctx, t, err)
	}
	resource := resourceAsked(t.Scopes)
	report, scopes := tokenReport(tokens, resource)
	if !tokens.ID.IsZero() {
		person, err := r.OAuth.VerifyIDToken(ctx, f, tokens.ID)
		if err != nil {
			return r.unproven(ctx, t, err)
		}
		report.Person, report.PersonProven = person, true
		if report.Tenant == "" {
			report.Tenant = person.Tenant
		}
	}
	if r.Tokens != nil {
		r.Tokens(tokens)
	}
	r.tell("Trying the refresh token.")
	r.refresh(ctx, &report, t, f, tokens, secret)
	r.tell("Reading what is registered and consented to.")
	facts := readDirectory(ctx, r.Directory, t.ClientID, resource, report.Tenant, report.Person.ID)
	report.scopeTable(t, facts, scopes, resource)
	report.Notes = append(report.Notes, homeNotes(t, facts, report.Tenant)...)
	if resource == entra.AzureDevOps && t.Organization != "" {
		r.tryDevOps(ctx, &report, t, scopes, tokens.Access)
	}
	if err := ctx.Err(); err != nil {
		return t, err
	}
	report.judge(t)
	return t.Succeed(report, r.Now())
}

func (r *Runner) tryDevOps(ctx context.Context, report *Report, t Trial, scopes []string, token entra.Sensitive) {
	r.tell("Asking the organization who the token is.")
	report.Organization = r.reachOrganization(ctx, t.Organization, report.Tenant, token)
	if report.Organization.OK {
		report.Project = r.reachProject(ctx, t, scopes, token)
	} else if t.Project != "" {
		report.Project = Reach{Name: t.Project, Note: "Not tried: the organization is not reached."}
	}
	r.tell("Putting each scope to use.")
	report.Exercises = r.exercise(ctx, t, *report, scopes, token)
}

// completeAdminConsent reports on consent for a whole tenant, which brings no
// token: what was granted stands in the answer.
func (r *Runner) completeAdminConsent(ctx context.Context, t Trial, cb oauth.Callback) (Trial, error) {
	if !cb.AdminConsent {
		return t.end(noCode, r.Now())
	}
	resource := resourceAsked(t.Scopes)
	tenant := entra.TenantID(cb.Tenant)
	report := Report{Tenant: tenant, ResourceName: resourceNames[resource]}
	r.tell("Reading what is registered and consented to.")
	facts := readDirectory(ctx, r.Directory, t.ClientID, resource, tenant, "")
	// The directory may not show yet what the answer says was granted.
	facts.consented = slices.Concat(namesOf(fields(cb.Scope), resource), facts.consented)
	facts.consentedKnown = facts.consentedKnown || cb.Scope != ""
	report.scopeTable(t, facts, nil, resource)
	report.Notes = homeNotes(t, facts, tenant)
	if err := ctx.Err(); err != nil {
		return t, err
	}
	report.judge(t)
	if report.OK {
		report.Next = "Now test as a user of that tenant: nobody there is asked for consent any more, and the token shows what it can do."
	}
	return t.Succeed(report, r.Now())
}

// redeem exchanges the code, and tries again while a refusal may only mean
// that our own change, a new secret above all, has not spread. The service
// refuses the client before it looks at the code, so the code stays good.
func (r *Runner) redeem(ctx context.Context, t *Trial, f oauth.Flow, code, secret entra.Sensitive) (oauth.Tokens, error) {
	for attempt := 1; ; attempt++ {
		tokens, err := r.OAuth.Redeem(ctx, f, code, secret)
		if err == nil {
			return tokens, nil
		}
		failed, failErr := t.Fail(explainError(err), r.Now())
		if failErr != nil || failed.State != Retrying {
			return tokens, err
		}
		*t = failed
		r.tell(fmt.Sprintf("Not yet spread, trying again (attempt %d).", attempt+1))
		if err := r.Sleep(ctx, pause(attempt)); err != nil {
			return tokens, err
		}
	}
}

// pause grows from 2 s to 15 s: new secrets were seen refused for 4 to 18 s.
func pause(attempt int) time.Duration {
	return min(time.Duration(attempt)*2*time.Second, 15*time.Second)
}

// refresh proves that the refresh token works, once.
func (r *Runner) refresh(ctx context.Context, report *Report, t Trial, f oauth.Flow, tokens oauth.Tokens, secret entra.Sensitive) {
	report.RefreshAsked = wantsRefresh(t.Scopes)
	if tokens.Refresh.IsZero() {
		return
	}
	_, err := r.OAuth.Refresh(ctx, f.Tenant, f.ClientID, secret, tokens.Refresh, f.Scopes)
	report.RefreshWorks = err == nil
	if err != nil {
		report.RefreshNote = explainError(err).Cause
	}
}

// failed ends a trial whose code could not be redeemed.
func (r *Runner) failed(ctx context.Context, t Trial, err error) (Trial, error) {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return t, ctxErr
	}
	return t.end(explainError(err), r.Now())
}

// unproven ends a trial whose ID token is not what it must be.
func (r *Runner) unproven(ctx context.Context, t Trial, err error) (Trial, error) {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return t, ctxErr
	}
	return t.end(Failure{
		Cause: "The code was redeemed, but who signed in could not be proven, so the tokens were thrown away.",
		Next:  "Start the test again. When this stays, check this machine's clock.",
		Raw:   raw(err.Error()),
	}, r.Now())
}

func (r *Runner) tell(text string) {
	if r.Observe != nil {
		r.Observe(text)
	}
}
