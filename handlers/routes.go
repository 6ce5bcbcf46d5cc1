package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/web"
)

// Routes adds every page to e.
func (h *Handlers) Routes(s *web.Shell, e *gin.Engine) {
	get := func(path string, f web.Handler) { e.GET(path, s.Handle(h.guarded(f))) }
	post := func(path string, f web.Handler) { e.POST(path, s.Handle(h.guarded(f))) }

	get("/", h.showStart)

	// From a pasted error to its cause, and the help that explains both.
	s.Allow("/explain", explainBody)
	get("/explain", h.showExplain)
	post("/explain", h.explainPaste)
	get("/checks", h.showCheckList)
	get("/checks/:id", h.showCheckHelp)
	get("/causes", h.showCauseList)
	get("/causes/:id", h.showCauseHelp)

	// Which scopes, and the way out of the retired OAuth.
	get("/advisor", h.showAdvisor)
	get("/advisor/call", h.showAdvisorCall)
	get("/legacy", h.showLegacy)
	get("/legacy/:integration", h.showLegacyGuide)
	post("/legacy/:integration", h.readOldApp)

	// Signing in to the directory.
	get("/sign-in", h.showSignIn)
	get("/sign-in/begin", h.beginSignIn)
	get(signInCallback, answered(h.finishSignIn))
	post("/sign-in/azure-cli", h.useAzureCLI)
	post("/sign-out", h.signOut)

	// The wizard.
	get("/setup", h.showIntegrations)
	get("/setup/:integration", h.showNewEnvironment)
	post("/setup/:integration", h.createEnvironment)
	get("/environments/:id/setup/:step", h.showStep)
	post("/environments/:id/setup/:step", h.saveStep)
	get("/environments/:id/manual", h.showManual)
	get("/environments/:id/admin-request", h.showAdminRequest)

	// Applying a plan.
	post("/environments/:id/apply", h.apply)
	get("/operations/:id", h.showOperation)
	get("/operations/:id/events", h.streamOperation)
	post("/operations/:id/resume", h.resume)

	// The secret's one showing.
	get("/environments/:id/secret", h.showSecret)
	post("/environments/:id/secret/:secret/reveal", h.revealSecret)
	post("/environments/:id/secret/replace", h.replaceSecret)

	// Test consent.
	get("/tests/new", h.showTestAny)
	post("/tests", h.startTestAny)
	get("/environments/:id/test", h.showTest)
	post("/environments/:id/test", h.startTest)
	get("/tests/:id", h.showTrial)
	get("/tests/:id/leave", h.leaveForMicrosoft)
	get("/tests/:id/answered", h.showAnswered)
	get("/tests/:id/events", h.streamTrial)
	post("/tests/:id/closed", h.trialClosed)
	post("/tests/:id/no-answer", h.trialNoAnswer)
	post("/tests/:id/pasted", h.trialPasted)
	get(trialCallback, answered(h.finishTrial))
	get("/environments/:id/customer", h.showCustomer)
	post("/environments/:id/customer", h.registerOutcome)
	get(consentOutcome, answered(h.showOutcome))

	// Living with an environment.
	get("/environments/:id", h.showEnvironment)
	get("/environments/:id/hand-off", h.showHandOff)
	post("/environments/:id/hand-off", h.tickHandOff)
	get("/environments/:id/remove", h.showRemove)
	post("/environments/:id/remove", h.remove)

	// The checks.
	get("/diagnose", h.showDiagnose)
	post("/diagnose", h.startDiagnose)
	get("/environments/:id/checks", h.showEnvironmentChecks)
	post("/environments/:id/checks", h.startEnvironmentChecks)
	get("/runs/:id", h.showRun)
	get("/runs/:id/events", h.streamRun)
	post("/runs/:id/again", h.again)
	get("/runs/:id/change", h.changeGiven)
	get("/runs/:id/fix", h.showFix)
	post("/runs/:id/fix", h.fix)
	get("/runs/:id/report", h.showReport)
	get("/runs/:id/report.html", h.reportHTML)
	get("/runs/:id/report.md", h.reportMarkdown)
	get("/runs/:id/report.json", h.reportJSON)
	s.Allow("/runs/open", web.Body{Bytes: maxUpload, File: true})
	post("/runs/open", h.openReport)

	if h.Gallery {
		get("/_gallery", h.showGallery)
		get("/_gallery/:name", h.showGalleryPage)
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

// guarded leads to the sign-in and back where a page needs somebody who is
// not, or no longer, signed in.
func (h *Handlers) guarded(f web.Handler) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		resp, err := f(c)
		ended := errors.Is(err, errSignedOut)
		if !ended && !errors.Is(err, errNobody) {
			return resp, err
		}
		if ended {
			if err := forgetPerson(c); err != nil {
				return nil, err
			}
		}
		if wantsJSON(c) {
			return nil, &web.Error{Status: http.StatusForbidden, Err: err, Public: "You are not signed in any more. Load this page again and sign in."}
		}
		return web.SeeOther(signInAndBack(c)), nil
	}
}

// forgetPerson brings the session in line with tokens that are gone.
func forgetPerson(c *gin.Context) error {
	sess := web.SessionOf(c)
	sess.Delete(personKey)
	return sess.Say("Your sign-in has ended. Sign in again to go on where you were.")
}

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
