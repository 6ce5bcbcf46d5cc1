package handlers

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/advise"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/web"
)

// callPage leads from a call that failed to the scope it lacked.
type callPage struct {
	web.Base
	Method, Address, Status, Have web.Field
	Errors                        []string
	Answer                        *callAnswer
}

// callAnswer is the diagnosis with what to do next.
type callAnswer struct {
	advise.Diagnosis
	State   state
	Need    []entra.DevOpsScope
	Request web.Copyable // the first of Need as a sign-in asks for it
	Reasons []callReason
	Advisor string // the advisor with the best match ticked; empty without one
}

// A callReason is another reason with the check that decides on it; its title
// is empty where none does.
type callReason struct {
	advise.Reason
	Title string
}

// callGiven is what the form gives.
type callGiven struct{ method, address, status, have string }

func (h *Handlers) showAdvisorCall(c *gin.Context) (web.Response, error) {
	return web.Page("advisor_call.html", newCallPage(callGiven{c.Query("method"), c.Query("url"), c.Query("status"), c.Query("have")})), nil
}

func newCallPage(given callGiven) *callPage {
	given = given.tidied()
	page := &callPage{
		Method:  methodField(given.method),
		Address: web.Field{Name: "url", Label: "Address", Value: given.address, Required: true, Placeholder: "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/5", Help: "Of the request that failed, of any host, or its path alone. Leave out anything secret."},
		Status:  web.Field{Name: "status", Label: "Status of the answer", Value: given.status, Placeholder: "403", Help: "Leave empty when it is not known."},
		Have:    web.Field{Name: "have", Label: "Scopes of the token", Value: given.have, Placeholder: "vso.work vso.code", Help: "What stands in its claim scp, never the token itself. Leave empty when it is not known."},
	}
	page.Title, page.Section = "Which scope did a call lack?", "diagnose"
	if given == (callGiven{}) {
		return page
	}
	status := page.check(given)
	if len(page.Errors) == 0 {
		page.Answer = newCallAnswer(given, status)
	}
	return page
}

// tidied splits "PATCH https://…" as logs write it.
func (g callGiven) tidied() callGiven {
	g = callGiven{strings.ToUpper(strings.TrimSpace(g.method)), strings.TrimSpace(g.address), strings.TrimSpace(g.status), strings.TrimSpace(g.have)}
	if method, rest, ok := strings.Cut(g.address, " "); ok && isMethod(strings.ToUpper(method)) {
		g.method, g.address = strings.ToUpper(method), strings.TrimSpace(rest)
	}
	g.address, _, _ = strings.Cut(g.address, " ") // "HTTP/1.1", or the rest of a line
	return g
}

var methods = []string{"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"}

func isMethod(s string) bool {
	for _, m := range methods {
		if m == s {
			return true
		}
	}
	return false
}

func methodField(chosen string) web.Field {
	f := web.Field{Name: "method", Label: "Method", Type: "select", Options: []web.Option{{Label: "not known"}}}
	for _, m := range methods {
		f.Options = append(f.Options, web.Option{Value: m, Label: m, Selected: m == chosen})
	}
	return f
}

// check says what needs mending and gives the status as a number.
func (page *callPage) check(given callGiven) (status int) {
	refuse := func(f *web.Field, sentence string) {
		f.Error = sentence
		page.Errors = append(page.Errors, sentence)
	}
	if given.address == "" {
		refuse(&page.Address, "Give the address of the call, or its path from /_apis on.")
	}
	if given.status != "" {
		n, err := strconv.Atoi(given.status)
		if err != nil || n < 100 || n > 599 {
			refuse(&page.Status, "A status is a number from 100 to 599, such as 403. Leave it empty when it is not known.")
		}
		status = n
	}
	if looksLikeToken(given.have) {
		page.Have.Value = ""
		refuse(&page.Have, "This looks like a token, and was not read. Give what stands in its claim scp. The token now is in your browser's history: it is worth nothing after an hour or so, but sign out to be sure.")
	}
	if looksLikeToken(given.address) {
		page.Address.Value = ""
		refuse(&page.Address, "A token stands in this address, and it was not read. Leave it out: the path is enough.")
	}
	return status
}

// looksLikeToken: the header of every signed token begins so in base64.
func looksLikeToken(s string) bool { return strings.Contains(s, "eyJ") }

func newCallAnswer(given callGiven, status int) *callAnswer {
	d := advise.Missing(given.method, given.address, status, strings.Fields(strings.ReplaceAll(given.have, ",", " ")))
	a := &callAnswer{Diagnosis: d, State: scopeState(d.Outcome)}
	for _, name := range d.Need {
		if s, ok := entra.LookupScope(name); ok {
			a.Need = append(a.Need, s)
		}
	}
	if len(a.Need) > 0 {
		a.Request = web.Copyable{Label: "scope for the sign-in", Value: entra.ScopeName(entra.AzureDevOps, a.Need[0].Value)}
	}
	for _, r := range d.Reasons {
		reason := callReason{Reason: r}
		if check, ok := checks.Lookup(r.Check); ok {
			reason.Title = check.Title
		}
		a.Reasons = append(a.Reasons, reason)
	}
	if len(d.Matches) > 0 {
		a.Advisor = "/advisor?op=" + d.Matches[0].Operation.ID + "#advice"
	}
	return a
}

func scopeState(o advise.Outcome) state {
	switch o {
	case advise.ScopeMissing:
		return state{"bad", "scope missing"}
	case advise.ScopeCovered, advise.NotTheScope:
		return state{"good", "not the scope"}
	case advise.ScopeUnknown:
		return state{"warn", "look at the token"}
	}
	return state{"idle", "not known"}
}
