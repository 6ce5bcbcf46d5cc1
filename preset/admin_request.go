package preset

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// AdminRequest is a text to send to whoever may change the tenant: what is
// wanted and why, every value, how to check it, and what not to send back. It
// holds no secret. What exists already (an application, a secret) is not
// asked for again.
func (p Preset) AdminRequest(v Values) string {
	steps := p.requestedSteps(v)
	parts := []string{p.requestOpening(v), p.requestValues(v), stepsText(steps), p.requestAnswer(v), checksText(steps, v)}
	return strings.Join(parts, "\n\n") + "\n"
}

// requestedSteps are the steps left to do by hand.
func (p Preset) requestedSteps(v Values) []ManualStep {
	var out []ManualStep
	for _, s := range p.ManualFor(v.Audience) {
		done := s.ID == "register" && v.ClientID != "" || s.ID == "secret" && v.SecretHint != ""
		if !done {
			out = append(out, s)
		}
	}
	return out
}

func (p Preset) requestOpening(v Values) string {
	what := "register an application in Microsoft Entra"
	if v.ClientID != "" {
		what = "check and complete an app registration in Microsoft Entra"
	}
	about := p.About
	if p.ID == custom.ID {
		about = "" // it describes the choice, not the service
	}
	return "Hello,\n\n" + joinSentences(
		fmt.Sprintf("please %s%s, so that %s can sign our users in to Azure DevOps.", what, v.tenantWords(), p.inSentence()),
		about,
		"It acts only as the person who signed in: nobody can do more through it than Azure DevOps lets them do anyway.")
}

// tenantWords names the tenant in brackets, as far as it is known.
func (v Values) tenantWords() string {
	switch {
	case v.TenantID == "":
		return ""
	case v.TenantName == "":
		return fmt.Sprintf(" (tenant %s)", v.TenantID)
	}
	return fmt.Sprintf(" (tenant %s, %s)", v.TenantName, v.TenantID)
}

// inSentence is how the integration is spoken of.
func (p Preset) inSentence() string {
	if p.ID == custom.ID {
		return "our integration"
	}
	return p.Name
}

func (p Preset) requestValues(v Values) string {
	rows := []string{"Values"}
	for _, want := range append(append([]FieldValue{AppNameValue, ClientIDValue, RedirectURIValue, PermissionsValue}, p.proofStep().Copy...), OrganizationValue, ProjectValue) {
		if want == SecretNameValue && v.SecretHint != "" {
			continue // there is one
		}
		if text := v.Text(want, p); text != "" {
			rows = append(rows, fmt.Sprintf("- %s: %s", v.Label(want), text))
		}
	}
	if v.SecretSpan != "" && v.SecretHint == "" && p.takesSecret() {
		rows = append(rows, "- Expiry of the client secret: after "+v.SecretSpan)
	}
	rows = append(rows,
		"- Supported account types: "+accountTypes(v.Audience),
		"- Platform of the redirect URI: Web",
		"- Also needed: Microsoft Graph, delegated permission User.Read")
	return strings.Join(rows, "\n")
}

// accountTypes is what the portal calls an audience.
func accountTypes(a entra.Audience) string {
	if a == entra.SingleTenant {
		return "Accounts in this organizational directory only (Single tenant)"
	}
	return "Accounts in any organizational directory (Multitenant)"
}

func stepsText(steps []ManualStep) string {
	rows := []string{"Steps, in the Microsoft Entra admin center (https://entra.microsoft.com) under App registrations; the last one in Azure DevOps"}
	for i, s := range steps {
		rows = append(rows, fmt.Sprintf("%d. %s (%s)", i+1, s.Title, s.Who))
		for _, line := range s.Present {
			rows = append(rows, "   - "+line)
		}
	}
	return strings.Join(rows, "\n")
}

func (p Preset) requestAnswer(v Values) string {
	back := "a word that it is done"
	if v.ClientID == "" {
		back = "the Application (client) ID and the Directory (tenant) ID"
	}
	switch {
	case p.chosen == entra.CertificateKind:
		return fmt.Sprintf("The certificate comes with this message; it is no secret. Please send back %s. We need no client secret: please make none.", back)
	case !p.takesSecret():
		return fmt.Sprintf("Please send back %s. We need no client secret: please make none.", back)
	case v.SecretHint != "":
		return "Please send back " + back + "."
	}
	return fmt.Sprintf("Please send back %s, and the day the client secret expires.\nPlease do not send the client secret by mail or chat: enter it yourself in %s (%s), or hand it over through a password manager. The Secret ID is not the secret and is of no use.",
		back, p.inSentence(), strings.Join(p.Place(v.Inputs), ", "))
}

func checksText(steps []ManualStep, v Values) string {
	rows := []string{"How to check"}
	for _, s := range steps {
		rows = append(rows, fmt.Sprintf("- %s: %s", s.Title, s.Check))
	}
	if v.ClientID != "" {
		for _, c := range entra.VerifyApplication(v.ClientID) {
			rows = append(rows, fmt.Sprintf("- %s: %s", c.Shows, c.Line))
		}
	}
	return strings.Join(rows, "\n")
}
