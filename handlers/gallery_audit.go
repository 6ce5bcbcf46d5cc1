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

// galleryAuditRows is one row of each action, with results by turns.
func galleryAuditRows() []store.AuditRow {
	results := []string{store.AuditDone, store.AuditIntent, store.AuditFailed, store.AuditDenied, store.AuditUnknown}
	var rows []store.AuditRow
	for i, action := range store.AuditActions() {
		r := store.AuditRow{Seq: int64(100 - i), At: galleryTime.Add(-time.Duration(i*i) * time.Minute), Action: action, Result: results[i%len(results)],
			ActorTenant: "11111111-2222-3333-4444-555555555555", ActorID: "22222222-2222-3333-4444-555555555555", Actor: "admin@contoso.example", Role: "admin",
			Object: "environment/done", Tenant: "11111111-2222-3333-4444-555555555555", Session: "0123456789ab", RequestID: "0123456789abcdef", IP: "192.0.2.7",
			Detail: `{"environment":"frontegg-prod","graph-request-id":"3f2504e0-4f89-11d3-9a0c-0305e82c3301","kind":"setup"}`}
		if i%4 == 3 {
			r.Actor, r.Role, r.ActorID, r.ActorTenant, r.IP, r.Session, r.RequestID = "system", "system", "", "", "", "", ""
			r.Object, r.Detail = "backup/consentry-2026-11-21.db", `{"count":"1204"}`
		}
		rows = append(rows, r)
	}
	return rows
}
