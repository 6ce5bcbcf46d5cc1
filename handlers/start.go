package handlers

import (
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
}

type environmentRow struct {
	ID, Name, Integration, Tenant string
	State                         state
	Expires                       time.Time // next secret expiry; zero: none
	Updated                       time.Time
}

func (h *Handlers) showStart(c *gin.Context) (web.Response, error) {
	envs, err := h.Store.Environments(c.Request.Context())
	if err != nil {
		return nil, err
	}
	return web.Page("start.html", h.startPage(envs)), nil
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
		if e.Result != nil && e.Result.Secret != nil && e.State != store.Removed {
			row.Expires = e.Result.Secret.End
		}
		page.Environments = append(page.Environments, row)
	}
	return page
}
