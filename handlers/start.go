package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// startPage lists the environments, or says how to begin.
type startPage struct {
	web.Base
	Environments []environmentRow
	Next         string // address of the page after this one; empty on the last
	Continued    bool   // this is not the first
}

// startRows is how many environments a page lists.
const startRows = 25

type environmentRow struct {
	ID, Name, Integration, Tenant string
	State                         state
	Expires                       time.Time // next secret expiry; zero: none
	Updated                       time.Time
}

func (h *Handlers) showStart(c *gin.Context) (web.Response, error) {
	place := c.Query("place")
	envs, next, err := h.Store.EnvironmentsPage(c.Request.Context(), place, startRows)
	switch {
	case errors.Is(err, store.ErrCursor):
		return nil, &web.Error{Status: http.StatusBadRequest, Err: err, Public: "This address is no place in your list: it was changed, or was made for somebody else.", Next: web.Link{Label: "The first environments", Href: "/"}}
	case err != nil:
		return nil, err
	case len(envs) == 0 && place != "": // they were deleted meanwhile
		return web.SeeOther("/"), nil
	}
	page := h.startPage(envs)
	if page.Continued = place != ""; next != "" {
		page.Next = "/?place=" + url.QueryEscape(next)
	}
	return web.Page("start.html", page), nil
}

func (h *Handlers) startPage(envs []store.Environment) *startPage {
	page := &startPage{}
	page.Title, page.Section = "Environments", "start"
	for _, e := range envs {
		row := environmentRow{ID: e.ID, Name: e.Name, Integration: e.Spec.Integration, Tenant: e.TenantName,
			State: environmentState(e, h.Now()), Updated: e.Updated}
		if p, ok := preset.ByID(e.Spec.Integration); ok {
			row.Integration = p.Name
		}
		if row.Tenant == "" {
			row.Tenant = string(e.Tenant)
		}
		if s := e.Result.Current(); s != nil && e.State != store.Removed {
			row.Expires = s.End
		}
		page.Environments = append(page.Environments, row)
	}
	return page
}
