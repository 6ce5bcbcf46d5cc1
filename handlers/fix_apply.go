package handlers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// environmentOf is the environment whose journal records a change to the
// run's app. An app that none stands for gets one of the given name, which is
// watched from then on.
func (h *Handlers) environmentOf(ctx context.Context, run store.Run, name string, who entra.Person) (store.Environment, error) {
	env, ok, err := h.standsFor(ctx, run)
	switch {
	case err != nil:
		return env, err
	case !ok:
		return h.watch(ctx, run, name, who)
	case env.State == store.Removed:
		return env, errRemoved
	}
	return env, nil
}

// standsFor finds the environment of the run's app; ok is false when there is
// none.
func (h *Handlers) standsFor(ctx context.Context, run store.Run) (env store.Environment, ok bool, err error) {
	if run.Environment != "" {
		env, err = h.Store.Environment(ctx, run.Environment)
		return env, err == nil, err
	}
	all, err := h.Store.Environments(ctx)
	if err != nil {
		return env, false, err
	}
	home := run.Facts.Operator.Or(checks.Operator{}).Tenant.ID
	for _, env := range all {
		if env.State != store.Removed && env.Tenant == home && givenOf(env).ClientID == run.Facts.Given.ClientID {
			return env, true, nil
		}
	}
	return env, false, nil
}

// environmentName is what the environment of the run's app is or will be
// called.
func (h *Handlers) environmentName(ctx context.Context, run store.Run) (string, error) {
	env, ok, err := h.standsFor(ctx, run)
	if err != nil || ok {
		return env.Name, err
	}
	name := watchedName(run.Facts)
	switch _, err := h.Store.EnvironmentByName(ctx, name); {
	case errors.Is(err, store.ErrNotFound):
		return name, nil
	case err != nil:
		return "", err
	}
	return name + "-" + run.ID[:5], nil
}

