package e2e

import (
	"slices"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A field is one of the integration's form, as the hand-off page must show
// it. Text "" stands for what only this run knows.
type field struct{ label, text string }

// What every integration does first, and those that asked for offline_access
// next.
const (
	exchange = "Exchange the authorization code"
	refresh  = "Refresh the access token"
)

// integrations are walked from the start page of the console to "Connected"
// in the integration.
var integrations = []struct {
	id, name string
	inputs   map[string]string
	choices  choices
	redirect string
	fields   []field  // the product's labels, in its order
	accepts  bool     // users have to consent: nobody did so for the tenant
	steps    []string // what the integration does, once somebody signed in to it
}{
	{
		id: "frontegg", name: "Frontegg", inputs: map[string]string{"MCP gateway": "gateway.example.com"},
		choices:  choices{organization: "contoso"},
		redirect: "https://gateway.example.com/integration-callback",
		fields:   []field{{"Client ID", ""}, {"Client Secret", ""}, {"Azure DevOps organization", "contoso"}, {"Scopes", ""}},
		steps:    []string{exchange, refresh, "List projects", "List repositories", "List pull requests", "List pipelines", "Search work items"},
	},
	{
		id: "paragon", name: "Paragon", redirect: "https://passport.useparagon.com/oauth",
		choices: choices{organization: "https://dev.azure.com/contoso/Web%20Shop/_boards"},
		fields:  []field{{"Application Type", "Microsoft Entra ID App"}, {"Client ID", ""}, {"Client Secret", ""}, {"Permissions", ""}},
		steps:   []string{exchange, refresh, "Find the organization", "List projects", "Search work items", "Create work item", "Update work item", "Delete work item"},
	},
	{
		id: "stackone", name: "StackOne", redirect: "https://api.stackone.com/connect/oauth2/azuredevops/callback",
		choices: choices{organization: "contoso.visualstudio.com"},
		fields:  []field{{"Type", "OAuth 2.0 (Microsoft Entra ID)"}, {"Client ID", ""}, {"Client Secret", ""}, {"Scopes", ""}},
		steps:   []string{exchange, refresh, "Find the organization", "List projects", "Get project"},
	},
	{
		id: "cyclr", name: "Cyclr", inputs: map[string]string{"service domain": "hosted.cyclr.example"},
		choices:  choices{organization: "contoso", project: "Web Shop"},
		redirect: "https://hosted.cyclr.example/connector/callback",
		fields:   []field{{"Client ID", ""}, {"Client Secret", ""}, {"Scopes", "499b84ac-1321-427f-aa17-267ca6975798/vso.work_full"}, {"Organization ID", "contoso"}, {"Project Name", "Web Shop"}},
		steps:    []string{exchange, "Compare the scopes", "Get project", "Search work items", "Read work item", "Create work item", "Update work item", "Delete work item"},
	},
	{
		id: "custom", name: "Custom", inputs: map[string]string{"Redirect URI": "https://app.example.com/callback"},
		choices:  choices{noConsent: true},
		redirect: "https://app.example.com/callback",
		fields:   []field{{"Client ID", ""}, {"Client secret", ""}, {"Directory (tenant) ID", ""}, {"Redirect URI", "https://app.example.com/callback"}, {"Scopes", ""}, {"Azure DevOps organization", ""}, {"Project", ""}},
		accepts:  true,
		steps:    []string{exchange, "Read who signed in", refresh, "Find the organization", "Read who is connected", "List projects", "Get project"},
	},
}

func TestFromNothingToConnected(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	m := b.market(t, map[string]string{"frontegg": "gateway.example.com", "cyclr": "hosted.cyclr.example"})
	for _, in := range integrations {
		t.Run(in.id, func(t *testing.T) {
			p := c.visit(t)
			p.begin(in.name, in.id, in.inputs, healthy, "admin")
			p.throughWizard(in.choices)
			p.apply()
			secret := p.takeSecret()
			p.link("I have stored it safely")
			p.heading("Test the consent flow")
			p.prepare()
			w := p.leave()
			w.signIn(p, healthy, "user")
			if in.accepts {
				w.press("Accept")
			}
			w.gone()
			p.reads("status", "works")
			p.link("Hand the values over")
			p.heading("Hand over to " + called(in.name))

			app := b.directory(t, healthy).one(in.id)
			if !slices.Equal(app.Web.RedirectURIs, []string{in.redirect}) {
				t.Errorf("redirect URIs %q, want %q alone", app.Web.RedirectURIs, in.redirect)
			}
			p.wantForm(in.fields, app)

			customer := m.connect(t, in.id, p.handedOver(secret))
			customer.signsIn(healthy, "developer")
			if in.accepts {
				customer.accepts()
			}
			customer.heading(connected)
			if steps := customer.steps(); !slices.Equal(steps, in.steps) {
				t.Errorf("it did %q, want %q", steps, in.steps)
			}
		})
	}
}

// wantForm checks the integration's form on the hand-off page.
func (p *visitor) wantForm(fields []field, app registration) {
	p.t.Helper()
	labels, err := p.page.Locator(".handoff-field h2").AllInnerTexts()
	p.must(err)
	if len(labels) != len(fields) {
		p.t.Fatalf("fields %q, want %v", labels, fields)
	}
	for i, f := range fields {
		row := p.page.Locator(".handoff-field").Nth(i)
		p.must(row.GetByRole("heading", playwright.LocatorGetByRoleOptions{Name: f.label}).WaitFor())
		want := f.text
		if f.label == "Client ID" {
			want = app.AppID
		}
		if want == "" {
			continue
		}
		got, err := row.Locator("pre").InnerText()
		p.must(err)
		if got != want {
			p.t.Errorf("%s is %q, want %q", f.label, got, want)
		}
	}
}

// called is what pages call an integration in their sentences.
func called(name string) string {
	if name == "Custom" {
		return "your service"
	}
	return name
}
