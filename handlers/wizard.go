package handlers

import (
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// wizardSteps are the decisions, in order.
var wizardSteps = []struct{ Slug, Label string }{
	{"integration", "Integration"},
	{"tenant", "Tenant"},
	{"app", "App registration"},
	{"permissions", "Permissions"},
	{"secret", "Client secret"},
	{"organization", "Organization"},
	{"review", "Review"},
}

// A stepForm is what one step does: show builds its part of the page; save
// reads the form into the environment and answers with what needs mending.
type stepForm struct {
	show func(*gin.Context, *wizardPage) error
	save func(*gin.Context, *wizardPage) ([]setup.FieldError, error)
}

func (h *Handlers) stepForm(slug string) stepForm {
	return map[string]stepForm{
		"integration":  {h.showIntegrationStep, h.saveIntegrationStep},
		"tenant":       {h.showTenantStep, h.saveTenantStep},
		"app":          {h.showAppStep, h.saveAppStep},
		"permissions":  {h.showPermissionsStep, h.savePermissionsStep},
		"secret":       {h.showSecretStep, h.saveSecretStep},
		"organization": {h.showOrganizationStep, h.saveOrganizationStep},
		"review":       {show: h.showReviewStep},
	}[slug]
}

func stepIndex(slug string) int {
	for i, s := range wizardSteps {
		if s.Slug == slug {
			return i
		}
	}
	return -1
}

func stepLabel(slug string) string {
	if i := stepIndex(slug); i >= 0 {
		return wizardSteps[i].Label
	}
	return "the beginning"
}

// wizardPage is one step with the list of steps and the growing summary.
type wizardPage struct {
	web.Base
	Env     store.Environment
	Preset  preset.Preset
	Slug    string
	Heading string
	Steps   []stepView
	Number  int
	Summary []summaryRow
	Errors  []string
	Bad     []setup.FieldError // the errors by field
	Back    string
	Manual  []manualView

	Integration  *integrationStep
	Tenant       *tenantStep
	App          *appStep
	Permissions  *permissionsStep
	Secret       *secretStep
	Organization *organizationStep
	Review       *reviewStep
}

type stepView struct {
	Slug, Label, Href string
	Current, Done     bool
}

type summaryRow struct{ Label, Value string }

func (h *Handlers) showStep(c *gin.Context) (web.Response, error) {
	page, step, err := h.wizard(c)
	if err != nil {
		return nil, err
	}
	if err := step.show(c, page); err != nil {
		return nil, err
	}
	return web.Page("wizard.html", page), nil
}

func (h *Handlers) saveStep(c *gin.Context) (web.Response, error) {
	page, step, err := h.wizard(c)
	if err != nil {
		return nil, err
	}
	if step.save == nil {
		return nil, web.NotFound("form")
	}
	if ops, err := h.Store.Operations(c.Request.Context(), page.Env.ID); err != nil {
		return nil, err
	} else if atWork(ops) {
		return nil, store.ErrBusy // it goes by what is chosen
	}
	page.Bad, err = step.save(c, page)
	if err != nil {
		return nil, err
	}
	if page.Errors = specErrors(page.Bad); len(page.Errors) > 0 {
		return step.again(c, page, http.StatusUnprocessableEntity)
	}
	next := wizardSteps[stepIndex(page.Slug)+1].Slug
	if c.PostForm("go") == "check" {
		next = page.Slug
	}
	if page.Env.State == store.Draft && stepIndex(page.Env.Step) < stepIndex(next) {
		page.Env.Step = next
	}
	_, err = h.Store.SaveEnvironment(c.Request.Context(), asShown(c, page.Env))
	if errors.Is(err, store.ErrConflict) {
		return h.crossed(c, page, step, next)
	}
	if err != nil {
		return nil, err
	}
	return web.SeeOther("/environments/" + page.Env.ID + "/setup/" + next), nil
}

// again shows the form once more, with what was typed and why.
func (s stepForm) again(c *gin.Context, page *wizardPage, status int) (web.Response, error) {
	if err := s.show(c, page); err != nil {
		return nil, err
	}
	return web.PageWithStatus(status, "wizard.html", page), nil
}

// crossed answers a form that another window was quicker than. When both want
// the same, as after a double click, there is nothing to decide; else the
// person sees what stands there now beside what they typed.
func (h *Handlers) crossed(c *gin.Context, page *wizardPage, step stepForm, next string) (web.Response, error) {
	newest, err := h.Store.Environment(c.Request.Context(), page.Env.ID)
	if err != nil {
		return nil, err
	}
	if newest.Tenant == page.Env.Tenant && reflect.DeepEqual(newest.Spec, page.Env.Spec) {
		return web.SeeOther("/environments/" + newest.ID + "/setup/" + next), nil
	}
	page.Env.Version, page.Summary = newest.Version, summary(newest, page.Preset)
	page.Errors = []string{"Somebody changed this environment in another window after you opened this page, and nothing of theirs was overwritten. “So far” shows what stands there now; below is what you typed. Continue to save yours over it."}
	return step.again(c, page, http.StatusConflict)
}

// wizard builds what every step shows around its decision.
func (h *Handlers) wizard(c *gin.Context) (*wizardPage, stepForm, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, stepForm{}, err
	}
	i := stepIndex(c.Param("step"))
	if i < 0 {
		return nil, stepForm{}, web.NotFound("step")
	}
	page := newWizardPage(env, p, i)
	page.Manual = h.manualFor(page.Slug, env, p)
	return page, h.stepForm(page.Slug), nil
}

