package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/web"
)

// A Route is one address of the console, and what it takes to use it.
type Route struct {
	Method, Path string
	// Least is the role it takes.
	Least Role
	// Recent asks for a sign-in of the last quarter of an hour: what the route
	// does cannot be taken back.
	Recent bool
	// Body is what its forms may send; zero means what all may.
	Body web.Body
	// Limit is how often somebody may use it; zero sets no limit.
	Limit web.Limit
	// Answers marks an address that a sign-in service leads back to: what
	// stands in it goes no further.
	Answers bool

	handle web.Handler
}

// Table is every address of the console but the static files and what the
// shell itself answers. The tests of roles, origins and hosts go by it: an
// address that is not in it does not exist.
func (h *Handlers) Table() []Route {
	const get, post = http.MethodGet, http.MethodPost
	table := []Route{
		{Method: get, Path: "/", Least: Viewer, handle: h.showStart},

		// The wizard.
		{Method: get, Path: "/setup", Least: Admin, handle: h.showIntegrations},
		{Method: get, Path: "/setup/:integration", Least: Admin, handle: h.showNewEnvironment},
		{Method: post, Path: "/setup/:integration", Least: Admin, handle: h.createEnvironment},
		{Method: get, Path: "/environments/:id/setup/:step", Least: Admin, handle: h.showStep},
		{Method: post, Path: "/environments/:id/setup/:step", Least: Admin, handle: h.saveStep},
		{Method: get, Path: "/environments/:id/manual", Least: Viewer, handle: h.showManual},
		{Method: get, Path: "/environments/:id/admin-request", Least: Viewer, handle: h.showAdminRequest},

		// Applying a plan.
		{Method: post, Path: "/environments/:id/apply", Least: Admin, Recent: true, Limit: changeLimit, handle: h.apply},
		{Method: get, Path: "/operations/:id", Least: Viewer, handle: h.showOperation},
		{Method: get, Path: "/operations/:id/events", Least: Viewer, handle: h.streamOperation},
		{Method: post, Path: "/operations/:id/resume", Least: Admin, Recent: true, Limit: changeLimit, handle: h.resume},
		{Method: post, Path: "/operations/:id/stop", Least: Admin, Limit: changeLimit, handle: h.stopOperation},

		// The secret's one showing.
		{Method: get, Path: "/environments/:id/secret", Least: Admin, handle: h.showSecret},
		{Method: post, Path: "/environments/:id/secret/:secret/reveal", Least: Admin, Limit: revealLimit, handle: h.revealSecret},
		{Method: post, Path: "/environments/:id/secret/replace", Least: Admin, Recent: true, Limit: changeLimit, handle: h.replaceSecret},

		// The next secret beside the one in use, until the old one can go.
		{Method: get, Path: "/environments/:id/rotate", Least: Admin, handle: h.showRotate},
		{Method: post, Path: "/environments/:id/rotate", Least: Admin, Recent: true, Limit: changeLimit, handle: h.addNext},
		{Method: get, Path: "/environments/:id/rotate/events", Least: Admin, handle: h.streamRotation},
		{Method: post, Path: "/environments/:id/rotate/handed", Least: Admin, handle: h.handNext},
		{Method: post, Path: "/environments/:id/rotate/prove", Least: Admin, Limit: revealLimit, handle: h.proveNext},
		{Method: post, Path: "/environments/:id/credentials/prove", Least: Admin, Limit: revealLimit, handle: h.proveCredential},
		{Method: post, Path: "/environments/:id/credentials/remove", Least: Admin, Recent: true, Limit: changeLimit, handle: h.removeCredential},
		{Method: post, Path: "/environments/:id/rotate/retire", Least: Admin, Recent: true, Limit: changeLimit, handle: h.retire},

		// Test consent.
		{Method: get, Path: "/tests/new", Least: Support, handle: h.showTestAny},
		{Method: post, Path: "/tests", Least: Support, Limit: checkLimit, handle: h.startTestAny},
		{Method: get, Path: "/environments/:id/test", Least: Support, handle: h.showTest},
		{Method: post, Path: "/environments/:id/test", Least: Support, Limit: checkLimit, handle: h.startTest},
		{Method: get, Path: "/tests/:id", Least: Viewer, handle: h.showTrial},
		{Method: get, Path: "/tests/:id/leave", Least: Support, Limit: checkLimit, handle: h.leaveForMicrosoft},
		{Method: get, Path: "/tests/:id/answered", Least: Viewer, handle: h.showAnswered},
		{Method: get, Path: "/tests/:id/events", Least: Viewer, handle: h.streamTrial},
		{Method: post, Path: "/tests/:id/closed", Least: Support, handle: h.trialClosed},
		{Method: post, Path: "/tests/:id/no-answer", Least: Support, handle: h.trialNoAnswer},
		{Method: post, Path: "/tests/:id/pasted", Least: Support, handle: h.trialPasted},
		{Method: get, Path: trialCallback, Answers: true, Limit: callbackLimit, handle: h.finishTrial},
		{Method: get, Path: "/environments/:id/customer", Least: Support, handle: h.showCustomer},
		{Method: post, Path: "/environments/:id/customer", Least: Admin, Recent: true, Limit: changeLimit, handle: h.registerOutcome},
		{Method: get, Path: consentOutcome, Answers: true, Limit: callbackLimit, handle: h.showOutcome},

		// Living with an environment.
		{Method: get, Path: "/environments/:id", Least: Viewer, handle: h.showEnvironment},
		{Method: get, Path: "/environments/:id/changes", Least: Viewer, handle: h.showChanges},
		{Method: get, Path: "/environments/:id/runs", Least: Viewer, handle: h.showEnvironmentRuns},
		{Method: post, Path: "/environments/:id/contacts", Least: Admin, handle: h.saveContacts},
		{Method: get, Path: "/environments/:id/hand-off", Least: Admin, handle: h.showHandOff},
		{Method: post, Path: "/environments/:id/hand-off", Least: Admin, handle: h.tickHandOff},
		{Method: get, Path: "/environments/:id/remove", Least: Admin, handle: h.showRemove},
		{Method: post, Path: "/environments/:id/remove", Least: Admin, Recent: true, handle: h.remove},

		// The checks.
		{Method: get, Path: "/diagnose", Least: Support, handle: h.showDiagnose},
		{Method: post, Path: "/diagnose", Least: Support, Limit: checkLimit, handle: h.startDiagnose},
		{Method: get, Path: "/diagnose/runs", Least: Support, handle: h.showOtherRuns},
		{Method: get, Path: "/environments/:id/checks", Least: Support, handle: h.showEnvironmentChecks},
		{Method: post, Path: "/environments/:id/checks", Least: Support, Limit: checkLimit, handle: h.startEnvironmentChecks},
		{Method: get, Path: "/runs/:id", Least: Viewer, handle: h.showRun},
		{Method: get, Path: "/runs/:id/events", Least: Viewer, handle: h.streamRun},
		{Method: post, Path: "/runs/:id/again", Least: Support, Limit: checkLimit, handle: h.again},
		{Method: get, Path: "/runs/:id/change", Least: Support, handle: h.changeGiven},
		{Method: get, Path: "/runs/:id/fix", Least: Support, handle: h.showFix},
		{Method: post, Path: "/runs/:id/fix", Least: Admin, Recent: true, Limit: changeLimit, handle: h.fix},
		{Method: get, Path: "/runs/:id/report", Least: Viewer, handle: h.showReport},
		{Method: get, Path: "/runs/:id/report.html", Least: Viewer, handle: h.reportHTML},
		{Method: get, Path: "/runs/:id/report.md", Least: Viewer, handle: h.reportMarkdown},
		{Method: get, Path: "/runs/:id/report.json", Least: Viewer, handle: h.reportJSON},
		{Method: post, Path: "/runs/open", Least: Support, Limit: pasteLimit, Body: web.Body{Bytes: maxUpload, File: true}, handle: h.openReport},

		// What was done with the console.
		{Method: get, Path: "/audit", Least: Admin, handle: h.showAudit},
		{Method: post, Path: "/audit/export", Least: Admin, Limit: changeLimit, handle: h.exportAudit},
	}
	table = append(table, h.helpTable()...)
	table = append(table, h.signInTable()...)
	if h.Gallery {
		table = append(table,
			Route{Method: get, Path: "/_gallery", Least: Admin, handle: h.showGallery},
			Route{Method: get, Path: "/_gallery/:name", Least: Admin, handle: h.showGalleryPage})
	}
	return table
}

// Routes adds every page to e.
func (h *Handlers) Routes(s *web.Shell, e *gin.Engine) {
	s.Inputs(inputs)
	e.Use(h.identify)
	for _, r := range h.Table() {
		s.Limit(r.Method, r.Path, r.Limit)
		if r.Body != (web.Body{}) {
			s.Allow(r.Path, r.Body)
		}
		f := h.guarded(r)
		if r.Answers {
			f = answered(f)
		}
		e.Handle(r.Method, r.Path, s.Handle(f))
	}
}

// Addresses that sign-in redirects come back to. The console's own sign-in
// and the test consent flow have different ones, so that a code meant for one
// is worth nothing at the other.
const (
	signInCallback = "/sign-in/callback"
	trialCallback  = "/test/callback"
	consentOutcome = "/consent/outcome"
)

// errNobody: the page needs a signed-in person.
var errNobody = errors.New("nobody is signed in")

func wantsJSON(c *gin.Context) bool {
	return strings.Contains(c.GetHeader("Accept"), "application/json")
}

// answered is for addresses that a sign-in service leads back to: what stands
// in them goes no further, whatever page answers.
func answered(f web.Handler) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		c.Header("Referrer-Policy", "no-referrer")
		return f(c)
	}
}
