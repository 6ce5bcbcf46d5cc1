package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// runPage is one run of the checks: growing, or what it came to.
type runPage struct {
	web.Base
	runView
	Heading string
	Run     store.Run
	Env     *store.Environment
	// Live: it is under way; Rows are then all checks in the order of display
	// and Progress how far it got. Cut: the console stopped in between.
	Live, Cut bool
	Rows      []checkRow
	Progress  string
	Doing     string // what is done beside gathering
	// Loaded: it came from a file, and nothing can be done about it here.
	Loaded   bool
	Masked   bool
	Version  string // of the program that made the file
	Differ   int    // checks that say something else than when the run was made
	Grants   *grantsView
	Secrets  []secretOffer
	Rotate   string // address of the preview of a new secret
	Fix      *fixView
	Next     []web.Link
	NewlyIn  bool // somebody has signed in since, who would see more
	ReadOnly bool // it is too old to build a change on
}

func (h *Handlers) runOf(c *gin.Context) (store.Run, error) {
	run, err := h.Store.Run(c.Request.Context(), c.Param("id"))
	if errors.Is(err, store.ErrNotFound) {
		return run, web.NotFound("run of the checks")
	}
	return run, err
}

func (h *Handlers) showRun(c *gin.Context) (web.Response, error) {
	run, err := h.runOf(c)
	if err != nil {
		return nil, err
	}
	page, err := h.runPage(c, h.runFor(c, run))
	if err != nil {
		return nil, err
	}
	if page.Live && !h.seesHints(c) {
		page.withoutHints()
	}
	if !h.May(c, "GET /runs/:id/fix") {
		page.offersNothing()
	}
	return web.Page("run.html", page), nil
}

func (h *Handlers) runPage(c *gin.Context, run store.Run) (*runPage, error) {
	var env *store.Environment
	if run.Environment != "" {
		found, err := h.Store.Environment(c.Request.Context(), run.Environment)
		if err != nil {
			return nil, err
		}
		env = &found
	}
	page := h.viewOf(run, env, h.underWay(c.Request.Context(), run))
	if !page.Live && !page.Cut {
		signedIn := h.reads(c)
		page.NewlyIn = signedIn && !run.Facts.Operator.Known() && (env == nil || env.Tenant == "" || !elsewhere(c, *env))
		page.Next = nextOf(run, env, signedIn)
	}
	return page, nil
}

func elsewhere(c *gin.Context, env store.Environment) bool {
	who, _ := person(c)
	return foreignTenant(env, who) != nil
}

// viewOf shapes the page of a run as it stands; underWay says whether some
// process is at work on it.
func (h *Handlers) viewOf(run store.Run, env *store.Environment, underWay bool) *runPage {
	page := &runPage{Run: run, Env: env, Heading: "Checks"}
	page.Section = "diagnose"
	if underWay {
		page.grow(h.soFar(run), h.Now())
	} else if run.State == store.RunRunning {
		page.Cut, page.State, page.Given = true, state{"warn", "cut off"}, givenRows(run.Facts.Given)
	} else {
		page.complete(run, h.Now())
	}
	if run.Fix != nil {
		page.Heading = "What became of the change"
		page.Fix = viewFix(run, page.Live, h.liveResults(run))
	}
	page.Title = titleOfRun(run, page.State)
	return page
}

func titleOfRun(run store.Run, s state) string {
	name := run.Facts.Given.ClientID
	if app := run.Facts.Application.Or(nil); app != nil {
		name = app.DisplayName
	}
	name = firstOf(run.Facts.Given.Environment, name)
	if name == "" {
		return "Checks: " + s.Words
	}
	return name + ": checks, " + s.Words
}

// complete fills in what a run that is done came to. Its facts are judged
// anew: where the checks were improved since, the page says both.
func (p *runPage) complete(run store.Run, now time.Time) {
	results := checks.Evaluate(&run.Facts, checks.All)
	p.runView = viewRun(&run.Facts, results)
	p.Differ = p.compare(run.Results, results)
	p.ReadOnly = now.Sub(run.Ended) > fixable
	offered := 0
	p.each(func(row *checkRow) { offered += offer(run, row, offered == 0) })
	p.Grants = viewGrants(run)
	p.Secrets, p.Rotate = secretOffers(run)
}