func newWizardPage(env store.Environment, p preset.Preset, i int) *wizardPage {
	step := wizardSteps[i]
	page := &wizardPage{Env: env, Preset: p, Slug: step.Slug, Number: i + 1, Heading: step.Label}
	page.Title, page.Section = env.Name+": "+strings.ToLower(step.Label), "setup"
	reached := stepIndex(env.Step)
	if env.State != store.Draft {
		reached = len(wizardSteps) - 1
	}
	for j, s := range wizardSteps {
		v := stepView{Slug: s.Slug, Label: s.Label, Current: j == i, Done: j < reached}
		if s.Slug == "secret" {
			v.Label = secretLabel(p)
		}
		if j <= reached {
			v.Href = "/environments/" + env.ID + "/setup/" + s.Slug
		}
		page.Steps = append(page.Steps, v)
	}
	if i > 0 {
		page.Back = "/environments/" + env.ID + "/setup/" + wizardSteps[i-1].Slug
	}
	page.Summary = summary(env, p)
	return page
}

// summary grows with each decision.
func summary(env store.Environment, p preset.Preset) []summaryRow {
	rows := []summaryRow{{"Integration", p.Name}}
	add := func(label, value string) {
		if value != "" {
			rows = append(rows, summaryRow{label, value})
		}
	}
	spec := env.Spec
	if uris, errs := p.RedirectURIs(spec.Inputs); len(errs) == 0 {
		for _, u := range uris {
			add("Redirect URI", u.URI)
		}
	}
	if env.Tenant != "" {
		add("Tenant", firstOf(env.TenantName, string(env.Tenant)))
	}
	reached := stepIndex(env.Step)
	if reached > stepIndex("app") || env.State != store.Draft {
		if spec.Adopt != "" {
			add("App registration", "existing, client ID "+string(spec.Adopt))
		} else {
			add("App registration", firstOf(spec.DisplayName, p.AppName))
		}
	}
	if reached > stepIndex("permissions") || env.State != store.Draft {
		add("Permissions", strings.Join(chosenScopes(spec, p), ", "))
	}
	if reached > stepIndex("secret") || env.State != store.Draft {
		add(secretLabel(p), credentialSummary(spec, p))
	}
	if spec.Organization != "" {
		add("Organization", strings.Trim(spec.Organization+" / "+spec.Project, " /"))
	}
	return rows
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// chosenScopes are the environment's Azure DevOps permissions by name.
func chosenScopes(spec setup.Spec, p preset.Preset) []string {
	if len(spec.Scopes) > 0 {
		return spec.Scopes
	}
	return p.Registered
}

func lifetime(spec setup.Spec) int {
	if spec.Secret.LifetimeDays > 0 {
		return spec.Secret.LifetimeDays
	}
	return setup.DefaultLifetimeDays
}

// field finds the sentence about one field among a spec's errors.
func field(errs []setup.FieldError, name string) string {
	for _, e := range errs {
		if e.Field == name {
			return e.Message
		}
	}
	return ""
}

// bad is the sentence about one field of this step; empty when it is fine.
func (page *wizardPage) bad(name string) string { return full(capital(field(page.Bad, name))) }

// tenantDirectory gives the directory of the environment's tenant, refusing a
// person of another one.
func (h *Handlers) tenantDirectory(c *gin.Context, env store.Environment) (Directory, entra.Person, error) {
	d, who, err := h.directory(c)
	if err != nil {
		return nil, who, err
	}
	return d, who, foreignTenant(env, who)
}
