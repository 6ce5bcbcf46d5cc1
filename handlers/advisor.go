package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/advise"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/web"
)

// mostFound is how many operations a search shows.
const mostFound = 60

// advisorPage leads from what an integration does to the scopes it needs. All
// its state is in its address.
type advisorPage struct {
	web.Base
	Search web.Field
	Areas  []web.Option
	// Chosen are ticked; Found are offered besides them.
	Chosen  []advise.Operation
	Heading string
	Found   []advise.Operation
	More    int // found and not shown
	Advice  *adviceView
}

// adviceView is the answer with what to do with it.
type adviceView struct {
	advise.Advice
	// Request is the scope parameter of a sign-in; Names the same as the
	// portal lists it.
	Request, Names web.Copyable
	All            web.Copyable // the same for user_impersonation
	SetUps         []web.Link
}

func (h *Handlers) showAdvisor(c *gin.Context) (web.Response, error) {
	page := newAdvisorPage(c.QueryArray("op"), strings.TrimSpace(c.Query("q")), c.Query("area"))
	if page.Advice != nil && !h.May(c, "GET /setup/:integration") {
		page.Advice.SetUps = nil
	}
	return web.Page("advisor.html", page), nil
}

func newAdvisorPage(ids []string, query, area string) *advisorPage {
	page := &advisorPage{Search: searchField("Search what it does", query, "create ticket, read code, run pipeline")}
	page.Title, page.Section = "Scope advisor", "diagnose"
	page.Areas = append(page.Areas, web.Option{Label: "All areas"})
	for _, a := range advise.Areas() {
		page.Areas = append(page.Areas, web.Option{Value: a.ID, Label: a.Label, Selected: a.ID == area})
	}
	for _, id := range ids {
		if o, ok := advise.ByID(id); ok && !containsOperation(page.Chosen, o) {
			page.Chosen = append(page.Chosen, o)
		}
	}
	page.find(query, area)
	if len(page.Chosen) > 0 {
		page.Advice = newAdvice(page.Chosen)
	}
	return page
}

func containsOperation(ops []advise.Operation, o advise.Operation) bool {
	return slices.ContainsFunc(ops, func(have advise.Operation) bool { return have.ID == o.ID })
}

// find offers operations: those searched for, those of an area, or the common
// ones.
func (page *advisorPage) find(query, area string) {
	all, heading := advise.Common(), "What integrations often do"
	switch {
	case query != "":
		all, heading = advise.Search(query), "Found for “"+query+"”"
	case area != "":
		all, heading = advise.Operations(), "Everything in this area"
	}
	all = slices.DeleteFunc(all, func(o advise.Operation) bool {
		return area != "" && o.Area != area || containsOperation(page.Chosen, o)
	})
	page.Heading, page.Found = heading, all[:min(len(all), mostFound)]
	page.More = len(all) - len(page.Found)
}

func newAdvice(ops []advise.Operation) *adviceView {
	v := &adviceView{Advice: advise.Smallest(ops)}
	names := v.Advice.Names()
	if len(names) == 0 {
		names = []string{entra.UserImpersonation}
	}
	v.Request = web.Copyable{Label: "scopes for the sign-in", Value: entra.ScopeString(entra.AzureDevOps, names, true, true)}
	v.Names = web.Copyable{Label: "permissions", Value: strings.Join(names, " ")}
	v.All = web.Copyable{Label: "scopes that cover everything", Value: entra.ScopeString(entra.AzureDevOps, []string{entra.UserImpersonation}, true, true)}
	for _, p := range preset.All {
		v.SetUps = append(v.SetUps, web.Link{Label: p.Name, Href: setUpWith(p, names, nil)})
	}
	return v
}

// setUpWith is the address that begins the set-up of an integration with
// permissions and inputs filled in.
func setUpWith(p preset.Preset, scopes []string, inputs map[string]string) string {
	q := url.Values{}
	if len(scopes) > 0 && !slices.Equal(scopes, p.Registered) {
		q.Set("scopes", strings.Join(scopes, " "))
	}
	for name, value := range inputs {
		q.Set("inputs."+name, value)
	}
	address := "/setup/" + p.ID
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address
}
