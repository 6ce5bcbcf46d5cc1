package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

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
}

// progressRow is one planned step with how far it got.
type progressRow struct {
	planRow
	DOMID     string
	State     state
	Text      string
	RequestID string
	Say       string
}

// running keeps what is only worth knowing while an operation runs: who
// listens, and what a step waits for.
type running struct {
	mu  sync.Mutex
	ops map[string]*runningOp
}

type runningOp struct {
	changed chan struct{} // closed and replaced at each change
	texts   map[setup.StepID]setup.Event
}

func (r *running) begin(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ops == nil {
		r.ops = map[string]*runningOp{}
	}
	r.ops[id] = &runningOp{changed: make(chan struct{}), texts: map[setup.StepID]setup.Event{}}
}

func (r *running) tell(id string, e setup.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	op := r.ops[id]
	if op == nil {
		return
	}
	op.texts[e.Step] = e
	close(op.changed)
	op.changed = make(chan struct{})
}

func (r *running) end(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if op := r.ops[id]; op != nil {
		close(op.changed)
		delete(r.ops, id)
	}
}

func (r *running) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

// watch gives the channel that closes at the next change, and the texts so
// far; nil when the operation does not run in this process.
func (r *running) watch(id string) (<-chan struct{}, map[setup.StepID]setup.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	op := r.ops[id]
	if op == nil {
		return nil, nil
	}
	texts := make(map[setup.StepID]setup.Event, len(op.texts))
	for k, v := range op.texts {
		texts[k] = v
	}
	return op.changed, texts
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
	_, texts := h.running.watch(op.ID)
	return web.Page("operation.html", operationView(op, env, entries, texts)), nil
}

// operationView shapes the page from what the journal says.
func operationView(op store.Operation, env store.Environment, entries []setup.Entry, texts map[setup.StepID]setup.Event) *operationPage {
	page := &operationPage{Operation: op, Env: env, State: operationState(op), Rows: progressRows(op, entries, texts)}
	page.Section = "setup"
	page.Title = fmt.Sprintf("%s: %s", env.Name, page.State.Words)
	page.Live = op.State == store.OperationRunning
	if op.Result != nil {
		page.Words, page.Left = op.Result.Words, planRows(op.Result.Left)
	}
	page.Next = web.Link{Label: "Open the environment", Href: "/environments/" + env.ID}
	switch op.State {
	case store.OperationRunning:
		page.Refresh = 3
		page.Verdict = "Working. You may leave this page; the work goes on and is shown here when you come back."
	case store.OperationDone:
		page.Verdict = doneVerdict(op)
		if op.Kind != store.RemoveOperation {
			page.Next = web.Link{Label: "Take the client secret", Href: "/environments/" + env.ID + "/secret"}
		}
	default:
		page.CanResume = true
		page.Verdict = stoppedVerdict(op)
	}
	return page
}

func doneVerdict(op store.Operation) string {
	switch {
	case op.Kind == store.RemoveOperation:
		return "Removed. The app registration can be restored in the portal for 30 days."
	case op.Result != nil && op.Result.Proven:
		return "Done, and proven by reading everything back: nothing is left to do."
	}
	return "Everything that could be done here is done; what is left is listed below."
}

func stoppedVerdict(op store.Operation) string {
	if op.State == store.OperationInterrupted {
		return "The console stopped while this was under way. Nothing is lost: going on looks up what had been done and does only the rest."
	}
	return "It stopped: " + op.Error
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
	for _, r := range planRows(op.Plan.Pending()) {
		planned[r.ID] = true
		rows = append(rows, progress(r, newest[r.ID], texts[r.ID], op.State))
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
		row.State, row.Text = state{"bad", "refused"}, e.Error
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
	row.Say = r.Title + ": " + row.State.Words
	return row
}

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

// streamPoll is how often an operation of another process is looked at.
const streamPoll = time.Second

func (h *Handlers) streamOperation(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	// One that ended between the page and this request leads on at once:
	// refusing it would leave the page as it was for ever.
	id := op.ID
	return web.Stream(func(ctx context.Context, send func(web.Event) error) error {
		sent := map[string]progressRow{}
		for {
			changed, texts := h.running.watch(id)
			op, err := h.Store.Operation(ctx, id)
			if err != nil {
				return err
			}
			if op.State != store.OperationRunning {
				return send(web.Event{Name: "go", Data: "/operations/" + id})
			}
			entries, err := h.Store.Entries(ctx, id)
			if err != nil {
				return err
			}
			for _, row := range progressRows(op, entries, texts) {
				if old, ok := sent[row.DOMID]; ok && sameProgress(old, row) {
					continue
				}
				sent[row.DOMID] = row
				if err := send(web.Event{Name: "row", Page: "operation.html", Template: "progress-row", Data: row}); err != nil {
					return err
				}
			}
			if err := h.waitForChange(ctx, changed); err != nil {
				return err
			}
		}
	}), nil
}

func sameProgress(a, b progressRow) bool {
	return a.State == b.State && a.Text == b.Text && a.RequestID == b.RequestID
}

// waitForChange returns at the next change, or soon when the operation runs
// elsewhere.
func (h *Handlers) waitForChange(ctx context.Context, changed <-chan struct{}) error {
	t := time.NewTimer(streamPoll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-t.C:
	}
	return nil
}
