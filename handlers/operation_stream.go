package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// streamOperation sends each row that changes, and leads on when the operation
// has ended, also when it did so before anybody listened.
func (h *Handlers) streamOperation(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	whole := h.seesHints(c)
	return web.Stream(func(ctx context.Context, send func(web.Event) error) error {
		rows := rowSender{send: send, sent: map[string]progressRow{}, whole: whole}
		for {
			changed, texts := h.running.watch(op.ID)
			over, err := h.sendProgress(ctx, op.ID, texts, rows)
			if over || err != nil {
				return err
			}
			if err := waitForChange(ctx, changed); err != nil {
				return err
			}
		}
	}), nil
}

func (h *Handlers) sendProgress(ctx context.Context, id string, texts map[setup.StepID]setup.Event, rows rowSender) (over bool, err error) {
	op, err := h.Store.Operation(ctx, id)
	if err != nil {
		return false, err
	}
	if op.State != store.OperationRunning {
		return true, rows.send(web.Event{Name: "go", Data: "/operations/" + id})
	}
	entries, err := h.Store.Entries(ctx, id)
	if err != nil {
		return false, err
	}
	return false, rows.changed(progressRows(op, entries, texts))
}

// A rowSender remembers what its reader has.
type rowSender struct {
	send func(web.Event) error
	sent map[string]progressRow
	// whole: the reader may see how client secrets begin.
	whole bool
}

func (r rowSender) changed(rows []progressRow) error {
	if !r.whole {
		rows = rowsWithoutHints(rows)
	}
	for _, row := range rows {
		if old, ok := r.sent[row.DOMID]; ok && sameProgress(old, row) {
			continue
		}
		r.sent[row.DOMID] = row
		if err := r.send(web.Event{Name: "row", Page: "operation.html", Template: "progress-row", Data: row}); err != nil {
			return err
		}
	}
	return nil
}

func sameProgress(a, b progressRow) bool {
	return a.State == b.State && a.Text == b.Text && a.RequestID == b.RequestID
}
