package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/web"
)

// secretStep asks for the client secret's description and lifetime, within
// what the tenant allows.
type secretStep struct {
	Description web.Field
	Lifetime    web.Field
	Forbidden   bool
	Limit       string // in words; empty: none or unknown
	// Credential is the choice of another way; nil where there is none.
	Credential *credentialStep
}

var lifetimes = []int{30, 90, 180, 365, 730}

func days(n int) string {
	switch n {
	case 365:
		return "1 year"
	case 730:
		return "2 years"
	}
	return strconv.Itoa(n) + " days"
}

func (h *Handlers) showSecretStep(c *gin.Context, page *wizardPage) error {
	forbidden, limit, err := h.secretPolicy(c, page)
	if err != nil {
		return err
	}
	spec := page.Env.Spec
	typed := func(name, def string) string {
		if v, ok := c.GetPostForm(name); ok {
			return v
		}
		return def
	}
	step := &secretStep{Forbidden: forbidden, Credential: page.credentialStep(typed)}
	page.Secret, page.Heading = step, secretHeading(page.Preset)
	step.Description = web.Field{Name: "description", Label: "Description", Value: firstOf(spec.Secret.Description, page.Preset.AppName),
		Help: "Shown in the portal beside the secret. Consentry adds its marker.", Error: page.bad("secret.description")}
	step.Lifetime = web.Field{Name: "lifetime", Label: "Expires after", Type: "select",
		Help: "Microsoft recommends less than 12 months. Consentry shows when it is time to replace it.", Error: page.bad("secret.lifetime")}
	chosen := lifetime(spec)
	if limit > 0 {
		step.Limit = days(limit)
		if provesBy(page.Env) == entra.ClientSecretKind {
			chosen = min(chosen, limit)
		}
	}
	if step.Credential != nil {
		limit = max(limit, lifetimes[len(lifetimes)-1]) // it is not one on certificates
	}
	for _, n := range allowedLifetimes(limit) {
		step.Lifetime.Options = append(step.Lifetime.Options, web.Option{Value: strconv.Itoa(n), Label: days(n), Selected: n == chosen})
	}
	return nil
}

// secretLabel is what the step is called: where there is a choice, it is not
// about client secrets alone.
func secretLabel(p preset.Preset) string {
	if len(p.Credentials()) > 1 {
		return "Credential"
	}
	return "Client secret"
}

func secretHeading(p preset.Preset) string {
	if len(p.Credentials()) > 1 {
		return "Federated credential, certificate or client secret"
	}
	return "Client secret"
}

// allowedLifetimes are the offered lifetimes in days; limit 0 means none.
func allowedLifetimes(limit int) []int {
	if limit == 0 {
		return lifetimes
	}
	var out []int
	for _, n := range lifetimes {
		if n <= limit {
			out = append(out, n)
		}
	}
	if len(out) == 0 || out[len(out)-1] != limit {
		out = append(out, limit)
	}
	return out
}

// secretPolicy reads the tenant's rules on client secrets; what cannot be
// read counts as no rule here and shows when the plan is applied.
func (h *Handlers) secretPolicy(c *gin.Context, page *wizardPage) (forbidden bool, limitDays int, err error) {
	d, _, err := h.tenantDirectory(c, page.Env)
	if err != nil {
		return false, 0, err
	}
	p, err := d.Policies(c.Request.Context())
	if err != nil {
		return false, 0, err
	}
	if p.MaxSecretLifetime != nil {
		limitDays = int(*p.MaxSecretLifetime / (24 * time.Hour))
		if limitDays == 0 && *p.MaxSecretLifetime > 0 {
			limitDays = 1 // less than a day; Graph will say so
		}
	}
	return p.SecretsForbidden != nil && *p.SecretsForbidden, limitDays, nil
}

func (h *Handlers) saveSecretStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	_, limit, err := h.secretPolicy(c, page)
	if err != nil {
		return nil, err
	}
	wrong := h.saveCredential(c, page)
	n, convErr := strconv.Atoi(c.PostForm("lifetime"))
	page.Env.Spec.Secret = setup.SecretSpec{Description: strings.TrimSpace(c.PostForm("description")), LifetimeDays: n}
	_, bad := page.Env.Spec.Resolve(page.Preset)
	errs := append(wrong, onFields(bad, "secret.description", "credential", "certificate", "federated")...)
	switch {
	case !madeHere(page.Env.Spec):
	case convErr != nil || n < 1 || n > lifetimes[len(lifetimes)-1]:
		errs = append(errs, setup.FieldError{Field: "secret.lifetime", Message: "Choose after how many days the client secret expires: 1 to 730."})
	case limit > 0 && n > limit && provesBy(page.Env) == entra.ClientSecretKind:
		errs = append(errs, setup.FieldError{Field: "secret.lifetime", Message: fmt.Sprintf("This tenant allows client secrets of at most %s. Choose a shorter lifetime.", days(limit))})
	}
	return errs, nil
}
