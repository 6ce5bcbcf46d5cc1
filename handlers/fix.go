package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// fixable is how long after a run a change may be built on its facts.
const fixable = time.Hour

// A choice names one change that a run's facts offer: what mends a finding,
// or what a person wants done with a consent or a secret.
type choice struct {
	Check   string // with Finding, counted from 0
	Finding int
	Revoke  string // a grant's ID
	Drop    entra.KeyID
	Consent bool // for the whole tenant
	Rotate  bool // a new client secret
}

func (w choice) values() url.Values {
	q := url.Values{}
	switch {
	case w.Check != "":
		q.Set("check", w.Check)
		q.Set("finding", strconv.Itoa(w.Finding))
	case w.Revoke != "":
		q.Set("revoke", w.Revoke)
	case w.Drop != "":
		q.Set("drop", string(w.Drop))
	case w.Consent:
		q.Set("give", "consent")
	case w.Rotate:
		q.Set("give", "secret")
	}
	return q
}

func fixAddress(run string, w choice) string { return "/runs/" + run + "/fix?" + w.values().Encode() }

// chosenChange reads a choice from a form or an address.
func chosenChange(get func(string) string) choice {
	n, err := strconv.Atoi(get("finding"))
	if err != nil {
		n = -1
	}
	return choice{Check: get("check"), Finding: n, Revoke: get("revoke"), Drop: entra.KeyID(get("drop")), Consent: get("give") == "consent", Rotate: get("give") == "secret"}
}

// A proposal is a change that the facts offer, with why.
type proposal struct {
	change entra.Change
	say    string
	who    entra.Fixer
	stops  string // what stops working, for a change that takes something away
	// env is the name of the environment that records it.
	env string
}

// propose finds what was chosen among what the facts offer; ok is false when
// they do not offer it, or no longer.
func propose(f *checks.Facts, w choice) (p proposal, ok bool) {
	switch {
	case w.Check != "":
		return proposeMend(f, w)
	case w.Revoke != "":
		i := slices.IndexFunc(f.Grants.Or(nil), func(g entra.Grant) bool { return g.ID == w.Revoke })
		if i < 0 {
			return p, false
		}
		g := f.Grants.Get()[i]
		return proposal{change: entra.DeleteGrant{Grant: g.ID, ResourceName: resourceOf(f, g.Resource)}, say: "Revoke the consent for " + whom(f, g) + ".", who: entra.TenantAdmin,
			stops: "Whom it stood for is asked again at the next sign-in, and cannot connect where people may not consent for themselves. Tokens that were given out go on working for up to 90 minutes."}, true
	case w.Drop != "":
		app := f.Application.Or(nil)
		if app == nil || !slices.ContainsFunc(app.Secrets, func(s entra.Secret) bool { return s.KeyID == w.Drop }) {
			return p, false
		}
		return proposal{change: entra.RemoveSecret{App: app.ID, Key: w.Drop}, say: "Remove this client secret.", who: entra.AppOwner,
			stops: "Whatever still uses it cannot get tokens any more, at once. A removed secret does not come back."}, true
	case w.Consent:
		return proposal{change: f.OfferConsent(), say: "Consent for the whole tenant.", who: entra.TenantAdmin}, f.OfferConsent() != nil
	case w.Rotate:
		return proposal{change: f.OfferSecret(), say: "Make a new client secret and put it into the integration.", who: entra.AppOwner}, f.OfferSecret() != nil
	}
	return p, false
}

func proposeMend(f *checks.Facts, w choice) (p proposal, ok bool) {
	for _, r := range checks.Evaluate(f, checks.All) {
		if r.ID != w.Check || w.Finding < 0 || w.Finding >= len(r.Findings) || r.Findings[w.Finding].Mend.Change == nil {
			continue
		}
		mend := r.Findings[w.Finding].Mend
		return proposal{change: mend.Change, say: mend.Say, who: mend.Who}, true
	}
	return p, false
}

