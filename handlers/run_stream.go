package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/web"
)

// streamRun sends each row that changes, and leads on when the run has ended,
// also when it did so before anybody listened.
func (h *Handlers) streamRun(c *gin.Context) (web.Response, error) {
	run, err := h.runOf(c)
	if err != nil {
		return nil, err
	}
	whole := h.seesHints(c)
	return web.Stream(func(ctx context.Context, send func(web.Event) error) error {
		rows := checkSender{send: send, sent: map[string]string{}}
		for {
			changed := h.changes(run.ID)
			if run, err = h.Store.Run(ctx, run.ID); err != nil {
				return err
			}
			if !h.underWay(ctx, run) {
				return send(web.Event{Name: "go", Data: "/runs/" + run.ID})
			}
			page := h.viewOf(run, nil, true)
			if !whole {
				page.withoutHints()
			}
			if err := rows.page(page); err != nil {
				return err
			}
			if err := waitForChange(ctx, changed); err != nil {
				return err
			}
		}
	}), nil
}

// A checkSender remembers what its reader has.
type checkSender struct {
	send func(web.Event) error
	sent map[string]string
}

// page sends what changed of a page that grows.
func (s checkSender) page(p *runPage) error {
	if err := s.row("run-progress", "run-progress", p.Progress, p.Progress); err != nil {
		return err
	}
	for _, row := range p.Rows {
		if err := s.row(row.DOMID, "check-live", row.State.Words+row.Text, row); err != nil {
			return err
		}
	}
	if p.Fix == nil {
		return nil
	}
	if err := s.row("run-doing", "run-doing", p.Doing, p.Doing); err != nil {
		return err
	}
	for _, turn := range p.Fix.Turns {
		if err := s.row(turn.DOMID, "turn-row", turn.State.Words+turn.Now.Words, turn); err != nil {
			return err
		}
	}
	return nil
}

// row sends one, unless its reader has what it says.
func (s checkSender) row(id, template, says string, data any) error {
	if old, ok := s.sent[id]; ok && old == says {
		return nil
	}
	s.sent[id] = says
	return s.send(web.Event{Name: "row", Page: "run.html", Template: template, Data: data})
}
