package handlers_test

import (
	"net/url"
	"testing"
)

func TestConsentForTheTenantIsSuggestedToWhoMayGiveIt(t *testing.T) {
	c := newConsole(t)
	for _, tt := range []struct {
		name, who, integration string
		inputs                 url.Values
		want                   string // of the tick
	}{
		{"an administrator", "admin", "frontegg", frontegg, "tenant"},
		{"a developer", "developer", "frontegg", frontegg, ""},
		{"a developer, where the integration's guide asks for it", "developer", "stackone", nil, "tenant"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := c.browser()
			b.signIn("healthy", tt.who)
			p := b.get(b.environment(tt.integration, tt.inputs) + "/setup/permissions")
			if got := p.field("consent"); got != tt.want {
				t.Errorf("consent is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhatWasDecidedOnConsentStaysWhenTheTenantIsLookedAtAgain(t *testing.T) {
	b := newConsole(t).browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	b.submitWith(path+"/setup/permissions", url.Values{"consent": nil}).want(200)
	b.submitWith(path+"/setup/tenant", nil).want(200)
	if got := b.get(path + "/setup/permissions").field("consent"); got != "" {
		t.Errorf("consent is %q again", got)
	}
}

func TestAProjectIsAskedForWhereTheIntegrationNeedsOne(t *testing.T) {
	b := newConsole(t).browser()
	b.signIn("healthy", "admin")
	cyclr := b.environment("cyclr", url.Values{"inputs.host": {"hosted.cyclr.example"}})
	b.submitWith(cyclr+"/setup/organization", url.Values{"organization": {"contoso"}, "project": {""}}).want(422, "Cyclr asks for the project")
	frontegg := b.environment("frontegg", frontegg)
	b.submitWith(frontegg+"/setup/organization", url.Values{"organization": {"contoso"}, "project": {""}}).want(200, "Review", "belongs to Contoso (tenant ")
}

func TestTheStepOfTheTenantSaysWhoseItIs(t *testing.T) {
	b := newConsole(t).browser()
	b.signIn("admin consent required", "developer")
	b.post("/setup/stackone", url.Values{"environment": {"fabrikam"}}).want(200, "Set it up in Fabrikam?", "You may not consent for the whole tenant")
}
