package handlers

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// carried fills a new environment's spec with what a link brings along:
// permissions in scopes, and the integration's inputs. The errors name
// permissions that cannot be registered; these are left out.
func carried(c *gin.Context, p preset.Preset, spec *setup.Spec) []setup.FieldError {
	for _, in := range p.Inputs {
		if value := strings.TrimSpace(c.Query("inputs." + in.Name)); value != "" {
			spec.Inputs[in.Name] = value
		}
	}
	scopes, errs := readScopes(strings.Fields(c.Query("scopes")))
	spec.Scopes = scopes
	return errs
}

// readScopes finds what can be registered of a list, each once.
func readScopes(typed []string) (scopes []string, errs []setup.FieldError) {
	for _, one := range typed {
		s, err := entra.RegistrableScope(one)
		switch {
		case err != nil:
			errs = append(errs, setup.FieldError{Field: "scopes", Message: full("Not brought along: " + err.Error())})
		case !slices.Contains(scopes, s.Value):
			scopes = append(scopes, s.Value)
		}
	}
	return scopes, errs
}
