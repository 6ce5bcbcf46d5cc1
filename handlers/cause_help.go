package handlers

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/explain"
	"github.com/consentry/consentry/web"
)

// causesPage lists what a paste can show.
type causesPage struct {
	web.Base
	Search web.Field
	Causes []explain.Known
}

// causePage is one cause as it is known apart from any paste.
type causePage struct {
	web.Base
	Cause   explain.Known
	Decides *checks.Check
	Near    []explain.Known
}

func (h *Handlers) showCauseList(c *gin.Context) (web.Response, error) {
	return web.Page("causes.html", newCausesPage(strings.TrimSpace(c.Query("q")))), nil
}

func newCausesPage(query string) *causesPage {
	page := &causesPage{Search: searchField("Search the causes", query, "secret expired, TF400813, guest"), Causes: causesThatHold(query)}
	page.Title, page.Section = "All causes", "diagnose"
	return page
}

// causesThatHold lists the causes with every word of query. The one that
// stands for none is left out.
func causesThatHold(query string) []explain.Known {
	var out []explain.Known
	for _, c := range explain.All() {
		if c.ID != explain.Unknown && holds(query, c.ID, c.Title, c.Summary, codeNames(c.Codes)) {
			out = append(out, c)
		}
	}
	return out
}

func (h *Handlers) showCauseHelp(c *gin.Context) (web.Response, error) {
	cause, ok := explain.Lookup(c.Param("id"))
	if !ok {
		return nil, unknownHelp("cause")
	}
	return web.Page("cause.html", newCausePage(cause)), nil
}

func newCausePage(cause explain.Known) *causePage {
	page := &causePage{Cause: cause}
	page.Title, page.Section = "Cause: "+cause.Title, "diagnose"
	if cause.Decides != nil {
		page.Decides, _ = checks.Lookup(*cause.Decides)
	}
	for _, id := range cause.Near {
		if near, ok := explain.Lookup(id); ok {
			page.Near = append(page.Near, near)
		}
	}
	return page
}
