package handlers

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// sessionsPage lists who is signed in, for administrators.
type sessionsPage struct {
	web.Base
	Rows []sessionRow
	// Several: people of more than one tenant are listed.
	Several bool
}

// A sessionRow is one browser in which somebody is signed in.
type sessionRow struct {
	hash                 []byte
	Mark, Name, Role, IP string
	Person               entra.Person
	Since, Used, Ends    time.Time
	This                 bool // the browser that asks
}

func (h *Handlers) showSessions(c *gin.Context) (web.Response, error) {
	rows, err := h.sessionRows(c)
	if err != nil {
		return nil, err
	}
	return web.Page("sessions.html", sessionsView(rows)), nil
}

func sessionsView(rows []sessionRow) *sessionsPage {
	page := &sessionsPage{Rows: rows}
	page.Title = "Who is signed in"
	page.Several = slices.ContainsFunc(rows, func(r sessionRow) bool { return r.Person.Tenant != rows[0].Person.Tenant })
	return page
}

// sessionRows are the sessions of the people whom whoever asks may know of:
// those of their tenant, or in a console of one's own all.
func (h *Handlers) sessionRows(c *gin.Context) ([]sessionRow, error) {
	caller := h.caller(c)
	living, err := h.Store.LivingSessions(c.Request.Context())
	if err != nil {
		return nil, err
	}
	var out []sessionRow
	for _, s := range living {
		row, ok := rowOfSession(s)
		if ok && (caller.Everything || row.Person.Tenant == caller.Tenant && caller.Tenant != "") {
			row.This = row.Mark == caller.Session
			out = append(out, row)
		}
	}
	return out, nil
}

// rowOfSession reads a record; ok is false where nobody is signed in.
func rowOfSession(s store.LivingSession) (row sessionRow, ok bool) {
	var v visit
	if !web.ReadSession(s.Data, personKey, &row.Person) || row.Person.ID == "" || !web.ReadSession(s.Data, visitKey, &v) {
		return row, false
	}
	row.hash = s.Hash
	row.Mark, row.Name, row.Role, row.IP = hex.EncodeToString(s.Hash)[:16], nameOf(row.Person), firstOf(v.Role, Admin.String()), v.IP
	row.Since, row.Used, row.Ends = v.Since, s.Used, s.Ends
	return row, true
}

// endSession ends one session, or all of its person's, at once.
func (h *Handlers) endSession(c *gin.Context) (web.Response, error) {
	rows, err := h.sessionRows(c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(r sessionRow) bool { return r.Mark == c.PostForm("session") })
	if i < 0 {
		return nil, web.NotFound("session")
	}
	chosen, everywhere := rows[i], c.PostForm("everywhere") == "yes"
	left, mine := 0, false
	for _, r := range rows {
		if r.Person.Tenant != chosen.Person.Tenant || r.Person.ID != chosen.Person.ID {
			continue
		}
		if r.Mark != chosen.Mark && !everywhere {
			left++
			continue
		}
		if err := h.endOne(c.Request.Context(), r); err != nil {
			return nil, err
		}
		mine = mine || r.This
	}
	if left == 0 { // nothing goes on in the name of somebody who is out
		if err := h.forgetTokens(c.Request.Context(), chosen.Person); err != nil {
			return nil, err
		}
	}
	if mine {
		web.SessionOf(c).End()
		return web.SeeOther("/"), nil
	}
	where := " there."
	if left == 0 {
		where = " everywhere."
	}
	if err := web.SessionOf(c).Say(chosen.Name + " is signed out" + where); err != nil {
		return nil, err
	}
	return web.SeeOther("/sessions"), nil
}

func (h *Handlers) endOne(ctx context.Context, r sessionRow) error {
	err := h.Store.Audit(ctx, store.AuditEvent{Action: "session-ended", Result: store.AuditDone, Object: "session/" + r.Mark, Tenant: r.Person.Tenant,
		Detail: map[string]string{"user": r.Name, "role": r.Role, "reason": "ended by an administrator"}})
	if err != nil {
		return err
	}
	return h.Store.DeleteSession(ctx, r.hash)
}
