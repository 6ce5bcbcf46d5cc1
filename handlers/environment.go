package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// A state is said in words, with an icon and a colour.
type state struct{ Kind, Words string }

// environment loads the environment of the address and its preset.
func (h *Handlers) environment(c *gin.Context) (store.Environment, preset.Preset, error) {
	env, err := h.Store.Environment(c.Request.Context(), c.Param("id"))
	if errors.Is(err, store.ErrNotFound) {
		return env, preset.Preset{}, web.NotFound("environment")
	}
	if err != nil {
		return env, preset.Preset{}, err
	}
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok {
		return env, p, fmt.Errorf("environment %s names the unknown integration %q", env.ID, env.Spec.Integration)
	}
	return env, p.For(env.Spec.Credential), nil
}

// living is environment for pages that a removed one has no use for.
func (h *Handlers) living(c *gin.Context) (store.Environment, preset.Preset, error) {
	env, p, err := h.environment(c)
	if err == nil && env.State == store.Removed {
		err = errRemoved
	}
	return env, p, err
}

var errRemoved = &web.Error{Status: http.StatusGone, Public: "This environment was removed. Set up a new one.", Next: web.Link{Label: "Set up an integration", Href: "/setup"}}

// asShown takes the version that the form was made from, so that saving over
// what another window saved since is refused. A form without one counts as new.
func asShown(c *gin.Context, env store.Environment) store.Environment {
	if v, err := strconv.ParseInt(c.PostForm("version"), 10, 64); err == nil {
		env.Version = v
	}
	return env
}

