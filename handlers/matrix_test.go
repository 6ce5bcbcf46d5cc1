package handlers_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/handlers"
)

// A row is what an address is expected to be, written down apart from the
// table of routes: a route that is new, gone or altered has to be thought
// about here as well.
type row struct {
	least   handlers.Role
	recent  bool // takes a recent sign-in
	limited bool // may be asked for so often only
	// of is what the id in the address is of; of another tenant it is not there.
	of string
	// status is what an administrator is answered who opens the page, or sends
	// its form without a single value.
	status int
	// others is the same for whoever has the role, but not the browser that
	// began it; zero where that does not matter.
	others int
}

// matrix has a row for every address but the files.
var matrix = map[string]row{
	"GET /healthz":     {status: 200},
	"GET /readyz":      {status: 200},
	"POST /csp-report": {status: 415, limited: true},

	"GET /":                           {least: viewer, status: 200},
	"GET /explain":                    {least: viewer, status: 200},
	"POST /explain":                   {least: viewer, status: 422, limited: true},
	"GET /checks":                     {least: viewer, status: 200},
	"GET /checks/:id":                 {least: viewer, status: 200},
	"GET /causes":                     {least: viewer, status: 200},
	"GET /causes/:id":                 {least: viewer, status: 200},
	"GET /advisor":                    {least: viewer, status: 200},
	"GET /advisor/call":               {least: viewer, status: 200},
	"GET /legacy":                     {least: viewer, status: 200},
	"GET /legacy/:integration":        {least: viewer, status: 200},
	"POST /legacy/:integration":       {least: support, status: 200},
	"GET /sign-in":                    {status: 200},
	"GET /sign-in/begin":              {status: 303, limited: true},
	"GET /sign-in/callback":           {status: 400, limited: true},
	"POST /sign-in/device":            {status: 404, limited: true},
	"GET /sign-in/device/:id":         {status: 404},
	"POST /sign-in/device/:id":        {status: 404, limited: true},
	"POST /sign-in/identity":          {status: 404, limited: true},
	"GET /sign-in/identity":           {status: 303},
	"POST /sign-in/identity/use":      {status: 404, limited: true},
	"POST /sign-out":                  {status: 303},
	"GET /sign-in/form/:id":           {least: viewer, status: 404},
	"GET /setup":                      {least: admin, status: 200},
	"GET /setup/:integration":         {least: admin, status: 200},
	"POST /setup/:integration":        {least: admin, status: 422},
	"GET /test/callback":              {status: 400, limited: true},
	"GET /consent/outcome":            {status: 200, limited: true},
	"GET /tests/new":                  {least: support, status: 200},
	"POST /tests":                     {least: support, status: 422, limited: true},
	"GET /diagnose":                   {least: support, status: 200},
	"POST /diagnose":                  {least: support, status: 422, limited: true},
	"GET /diagnose/runs":              {least: support, status: 200},
	"POST /runs/open":                 {least: support, status: 422, limited: true},
	"GET /_gallery":                   {least: admin, status: 200},
	"GET /_gallery/:name":             {least: admin, status: 200},
	"GET /environments/:id":           {least: viewer, status: 200, of: "environment"},
	"GET /environments/:id/changes":   {least: viewer, status: 200, of: "environment"},
	"GET /environments/:id/runs":      {least: viewer, status: 200, of: "environment"},
	"GET /environments/:id/manual":    {least: viewer, status: 200, of: "environment"},
	"GET /environments/:id/customer":  {least: support, status: 200, of: "environment"},
	"POST /environments/:id/customer": {least: admin, recent: true, limited: true, status: 303, of: "environment"},
	"GET /environments/:id/hand-off":  {least: admin, status: 200, of: "environment"},
	"POST /environments/:id/hand-off": {least: admin, status: 303, of: "environment"},
	"GET /environments/:id/remove":    {least: admin, status: 200, of: "environment"},
	"POST /environments/:id/remove":   {least: admin, recent: true, status: 422, of: "environment"},
	"GET /environments/:id/test":      {least: support, status: 200, of: "environment"},
	"POST /environments/:id/test":     {least: support, limited: true, status: 422, of: "environment"},
	"GET /environments/:id/checks":    {least: support, status: 200, of: "environment"},
	"POST /environments/:id/checks":   {least: support, limited: true, status: 303, of: "environment"},
	"POST /environments/:id/apply":    {least: admin, recent: true, limited: true, status: 303, of: "environment"},
	"GET /environments/:id/secret":    {least: admin, status: 200, of: "environment"},

	"GET /environments/:id/setup/:step":  {least: admin, status: 200, of: "environment"},
	"POST /environments/:id/setup/:step": {least: admin, status: 422, of: "environment"},
	"GET /environments/:id/admin-request": {
		least: viewer, status: 200, of: "environment"},
	"POST /environments/:id/secret/:secret/reveal": {least: admin, limited: true, status: 200, of: "secret"},
	"POST /environments/:id/secret/replace":        {least: admin, recent: true, limited: true, status: 303, of: "environment"},

	"GET /environments/:id/rotate":              {least: admin, status: 200, of: "environment"},
	"POST /environments/:id/rotate":             {least: admin, recent: true, limited: true, status: 303, of: "environment"},
	"GET /environments/:id/rotate/events":       {least: admin, status: 200, of: "environment"},
	"POST /environments/:id/rotate/handed":      {least: admin, status: 409, of: "environment"},
	"POST /environments/:id/rotate/prove":       {least: admin, limited: true, status: 303, of: "environment"},
	"POST /environments/:id/credentials/prove":  {least: admin, limited: true, status: 409, of: "environment"},
	"POST /environments/:id/credentials/remove": {least: admin, recent: true, limited: true, status: 409, of: "environment"},
	"POST /environments/:id/rotate/retire":      {least: admin, recent: true, limited: true, status: 409, of: "environment"},
	"POST /environments/:id/contacts":           {least: admin, status: 303, of: "environment"},

	"GET /sessions":      {least: admin, status: 200},
	"POST /sessions/end": {least: admin, status: 404},

	"GET /audit":         {least: admin, status: 200},
	"POST /audit/export": {least: admin, limited: true, status: 422},

	"GET /operations/:id":         {least: viewer, status: 200, of: "operation"},
	"GET /operations/:id/events":  {least: viewer, status: 200, of: "operation"},
	"POST /operations/:id/stop":   {least: admin, limited: true, status: 303, of: "operation"},
	"POST /operations/:id/resume": {least: admin, recent: true, limited: true, status: 303, of: "operation"},

	"GET /tests/:id":            {least: viewer, status: 200, of: "test"},
	"GET /tests/:id/leave":      {least: support, limited: true, status: 303, others: 403, of: "test"},
	"GET /tests/:id/answered":   {least: viewer, status: 200, of: "test"},
	"GET /tests/:id/events":     {least: viewer, status: 200, of: "test"},
	"POST /tests/:id/closed":    {least: support, status: 303, others: 404, of: "test"},
	"POST /tests/:id/no-answer": {least: support, status: 303, others: 404, of: "test"},
	"POST /tests/:id/pasted":    {least: support, status: 422, others: 404, of: "test"},

	"GET /runs/:id":             {least: viewer, status: 200, of: "run"},
	"GET /runs/:id/events":      {least: viewer, status: 200, of: "run"},
	"POST /runs/:id/again":      {least: support, limited: true, status: 303, of: "run"},
	"GET /runs/:id/change":      {least: support, status: 303, of: "run"},
	"GET /runs/:id/fix":         {least: support, status: 404, of: "run"},
	"POST /runs/:id/fix":        {least: admin, recent: true, limited: true, status: 404, of: "run"},
	"GET /runs/:id/report":      {least: viewer, status: 200, of: "run"},
	"GET /runs/:id/report.html": {least: viewer, status: 200, of: "run"},
	"GET /runs/:id/report.md":   {least: viewer, status: 200, of: "run"},
	"GET /runs/:id/report.json": {least: viewer, status: 200, of: "run"},
}

