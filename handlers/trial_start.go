package handlers

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

func (h *Handlers) startTest(c *gin.Context) (web.Response, error) {
	page, err := h.testPage(c)
	if err != nil {
		return nil, err
	}
	env := *page.Env
	t, problems := h.readTest(c, env.Result.App.ClientID, string(env.Tenant))
	t.Environment, t.Organization, t.Project, t.Compare = env.ID, env.Spec.Organization, env.Spec.Project, page.Preset.Compare
	p := pendingTrial{Secret: strings.TrimSpace(c.PostForm("secret")), Kept: page.KeptUntil.ID, Run: c.PostForm("run"), Started: h.Now()}
	if p.Secret != "" {
		p.Kept = ""
	}
	if p.Kept == "" {
		problems = append(problems, h.proofShape(env, p.Secret)...)
	}
	if len(problems) > 0 {
		return page.refused(problems), nil
	}
	if t, err = t.Begin(h.Now()); err != nil {
		return nil, err
	}
	if page.AddURI && page.Allow != nil && !page.Registered {
		return nil, &needsError{levelWrite}
	}
	if page.AddURI && page.MayAdd && !page.Registered {
		var problem string
		t, problem, err = h.addCallback(c, env, t)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			return page.refused([]setup.FieldError{{Field: "add_uri", Message: problem}}), nil
		}
	}
	return h.launch(c, t, p)
}

// refused shows the form again with what needs mending beside each field.
func (page *testPage) refused(problems []setup.FieldError) web.Response {
	page.Errors = specErrors(problems)
	for _, f := range []*web.Field{&page.Kind, &page.Where, &page.Tenant, &page.Client, &page.Secret, &page.Scopes, &page.Organization, &page.Project} {
		f.Error = full(capital(field(problems, f.Name)))
	}
	return web.PageWithStatus(http.StatusUnprocessableEntity, "test.html", page)
}

// secretShape refuses what cannot be a client secret.
func secretShape(s string) []setup.FieldError {
	problem := ""
	switch {
	case s == "":
		problem = "The client secret is missing: paste its value. The test redeems a real code with it, and no copy is at hand here."
	case entra.IsGUID(s):
		problem = "What was pasted as client secret is a GUID: that is the secret's ID. Paste the value instead; when it was not noted, replace the secret."
	case len(s) < 16 || len(s) > 64 || strings.ContainsFunc(s, notPrintable):
		problem = "What was pasted as client secret is not one: values have 16 to 64 letters, digits and signs, without blanks."
	default:
		return nil
	}
	return []setup.FieldError{{Field: "secret", Message: problem}}
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

// maxScopes is how many scopes one test may ask for; Azure DevOps has fewer.
const maxScopes = 100

// readTest reads what both forms share. own is the app's tenant.
func (h *Handlers) readTest(c *gin.Context, client entra.ClientID, own string) (trial.Trial, []setup.FieldError) {
	t := trial.Trial{ID: newID(), Kind: trial.Kind(c.PostForm("kind")), ClientID: client, RedirectURI: h.BaseURL + trialCallback}
	var problems []setup.FieldError
	refuse := func(name, words string) {
		problems = append(problems, setup.FieldError{Field: name, Message: words})
	}
	if t.Kind != trial.UserConsent && t.Kind != trial.AdminConsent {
		refuse("kind", "Choose who consents: a user, or an administrator.")
	}
	switch c.PostForm("where") {
	case "own":
		t.Tenant = own
	case "organizations":
		t.Tenant = "organizations"
	case "other":
		var err error
		t.Elsewhere = true
		if t.Tenant, err = entra.ParseTenant(c.PostForm("tenant")); err != nil {
			refuse("tenant", "In which tenant: "+err.Error())
		}
	default:
		refuse("where", "Choose in which tenant consent is tried.")
	}
	t.Scopes = strings.Fields(c.PostForm("scopes"))
	if problem := scopesProblem(t.Scopes); problem != "" {
		refuse("scopes", problem)
	}
	return t, problems
}

// scopesProblem holds scopes to what a request may carry: RFC 6749 3.3 has
// them of printable ASCII without quotation mark and backslash.
func scopesProblem(scopes []string) string {
	switch {
	case len(scopes) == 0:
		return "The scopes are missing: name at least one to ask for."
	case len(scopes) > maxScopes:
		return fmt.Sprintf("There are %d scopes, more than the %d a test asks for: name those that the integration needs.", len(scopes), maxScopes)
	}
	for _, s := range scopes {
		if len(s) > 200 || strings.ContainsFunc(s, notPrintable) || strings.ContainsAny(s, "\"\\") {
			return fmt.Sprintf("The scope %q cannot be one: write it as Microsoft does, such as vso.work or 499b84ac-1321-427f-aa17-267ca6975798/vso.work.", entra.ForeignText(s))
		}
	}
	return ""
}

// newID is a random identifier for an address.
func newID() string { return rand.Text() }

// A pendingTrial is what a test needs until its answer comes. It lives in the
// session of the browser that started the test, on the server and encrypted:
// an answer through another browser finds nothing to redeem with.
type pendingTrial struct {
	Secret  string    `json:"secret,omitempty"` // pasted for this test only
	Kept    string    `json:"kept,omitempty"`   // or the id of the kept secret
	Run     string    `json:"run,omitempty"`    // of the checks that asked for the test
	Started time.Time `json:"started"`
}

const (
	// trialKey begins the session key of a test this browser started, which
	// goes on with its id.
	trialKey = "trial:"
	// pendingFor is how long a test that nobody finishes is remembered.
	pendingFor = time.Hour
)

func pending(c *gin.Context, id string) (p pendingTrial, ok bool) {
	ok = web.SessionOf(c).Get(trialKey+id, &p)
	return p, ok
}

// launch stores the test and leads to its page, from where a link leads to
// Microsoft.
func (h *Handlers) launch(c *gin.Context, t trial.Trial, p pendingTrial) (web.Response, error) {
	if err := h.Store.SaveTrial(c.Request.Context(), t, "", nil); err != nil {
		return nil, err
	}
	sess := web.SessionOf(c)
	for _, key := range sess.Keys(trialKey) {
		var old pendingTrial
		if !sess.Get(key, &old) || h.Now().Sub(old.Started) > pendingFor {
			sess.Delete(key)
		}
	}
	if err := sess.Set(trialKey+t.ID, p); err != nil {
		return nil, err
	}
	return web.SeeOther("/tests/" + t.ID), nil
}
