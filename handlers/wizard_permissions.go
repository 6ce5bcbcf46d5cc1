package handlers

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// permissionsStep picks delegated permissions of Azure DevOps.
type permissionsStep struct {
	Recommended       []string
	UseRecommended    bool
	Groups            []scopeGroup
	Operations        []preset.Operation
	BeyondIsRight     bool
	Consent           bool // consent for the whole tenant in the same go
	AdminConsentAsked bool
}

type scopeGroup struct {
	Category string
	Scopes   []scopeChoice
}

type scopeChoice struct {
	entra.DevOpsScope
	Chosen bool
}

func (h *Handlers) showPermissionsStep(_ *gin.Context, page *wizardPage) error {
	spec, p := page.Env.Spec, page.Preset
	page.Heading = "Permissions"
	page.Permissions = &permissionsStep{
		Recommended: p.Registered, Operations: p.Operations, BeyondIsRight: p.AskedBeyondRegistered,
		UseRecommended: len(spec.Scopes) == 0 || slices.Equal(spec.Scopes, p.Registered),
		Consent:        !spec.SkipConsent, AdminConsentAsked: p.AdminConsent,
		Groups: scopeGroups(chosenScopes(spec, p)),
	}
	return nil
}

// scopeGroups lists what can be registered, by category, with what is chosen.
func scopeGroups(chosen []string) []scopeGroup {
	var groups []scopeGroup
	for _, cat := range entra.ScopeCategories() {
		g := scopeGroup{Category: cat.Name}
		for _, s := range cat.Scopes {
			g.Scopes = append(g.Scopes, scopeChoice{s, slices.Contains(chosen, s.Value)})
		}
		groups = append(groups, g)
	}
	return groups
}

func (h *Handlers) savePermissionsStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	spec := &page.Env.Spec
	spec.SkipConsent = c.PostForm("consent") != "tenant"
	if c.PostForm("way") != "choose" {
		spec.Scopes = nil
		return nil, nil
	}
	spec.Scopes = c.PostFormArray("scopes")
	if len(spec.Scopes) == 0 {
		return []setup.FieldError{{Field: "scopes", Message: "Choose at least one permission, or take the recommended ones."}}, nil
	}
	_, errs := spec.Resolve(page.Preset)
	return onFields(errs, "scopes"), nil
}

// onFields keeps what is about these fields and what is below them.
func onFields(errs []setup.FieldError, names ...string) []setup.FieldError {
	return slices.DeleteFunc(errs, func(e setup.FieldError) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			return e.Field == name || strings.HasPrefix(e.Field, name+".") || strings.HasPrefix(e.Field, name+"[")
		})
	})
}
