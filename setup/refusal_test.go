package setup

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func TestRefusalsSayWhoMustAct(t *testing.T) {
	tests := []struct {
		name   string
		refuse func(entra.Change) bool
		status int
		code   string
		step   StepID
		says   string
		who    string
		left   []StepID
	}{
		{"secrets forbidden", isA[entra.CreateApplication], 400, "CredentialTypeNotAllowedAsPerAppPolicy",
			stepApplication, "forbids client secrets", "app management policies", []StepID{stepApplication, stepSecret, stepPrincipal, devopsGrant, graphGrant}},
		{"secret lives too long", isA[entra.CreateApplication], 400, "CredentialInvalidLifetimeAsPerAppPolicy",
			stepApplication, "shorter", "app management policies", []StepID{stepApplication, stepSecret, stepPrincipal, devopsGrant, graphGrant}},
		{"multitenant forbidden", isA[entra.CreateApplication], 400, "SignInAudienceNotAllowedAsPerAppPolicy",
			stepApplication, "AzureADMyOrg", "app management policies", []StepID{stepApplication, stepSecret, stepPrincipal, devopsGrant, graphGrant}},
		{"may not register", isA[entra.CreateApplication], 403, "Authorization_RequestDenied",
			stepApplication, "may not", "Application Developer", []StepID{stepApplication, stepSecret, stepPrincipal, devopsGrant, graphGrant}},
		{"quota", isA[entra.CreateApplication], 403, "Directory_QuotaExceeded",
			stepApplication, "number of directory objects", "Application Administrator", []StepID{stepApplication, stepSecret, stepPrincipal, devopsGrant, graphGrant}},
		{"may not consent", func(c entra.Change) bool { g, ok := c.(entra.CreateGrant); return ok && g.Resource == "sp-devops" }, 403, "Authorization_RequestDenied",
			devopsGrant, "may not", "Privileged Role Administrator", []StepID{devopsGrant}},
		{"signed out", isA[entra.CreateServicePrincipal], 401, "InvalidAuthenticationToken",
			stepPrincipal, "Sign in again", "", []StepID{stepPrincipal, devopsGrant, graphGrant}},
		{"something new", isA[entra.CreateServicePrincipal], 422, "Brand_New",
			stepPrincipal, "422 Brand_New", "", []StepID{stepPrincipal, devopsGrant, graphGrant}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.dir.before = func(_ int, c entra.Change) error {
				if tt.refuse(c) {
					return refuse(tt.status, tt.code)
				}
				return nil
			}
			r, err := w.apply(wanted())
			var step *StepError
			if !errors.As(err, &step) {
				t.Fatalf("got %v", err)
			}
			if step.Step != tt.step || !strings.Contains(step.Say, tt.says) || !strings.Contains(step.Who, tt.who) || step.RequestID != "refused-1" {
				t.Errorf("got %+v", step)
			}
			if !strings.Contains(err.Error(), "refused-1") {
				t.Errorf("the request ID is not in the text: %v", err)
			}
			// Beside its step the journal says the same, without title and request ID.
			failed := w.journal.entries[slices.IndexFunc(w.journal.entries, func(e Entry) bool { return e.Step == tt.step && e.State == Failed })]
			if !strings.Contains(failed.Error, tt.says) || !strings.Contains(failed.Error, tt.who) || !strings.Contains(failed.Error, tt.code) || strings.Contains(failed.Error, step.Title) {
				t.Errorf("the journal says %q", failed.Error)
			}
			var left []StepID
			for _, s := range r.Left {
				left = append(left, s.ID)
			}
			if r.Proven || !slices.Equal(left, tt.left) {
				t.Errorf("proven %v, left %v, want %v", r.Proven, left, tt.left)
			}
			// Once the reason is gone, the same run goes on.
			w.dir.before = nil
			w.mustApply(wanted())
			w.check(wanted())
		})
	}
}

func isA[T entra.Change](c entra.Change) bool { _, ok := c.(T); return ok }

func TestIndependentStepsAreDoneAlthoughOneIsRefused(t *testing.T) {
	w := newWorld(t)
	w.dir.before = func(_ int, c entra.Change) error {
		if g, ok := c.(entra.CreateGrant); ok && g.Resource == "sp-devops" {
			return refuse(403, "Authorization_RequestDenied")
		}
		return nil
	}
	r, err := w.apply(wanted())
	if err == nil || r.App.ClientID == "" || r.Secret == nil || len(w.dir.now.grants) != 1 {
		t.Errorf("error %v, result %+v, consents %v", err, r, w.dir.now.grants)
	}
}

// TestRightAfterCreateTheDirectoryMayNotKnow refuses the second write some
// times as replicas do.
func TestRightAfterCreateTheDirectoryMayNotKnow(t *testing.T) {
	noApp := &entra.ServiceError{Service: "Microsoft Graph", Status: 400, Code: "Request_BadRequest", Detail: "NoBackingApplicationObject"}
	for name, refusal := range map[string]error{
		"400 NoBackingApplicationObject":     noApp,
		"404 Request_ResourceNotFound":       refuse(404, "Request_ResourceNotFound"),
		"409 Directory_ConcurrencyViolation": refuse(409, "Directory_ConcurrencyViolation"),
		"503 Directory_ConcurrencyViolation": refuse(503, "Directory_ConcurrencyViolation"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.dir.before = func(i int, _ entra.Change) error {
				if i >= 2 && i <= 4 {
					return refusal
				}
				return nil
			}
			w.mustApply(wanted())
			w.check(wanted())
			if w.clock.all < 3*time.Second || w.clock.all > 2*time.Minute {
				t.Errorf("waited %v", w.clock.all)
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	w := newWorld(t)
	w.dir.before = func(i int, _ entra.Change) error {
		if i >= 2 {
			return refuse(404, "Request_ResourceNotFound")
		}
		return nil
	}
	r, err := w.apply(wanted())
	var step *StepError
	if !errors.As(err, &step) || step.Step != stepPrincipal || r.Proven {
		t.Errorf("got %v", err)
	}
	if w.clock.all > 5*time.Minute {
		t.Errorf("waited %v", w.clock.all)
	}
}

// TestAWriteThatNeverShows is answered well and changes nothing, as when a
// service normalises a value; the run must end and say so.
func TestAWriteThatNeverShows(t *testing.T) {
	w := newWorld(t)
	w.mustApply(wanted())
	want := wanted()
	want.DisplayName = "Renamed"
	w.dir.after = func(_ int, c entra.Change) error {
		if _, ok := c.(entra.UpdateApplication); ok {
			w.dir.now.apps[0].DisplayName = "Frontegg Integration"
		}
		return nil
	}
	r, err := w.apply(want)
	if err == nil || r.Proven || len(r.Left) != 1 || !strings.Contains(err.Error(), "still does not show") {
		t.Errorf("error %v, left %v", err, r.Left)
	}
	if w.clock.all > 5*time.Minute {
		t.Errorf("waited %v", w.clock.all)
	}
}
