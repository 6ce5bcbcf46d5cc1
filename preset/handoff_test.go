package preset

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func someValues(p Preset) Values {
	uris, _ := p.RedirectURIs(goodInputs(p))
	return Values{
		ClientID: "11111111-2222-3333-4444-555555555555", TenantID: "99999999-2222-3333-4444-555555555555",
		RedirectURI: uris[0].URI, Organization: "mycompany", Project: "Web Shop",
		SecretHint: "abc", SecretEnds: time.Date(2027, 5, 21, 0, 0, 0, 0, time.UTC), Inputs: goodInputs(p),
	}
}

// TestHandOff holds each form: labels in the product's order, values in the
// form its fields take.
func TestHandOff(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	tests := map[string][]string{
		"frontegg": {"Client ID=" + id, "Client Secret=(once)", "Azure DevOps organization=mycompany", "Scopes=vso.project vso.code vso.work vso.build"},
		"paragon":  {"Application Type=Microsoft Entra ID App", "Client ID=" + id, "Client Secret=(once)", "Permissions=user_impersonation"},
		"stackone": {"Type=OAuth 2.0 (Microsoft Entra ID)", "Client ID=" + id, "Client Secret=(once)", "Scopes=" + devops + "user_impersonation offline_access"},
		"cyclr":    {"Client ID=" + id, "Client Secret=(once)", "Scopes=" + devops + "vso.work_full", "Organization ID=mycompany", "Project Name=Web Shop"},
		"custom": {"Client ID=" + id, "Client secret=(once)", "Directory (tenant) ID=99999999-2222-3333-4444-555555555555", "Redirect URI=https://app.example.com/cb",
			"Scopes=" + devops + "user_impersonation offline_access", "Azure DevOps organization=mycompany", "Project=Web Shop"},
	}
	for _, p := range All {
		t.Run(p.ID, func(t *testing.T) {
			var got []string
			for _, f := range p.HandOff(someValues(p)) {
				text := f.Text
				if f.Once {
					text += "(once)"
				}
				got = append(got, f.Label+"="+text)
			}
			if want := tests[p.ID]; !slices.Equal(got, want) {
				t.Errorf("got\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
			}
		})
	}
}

func TestTheSecretsFieldSaysWhatIsStillKnown(t *testing.T) {
	for _, p := range All {
		for _, f := range p.HandOff(someValues(p)) {
			if f.Once && (f.Kind != ClientSecretValue || !strings.Contains(f.Note, "begins with abc") || !strings.Contains(f.Note, "21 May 2027")) {
				t.Errorf("%s: %+v", p.ID, f)
			}
		}
		for _, f := range p.HandOff(Values{}) {
			if f.Once && strings.Contains(f.Note, "begins with") {
				t.Errorf("%s: knows a secret that does not exist: %s", p.ID, f.Note)
			}
		}
	}
}

func TestUnsourcedFieldsSaySo(t *testing.T) {
	for _, p := range All {
		for _, f := range p.HandOff(someValues(p)) {
			if want := f.Kind == ScopesValue && !p.ScopeForm.Sourced; f.Unsourced != want {
				t.Errorf("%s, %s: unsourced %v", p.ID, f.Label, f.Unsourced)
			}
		}
	}
}

func TestEveryValueHasALabel(t *testing.T) {
	var v Values
	for _, p := range All {
		for _, s := range p.Manual() {
			for _, want := range s.Copy {
				if v.Label(want) == "" {
					t.Errorf("%s: %s has no label", s.ID, want)
				}
			}
		}
		for _, f := range p.Fields {
			if f.Value != FixedValue && v.Label(f.Value) == "" {
				t.Errorf("%s: %s has no label", p.ID, f.Value)
			}
		}
	}
}

func TestManualWayGoesThroughEveryStep(t *testing.T) {
	want := []string{"register", "redirect-uri", "permissions", "consent", "secret", "organization"}
	for _, p := range All {
		var got []string
		for _, s := range p.Manual() {
			got = append(got, s.ID)
			if s.Title == "" || s.Who == "" || s.Check == "" || len(s.Present) == 0 {
				t.Errorf("%s, %s: title, who, clicks or check is missing", p.ID, s.ID)
			}
			if (s.Blade == "") == (s.Settings == "") {
				t.Errorf("%s, %s: leads to the portal or to Azure DevOps, not both or none", p.ID, s.ID)
			}
			if s.Blade != "" && entra.PortalApp(entra.Public(), "11111111-2222-3333-4444-555555555555", s.Blade) == "" {
				t.Errorf("%s, %s: page %q leads nowhere", p.ID, s.ID, s.Blade)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", p.ID, got)
		}
	}
}

// TestManualWayUsesThePortalsLabels: what a person searches for on the page.
func TestManualWayUsesThePortalsLabels(t *testing.T) {
	var words []string
	for _, s := range frontegg.Manual() {
		words = append(words, s.Present...)
		words = append(words, s.Older...)
	}
	text := strings.Join(words, "\n")
	for _, label := range []string{"New registration", "Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant)", "Allow all tenants",
		"Authentication (Preview)", "Add Redirect URI", "Redirect URI configuration", "Platform configurations", "Add a platform", "Configure", "Microsoft APIs",
		"Delegated permissions", "Other permissions", "Grant admin consent for", "Certificates & secrets", "New client secret", "Value column", "Organization settings, Overview"} {
		if !strings.Contains(text, label) {
			t.Errorf("%q is missing", label)
		}
	}
}

func TestManualWayFitsTheIntegration(t *testing.T) {
	if !strings.Contains(strings.Join(paragon.Manual()[0].Present, " "), "exists already") {
		t.Error("Paragon's page begins with an existing registration")
	}
	if len(frontegg.Manual()[0].Present) != len(registerStep.Present) {
		t.Error("what was said for Paragon stays with the next integration")
	}
	if got := len(stackOne.Manual()[3].Present); got != len(consentStep.Present) {
		t.Error("StackOne's page asks for consent for the tenant: no word that it can be left out")
	}
}

func TestAdminRequest(t *testing.T) {
	for _, p := range All {
		t.Run(p.ID, func(t *testing.T) {
			v := someValues(p)
			v.SecretHint = ""
			text := p.AdminRequest(v)
			for _, want := range []string{v.RedirectURI, string(v.ClientID), string(v.TenantID), "User.Read", "mycompany", "Web Shop", "az ad app show --id " + string(v.ClientID),
				"do not send the client secret", strings.Join(p.Place(v.Inputs), ", "), "Grant admin consent for", p.Permissions(nil)[0],
				"\n1. Add the redirect URI", "\n2. Add the permissions", "\n3. Give consent", "\n4. Create the client secret", "\n5. Check the Azure DevOps organization"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing", want)
				}
			}
			if strings.Contains(strings.ReplaceAll(text, "{organization}", ""), "{") {
				t.Errorf("a placeholder is left:\n%s", text)
			}
		})
	}
}

func TestAdminRequestNamesWhatWasDecided(t *testing.T) {
	v := Values{TenantID: "11111111-2222-3333-4444-555555555555", TenantName: "Contoso", Audience: entra.SingleTenant, SecretName: "For the gateway", SecretSpan: "90 days"}
	text := frontegg.AdminRequest(v)
	for _, want := range []string{"(tenant Contoso, 11111111-2222-3333-4444-555555555555)", "secret: For the gateway", "after 90 days", "https://entra.microsoft.com",
		"Supported account types: Accounts in this organizational directory only", "choose accounts in this organizational directory only"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "Allow all tenants") || strings.Contains(text, "several organizations") {
		t.Errorf("an app for one tenant is asked for as one for all:\n%s", text)
	}
	if text := custom.AdminRequest(v); strings.Contains(text, custom.About) {
		t.Error("the words of the choice describe a service that has a name of its own")
	}
	v.SecretHint = "abc"
	if strings.Contains(frontegg.AdminRequest(v), "after 90 days") {
		t.Error("the expiry of a secret that exists is asked for")
	}
}

func TestAdminRequestAsksForWhatIsMissingOnly(t *testing.T) {
	const register, secret = "Register the application", "Create the client secret"
	tests := []struct {
		name    string
		values  Values
		asked   []string
		unasked []string
	}{
		{"nothing exists", Values{RedirectURI: "https://gateway.example.com/integration-callback"},
			[]string{"please register an application", "1. " + register, secret, "send back the Application (client) ID"},
			[]string{"az ad app show", "- Application (client) ID: "}},
		{"the application exists", Values{ClientID: "11111111-2222-3333-4444-555555555555"},
			[]string{"check and complete", secret, "az ad app show"}, []string{register}},
		{"application and secret exist", Values{ClientID: "11111111-2222-3333-4444-555555555555", SecretHint: "abc"},
			[]string{"Give consent for the tenant", "a word that it is done."}, []string{register, secret, "Description of the client secret", "abc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := frontegg.AdminRequest(tt.values)
			for _, want := range tt.asked {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing", want)
				}
			}
			for _, not := range tt.unasked {
				if strings.Contains(text, not) {
					t.Errorf("%q is not wanted", not)
				}
			}
		})
	}
}

func TestASecretMadeByHandIsMarkedAsTheEnvironmentsOwn(t *testing.T) {
	for _, p := range All {
		v := someValues(p)
		if got := v.Text(SecretNameValue, p); got != p.AppName {
			t.Errorf("%s: %q without an environment", p.ID, got)
		}
		v.Environment = "production"
		if _, ok := entra.IsOurSecret(v.Text(SecretNameValue, p), "production"); !ok {
			t.Errorf("%s: %q is not found again", p.ID, v.Text(SecretNameValue, p))
		}
	}
}
