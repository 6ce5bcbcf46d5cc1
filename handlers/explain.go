package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/explain"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// explainBody is what the box may send: form encoding makes up to three bytes
// of one.
var explainBody = web.Body{Bytes: 3*explain.MaxPaste + 1<<10}

// explainPage has the box for pastes, and what was made of one.
type explainPage struct {
	web.Base
	Error  string       // why there is nothing to explain
	Answer *explanation // nil: nothing was pasted yet
}

func newExplainPage() *explainPage {
	page := &explainPage{}
	page.Title, page.Section = "Diagnose", "diagnose"
	return page
}

func (h *Handlers) showExplain(*gin.Context) (web.Response, error) {
	return web.Page("explain.html", newExplainPage()), nil
}

// explainPaste answers directly: nothing of a paste is kept, so there is no
// address to lead to.
func (h *Handlers) explainPaste(c *gin.Context) (web.Response, error) {
	paste := strings.ToValidUTF8(strings.ReplaceAll(c.PostForm("paste"), "\r\n", "\n"), "\uFFFD")
	mayCheck := h.May(c, "GET /diagnose")
	if id, ok := clientIDAlone(paste); ok && mayCheck {
		return web.SeeOther(diagnoseAddress(explain.Entities{ClientID: string(id)})), nil
	}
	page := newExplainPage()
	if strings.TrimSpace(paste) == "" {
		page.Error = "There is nothing to explain yet. Paste the error's text, the address the browser ended at, or the app's client ID."
		return web.PageWithStatus(http.StatusUnprocessableEntity, "explain.html", page), nil
	}
	page.answer(explain.Explain(paste))
	if !mayCheck {
		page.Answer.Diagnose = ""
	}
	return web.Page("explain.html", page), nil
}

func (page *explainPage) answer(r explain.Result) {
	page.Answer = newExplanation(r)
	page.Title = "Diagnose: " + page.Answer.Best.Title
}

// clientIDAlone reads a paste that is a GUID and nothing else, as it is copied
// from the portal or from a settings file.
func clientIDAlone(paste string) (entra.ClientID, bool) {
	id := strings.Trim(paste, " \t\r\n\"'`{}<>,;\u00a0\u200b\ufeff")
	if !entra.IsGUID(id) {
		return "", false
	}
	parsed, err := entra.ParseClientID(id)
	return parsed, err == nil
}

// causeOf finds the cause of a refusal that a test met, for the page that says
// more about it; nil where its code and text decide none.
func causeOf(f *trial.Failure) *explain.Cause {
	if f == nil || f.Transient {
		return nil
	}
	text := f.Code + "\n" + f.Raw
	if f.AADSTS != 0 {
		text = fmt.Sprintf("AADSTS%d\n%s", f.AADSTS, text)
	}
	r := explain.Explain(text)
	if r.Undecided() {
		return nil
	}
	return &r.Causes[0]
}

// diagnoseAddress is the form of the checks, filled with what was recognised;
// what had to be masked is left out.
func diagnoseAddress(e explain.Entities) string {
	q := url.Values{}
	for name, value := range map[string]string{
		"client": e.ClientID, "tenant": e.Tenant, "redirect_uri": e.RedirectURI,
		"scopes": strings.Join(e.Scopes, " "), "organization": e.Organization, "project": e.Project,
	} {
		if value != "" && !strings.Contains(value, "[masked") && !strings.Contains(value, "…") {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/diagnose"
	}
	return "/diagnose?" + q.Encode()
}
