package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/web"
)

// Routes adds every page to e.
func (h *Handlers) Routes(s *web.Shell, e *gin.Engine) {
	get := func(path string, f web.Handler) { e.GET(path, s.Handle(sendToSignIn(f))) }
	post := func(path string, f web.Handler) { e.POST(path, s.Handle(sendToSignIn(f))) }

	get("/", h.showStart)

	// Signing in to the directory.
	get("/sign-in", h.showSignIn)
	get("/sign-in/begin", h.beginSignIn)
	get("/sign-in/callback", h.finishSignIn)
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
	get(trialCallback, h.finishTrial)
	get("/environments/:id/customer", h.showCustomer)
	get(consentOutcome, h.showOutcome)

	// Living with an environment.
	get("/environments/:id", h.showEnvironment)
	get("/environments/:id/hand-off", h.showHandOff)
	post("/environments/:id/hand-off", h.tickHandOff)
	get("/environments/:id/remove", h.showRemove)
	post("/environments/:id/remove", h.remove)

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

// signInNeeded is answered by pages that need a signed-in person.
type signInNeeded struct{ back string }

func (e *signInNeeded) Error() string { return "sign-in needed" }

// sendToSignIn turns signInNeeded into the way to the sign-in page.
func sendToSignIn(f web.Handler) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		resp, err := f(c)
		var need *signInNeeded
		if !errors.As(err, &need) {
			return resp, err
		}
		back := need.back
		if c.Request.Method != http.MethodGet {
			back = "/"
		}
		return web.SeeOther("/sign-in?return=" + url.QueryEscape(back)), nil
	}
}
