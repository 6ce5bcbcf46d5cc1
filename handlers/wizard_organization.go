package handlers

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// organizationStep names the Azure DevOps organization and shows what could
// be learned of it without credentials.
type organizationStep struct {
	Organization web.Field
	Project      web.Field
	Checked      bool
	Found        entra.DevOpsOrganization
	State        state
	Words        []string
	Optional     bool
}

func (h *Handlers) showOrganizationStep(c *gin.Context, page *wizardPage) error {
	spec := page.Env.Spec
	step := &organizationStep{
		Organization: web.Field{Name: "organization", Label: "Azure DevOps organization", Value: spec.Organization, Placeholder: "mycompany or https://dev.azure.com/mycompany/",
			Help: "Its name, or any address of it: the name is read from the address."},
		Project: web.Field{Name: "project", Label: "Project (optional)", Value: spec.Project,
			Help: "Only its members see it, so it is the consent test that shows whether it is reached."},
	}
	if needs(page, preset.OrganizationValue) {
		step.Organization.Required = true
	}
	if needs(page, preset.ProjectValue) {
		step.Project.Label, step.Project.Required = "Project", true
	}
	page.Organization, page.Heading = step, "Organization and project"
	step.Organization.Error, step.Project.Error = page.bad("organization"), page.bad("project")
	if typed, ok := c.GetPostForm("organization"); ok {
		step.Organization.Value, step.Project.Value = typed, c.PostForm("project")
	}
	if spec.Organization == "" || len(page.Bad) > 0 {
		return nil
	}
	h.checkOrganization(c, page.Env, step)
	return nil
}

// checkOrganization asks Azure DevOps, live and without credentials.
func (h *Handlers) checkOrganization(c *gin.Context, env store.Environment, step *organizationStep) {
	found, err := h.Organization(c.Request.Context(), env.Spec.Organization)
	step.Checked = true
	if err != nil {
		step.State = state{"warn", "could not be checked"}
		step.Words = []string{"Azure DevOps could not be asked: " + sentence(err) + " You can go on; the test asks again."}
		return
	}
	step.Found = found
	step.State, step.Words = organizationVerdict(found, env)
}

// organizationVerdict says what was learned and who must act.
func organizationVerdict(found entra.DevOpsOrganization, env store.Environment) (state, []string) {
	switch {
	case !found.Exists:
		return state{"bad", "does not exist"}, []string{fmt.Sprintf("Azure DevOps knows no organization %q. Check the spelling in the address bar of Azure DevOps.", found.Slug)}
	case !found.Connected:
		return state{"bad", "not connected to Microsoft Entra"}, []string{
			"This organization is backed by personal Microsoft accounts, so no Entra app can serve it.",
			"The organization's owner connects it in Azure DevOps: Organization settings, Microsoft Entra, Connect directory."}
	case env.Tenant != "" && found.Tenant != env.Tenant:
		return state{"warn", "belongs to another tenant"}, []string{
			fmt.Sprintf("The organization belongs to tenant %s, the app registration to %s.", found.Tenant, tenantWords(env)),
			"That is right when this is a customer's organization: people sign in with accounts of its tenant. With accounts of your own tenant Azure DevOps answers 401 although consent succeeded."}
	}
	if env.Tenant == "" {
		return state{"good", "found"}, []string{fmt.Sprintf("%s exists and belongs to tenant %s.", found.Slug, found.Tenant)}
	}
	return state{"good", "found"}, []string{fmt.Sprintf("%s exists and belongs to %s, as the app registration does.", found.Slug, tenantWords(env))}
}

// tenantWords names an environment's tenant.
func tenantWords(env store.Environment) string {
	if env.TenantName == "" {
		return "tenant " + string(env.Tenant)
	}
	return env.TenantName + " (tenant " + string(env.Tenant) + ")"
}

func (h *Handlers) saveOrganizationStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	spec := &page.Env.Spec
	before := *spec
	organization, project, err := readPlace(c)
	spec.Organization, spec.Project = organization, project
	switch {
	case err != nil:
		return []setup.FieldError{{Field: "organization", Message: err.Error()}}, nil
	case organization == "" && needs(page, preset.OrganizationValue):
		return []setup.FieldError{{Field: "organization", Message: page.Preset.CalledFirst() + " asks for the organization, so it is needed here: type its name, or paste its address."}}, nil
	case organization == "" && project != "":
		return []setup.FieldError{{Field: "organization", Message: "The organization of the project is missing: type its name, or paste the project's address."}}, nil
	case project == "" && needs(page, preset.ProjectValue):
		return []setup.FieldError{{Field: "project", Message: page.Preset.CalledFirst() + " asks for the project, so it is needed here: type its name as Azure DevOps shows it."}}, nil
	}
	if project != "" {
		if err := entra.ValidateProject(project); err != nil {
			return []setup.FieldError{{Field: "project", Message: err.Error()}}, nil
		}
	}
	if organization == "" || before.Organization == organization {
		return nil, nil // nothing to ask for, or seen and still wanted
	}
	step := &organizationStep{}
	h.checkOrganization(c, page.Env, step)
	if step.State.Kind == "bad" {
		return []setup.FieldError{{Field: "organization", Message: strings.Join(step.Words, " ")}}, nil
	}
	return nil, nil
}

// needs: the integration's form has a field for it.
func needs(page *wizardPage, value preset.FieldValue) bool {
	for _, f := range page.Preset.Fields {
		if f.Value == value && !f.Optional {
			return true
		}
	}
	return false
}
