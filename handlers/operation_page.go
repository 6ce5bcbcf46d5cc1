package handlers

import (
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// operationPage shows a plan turning into progress, row by row.
type operationPage struct {
	web.Base
	Operation store.Operation
	Env       store.Environment
	State     state
	Rows      []progressRow
	Verdict   string
	Words     []string
	Left      []planRow
	Live      bool
	Next      web.Link
	CanResume bool
	CanStop   bool
	Unseen    bool   // the client secret waits to be shown
	Noun      string // what waits: a client secret, or a private key
	Allow     *gate
}

// progressRow is one planned step with how far it got.
type progressRow struct {
	planRow
	DOMID     string
	State     state
	Text      string
	RequestID string
	Say       string
	Refused   bool // its own request was
}

func (h *Handlers) operation(c *gin.Context) (store.Operation, error) {
	op, err := h.Store.Operation(c.Request.Context(), c.Param("id"))
	if errors.Is(err, store.ErrNotFound) {
		return op, web.NotFound("operation")
	}
	return op, err
}

func (h *Handlers) showOperation(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	env, err := h.Store.Environment(ctx, op.Environment)
	if err != nil {
		return nil, err
	}
	entries, err := h.Store.Entries(ctx, op.ID)
	if err != nil {
		return nil, err
	}
	kept, err := h.Store.Secrets(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	_, texts := h.running.watch(op.ID)
	page := operationView(op, env, entries, texts, unseenSecret(env, kept))
	if page.CanResume {
		if page.CanResume, err = h.resumable(ctx, env, op); err != nil {
			return nil, err
		}
		if page.Allow, err = h.gate(c, levelOfPlan(op.Plan.Pending()), "/operations/"+op.ID); err != nil && detourFor(err) == nil {
			return nil, err
		}
	}
	if !h.seesHints(c) {
		page.Rows, page.Left = rowsWithoutHints(page.Rows), planWithoutHints(page.Left)
	}
	return web.Page("operation.html", page), nil
}

// operationView shapes the page from what the journal says. unseen is the
// secret that waits to be shown, if any.
func operationView(op store.Operation, env store.Environment, entries []setup.Entry, texts map[setup.StepID]setup.Event, unseen *store.KeptSecret) *operationPage {
	page := &operationPage{Operation: op, Env: env, State: operationState(op), Rows: progressRows(op, entries, texts)}
	page.Section = "setup"
	page.Title = fmt.Sprintf("%s: %s", env.Name, page.State.Words)
	page.Live = op.State == store.OperationRunning
	if op.Result != nil {
		page.Words, page.Left = op.Result.Words, planRows(op.Result.Left)
	}
	page.Next = web.Link{Label: "Open the environment", Href: "/environments/" + env.ID}
	page.Unseen, page.Noun = unseen != nil, shownNoun(env)
	switch op.State {
	case store.OperationRunning:
		page.Refresh, page.CanStop = 3, op.Kind != store.FixOperation
		page.Verdict = "Working. You may leave this page; the work goes on and is shown here when you come back."
	case store.OperationDone:
		page.Verdict = doneVerdict(op, env)
		switch {
		case op.Kind == store.RotateOperation && provesBy(env) == entra.ClientSecretKind:
			page.Next = web.Link{Label: "Go on with the rotation", Href: "/environments/" + env.ID + "/rotate"}
		case op.Kind == store.RemoveOperation:
			page.Next = web.Link{Label: "Go to your environments", Href: "/"}
		case page.Unseen:
			page.Next = web.Link{Label: "Take the " + shownNoun(env), Href: "/environments/" + env.ID + "/secret"}
		}
	default:
		page.CanResume = op.Kind != store.FixOperation
		page.Verdict = stoppedVerdict(op, page.Rows)
	}
	return page
}

func doneVerdict(op store.Operation, env store.Environment) string {
	switch {
	case op.Kind == store.RemoveOperation && env.Spec.Adopt != "":
		return "Removed. The app registration was there before and stays."
	case op.Kind == store.RemoveOperation:
		return "Removed. The app registration can be restored in the portal for 30 days."
	case op.Kind == store.RotateOperation:
		return "The next client secret is there, beside the one in use, which goes on working."
	case op.Kind == store.RetireOperation:
		kind, _ := op.Plan.Retired()
		return "The old " + credentialNouns[kind] + " is gone; reading the app registration back proved it."
	case op.Kind == store.FixOperation:
		return "The change was written; the checks of the environment show what became of it."
	case op.Result != nil && op.Result.Proven:
		return "It is proven by reading everything back: nothing is left to do."
	}
	return "Everything that could be done here is done; what is left is listed below."
}

func stoppedVerdict(op store.Operation, rows []progressRow) string {
	if op.Kind == store.FixOperation && op.State == store.OperationInterrupted {
		return "The console stopped while this was under way. Run the checks of the environment again: they show what became of it."
	}
	if op.State == store.OperationInterrupted {
		return "It was interrupted before it was done. Nothing is lost: sign in if you are not, then go on. What had been done is looked up, and only the rest is done."
	}
	refused := 0
	for _, r := range rows {
		if r.Refused {
			refused++
		}
	}
	switch refused {
	case 0:
		return "It stopped: " + op.Error
	case 1:
		return "One step was refused; beside it stands why, and who can do it. What was done stays."
	}
	return fmt.Sprintf("%d steps were refused; beside them stands why, and who can do them. What was done stays.", refused)
}

// progressRows joins the plan with the journal: a step shows its newest entry.
func progressRows(op store.Operation, entries []setup.Entry, texts map[setup.StepID]setup.Event) []progressRow {
	newest := map[setup.StepID]setup.Entry{}
	var order []setup.StepID
	for _, e := range entries {
		if _, seen := newest[e.Step]; !seen {
			order = append(order, e.Step)
		}
		newest[e.Step] = e
	}
	var rows []progressRow
	planned := map[setup.StepID]bool{}
	var sent state // of the newest step with a request of its own
	for _, r := range planRows(op.Plan.Pending()) {
		planned[r.ID] = true
		e, journaled := newest[r.ID]
		row := progress(r, e, texts[r.ID], op.State)
		if r.Request == nil && !journaled { // it goes with the one before it
			row.settle(sent)
		} else {
			sent = row.State
		}
		rows = append(rows, row)
	}
	for _, id := range order { // what only turned out to be needed on the way
		if !planned[id] {
			e := newest[id]
			rows = append(rows, progress(planRow{setup.Step{ID: id, Title: e.Title, Action: setup.Update}, viewRequest(&e.Request)}, e, texts[id], op.State))
		}
	}
	return rows
}

func progress(r planRow, e setup.Entry, live setup.Event, op store.OperationState) progressRow {
	row := progressRow{planRow: r, DOMID: domID(r.ID), RequestID: e.RequestID, Text: live.Text}
	switch e.State {
	case setup.Done:
		row.State = state{"good", "done"}
	case setup.Failed:
		row.State, row.Text, row.Refused = state{"bad", "refused"}, e.Error, true
	case setup.Unknown:
		row.State = state{"warn", "no answer, being looked up"}
	case setup.Intended:
		row.State = state{"busy", "sent, waiting for the answer"}
		if op != store.OperationRunning {
			row.State = state{"warn", "was under way"}
		}
	default:
		row.State = state{"idle", "not yet"}
	}
	row.settle(row.State)
	return row
}

// settle gives a row its state, to be seen and to be heard.
func (r *progressRow) settle(s state) { r.State, r.Say = s, r.Title+": "+s.Words }

// domID is a step's id as an HTML id.
func domID(id setup.StepID) string {
	out := []byte("step-")
	for _, b := range []byte(id) {
		if b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' {
			out = append(out, b)
		} else {
			out = append(out, '_')
		}
	}
	return string(out)
}