const viewer, support, admin = handlers.Viewer, handlers.Support, handlers.Admin

// files are what the shell serves beside the pages.
const files = "GET /static/:file"

// routes are the matrix's addresses in order: what is looked at before what
// changes something, and what removes last.
func routes() []string {
	all := slices.Sorted(maps.Keys(matrix))
	slices.SortStableFunc(all, func(a, b string) int { return danger(a) - danger(b) })
	return all
}

func danger(route string) int {
	switch {
	case strings.HasPrefix(route, http.MethodGet):
		return 0
	case strings.HasSuffix(route, "/remove"), strings.HasSuffix(route, "/sign-out"):
		return 2
	}
	return 1
}

func TestEveryRouteHasARowAndIsWhatItSays(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) { h.Gallery = true })
	known := map[string]handlers.Route{}
	for _, r := range c.handlers.Table() {
		known[r.Method+" "+r.Path] = r
	}
	for _, r := range c.engine.Routes() {
		route := r.Method + " " + r.Path
		want, ok := matrix[route]
		switch is, ours := known[route]; {
		case route == files:
		case !ok:
			t.Errorf("%s has no row: say who may use it and what it answers", route)
		case !ours && (want.least != handlers.Anyone || want.of != ""):
			t.Errorf("%s is the shell's, but its row asks for a role", route)
		case ours && (is.Least != want.least || is.Recent != want.recent || is.Limit.Burst > 0 != want.limited):
			t.Errorf("%s: takes %s, recent %t, limited %t; its row says %s, %t, %t", route, is.Least, is.Recent, is.Limit.Burst > 0, want.least, want.recent, want.limited)
		}
	}
	for route := range matrix {
		method, path, _ := strings.Cut(route, " ")
		if !slices.ContainsFunc(c.engine.Routes(), func(r ginRoute) bool { return r.Method == method && r.Path == path }) {
			t.Errorf("%s has a row and does not exist", route)
		}
	}
}

// What changes something takes a role, but for what somebody without one has
// to be able to do; and what cannot be taken back takes a recent sign-in too.
func TestNothingIsChangedWithoutARole(t *testing.T) {
	open := []string{"POST /csp-report", "POST /sign-in/device", "POST /sign-in/device/:id", "POST /sign-in/identity", "POST /sign-in/identity/use", "POST /sign-out"}
	for route, r := range matrix {
		if strings.HasPrefix(route, "POST ") && r.least == handlers.Anyone && !slices.Contains(open, route) {
			t.Errorf("%s takes no role", route)
		}
		if r.recent && r.least != handlers.Admin {
			t.Errorf("%s takes a recent sign-in, but not an administrator's", route)
		}
	}
}
