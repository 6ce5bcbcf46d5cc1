package handlers

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// auditPage lists what was done with the console.
type auditPage struct {
	web.Base
	Action, Actor, From, To web.Field
	// Filtered: the rows are a choice; Continued: they follow on newer ones.
	Filtered, Continued bool
	Rows                []auditRow
	// Older leads to the rows before, empty at the end; Newest to the first
	// page of the same choice.
	Older, Newest string
	Errors        []string
}

type auditRow struct {
	Time   time.Time
	Words  string
	State  state
	Who    string
	Role   string // empty where it says nothing
	About  string // what it was done to, for people
	Href   string // its page; empty where there is none
	Detail []auditDetail
}

type auditDetail struct{ Term, Value string }

// auditAsked is the choice as it stands in the address.
type auditAsked struct{ action, actor, from, to string }

// filter reads the choice; a sentence for each part that cannot be used.
func (a auditAsked) filter() (f store.AuditFilter, errs []string) {
	f.Action, f.Actor = a.action, a.actor
	if _, known := auditWords[a.action]; a.action != "" && !known {
		errs = append(errs, "There is no such action: choose one of the list.")
	}
	if len(a.actor) > maxActor {
		errs = append(errs, "Who: give at most "+strconv.Itoa(maxActor)+" characters of the name, or the object ID.")
	}
	var ok bool
	if f.From, ok = day(a.from); !ok {
		errs = append(errs, "From: give a day, such as 2026-11-21.")
	}
	if f.To, ok = day(a.to); !ok {
		errs = append(errs, "To: give a day, such as 2026-11-21.")
	}
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day counts
	}
	return f, errs
}

// maxActor is the longest name that is looked for, in bytes.
const maxActor = 200

// day reads a day in UTC; nothing is the zero time.
func day(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

// address is the page of the choice, from a place in the list on.
func (a auditAsked) address(place string) string {
	q := url.Values{}
	for name, value := range map[string]string{"action": a.action, "actor": a.actor, "from": a.from, "to": a.to, "place": place} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/audit"
	}
	return "/audit?" + q.Encode()
}

func newAuditPage(asked auditAsked) *auditPage {
	p := &auditPage{
		Action: web.Field{Name: "action", Label: "What", Type: "select", Options: []web.Option{{Value: "", Label: "Everything"}}},
		Actor:  web.Field{Name: "actor", Label: "Who", Value: asked.actor, Placeholder: "part of the name, or the object ID"},
		From:   web.Field{Name: "from", Label: "From (UTC)", Type: "date", Value: asked.from},
		To:     web.Field{Name: "to", Label: "To (UTC)", Type: "date", Value: asked.to},
	}
	for _, action := range store.AuditActions() {
		p.Action.Options = append(p.Action.Options, web.Option{Value: action, Label: auditWords[action], Selected: action == asked.action})
	}
	p.Title, p.Filtered = "Audit log", asked != auditAsked{}
	return p
}

// show puts rows on the page. Their numbers count through the rows of all
// tenants, so only somebody who may read those sees them.
func (p *auditPage) show(rows []store.AuditRow, numbers bool) {
	for _, r := range rows {
		p.Rows = append(p.Rows, viewAudit(r, numbers))
	}
}

func viewAudit(r store.AuditRow, numbers bool) auditRow {
	row := auditRow{Time: r.At, Words: auditWords[r.Action], State: auditStates[r.Result], Who: r.Actor, Role: r.Role}
	if row.Words == "" { // written by a newer version, or edited
		row.Words = r.Action
	}
	if r.Role == r.Actor {
		row.Role = ""
	}
	var detail map[string]string
	if err := json.Unmarshal([]byte(r.Detail), &detail); err != nil {
		detail = map[string]string{"reason": "This row's details cannot be read: it was changed."}
	}
	row.About, row.Href = aboutOf(r.Object, detail)
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		row.Detail = append(row.Detail, auditDetail{auditTerm(name), detail[name]})
	}
	row.add("Object", r.Object)
	row.add("Tenant", string(r.Tenant))
	row.add("Person's tenant", string(r.ActorTenant))
	row.add("Person's object ID", string(r.ActorID))
	row.add("Address", r.IP)
	row.add("Session", r.Session)
	row.add("Request ID", r.RequestID)
	if numbers {
		row.add("Row", strconv.FormatInt(r.Seq, 10))
	}
	return row
}

func (r *auditRow) add(term, value string) {
	if value != "" {
		r.Detail = append(r.Detail, auditDetail{term, value})
	}
}

// auditPages are where the objects of the log have their pages.
var auditPages = map[string]string{"environment": "/environments/", "run": "/runs/", "operation": "/operations/"}

// aboutOf names what a row is about: the environment by its name, most else
// by its kind. A session says nothing to people.
func aboutOf(object string, detail map[string]string) (about, href string) {
	kind, id, _ := strings.Cut(object, "/")
	if page, ok := auditPages[kind]; ok && id != "" {
		href = page + url.PathEscape(id)
	}
	switch {
	case detail["environment"] != "":
		return detail["environment"], href
	case kind == "session", kind == "operator":
		return "", ""
	case kind == "route":
		return "/" + id, ""
	case kind == "backup", kind == "application":
		return id, ""
	}
	return kind, href
}