// alter changes an environment on the console's own account: what a person
// saved in between is kept and only the change is put on top.
func (h *Handlers) alter(ctx context.Context, id string, change func(*store.Environment)) error {
	for range 5 {
		env, err := h.Store.Environment(ctx, id)
		if err != nil {
			return err
		}
		change(&env)
		if _, err = h.Store.SaveEnvironment(ctx, env); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

// foreignTenant says that the signed-in person is in another tenant than the
// environment, and how to go on.
func foreignTenant(env store.Environment, p entra.Person) error {
	if env.Tenant == "" || env.Tenant == p.Tenant {
		return nil
	}
	return &web.Error{Status: http.StatusConflict, Next: web.Link{Label: "Sign in to the other tenant", Href: signInFor("/environments/" + env.ID)},
		Public: fmt.Sprintf("This environment belongs to tenant %s, but you are signed in to %s. Sign in with an account of that tenant.", env.Tenant, p.Tenant)}
}

// environmentState says how an environment is doing.
func environmentState(env store.Environment, now time.Time) state {
	switch env.State {
	case store.Draft:
		return state{"idle", "in progress, at " + stepLabel(env.Step)}
	case store.Applying:
		return state{"busy", "being set up"}
	case store.Attention:
		return state{"warn", "needs attention"}
	case store.Removed:
		return state{"idle", "removed"}
	case store.Watched:
		return state{"idle", "checked and mended here"}
	}
	if s := env.Result.Current(); s != nil {
		switch {
		case overlapping(env, now):
			return state{"warn", "client secret is being rotated"}
		case s.ExpiredAt(now):
			return state{"bad", credentialNoun(env) + " expired"}
		case s.End.Sub(now) < 30*24*time.Hour:
			return state{"warn", credentialNoun(env) + " expires soon"}
		}
	}
	return state{"good", "set up and proven"}
}

// environmentPage is an environment's life.
type environmentPage struct {
	web.Base
	Env     store.Environment
	Preset  preset.Preset
	State   state
	IDs     []web.Copyable
	Secrets []secretRow
	// Credentials are those of other kinds; Leftover: the app is set up for one
	// of them, so that its client secrets are needed no more.
	Credentials []credentialRow
	Leftover    bool
	Kept        []store.KeptSecret
	Grants      []string
	Operations  []operationRow
	Trials      []trialRow
	Runs        []runRow
	// There are older ones than those listed.
	MoreOperations, MoreRuns bool

	SeeIt     []seeLink
	Next      []nextStep
	Words     []string
	Reminders *reminderView
}

type secretRow struct {
	entra.Secret
	Ours    bool
	State   state
	Percent int // of its life that is over
}

type operationRow struct {
	ID, Words string
	State     state
	Started   time.Time
	Actor     string
}

type trialRow struct {
	ID, Words string
	State     state
	Started   time.Time
}

type seeLink struct{ Label, Href, Command string }

type nextStep struct {
	Label, Help, Href string
	Done, Primary     bool
}

func (h *Handlers) showEnvironment(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	if env.State == store.Draft {
		return web.SeeOther("/environments/" + env.ID + "/setup/" + env.Step), nil
	}
	ctx := c.Request.Context()
	ops, older, err := h.Store.OperationsPage(ctx, env.ID, "", newest)
	if err != nil {
		return nil, err
	}
	trials, err := h.Store.Trials(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	kept, err := h.Store.Secrets(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	for i := range trials {
		trials[i] = h.asSeen(ctx, trials[i])
	}
	page := h.environmentPage(env, p, ops, trials, kept)
	page.MoreOperations = older != ""
	runs, older, err := h.Store.RunsPage(ctx, env.ID, "", newest)
	if err != nil {
		return nil, err
	}
	page.Runs, page.MoreRuns = h.runRows(ctx, runs), older != ""
	who, _ := person(c)
	if page.Credentials, err = h.credentialsOf(ctx, env, who, kept); err != nil {
		return nil, err
	}
	if proving(page.Credentials) {
		page.Refresh = 3
	}
	if page.Reminders, err = h.remindersOf(ctx, env, kept); err != nil {
		return nil, err
	}
	if !h.seesHints(c) {
		page.withoutHints()
	}
	page.Next = slices.DeleteFunc(page.Next, func(n nextStep) bool { return !h.May(c, "GET "+n.Href) })
	return web.Page("environment.html", page), nil
}

func (h *Handlers) environmentPage(env store.Environment, p preset.Preset, ops []store.Operation, trials []trial.Trial, kept []store.KeptSecret) *environmentPage {
	now := h.Now()
	page := &environmentPage{Env: env, Preset: p, State: environmentState(env, now)}
	page.Title = env.Name + ": " + page.State.Words
	page.Section = "start"
	if env.Result != nil {
		r := env.Result
		page.Words = r.Words
		page.IDs = []web.Copyable{
			{Label: "client ID (portal: Application (client) ID)", Value: string(r.App.ClientID)},
			{Label: "object ID of the app registration", Value: string(r.App.ID)},
			{Label: "tenant ID (portal: Directory (tenant) ID)", Value: string(env.Tenant)},
		}
	}
	page.Leftover = provesBy(env) != entra.ClientSecretKind
	if env.Result != nil && env.State != store.Removed {
		page.Secrets = secretRows(env, env.Result.App.Secrets, now)
		page.SeeIt = seeApp(h.Cloud, env.Tenant, env.Result.App)
	}
	if k := unseenSecret(env, kept); k != nil {
		page.Kept = append(page.Kept, *k)
	}
	page.Operations = operationRows(ops)
	for _, t := range trials {
		page.Trials = append(page.Trials, trialRow{t.ID, trialWords(t, env), trialState(t), t.Started})
	}
	page.Next = nextSteps(env, p, trials, page.Kept)
	switch {
	case atWork(ops):
		page.Next = []nextStep{{Label: "See how far it is", Help: "Something is under way for this environment.", Href: "/operations/" + ops[0].ID, Primary: true}}
	case overlapping(env, now):
		page.Next = append([]nextStep{finishRotation(env)}, page.Next...)
	case forgottenSecret(env, kept) != nil:
		page.Next = append([]nextStep{{Label: "Make another " + shownNoun(env), Primary: true, Href: "/environments/" + env.ID + "/setup/review",
			Help: "Nobody took the last one within 24 hours, so nobody has it. The setup removes it and makes another."}}, page.Next...)
	}
	return page
}

func operationRows(ops []store.Operation) []operationRow {
	var rows []operationRow
	for _, o := range ops {
		rows = append(rows, operationRow{o.ID, operationWords(o), operationState(o), o.Started, o.Actor.UPN})
	}
	return rows
}

// atWork: the newest of an environment's operations runs.
func atWork(ops []store.Operation) bool {
	return len(ops) > 0 && ops[0].State == store.OperationRunning
}

// nextSteps is what is left to do on the way to a working connection.
func nextSteps(env store.Environment, p preset.Preset, trials []trial.Trial, kept []store.KeptSecret) []nextStep {
	base := "/environments/" + env.ID
	secret := nextStep{Label: "Take the " + shownNoun(env), Help: "It is shown once, and forgotten here 24 hours after it was made.", Href: base + "/secret", Done: len(kept) == 0}
	if env.State == store.Attention || env.State == store.Applying {
		steps := []nextStep{{Label: "Go on with the setup", Help: "Something is left to do; the review shows what.", Href: base + "/setup/review", Primary: true}}
		if !secret.Done {
			steps = append(steps, secret)
		}
		return steps
	}
	if env.State == store.Removed {
		return nil
	}
	if env.State == store.Watched {
		steps := []nextStep{{Label: "Run the checks", Help: "They find what keeps people from connecting, and mend what can be mended here.", Href: base + "/checks", Primary: true}}
		if !secret.Done {
			steps = append(steps, secret)
		}
		return append(steps, nextStep{Label: "Set it up as " + p.Called() + " wants it", Help: "The review shows what would be changed before anything is.", Href: base + "/setup/review"})
	}
	tested := slices.ContainsFunc(trials, func(t trial.Trial) bool { return t.State == trial.Succeeded })
	handed := len(env.Handed) >= len(p.Fields)
	steps := []nextStep{
		secret,
		{Label: "Test the consent flow", Help: "Sign in as a user would and see what the token can do.", Href: base + "/test", Done: tested},
		{Label: "Hand the values over to " + p.Called(), Help: "The form's fields in its own order, ready to copy.", Href: base + "/hand-off", Done: handed},
	}
	if !madeHere(env.Spec) {
		steps = steps[1:]
	}
	for i := range steps {
		if !steps[i].Done {
			steps[i].Primary = true
			break
		}
	}
	return steps
}

func secretRows(env store.Environment, secrets []entra.Secret, now time.Time) []secretRow {
	var rows []secretRow
	for _, s := range secrets {
		op, ours := entra.IsOurSecret(s.Name, env.Name)
		if ours { // the page says so in words
			s.Name = strings.TrimSpace(strings.TrimSuffix(s.Name, entra.SecretName("", env.Name, op)))
		}
		row := secretRow{Secret: s, Ours: ours}
		life, gone := s.End.Sub(s.Start), now.Sub(s.Start)
		if life > 0 {
			row.Percent = int(min(max(100*gone/life, 0), 100))
		}
		row.State = endState(s.End, s.ExpiredAt(now), now)
		rows = append(rows, row)
	}
	return rows
}

func operationWords(o store.Operation) string {
	switch o.Kind {
	case store.RemoveOperation:
		return "Removal"
	case store.SecretOperation:
		return "New client secret or key pair"
	case store.RotateOperation:
		return "Next client secret, beside the one in use"
	case store.RetireOperation:
		kind, _ := o.Plan.Retired()
		return "Old " + credentialNouns[kind] + " retired"
	case store.FixOperation:
		return fixWords(o)
	}
	if n := len(o.Plan.Pending()); n > 0 {
		return fmt.Sprintf("Setup, %d planned changes", n)
	}
	return "Setup"
}

func operationState(o store.Operation) state {
	switch o.State {
	case store.OperationRunning:
		return state{"busy", "running"}
	case store.OperationDone:
		return state{"good", "done"}
	case store.OperationInterrupted:
		return state{"warn", "interrupted, can be resumed"}
	}
	return state{"bad", "stopped with an error"}
}

// fixWords name the change of a fix.
func fixWords(o store.Operation) string {
	if len(o.Plan.Steps) == 0 {
		return "Fix"
	}
	return "Fix: " + o.Plan.Steps[0].Title
}
