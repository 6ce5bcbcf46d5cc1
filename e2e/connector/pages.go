package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pageTemplates = func() map[string]*template.Template {
	out := map[string]*template.Template{}
	for _, name := range []string{"overview", "form", "waiting", "connected", "failed"} {
		out[name] = template.Must(template.New("layout.html").Funcs(template.FuncMap{"words": strings.Fields, "has": slices.Contains[[]string]}).
			ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html"))
	}
	return out
}()

// withoutCancel lets what a visit started end, even when the visitor leaves.
// Each request has its own time limit.
func withoutCancel(r *http.Request) context.Context { return context.WithoutCancel(r.Context()) }

// A page is what every template gets.
type page struct {
	Title    string // also its heading
	Product  product
	Base     string // where its pages are: some are shown at the redirect URI
	Callback string
	Notes    []string
	// The rest is for some pages only.
	Form      form
	Fields    []field
	Action    string
	Values    values
	Problems  map[key]string
	Done      string // what was just done
	SecretSet bool
	Attempt   string // the page of Microsoft to go to
	ID        string
	Outcome   *outcome
	Report    string
	// Connections are those so far, the latest first.
	Connections []connection
}

func (c *connector) show(w http.ResponseWriter, status int, name string, p page) {
	p.Product, p.Base = c.product, c.base
	p.Callback = c.product.callback(c.host, c.saved())
	var b bytes.Buffer
	if err := pageTemplates[name].Execute(&b, p); err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever left does not read it
}

func (c *connector) showOverview(w http.ResponseWriter, _ *http.Request) {
	c.show(w, http.StatusOK, "overview", page{Title: c.product.Name, Connections: c.list()})
}

func (c *connector) notes(v values) []string {
	if c.retired(v) {
		return []string{retirement}
	}
	return nil
}

func (c *connector) showSettings(w http.ResponseWriter, r *http.Request) {
	done := ""
	if r.URL.Query().Has("saved") {
		done = "Saved."
	}
	c.settingsPage(w, http.StatusOK, c.saved(), nil, done)
}

func (c *connector) settingsPage(w http.ResponseWriter, status int, v values, problems map[key]string, done string) {
	f := c.product.Settings
	c.show(w, status, "form", page{Title: "Settings", Form: f, Fields: f.Fields, Action: "/settings", Values: v, Notes: c.notes(v),
		Problems: problems, Done: done, SecretSet: c.saved()[clientSecret] != ""})
}

func (c *connector) saveSettings(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	f := c.product.Settings
	v := f.read(r.PostForm, c.saved())
	if problems := check(f.Fields, v); len(problems) > 0 {
		c.settingsPage(w, http.StatusUnprocessableEntity, v, problems, "")
		return
	}
	c.save(v)
	http.Redirect(w, r, "/settings?saved", http.StatusSeeOther)
}

func (c *connector) showConnect(w http.ResponseWriter, _ *http.Request) {
	c.connectPage(w, http.StatusOK, c.preset, nil)
}

func (c *connector) connectPage(w http.ResponseWriter, status int, v values, problems map[key]string) {
	f, saved := c.product.Connect, c.saved()
	c.show(w, status, "form", page{Title: "Connect Azure DevOps", Form: f, Fields: f.wanted(saved), Action: "/connect", Values: v,
		Problems: problems, Notes: append(c.notes(saved), c.unready(saved)...)})
}

// unready says what the settings lack before anybody can connect.
func (c *connector) unready(saved values) []string {
	if len(check(c.product.Settings.Fields, saved)) > 0 {
		return []string{"The settings are not filled in yet."}
	}
	asksHere := slices.ContainsFunc(c.product.Connect.Fields, func(f field) bool { return f.Key == clientID })
	if saved[clientID] == "" && !asksHere {
		return []string{c.product.Name + " would use its development keys here. There are none in this stand-in: enter Client ID and Client Secret in the settings."}
	}
	return nil
}

func (c *connector) startConnect(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	saved := c.saved()
	v := c.product.Connect.read(r.PostForm, nil)
	problems := check(c.product.Connect.wanted(saved), v)
	if len(problems) > 0 || len(c.unready(saved)) > 0 {
		c.connectPage(w, http.StatusUnprocessableEntity, v, problems)
		return
	}
	a, err := c.begin(withoutCancel(r), saved.with(v))
	if err != nil {
		http.Redirect(w, r, "/connections/"+c.add(a, failed(err)), http.StatusSeeOther)
		return
	}
	c.noteVisit(a)
	id, to := c.add(a, nil), a.authorize
	if c.product.NewWindow {
		to = "/connections/" + id
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (c *connector) showConnection(w http.ResponseWriter, r *http.Request) {
	conn, ok := c.find(r.PathValue("id"))
	switch {
	case !ok:
		http.NotFound(w, r)
	case conn.outcome == nil:
		c.show(w, http.StatusOK, "waiting", page{Title: "Connecting… waiting for sign-in", ID: conn.ID, Attempt: conn.attempt.authorize, Notes: c.notes(conn.attempt.values)})
	case conn.outcome.Failure != nil:
		c.showFailure(w, http.StatusOK, conn.outcome.Failure, conn.outcome.Notes)
	default:
		c.show(w, http.StatusOK, "connected", page{Title: "Connected", ID: conn.ID, Outcome: conn.outcome, Notes: conn.outcome.Notes})
	}
}

func (c *connector) showFailure(w http.ResponseWriter, status int, f *failure, notes []string) {
	c.show(w, status, "failed", page{Title: c.product.Trouble, Report: c.product.Report(f), Notes: notes})
}

func (c *connector) useAgain(w http.ResponseWriter, r *http.Request) {
	conn, ok := c.find(r.PathValue("id"))
	if !ok || conn.outcome == nil || conn.outcome.Failure != nil {
		http.NotFound(w, r)
		return
	}
	c.settle(conn.ID, c.again(withoutCancel(r), conn))
	http.Redirect(w, r, "/connections/"+conn.ID, http.StatusSeeOther)
}

func (c *connector) listRequests(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(c.wire.list()) // whoever left does not read it
}
