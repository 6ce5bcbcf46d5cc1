package checks

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

var identityChecks = []*Check{
	{
		ID:       "client-id-well-formed",
		Title:    "The client ID is one",
		Why:      "The sign-in page cannot tell which app is asking and shows an error to everybody.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{700016, 900144, 90013},
		Cites:    citeRegister,
		Asks:     []Input{InputClientID},
		Evaluate: malformedClientID,
		Shows:    showing("client ID, as given", func(f *Facts) string { return f.Given.ClientID }),
	},
	{
		ID:       "secret-well-formed",
		Title:    "The client secret has the form of one",
		Why:      "The page that says whether people accepted works, but the integration is refused when it comes for the token, so nobody gets connected.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{7000215},
		Cites:    citeCredentials,
		Asks:     []Input{InputSecret},
		After:    []string{"legacy-sign-in-unused"},
		Evaluate: malformedSecret,
		Shows:    showing("form of the client secret", func(f *Facts) string { return fmt.Sprintf("%d characters without blanks", f.Given.Secret.Length) }),
	},
}

// notYourApp are IDs of Microsoft's own that get pasted as client IDs.
var notYourApp = map[string]string{
	string(entra.AzureDevOps):    "Azure DevOps itself, which belongs in front of each scope",
	string(entra.MicrosoftGraph): "Microsoft Graph",
	personalTenant:               "the tenant of personal Microsoft accounts",
}

func malformedClientID(f *Facts) []Finding {
	typed := f.Given.ClientID
	clean, extras := trimPasted(typed)
	_, err := entra.ParseClientID(clean)
	switch owner := notYourApp[strings.ToLower(clean)]; {
	case looksLikeSecret(clean):
		return clientIDFinding(f, "What is given as the client ID has the form of a client secret.", "")
	case isSample(clean):
		return clientIDFinding(f, fmt.Sprintf("%s stands where the client ID belongs: it is a sample's text.", quoted(typed)), "")
	case extras != "":
		return clientIDFinding(f, fmt.Sprintf("The client ID was pasted with %s.", extras), clean)
	case owner != "":
		return clientIDFinding(f, fmt.Sprintf("The client ID is the one of %s.", owner), "")
	case err != nil:
		return clientIDFinding(f, fmt.Sprintf("%s is not a client ID.", quoted(clean)), "")
	}
	return nil
}

func clientIDFinding(f *Facts, summary, want string) []Finding {
	say := "Copy the Application (client) ID from the app registration's overview."
	got := quoted(f.Given.ClientID)
	if looksLikeSecret(f.Given.ClientID) {
		got = hidden
	}
	if want == "" {
		want = "an ID such as 11111111-2222-3333-4444-555555555555"
	} else {
		say = fmt.Sprintf("Give %s as the client ID, without anything around it.", want)
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{{What: "client ID, as given", Got: got, Want: want, Portal: overviewOf(f)}},
		Mend: Remedy{
			Say: say, Who: entra.AppOwner, Portal: overviewOf(f),
			Steps: []string{"Open the app registration's overview.", "Copy Application (client) ID with the button beside it; Object ID and Directory (tenant) ID are other things.", "Put it into the integration."},
		},
	}}
}

// secretForms say what is wrong with a secret of a form, and what is wanted.
var secretForms = map[SecretShape]struct{ summary, got string }{
	IDShape:          {"The client secret is the secret's ID, not its value.", "an ID such as 11111111-2222-3333-4444-555555555555"},
	PlaceholderShape: {"A sample's text stands where the client secret belongs.", "a sample's text"},
	SpacedShape:      {"The client secret holds blanks or line feeds.", "a text with blanks or line feeds"},
	QuotedShape:      {"The client secret stands in quotation marks.", "a text in quotation marks"},
	EncodedShape:     {"The client secret is percent-encoded.", "a text with %7E or the like in it"},
	OddShape:         {"The client secret has not the form of one.", "a text too short, too long or with characters that no secret has"},
}

func malformedSecret(f *Facts) []Finding {
	form, odd := secretForms[f.Given.Secret.Shape]
	if !odd {
		return nil
	}
	return []Finding{{
		Summary: form.summary,
		Shown: []Evidence{{
			What: "form of the client secret", Got: fmt.Sprintf("%s, %d characters", form.got, f.Given.Secret.Length),
			Want: fmt.Sprintf("%d to %d characters without blanks, from the column Value", shortestSecret, longestSecret), Portal: f.portal(entra.PortalSecrets),
		}},
		Mend: Remedy{
			Say: "Put the secret's value into the integration, as the column Value showed it.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
			Steps: []string{
				"The portal shows a value once, right after it is made: if nobody has it, make a new secret under Certificates & secrets.",
				"Copy the column Value, not Secret ID, with the button beside it.",
				"Put it into the integration, without blanks or quotation marks.",
			},
		},
	}}
}
