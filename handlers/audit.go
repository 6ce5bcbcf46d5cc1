package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// auditRows is how many rows a page of the audit log has.
const auditRows = 50

// showAudit lists what was done, newest first.
func (h *Handlers) showAudit(c *gin.Context) (web.Response, error) {
	asked := auditAsked{c.Query("action"), c.Query("actor"), c.Query("from"), c.Query("to")}
	page := newAuditPage(asked)
	f, errs := asked.filter()
	if len(errs) > 0 {
		page.Errors = errs
		return web.PageWithStatus(http.StatusUnprocessableEntity, "audit.html", page), nil
	}
	place := c.Query("place")
	rows, next, err := h.Store.AuditPage(c.Request.Context(), f, place, auditRows)
	if errors.Is(err, store.ErrCursor) {
		return nil, &web.Error{Status: http.StatusBadRequest, Err: err, Public: "This address is no place in your audit log: it was changed, or was made for somebody else.", Next: web.Link{Label: "The newest rows", Href: "/audit"}}
	}
	if err != nil {
		return nil, err
	}
	page.show(rows, h.wholeLog(c))
	page.Continued, page.Newest = place != "", asked.address("")
	if next != "" {
		page.Older = asked.address(next)
	}
	return web.Page("audit.html", page), nil
}

// wholeLog: whoever asks reads the rows of all tenants.
func (h *Handlers) wholeLog(c *gin.Context) bool {
	caller, ok := store.CallerOf(c.Request.Context())
	return ok && caller.Everything
}

// auditFiles are the formats of an export, with the names of the files.
var auditFiles = map[string]struct{ name, contentType string }{
	store.AuditCSV:  {"consentry-audit.csv", "text/csv; charset=utf-8"},
	store.AuditJSON: {"consentry-audit.json", "application/json"},
}

// exportAudit gives the chosen rows as a file. It is a POST because it leaves
// a row itself: that it was exported.
func (h *Handlers) exportAudit(c *gin.Context) (web.Response, error) {
	format := c.PostForm("format")
	file, ok := auditFiles[format]
	asked := auditAsked{c.PostForm("action"), c.PostForm("actor"), c.PostForm("from"), c.PostForm("to")}
	f, errs := asked.filter()
	if !ok || len(errs) > 0 {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Public: "This cannot be exported. Choose rows on the page and take CSV or JSON.", Next: web.Link{Label: "To the audit log", Href: "/audit"}}
	}
	e := store.AuditEvent{Action: "audit-exported", Result: store.AuditIntent,
		Detail: map[string]string{"format": format, "action": asked.action, "name": asked.actor, "from": asked.from, "to": asked.to}}
	ctx := c.Request.Context()
	if err := h.Store.Audit(ctx, e); err != nil {
		return nil, err
	}
	return web.LongDownload(file.name, file.contentType, func(w io.Writer) error {
		n, err := store.WriteAudit(w, format, h.wholeLog(c), h.Store.AuditLog(ctx, f))
		e.Result, e.Detail["count"] = store.AuditDone, strconv.Itoa(n)
		if err != nil {
			e.Result = store.AuditFailed
		}
		return errors.Join(err, h.Store.Audit(context.WithoutCancel(ctx), e))
	}), nil
}
