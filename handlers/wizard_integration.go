package handlers

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// integrationsPage is the choice of an integration.
type integrationsPage struct {
	web.Base
	Presets []preset.Preset
}

func (h *Handlers) showIntegrations(*gin.Context) (web.Response, error) {
	page := &integrationsPage{Presets: preset.All}
	page.Title, page.Section = "Set up an integration", "setup"
	return web.Page("integrations.html", page), nil
}

// newEnvironmentPage names the environment and asks what only the person
// knows of the integration.
type newEnvironmentPage struct {
	web.Base
	Preset preset.Preset
	Step   integrationStep
	Scopes []string // permissions brought along by a link; none means the recommended ones
	Errors []string
}

// integrationStep is the form of both the new environment and its later edit.
type integrationStep struct {
	Name   *web.Field // nil once the environment exists
	Inputs []web.Field
	// RedirectURIs is what the inputs come to, when they are valid.
	RedirectURIs []string
	Template     string
}

func (h *Handlers) showNewEnvironment(c *gin.Context) (web.Response, error) {
	p, ok := preset.ByID(c.Param("integration"))
	if !ok {
		return nil, web.NotFound("integration")
	}
	name, err := h.freeName(c, p)
	if err != nil {
		return nil, err
	}
	spec := setup.Spec{Name: name, Integration: p.ID, Inputs: inputDefaults(p)}
	errs := carried(c, p, &spec)
	return web.Page("new_environment.html", newEnvironment(p, spec, errs)), nil
}

func newEnvironment(p preset.Preset, spec setup.Spec, errs []setup.FieldError) *newEnvironmentPage {
	page := &newEnvironmentPage{Preset: p, Step: integrationForm(p, spec, errs), Scopes: spec.Scopes, Errors: specErrors(errs)}
	page.Title, page.Section = "Set up "+p.Name, "setup"
	page.Step.Name = &web.Field{Name: "environment", Label: "Name of this environment", Value: spec.Name, Required: true,
		Help:  "Lower-case letters, digits and hyphens. It marks the app registration as made by Consentry.",
		Error: full(capital(field(errs, "environment")))}
	return page
}

// freeName suggests a name that is not taken.
func (h *Handlers) freeName(c *gin.Context, p preset.Preset) (string, error) {
	for _, suffix := range []string{"", "-2", "-3", "-4", "-5"} {
		name := p.ID + suffix
		_, err := h.Store.EnvironmentByName(c.Request.Context(), name)
		if errors.Is(err, store.ErrNotFound) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}

func inputDefaults(p preset.Preset) map[string]string {
	m := map[string]string{}
	for _, in := range p.Inputs {
		m[in.Name] = in.Default
	}
	return m
}

// integrationForm builds the fields of a preset's inputs.
func integrationForm(p preset.Preset, spec setup.Spec, errs []setup.FieldError) integrationStep {
	step := integrationStep{Template: p.RedirectURI}
	if len(p.Inputs) == 1 && p.RedirectURI == "{"+p.Inputs[0].Name+"}" {
		step.Template = "" // it is what is typed
	}
	for _, in := range p.Inputs {
		f := web.Field{Name: "inputs." + in.Name, Label: in.Label, Help: in.Help, Placeholder: in.Example,
			Value: spec.Inputs[in.Name], Required: true, Error: full(capital(field(errs, "inputs."+in.Name)))}
		if in.Kind == preset.ChoiceInput {
			f.Type = "radio"
			for _, ch := range in.Choices {
				f.Options = append(f.Options, web.Option{Value: ch.Value, Label: ch.Label, Help: ch.Help, Selected: ch.Value == spec.Inputs[in.Name]})
			}
		}
		step.Inputs = append(step.Inputs, f)
	}
	if uris, bad := p.RedirectURIs(spec.Inputs); len(bad) == 0 {
		for _, u := range uris {
			step.RedirectURIs = append(step.RedirectURIs, u.URI)
		}
	}
	return step
}

func readInputs(c *gin.Context, p preset.Preset) map[string]string {
	m := map[string]string{}
	for _, in := range p.Inputs {
		m[in.Name] = strings.TrimSpace(c.PostForm("inputs." + in.Name))
	}
	return m
}

func (h *Handlers) createEnvironment(c *gin.Context) (web.Response, error) {
	p, ok := preset.ByID(c.Param("integration"))
	if !ok {
		return nil, web.NotFound("integration")
	}
	spec := setup.Spec{Name: strings.TrimSpace(c.PostForm("environment")), Integration: p.ID, Inputs: readInputs(c, p)}
	scopes, bad := readScopes(c.PostFormArray("scopes"))
	spec.Scopes = scopes
	errs := append(integrationErrors(spec, p), bad...)
	if err := setup.ValidateName(spec.Name); err != nil {
		errs = append([]setup.FieldError{{Field: "environment", Message: err.Error()}}, errs...)
	}
	if len(errs) > 0 {
		return web.PageWithStatus(http.StatusUnprocessableEntity, "new_environment.html", newEnvironment(p, spec, errs)), nil
	}
	env := store.Environment{Name: spec.Name, Spec: spec, State: store.Draft, Step: "tenant"}
	if who, ok := person(c); ok {
		env.Owner = who
	}
	env, err := h.createOnce(c.Request.Context(), env)
	if errors.Is(err, store.ErrNameTaken) {
		errs = []setup.FieldError{{Field: "environment", Message: "There is an environment named " + spec.Name + " already. Choose another name, or open that one from the start page."}}
		return web.PageWithStatus(http.StatusUnprocessableEntity, "new_environment.html", newEnvironment(p, spec, errs)), nil
	}
	if err != nil {
		return nil, err
	}
	return web.SeeOther("/environments/" + env.ID + "/setup/tenant"), nil
}

// createOnce gives the environment that the same form made a moment before: a
// double click is no second wish.
func (h *Handlers) createOnce(ctx context.Context, env store.Environment) (store.Environment, error) {
	created, err := h.Store.CreateEnvironment(ctx, env)
	if !errors.Is(err, store.ErrNameTaken) {
		return created, err
	}
	there, lerr := h.Store.EnvironmentByName(ctx, env.Spec.Name)
	if lerr == nil && there.Version == 1 && there.Step == env.Step && reflect.DeepEqual(there.Spec, env.Spec) {
		return there, nil
	}
	return created, err
}

// integrationErrors are what is wrong with the inputs.
func integrationErrors(spec setup.Spec, p preset.Preset) []setup.FieldError {
	_, bad := p.RedirectURIs(spec.Inputs)
	var errs []setup.FieldError
	for _, b := range bad {
		errs = append(errs, setup.FieldError{Field: b.Field, Message: b.Message})
	}
	return errs
}

func (h *Handlers) showIntegrationStep(_ *gin.Context, page *wizardPage) error {
	errs := integrationErrors(page.Env.Spec, page.Preset)
	form := integrationForm(page.Preset, page.Env.Spec, errs)
	page.Integration = &form
	page.Heading = page.Preset.Name
	return nil
}

func (h *Handlers) saveIntegrationStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	page.Env.Spec.Inputs = readInputs(c, page.Preset)
	return integrationErrors(page.Env.Spec, page.Preset), nil
}