// marked gives a new secret the name by which the environment's setup and
// later checks know it as one made here.
func marked(ch entra.Change, environment, run string) entra.Change {
	if secret, ok := ch.(entra.AddSecret); ok {
		secret.Secret.Name = entra.SecretName(secret.Secret.Name, environment, run)
		return secret
	}
	return ch
}

// digest tells one request from another, so that what is sent is what was
// shown.
func digest(r entra.Request) string {
	data, err := json.Marshal(r)
	if err != nil {
		return "" // which no form carries
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// fixPage shows what a change would do before it is made.
type fixPage struct {
	web.Base
	Run     store.Run
	Env     *store.Environment
	Say     string
	Change  string // in words
	Who     string
	Stops   string
	Request *requestView
	Digest  string
	Choice  []web.Field // hidden
	// Green turn from wrong to right; Others turn otherwise.
	Green, Others []turnRow
	Nothing       bool // no check turns
	SignIn        string
	Old           bool // the facts are too old to build on
	Foreign       string
	AsksSecret    bool
	Secret        web.Field
	NewEnv        bool
	Allow         *gate // before the change may be made
}

func (h *Handlers) showFix(c *gin.Context) (web.Response, error) {
	run, p, err := h.proposed(c, c.Query)
	if err != nil {
		return nil, err
	}
	page := h.fixPage(run, p, chosenChange(c.Query))
	if run.Environment != "" {
		env, err := h.Store.Environment(c.Request.Context(), run.Environment)
		if err != nil {
			return nil, err
		}
		page.Env = &env
	}
	who, signedIn := person(c)
	switch home := run.Facts.Operator.Or(checks.Operator{}).Tenant.ID; {
	case !signedIn:
		page.SignIn = signInFor(c.Request.URL.RequestURI())
	case home != who.Tenant:
		page.SignIn = signInFor(c.Request.URL.RequestURI())
		page.Foreign = fmt.Sprintf("The facts were read in the tenant %s, but you are signed in to %s.", home, who.Tenant)
	default:
		if page.Allow, err = h.gate(c, levelOf(p.change.Request()), fixAddress(run.ID, chosenChange(c.Query))); err != nil {
			return nil, err
		}
	}
	return web.Page("fix.html", page), nil
}

// proposed loads the run and finds what was chosen.
func (h *Handlers) proposed(c *gin.Context, get func(string) string) (store.Run, proposal, error) {
	run, err := h.runOf(c)
	if err != nil {
		return run, proposal{}, err
	}
	if run.State != store.RunDone {
		return run, proposal{}, errNotDone(run)
	}
	if c.Request.Method == http.MethodGet { // what is changed is built on the facts as they are
		run = h.runFor(c, run)
	}
	p, ok := propose(&run.Facts, chosenChange(get))
	if !ok {
		return run, p, web.NotFound("such change")
	}
	if p.env, err = h.environmentName(c.Request.Context(), run); err != nil {
		return run, p, err
	}
	p.change = marked(p.change, p.env, run.ID)
	return run, p, nil
}

func (h *Handlers) fixPage(run store.Run, p proposal, w choice) *fixPage {
	request := p.change.Request()
	page := &fixPage{Run: run, Say: p.say, Change: p.change.Describe(), Who: string(p.who), Stops: p.stops, Request: viewRequest(&request), Digest: digest(request),
		Old: h.Now().Sub(run.Ended) > fixable, NewEnv: run.Environment == ""}
	page.Title, page.Section = "Before anything is written: "+page.Change, "diagnose"
	page.Request.Who = page.Who
	for name, values := range w.values() {
		page.Choice = append(page.Choice, web.Field{Name: name, Value: values[0]})
	}
	slices.SortFunc(page.Choice, func(a, b web.Field) int { return len(a.Name) - len(b.Name) })
	for _, t := range checks.Preview(run.Facts, checks.All, p.change) {
		row := turnOf(t)
		if t.After == checks.Passed {
			page.Green = append(page.Green, row)
		} else {
			page.Others = append(page.Others, row)
		}
	}
	page.Nothing = len(page.Green)+len(page.Others) == 0
	_, makesOne := p.change.(entra.AddSecret)
	page.AsksSecret = run.Facts.Given.Secret.Given && !makesOne && slices.Contains(checks.Affected(p.change), checks.NeedSecretTrial)
	page.Secret = web.Field{Name: "secret", Label: "Client secret, to try it again afterwards (optional)", Type: "password", Help: "Used for that only and kept nowhere. Without it, what is found out with the secret is not known afterwards."}
	return page
}

// fix makes the change that was shown and confirmed, as an operation of the
// app's environment, and checks apart from the request what became of it.
func (h *Handlers) fix(c *gin.Context) (web.Response, error) {
	run, p, err := h.proposed(c, c.PostForm)
	if err != nil {
		return nil, err
	}
	d, who, err := h.directory(c)
	if err != nil {
		return nil, err
	}
	if err := h.mayFix(c, run, p, who); err != nil {
		return nil, err
	}
	if err := h.allowed(c.Request.Context(), who, levelOf(p.change.Request())); err != nil {
		return nil, err
	}
	env, err := h.environmentOf(c.Request.Context(), run, p.env, who)
	if err != nil {
		return nil, err
	}
	id, err := h.startFix(c, run, env, p, d, who)
	if errors.Is(err, store.ErrBusy) {
		return nil, &web.Error{Status: http.StatusConflict, Err: err, Public: "Something else is under way for this environment. Wait until it has ended, then run the checks again.",
			Next: web.Link{Label: "Open the environment", Href: "/environments/" + env.ID}}
	}
	if err != nil {
		return nil, err
	}
	web.Note(c, slog.String("run", id))
	return web.SeeOther("/runs/" + id), nil
}

// mayFix holds the change to what was shown: by the same tenant's people, and
// soon after.
func (h *Handlers) mayFix(c *gin.Context, run store.Run, p proposal, who entra.Person) error {
	refuse := func(words string) error {
		return &web.Error{Status: http.StatusConflict, Public: words, Next: web.Link{Label: "Open the checks", Href: "/runs/" + run.ID}}
	}
	switch home := run.Facts.Operator.Or(checks.Operator{}).Tenant.ID; {
	case home != who.Tenant:
		return refuse(fmt.Sprintf("The facts were read in the tenant %s, but you are signed in to %s. Sign in with an account of that tenant, then run the checks again.", home, who.Tenant))
	case h.Now().Sub(run.Ended) > fixable:
		return refuse("These checks are more than an hour old, so nothing was changed. Run them again: the change is then built on what is there now.")
	case digest(p.change.Request()) != c.PostForm("digest"):
		return refuse("What would be sent is not what was shown, so nothing was changed. Look at the change again.")
	}
	return nil
}

// errChanged: the facts that a change was built on are no longer so.
var errChanged = &web.Error{Status: http.StatusConflict, Public: "Somebody changed this in the directory since the checks were made, so nothing was written. Run the checks again: the change is then built on what is there now."}

// stillSo reads what the change is built on once more and proposes it
// again: what is sent replaces whole lists, and must not undo what others did
// since.
func (h *Handlers) stillSo(ctx context.Context, m making) error {
	facts, access := m.parent.Facts, m.access
	facts.Renew(slices.DeleteFunc(checks.Affected(m.change), outsideDirectory)...)
	access.Secret = entra.Sensitive{} // what it shows is not asked for
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	for range checks.Run(ctx, &facts, checks.All, diagnose.Sources(access)) { // the facts are what counts
	}
	again, ok := propose(&facts, m.choice)
	if !ok || digest(marked(again.change, m.env, m.parent.ID).Request()) != digest(m.change.Request()) {
		return errChanged
	}
	return nil
}

func outsideDirectory(n checks.Need) bool {
	return n == checks.NeedSignIn || n == checks.NeedSecretTrial
}

// action is what a change does to what is there.
func action(ch entra.Change) setup.Action {
	switch ch.Request().Method {
	case http.MethodPost:
		if _, ok := ch.(entra.RemoveSecret); ok {
			return setup.Remove
		}
		return setup.Create
	case http.MethodDelete:
		return setup.Remove
	}
	return setup.Update
}
