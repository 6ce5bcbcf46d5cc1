package preset

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// AdminRequest is a text to send to whoever may change the tenant: what is
// wanted and why, every value, how to check it, and what not to send back. It
// holds no secret.
func (p Preset) AdminRequest(v Values) string {
	parts := []string{p.requestOpening(v), p.requestValues(v), p.requestSteps(v), requestAnswer(v), p.requestCheck(v)}
	return strings.Join(parts, "\n\n") + "\n"
}

func (p Preset) requestOpening(v Values) string {
	what := "register an application in Microsoft Entra"
	if v.ClientID != "" {
		what = "check and complete an app registration in Microsoft Entra"
	}
	where := ""
	if v.TenantID != "" {
		where = fmt.Sprintf(" (tenant %s)", v.TenantID)
	}
	return fmt.Sprintf("Hello,\n\nplease %s%s, so that %s can sign our users in to Azure DevOps. %s It acts only as the person who signed in: nobody can do more through it than Azure DevOps lets them do anyway.",
		what, where, p.productName(), p.About)
}

// productName is how the integration is spoken of in a sentence.
func (p Preset) productName() string {
	if p.ID == custom.ID {
		return "our integration"
	}
	return p.Name
}

func (p Preset) requestValues(v Values) string {
	rows := []string{"Values"}
	for _, want := range []FieldValue{AppNameValue, ClientIDValue, RedirectURIValue, PermissionsValue, OrganizationValue, ProjectValue} {
		if text := v.Text(want, p); text != "" {
			rows = append(rows, fmt.Sprintf("- %s: %s", v.Label(want), text))
		}
	}
	rows = append(rows,
		"- Supported account types: Accounts in any organizational directory (Multitenant)",
		"- Platform of the redirect URI: Web",
		"- Also needed: Microsoft Graph, delegated permission User.Read")
	return strings.Join(rows, "\n")
}

func (p Preset) requestSteps(v Values) string {
	var rows []string
	for _, s := range p.Manual() {
		if s.ID == "register" && v.ClientID != "" {
			continue
		}
		rows = append(rows, fmt.Sprintf("%d. %s (%s)", len(rows)+1, s.Title, s.Who))
		for _, line := range s.Present {
			rows = append(rows, "   - "+line)
		}
	}
	return "Steps\n" + strings.Join(rows, "\n")
}

func requestAnswer(v Values) string {
	back := "the Application (client) ID, the Directory (tenant) ID and the day the client secret expires"
	if v.ClientID != "" {
		back = "a word that it is done, and the day the client secret expires"
	}
	return "Please send back " + back + ".\nPlease do not send the client secret by mail or chat: enter it in the integration's form yourself, or hand it over through a password manager. The Secret ID is not the secret and is of no use."
}

func (p Preset) requestCheck(v Values) string {
	rows := []string{"How to check"}
	for _, s := range p.Manual() {
		if s.ID != "secret" {
			rows = append(rows, fmt.Sprintf("- %s: %s", s.Title, s.Check))
		}
	}
	if v.ClientID != "" {
		for _, c := range entra.VerifyApplication(v.ClientID) {
			rows = append(rows, fmt.Sprintf("- %s: %s", c.Shows, c.Line))
		}
	}
	return strings.Join(rows, "\n")
}
