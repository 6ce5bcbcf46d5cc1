package handlers

import (
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// handOffPage looks like the integration's own form: its labels, its order.
type handOffPage struct {
	web.Base
	Env       store.Environment
	Preset    preset.Preset
	Where     []string // the way to the form
	Fields    []handOffField
	Done      bool
	ScopeForm preset.ScopeForm
	Ready     bool   // there is an app registration to hand over
	Noun      string // what is shown once
}

type handOffField struct {
	preset.FilledField
	Ticked bool
	// Elsewhere: what belongs there never was here.
	Elsewhere bool
}

func (h *Handlers) showHandOff(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	return web.Page("hand_off.html", handOff(env, p)), nil
}

func handOff(env store.Environment, p preset.Preset) *handOffPage {
	page := &handOffPage{Env: env, Preset: p, Where: p.Place(env.Spec.Inputs), ScopeForm: p.ScopeForm, Done: len(p.Fields) > 0}
	page.Title, page.Section = env.Name+": hand over to "+p.Called(), "start"
	page.Noun = shownNoun(env)
	page.Ready = env.Result != nil && env.Result.App.ClientID != ""
	for _, f := range p.HandOff(handOffValues(env, p)) {
		ticked := slices.Contains(env.Handed, f.Label)
		page.Done = page.Done && ticked
		field := handOffField{FilledField: f, Ticked: ticked}
		if f.Once && !madeHere(env.Spec) {
			field.Once, field.Elsewhere, field.Note = false, true, ""
		}
		page.Fields = append(page.Fields, field)
	}
	return page
}

// handOffValues are the values the form's fields are filled from.
func handOffValues(env store.Environment, p preset.Preset) preset.Values {
	v := preset.Values{Environment: env.Name, AppName: env.Spec.DisplayName, TenantID: env.Tenant, TenantName: env.TenantName, Audience: env.Spec.Audience,
		SecretName: env.Spec.Secret.Description, SecretSpan: days(lifetime(env.Spec)), Organization: env.Spec.Organization, Project: env.Spec.Project,
		Scopes: chosenScopes(env.Spec, p), Inputs: env.Spec.Inputs, Federated: wantedTrust(env)}
	if env.Result != nil {
		v.ClientID, v.AppName = env.Result.App.ClientID, firstOf(env.Result.App.DisplayName, v.AppName)
		if s := env.Result.Current(); s != nil {
			v.SecretEnds = s.End
			if provesBy(env) == entra.ClientSecretKind {
				v.SecretHint = s.Hint
			}
		}
	}
	if uris, errs := p.RedirectURIs(env.Spec.Inputs); len(errs) == 0 && len(uris) > 0 {
		v.RedirectURI = uris[0].URI
	}
	return v
}

// tickHandOff marks which fields have been pasted.
func (h *Handlers) tickHandOff(c *gin.Context) (web.Response, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, err
	}
	env.Handed = nil
	for _, f := range p.Fields {
		if slices.Contains(c.PostFormArray("handed"), f.Label) {
			env.Handed = append(env.Handed, f.Label)
		}
	}
	ctx := c.Request.Context()
	if env, err = h.Store.SaveEnvironment(ctx, asShown(c, env)); err != nil {
		return nil, err
	}
	if len(env.Handed) == len(p.Fields) {
		if err := h.dropDone(ctx, env, p); err != nil {
			return nil, err
		}
		if err := web.SessionOf(c).Say(p.CalledFirst() + " has everything. Connect it there now; if it does not work, run the test consent flow again."); err != nil {
			return nil, err
		}
		return web.SeeOther("/environments/" + env.ID), nil
	}
	if err := web.SessionOf(c).Say(fmt.Sprintf("Saved: %d of %d fields are done.", len(env.Handed), len(p.Fields))); err != nil {
		return nil, err
	}
	return web.SeeOther("/environments/" + env.ID + "/hand-off"), nil
}