// watch makes an environment for an app that was there before.
func (h *Handlers) watch(ctx context.Context, run store.Run, name string, who entra.Person) (store.Environment, error) {
	f := run.Facts
	client, err := entra.ParseClientID(f.Given.ClientID)
	if err != nil {
		return store.Environment{}, err
	}
	env := store.Environment{Owner: who, Tenant: who.Tenant, TenantName: f.Operator.Or(checks.Operator{}).Tenant.DisplayName, State: store.Watched, Step: "review",
		Spec: setup.Spec{Name: name, Integration: f.Given.Integration, Inputs: f.Given.Inputs, Tenant: string(who.Tenant), Adopt: client}}
	if _, ok := preset.ByID(env.Spec.Integration); !ok {
		env.Spec.Integration, env.Spec.Inputs = "custom", map[string]string{"redirectUri": f.Given.RedirectURI}
	}
	if slug, project, err := entra.ParseOrganization(f.Given.Organization); err == nil {
		env.Spec.Organization, env.Spec.Project = slug, firstOf(f.Given.Project, project)
	}
	if app := f.Application.Or(nil); app != nil {
		env.Result = &setup.Result{App: *app}
	}
	return h.Store.CreateEnvironment(ctx, env)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// watchedName is the app's name in the letters that an environment's may have.
func watchedName(f checks.Facts) string {
	name := firstOf(f.Given.Integration, "app")
	if app := f.Application.Or(nil); app != nil {
		name = app.DisplayName
	}
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
	name = strings.Trim(name[:min(len(name), 30)], "-")
	return firstOf(name, "app")
}

// startFix records the operation and the run that checks what becomes of it,
// and carries both out apart from the request.
func (h *Handlers) startFix(c *gin.Context, parent store.Run, env store.Environment, p proposal, d Directory, who entra.Person) (id string, err error) {
	ctx := c.Request.Context()
	secret := entra.NewSensitive(c.PostForm("secret"))
	if secret.IsZero() {
		if secret, err = h.keptValue(c, env); err != nil {
			return "", err
		}
	}
	place, err := h.place(ctx, parent.Facts.Given)
	if err != nil {
		return "", err
	}
	defer place.GiveBack()
	request := p.change.Request()
	step := setup.Step{ID: setup.StepID("fix:" + firstOf(chosenChange(c.PostForm).Check, "chosen")), Action: action(p.change), Title: capital(p.change.Describe()), Request: &request, Who: string(p.who)}
	asked := h.Now()
	op, err := h.Store.StartOperation(ctx, env.ID, store.FixOperation, who, setup.Plan{Steps: []setup.Step{step}})
	if err != nil {
		return "", err
	}
	facts := parent.Facts
	facts.Given.Environment = env.Name
	if facts.Given.Made, err = h.made(ctx, facts.Given.ClientID); err != nil {
		return "", err
	}
	run, live, err := h.record(ctx, store.Run{Environment: env.ID, Owner: who, RunDocument: store.RunDocument{Facts: facts, Fix: &store.RunFix{
		Parent: parent.ID, Check: chosenChange(c.PostForm).Check, Say: p.change.Describe(), Request: request, Operation: op.ID,
		Before: parent.Results, Foreseen: checks.Preview(parent.Facts, checks.All, p.change),
	}}})
	if err != nil {
		op.State, op.Error = store.OperationFailed, sentence(err)
		return "", errors.Join(err, h.Store.FinishOperation(ctx, op))
	}
	m := making{parent, chosenChange(c.PostForm), p.change, p.env, op, live, h.access(newRun{directory: d, secret: secret}), h.keeping(ctx, op, asked)}
	h.inTurn(ctx, place, run, func(ctx context.Context) {
		h.finish(context.WithoutCancel(ctx), h.makeChange(ctx, m, run))
	})
	return run.ID, nil
}

// making is a change on its way.
type making struct {
	parent store.Run
	choice choice
	change entra.Change
	env    string // its name
	op     store.Operation
	live   *checking
	access diagnose.Access
	letGo  func() // of op
}

// makeChange sends the change, and checks again what it may have altered.
func (h *Handlers) makeChange(ctx context.Context, m making, run store.Run) store.Run {
	m.live.say("Sending the change.")
	created, state, err := h.sendChange(ctx, m)
	run.Fix.State, run.Fix.RequestID, run.Fix.Secret = state, created.RequestID, !created.SecretValue.IsZero()
	m.op.State = store.OperationDone
	if err != nil {
		run.Fix.Error = sentence(err)
		m.op.State, m.op.Error = store.OperationFailed, run.Fix.Error
	}
	m.letGo()
	if err := h.Store.FinishOperation(context.WithoutCancel(ctx), m.op); err != nil {
		h.Log.Error("what came of a change could not be recorded", "operation", m.op.ID, "error", err.Error())
	}
	if state == setup.Failed {
		return run
	}
	if !created.SecretValue.IsZero() {
		m.access.Secret = created.SecretValue
	}
	run = h.gatherAgain(ctx, m, run)
	if err := h.alter(context.WithoutCancel(ctx), m.op.Environment, func(e *store.Environment) { noteChange(e, run, created) }); err != nil {
		h.Log.Error("the environment could not be brought in line with a change", "operation", m.op.ID, "error", err.Error())
	}
	return run
}

// noteChange keeps what an environment remembers of its app in line.
func noteChange(e *store.Environment, run store.Run, created entra.Created) {
	app := run.Facts.Application.Or(nil)
	if e.Result == nil || app == nil || app.ClientID != e.Result.App.ClientID {
		return
	}
	e.Result.App = *app
	if created.Secret != nil {
		e.Result.Secret = created.Secret
	}
}

// sendChange makes sure that the change is still what was shown, writes the
// intent down, sends, and writes down what came of it. Without a journal
// nothing is sent.
func (h *Handlers) sendChange(ctx context.Context, m making) (created entra.Created, state setup.EntryState, err error) {
	if ctx.Err() != nil {
		return entra.Created{}, setup.Failed, errEnding
	}
	state = setup.Failed // until it is sent
	err = h.aloneWith(ctx, entra.ClientID(m.parent.Facts.Given.ClientID), func() (err error) {
		created, state, err = h.sendAlone(ctx, m)
		return err
	})
	return created, state, err
}

func (h *Handlers) sendAlone(ctx context.Context, m making) (entra.Created, setup.EntryState, error) {
	if err := h.stillSo(ctx, m); err != nil {
		return entra.Created{}, setup.Failed, err
	}
	journal, step := h.Store.Journal(m.op), m.op.Plan.Steps[0]
	seq, err := journal.Intent(ctx, setup.Entry{Step: step.ID, Title: step.Title, Request: m.change.Request(), State: setup.Intended, Started: h.Now()})
	if err != nil {
		return entra.Created{}, setup.Failed, fmt.Errorf("it was not sent, because the intent could not be written down: %w", err)
	}
	created, err := m.access.Directory.(Directory).Do(ctx, m.change) // startFix put one there
	state := outcomeOf(err)
	if jerr := journal.Outcome(ctx, seq, state, created, err); jerr != nil {
		return created, state, errors.Join(err, fmt.Errorf("it was sent, but what came of it could not be written down: %w", jerr))
	}
	return created, state, err
}

func outcomeOf(err error) setup.EntryState {
	switch {
	case err == nil:
		return setup.Done
	case entra.OutcomeUnknown(err):
		return setup.Unknown
	}
	return setup.Failed
}

// untilShown are the waits between looks at a directory that does not show
// yet what was written.
var untilShown = []time.Duration{time.Second, time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 8 * time.Second, 10 * time.Second}

// gatherAgain learns anew what the change may have altered, until everything
// foreseen has come true or was waited for in vain.
func (h *Handlers) gatherAgain(ctx context.Context, m making, run store.Run) store.Run {
	before := run.Facts
	if !m.access.Secret.IsZero() {
		before.Given.Secret = checks.NewSecretGiven(m.access.Secret)
	}
	for i := 0; ; i++ {
		m.live.say("Checking what the change may have altered.")
		run.Facts = h.rerun(ctx, m, before)
		if i == len(untilShown) || !unmet(run.Fix.Foreseen, checks.Evaluate(&run.Facts, checks.All)) {
			return run
		}
		m.live.say("The directory does not show everything yet. Looking again in a moment.")
		if h.Sleep(ctx, untilShown[i]) != nil {
			return run
		}
	}
}

func (h *Handlers) rerun(ctx context.Context, m making, facts checks.Facts) checks.Facts {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	facts.Now = h.Now()
	for r := range checks.Rerun(ctx, &facts, checks.All, m.live.watched(diagnose.Sources(m.access), h.Now, h.Log), m.change) {
		m.live.decided(r)
	}
	return facts
}