// offer leads from each finding that the console can mend to its preview, and
// returns how many those are.
func offer(run store.Run, row *checkRow, first bool) (n int) {
	for i, f := range row.Findings {
		if f.Mend.Change != nil {
			row.Findings[i].Fix = fixAddress(run.ID, choice{Check: row.ID, Finding: i})
			row.Findings[i].Primary = first && n == 0
			n++
		}
	}
	return n
}

// slowAfter is when a page says that something takes long.
const slowAfter = 3 * time.Second

// grow shows how far a run got: every check in the order of display.
func (p *runPage) grow(seen checkingSeen, now time.Time) {
	p.Live, p.Refresh, p.State = true, 3, state{"busy", "under way"}
	p.Given = givenRows(p.Run.Facts.Given)
	p.Doing = seen.text
	if p.Run.Fix != nil {
		return // what the change turns is shown, not every check
	}
	decided := 0
	for _, c := range checks.All {
		r, ok := seen.results[c.ID]
		if ok {
			decided++
			p.Rows = append(p.Rows, rowOf(r))
			continue
		}
		p.Rows = append(p.Rows, waitingRow(c, seen, now))
	}
	p.Progress = strings.TrimSpace(fmt.Sprintf("%d of %d decided. %s", decided, len(p.Rows), seen.text))
}

func waitingRow(c *checks.Check, seen checkingSeen, now time.Time) checkRow {
	row := rowOf(checks.Result{ID: c.ID})
	row.State = state{"busy", "waiting"}
	name, since := seen.waiting(c)
	switch took := now.Sub(since); {
	case name == "":
	case took > slowAfter:
		row.Text = fmt.Sprintf("Waiting for %s, which takes long: %d seconds so far.", name, int(took.Seconds()))
	default:
		row.Text = "Waiting for " + name + "."
	}
	return row
}

// nextOf is how to learn more than the run did.
func nextOf(run store.Run, env *store.Environment, signedIn bool) []web.Link {
	var out []web.Link
	f := run.Facts
	if !f.Operator.Known() && !signedIn {
		out = append(out, web.Link{Label: "Sign in to learn more", Href: signInPath(levelRead, false, "/runs/"+run.ID)})
	}
	if !f.Token.Known() && f.Given.ClientID != "" {
		out = append(out, web.Link{Label: "Make a test consent", Href: testFor(run, env)})
	}
	return out
}

// testFor is the form of a test consent that leads back to the checks.
func testFor(run store.Run, env *store.Environment) string {
	q := url.Values{"run": {run.ID}}
	if env != nil && env.Result != nil {
		return "/environments/" + env.ID + "/test?" + q.Encode()
	}
	g := run.Facts.Given
	for name, value := range map[string]string{"client": g.ClientID, "organization": g.Organization, "project": g.Project, "scopes": g.Scopes} {
		if value != "" {
			q.Set(name, value)
		}
	}
	q.Set("where", "own")
	if g.Tenant == "organizations" || g.Tenant == "" {
		q.Set("where", "organizations")
	} else {
		q.Set("tenant", g.Tenant)
	}
	return "/tests/new?" + q.Encode()
}

// again starts the same checks once more: with a secret that is still kept,
// and with whoever is signed in now.
func (h *Handlers) again(c *gin.Context) (web.Response, error) {
	run, err := h.runOf(c)
	if err != nil {
		return nil, err
	}
	begin := newRun{env: run.Environment, given: run.Facts.Given}
	var env *store.Environment
	if run.Environment != "" {
		found, err := h.Store.Environment(c.Request.Context(), run.Environment)
		if err != nil {
			return nil, err
		}
		env = &found
		if begin.secret, err = h.keptValue(c, found); err != nil {
			return nil, err
		}
	}
	begin.directory, begin.owner = h.reader(c, env)
	id, err := h.begin(c.Request.Context(), begin)
	if err != nil {
		return nil, err
	}
	return web.SeeOther("/runs/" + id), nil
}

