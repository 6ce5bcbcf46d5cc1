package handlers

import (
	"time"

	"github.com/consentry/consentry/store"
)

// galleryAudit is the audit log: with rows, without, none that match, and
// asked for wrongly.
func galleryAudit() []galleryPage {
	full := newAuditPage(auditAsked{})
	full.show(galleryAuditRows(), true)
	full.Older = "/audit?place=x"
	later := newAuditPage(auditAsked{action: "secret-revealed", actor: "admin", from: "2026-11-01", to: "2026-11-21"})
	later.show(galleryAuditRows()[3:5], false)
	later.Continued, later.Newest = true, "/audit?action=secret-revealed"
	wrong := newAuditPage(auditAsked{action: "x", from: "yesterday"})
	_, wrong.Errors = auditAsked{action: "x", from: "yesterday"}.filter()
	return []galleryPage{
		{"audit", "audit.html", full}, {"audit-chosen", "audit.html", later}, {"audit-wrong", "audit.html", wrong},
		{"audit-empty", "audit.html", newAuditPage(auditAsked{})}, {"audit-none", "audit.html", newAuditPage(auditAsked{actor: "nobody"})},
	}
}

// galleryAuditRows is one row of each action.
func galleryAuditRows() []store.AuditRow {
	var rows []store.AuditRow
	for i, action := range store.AuditActions() {
		r := store.AuditRow{Seq: int64(100 - i), At: galleryTime.Add(-time.Duration(i*i) * time.Minute), Action: action, Result: store.AuditDone,
			ActorTenant: "11111111-2222-3333-4444-555555555555", ActorID: "22222222-2222-3333-4444-555555555555", Actor: "admin@contoso.example", Role: "admin",
			Object: "environment/done", Tenant: "11111111-2222-3333-4444-555555555555", Session: "0123456789ab", RequestID: "0123456789abcdef", IP: "192.0.2.7",
			Detail: `{"environment":"frontegg-prod","graph-request-id":"3f2504e0-4f89-11d3-9a0c-0305e82c3301","kind":"setup"}`}
		if change, ok := galleryAuditOthers[action]; ok {
			change(&r)
		}
		rows = append(rows, r)
	}
	return rows
}

// galleryAuditOthers are the actions that have no environment, or ended
// otherwise.
var galleryAuditOthers = map[string]func(*store.AuditRow){
	"sign-in": func(r *store.AuditRow) { r.Object, r.Detail = "session/0123456789ab", `{"way":"browser"}` },
	"sign-in-denied": func(r *store.AuditRow) {
		r.Object, r.Detail, r.Role, r.Result = "", `{"reason":"no role"}`, "anyone", store.AuditDenied
	},
	"sign-out": func(r *store.AuditRow) { r.Object, r.Detail = "session/0123456789ab", `{}` },
	"access-denied": func(r *store.AuditRow) {
		r.Object, r.Detail, r.Role, r.Result = "route/environments/:id/apply", `{"method":"POST"}`, "viewer", store.AuditDenied
	},
	"session-ended":     func(r *store.AuditRow) { r.Object, r.Detail = "session/ba9876543210", `{"upn":"user@contoso.example"}` },
	"operation-started": func(r *store.AuditRow) { r.Result = store.AuditIntent },
	"operation-ended":   func(r *store.AuditRow) { r.Result = store.AuditFailed },
	"fix-applied":       func(r *store.AuditRow) { r.Result = store.AuditUnknown },
	"value-unreadable":  func(r *store.AuditRow) { r.Object, r.Detail, r.Result = "secret/x7", `{}`, store.AuditFailed },
	"secret-dropped":    galleryAuditSystem,
	"audit-exported":    func(r *store.AuditRow) { r.Object, r.Detail = "", `{"count":"1204","format":"csv"}` },
	"key-rotated": func(r *store.AuditRow) {
		galleryAuditSystem(r)
		r.Object, r.Detail = "", `{"count":"311","new-key":"0a1b2c3d","old-key":"[4e5f6071]"}`
	},
	"backup-made": func(r *store.AuditRow) {
		galleryAuditSystem(r)
		r.Object, r.Detail = "backup/2026-11-21.db", `{"count":"4711"}`
	},
	"tls-failure": func(r *store.AuditRow) {
		galleryAuditSystem(r)
		r.Object, r.Detail, r.Result = "host/login.microsoftonline.com", `{"reason":"the certificate is not trusted"}`, store.AuditFailed
	},
	"restored": func(r *store.AuditRow) { galleryAuditSystem(r); r.Object, r.Detail = "", `{"count":"4711"}` },
}

func galleryAuditSystem(r *store.AuditRow) {
	r.Actor, r.Role, r.ActorID, r.ActorTenant, r.IP, r.Session, r.RequestID = "system", "system", "", "", "", "", ""
}
