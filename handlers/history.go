package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// newest is how many changes and runs a page about something else lists; what
// is older is a link away. oneHistoryPage is how many that link's page has.
const (
	newest         = 10
	oneHistoryPage = 25
)

// historyPage lists what happened, newest first, page by page.
type historyPage struct {
	web.Base
	Heading    string
	Back       web.Link // to what it happened to
	First      string   // address of the first page; empty on it
	Older      string   // address of the page after this one; empty on the last
	None       string   // what is said where nothing happened yet
	Begin      web.Link // what makes it happen; empty for nothing
	Operations []operationRow
	Runs       []runRow
}

// history makes the page around a list that was read from the place which the
// address names. err is the list's.
func history(c *gin.Context, p *historyPage, empty bool, next string, err error) (web.Response, error) {
	here, place := c.Request.URL.Path, c.Query("place")
	switch {
	case errors.Is(err, store.ErrCursor):
		return nil, &web.Error{Status: http.StatusBadRequest, Err: err, Public: "This address is no place in this list: it was changed, or was made for somebody else.", Next: web.Link{Label: "The newest ones", Href: here}}
	case err != nil:
		return nil, err
	case empty && place != "": // they were deleted meanwhile
		return web.SeeOther(here), nil
	}
	p.Title = p.Heading
	if place != "" {
		p.First = here
	}
	if next != "" {
		p.Older = here + "?place=" + url.QueryEscape(next)
	}
	return web.Page("history.html", p), nil
}

func (h *Handlers) showChanges(c *gin.Context) (web.Response, error) {
	env, _, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	ops, next, err := h.Store.OperationsPage(c.Request.Context(), env.ID, c.Query("place"), oneHistoryPage)
	page := &historyPage{Heading: env.Name + ": changes", Back: web.Link{Label: env.Name, Href: "/environments/" + env.ID}, Operations: operationRows(ops),
		None: "Nothing was changed in the tenant for this environment yet."}
	page.Section = "start"
	return history(c, page, len(ops) == 0, next, err)
}

func (h *Handlers) showEnvironmentRuns(c *gin.Context) (web.Response, error) {
	env, _, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	page := &historyPage{Heading: env.Name + ": runs of the checks", Back: web.Link{Label: env.Name, Href: "/environments/" + env.ID},
		None: "The checks have not been run for this environment yet."}
	if checks := "/environments/" + env.ID + "/checks"; env.State != store.Removed && h.May(c, "GET "+checks) {
		page.Begin = web.Link{Label: "Run the checks", Href: checks}
	}
	page.Section = "start"
	return h.showRuns(c, page, env.ID)
}

func (h *Handlers) showOtherRuns(c *gin.Context) (web.Response, error) {
	page := &historyPage{Heading: "Runs of the checks", Back: web.Link{Label: "Check an integration", Href: "/diagnose"},
		None: "The checks have not been run outside of an environment yet."}
	page.Section = "diagnose"
	return h.showRuns(c, page, "")
}

func (h *Handlers) showRuns(c *gin.Context, page *historyPage, env string) (web.Response, error) {
	runs, next, err := h.Store.RunsPage(c.Request.Context(), env, c.Query("place"), oneHistoryPage)
	page.Runs = h.runRows(c.Request.Context(), runs)
	return history(c, page, len(runs) == 0, next, err)
}