// changeGiven is the form, filled as it was for the run but for the secret.
func (h *Handlers) changeGiven(c *gin.Context) (web.Response, error) {
	run, err := h.runOf(c)
	if err != nil {
		return nil, err
	}
	g := run.Facts.Given
	q := url.Values{}
	page := newDiagnosePage(nil, func(_, def string) string { return def })
	for _, f := range page.fields(&g) {
		if *f.into != "" {
			q.Set(f.field.Name, *f.into)
		}
	}
	form := "/diagnose"
	if run.Environment != "" {
		form = "/environments/" + run.Environment + "/checks"
	}
	return web.SeeOther(form + "?" + q.Encode()), nil
}

func integrationName(id string) string {
	if p, ok := preset.ByID(id); ok {
		return p.Name
	}
	return id
}

// errNotDone: the run has nothing to build on yet.
func errNotDone(run store.Run) error {
	return &web.Error{Status: http.StatusConflict, Public: "These checks are not done. Wait until they are, or run them again.", Next: web.Link{Label: "Open the checks", Href: "/runs/" + run.ID}}
}

// A grantsView is every consent that the app holds in the tenant.
type grantsView struct {
	Rows []grantRow
	// All is the address of the preview of a consent for the whole tenant;
	// empty where there is one, or where it cannot be given.
	All string
}

type grantRow struct {
	Whom, Resource string
	Scopes         []string
	Everybody      bool
	Revoke         string // address of the preview
}

// viewGrants lists the consents; nil where they are not known.
func viewGrants(run store.Run) *grantsView {
	f := run.Facts
	if !f.Grants.Known() {
		return nil
	}
	v := &grantsView{}
	for _, g := range f.Grants.Get() {
		row := grantRow{Whom: whom(&f, g), Resource: resourceOf(&f, g.Resource), Scopes: slices.Clone(g.Scopes), Everybody: g.Type == entra.AllPrincipals,
			Revoke: fixAddress(run.ID, choice{Revoke: g.ID})}
		v.Rows = append(v.Rows, row)
	}
	if f.OfferConsent() != nil && !slices.ContainsFunc(v.Rows, func(r grantRow) bool { return r.Everybody }) {
		v.All = fixAddress(run.ID, choice{Consent: true})
	}
	return v
}

// whom says for whom a consent stands, by name where one is known.
func whom(f *checks.Facts, g entra.Grant) string {
	if g.Type == entra.AllPrincipals {
		return "everybody in the tenant"
	}
	known := append([]entra.Person{f.Operator.Or(checks.Operator{}).Person, f.Token.Or(checks.TokenFacts{}).Person}, f.Owners.Or(nil)...)
	for _, p := range known {
		if p.ID == g.Principal && p.ID != "" {
			return firstOf(p.UPN, p.DisplayName)
		}
	}
	return "the user with the object ID " + string(g.Principal)
}

func resourceOf(f *checks.Facts, id entra.ObjectID) string {
	for client, p := range f.Resources.Or(nil) {
		switch {
		case p.ID != id:
		case client == entra.AzureDevOps:
			return "Azure DevOps"
		case client == entra.MicrosoftGraph:
			return "Microsoft Graph"
		}
	}
	return "the resource with the object ID " + string(id)
}

// A secretOffer is one secret of the registration, with the way to take it
// away.
type secretOffer struct {
	secretRow
	Remove string
}

// secretOffers lists the secrets and where to make a new one.
func secretOffers(run store.Run) (rows []secretOffer, rotate string) {
	app := run.Facts.Application.Or(nil)
	if app == nil {
		return nil, ""
	}
	env := store.Environment{Name: run.Facts.Given.Environment}
	for _, row := range secretRows(env, app.Secrets, run.Facts.Now) {
		rows = append(rows, secretOffer{row, fixAddress(run.ID, choice{Drop: row.KeyID})})
	}
	if run.Facts.OfferSecret() != nil {
		rotate = fixAddress(run.ID, choice{Rotate: true})
	}
	return rows, rotate
}
