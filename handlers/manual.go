package handlers

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// manualView is one part of the manual way: the portal's click path with the
// values to copy.
type manualView struct {
	preset.ManualStep
	Href   string
	Values []web.Copyable
}

// manualPage is the whole way by hand, for people who lack the rights or do
// not want a tool to write.
type manualPage struct {
	web.Base
	Env    store.Environment
	Preset preset.Preset
	Steps  []manualView
}

func (h *Handlers) showManual(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	page := &manualPage{Env: env, Preset: p, Steps: h.manual(env, p)}
	page.Title, page.Section = env.Name+": the manual way", "setup"
	return web.Page("manual.html", page), nil
}

// byHand says which parts of the manual way stand for a step of the wizard.
var byHand = map[string][]string{
	"app":          {"register", "redirect-uri"},
	"permissions":  {"permissions", "consent"},
	"secret":       {"secret"},
	"organization": {"organization"},
}

// manualFor is the manual way of one wizard step.
func (h *Handlers) manualFor(slug string, env store.Environment, p preset.Preset) []manualView {
	return slices.DeleteFunc(h.manual(env, p), func(v manualView) bool { return !slices.Contains(byHand[slug], v.ID) })
}

// manual fills the click paths with this environment's values.
func (h *Handlers) manual(env store.Environment, p preset.Preset) []manualView {
	values := handOffValues(env, p)
	var out []manualView
	for _, s := range p.ManualFor(env.Spec.Audience) {
		v := manualView{ManualStep: s}
		switch {
		case s.Blade != "":
			v.Href = entra.PortalApp(h.Cloud, values.ClientID, s.Blade)
		case s.Settings != "" && values.Organization != "":
			v.Href = entra.OrganizationSettings(h.Cloud, values.Organization, s.Settings)
		}
		for _, need := range s.Copy {
			if text := values.Text(need, p); text != "" {
				v.Values = append(v.Values, web.Copyable{Label: values.Label(need), Value: text})
			}
		}
		out = append(out, v)
	}
	return out
}

// adminRequestPage holds a text to send to whoever may do it.
type adminRequestPage struct {
	web.Base
	Env  store.Environment
	Text string
}

func (h *Handlers) showAdminRequest(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	page := &adminRequestPage{Env: env, Text: p.AdminRequest(handOffValues(env, p))}
	page.Title, page.Section = env.Name+": text for the administrator", "setup"
	return web.Page("admin_request.html", page), nil
}
