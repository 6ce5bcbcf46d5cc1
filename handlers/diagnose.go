package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

func (h *Handlers) showDiagnose(c *gin.Context) (web.Response, error) {
	page, err := h.diagnosePage(c, nil)
	if err != nil {
		return nil, err
	}
	return web.Page("diagnose.html", page), nil
}

func (h *Handlers) showEnvironmentChecks(c *gin.Context) (web.Response, error) {
	env, _, err := h.living(c)
	if err != nil {
		return nil, err
	}
	page, err := h.diagnosePage(c, &env)
	if err != nil {
		return nil, err
	}
	return web.Page("diagnose.html", page), nil
}

func (h *Handlers) startDiagnose(c *gin.Context) (web.Response, error) { return h.startChecks(c, nil) }

func (h *Handlers) startEnvironmentChecks(c *gin.Context) (web.Response, error) {
	env, _, err := h.living(c)
	if err != nil {
		return nil, err
	}
	return h.startChecks(c, &env)
}

// startChecks reads the form and begins a run.
func (h *Handlers) startChecks(c *gin.Context, env *store.Environment) (web.Response, error) {
	page, err := h.diagnosePage(c, env)
	if err != nil {
		return nil, err
	}
	given, problems := page.given(env)
	if len(problems) > 0 {
		page.Errors = problems
		return web.PageWithStatus(http.StatusUnprocessableEntity, "diagnose.html", page), nil
	}
	secret := entra.NewSensitive(c.PostForm("secret"))
	if secret.IsZero() && page.UseKept {
		if secret, err = h.keptValue(c, *env); err != nil {
			return nil, err
		}
	}
	begin := newRun{given: given, secret: secret}
	if env != nil {
		begin.env = env.ID
	}
	if page.Read {
		begin.directory, begin.owner = h.reader(c, env)
	}
	id, err := h.begin(c.Request.Context(), begin)
	if err != nil {
		return nil, err
	}
	web.Note(c, slog.String("run", id))
	return web.SeeOther("/runs/" + id), nil
}

// keptValue is the value of the environment's secret, as long as it is kept
// for this person; none otherwise.
func (h *Handlers) keptValue(c *gin.Context, env store.Environment) (entra.Sensitive, error) {
	kept, ok, err := h.usableSecret(c, env)
	if err != nil || !ok {
		return entra.Sensitive{}, err
	}
	who, _ := person(c)
	value, err := h.Store.UseSecret(c.Request.Context(), kept.ID, who)
	if errors.Is(err, store.ErrGone) || errors.Is(err, store.ErrNotFound) {
		return entra.Sensitive{}, nil
	}
	return value, err
}

// reader is the directory of whoever is signed in, for a run; nil when nobody
// is, or in another tenant than the environment. A sign-in that has ended is
// nobody's: the checks need none.
func (h *Handlers) reader(c *gin.Context, env *store.Environment) (Directory, entra.Person) {
	d, who, err := h.directory(c)
	if err != nil || env != nil && foreignTenant(*env, who) != nil {
		return nil, entra.Person{}
	}
	if _, _, err := h.tokens(who)(c.Request.Context()); err != nil {
		if errors.Is(err, errSignedOut) {
			web.SessionOf(c).Delete(personKey)
		}
		return nil, entra.Person{}
	}
	return d, who
}

// A newRun is what a run of the checks begins with.
type newRun struct {
	env, trial string
	given      checks.Given
	secret     entra.Sensitive
	directory  Directory
	owner      entra.Person
	tokens     *oauth.Tokens
}

// begin records the run and carries it out apart from the request.
func (h *Handlers) begin(ctx context.Context, n newRun) (id string, err error) {
	place, err := h.place(ctx, n.given)
	if err != nil {
		return "", err
	}
	defer place.GiveBack()
	if n.given.Made, err = h.made(ctx, n.given.ClientID); err != nil {
		return "", err
	}
	access := h.access(n)
	facts := access.Start(n.given)
	run, live, err := h.record(ctx, store.Run{Environment: n.env, Trial: n.trial, Owner: n.owner, RunDocument: store.RunDocument{Facts: facts}})
	if err != nil {
		return "", err
	}
	run.Facts = facts
	h.inTurn(ctx, place, run, func(ctx context.Context) {
		if ctx.Err() == nil {
			live.say("")
			run = h.gather(ctx, run, live, access)
		}
		if ctx.Err() == nil { // otherwise it was cut off
			h.finish(ctx, run)
		}
	})
	return run.ID, nil
}

// record keeps a run that begins. What was typed into the wrong field is not
// kept where it may be a secret.
func (h *Handlers) record(ctx context.Context, run store.Run) (store.Run, *checking, error) {
	run.Facts.Given = run.Facts.Given.Safe()
	run, err := h.Store.StartRun(ctx, run)
	if err != nil {
		return run, nil, err
	}
	live := h.checkings.begin(run.ID, h.holding(context.WithoutCancel(ctx), run.ID))
	live.say("Waiting until others have ended.")
	return run, live, nil
}

func (h *Handlers) access(n newRun) diagnose.Access {
	a := h.Access
	a.Secret, a.Tokens, a.Now = n.secret, n.tokens, h.Now
	if n.directory != nil {
		a.Directory = n.directory
	}
	return a
}

// runLimit is how long a run may take: what has not answered then is unknown.
const runLimit = 45 * time.Second

// gather carries a run out.
func (h *Handlers) gather(ctx context.Context, run store.Run, live *checking, access diagnose.Access) store.Run {
	defer h.noting(ctx, run, live)()
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	for r := range checks.Run(ctx, &run.Facts, checks.All, live.watched(diagnose.Sources(access), h.Now, h.Log)) {
		live.decided(r)
	}
	return run
}

// finish records what a run came to.
func (h *Handlers) finish(ctx context.Context, run store.Run) {
	run.Facts.Given = run.Facts.Given.Safe()
	run.Results = checks.Evaluate(&run.Facts, checks.All)
	summary := checks.Summarize(&run.Facts, run.Results)
	run.Verdict, run.Sentence = summary.Verdict, summary.Sentence
	if err := h.Store.FinishRun(ctx, run); err != nil {
		h.Log.Error("what a run of the checks found could not be recorded", "run", run.ID, "error", err.Error())
	}
}

// maxGiven is how long what is given may be, in characters.
const maxGiven = 4000

// given reads the form. What is wrong with it is for the checks to find.
func (p *diagnosePage) given(env *store.Environment) (checks.Given, []string) {
	var g checks.Given
	if env != nil {
		g = givenOf(*env)
	}
	var problems []string
	typed := 0
	for _, f := range p.fields(&g) {
		*f.into = f.field.Value
		if f.field.Value != "" {
			typed++
		}
		if utf8.RuneCountInString(f.field.Value) > maxGiven {
			f.field.Error = "This is too long to be one: shorten it."
			problems = append(problems, full(f.field.Label+" is longer than any can be: shorten it"))
		}
	}
	if g.Integration != "" && typed == 1 || typed == 0 {
		problems = append(problems, "There is nothing to check yet: give at least one of the values, best the client ID.")
	}
	return diagnose.Complete(g), problems
}

// givenOf is what an environment says.
func givenOf(env store.Environment) checks.Given {
	client := env.Spec.Adopt
	if env.Result != nil {
		client = env.Result.App.ClientID
	}
	return diagnose.Given(env.Spec, client, env.Tenant)
}

// oneLine joins the lines of a field that has several.
func oneLine(s string) string { return strings.Join(strings.FieldsFunc(s, isLineBreak), " ") }

func isLineBreak(r rune) bool { return r == '\n' || r == '\r' }
