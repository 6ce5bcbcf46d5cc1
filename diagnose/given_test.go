package diagnose_test

import (
	"reflect"
	"testing"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

const prefix = "499b84ac-1321-427f-aa17-267ca6975798/"

func TestWhatAnEnvironmentSays(t *testing.T) {
	frontegg := setup.Spec{
		Name: "frontegg-production", Integration: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"}, Organization: "https://dev.azure.com/shop/Web",
	}
	tests := []struct {
		name string
		spec func(*setup.Spec)
		want func(*checks.Given)
	}{
		{"as it is recommended", func(*setup.Spec) {}, func(*checks.Given) {}},
		{"with permissions of its own", func(s *setup.Spec) { s.Scopes = []string{prefix + "vso.work", "no such permission"} }, func(g *checks.Given) {
			g.Registered = []string{prefix + "vso.work", "no such permission"}
			g.Scopes = prefix + "vso.work openid profile offline_access"
		}},
		{"for one tenant", func(s *setup.Spec) { s.Audience = entra.SingleTenant }, func(g *checks.Given) { g.Tenant = someTenant }},
		{"with a project of its own", func(s *setup.Spec) { s.Project = "Orders" }, func(g *checks.Given) { g.Project = "Orders" }},
		{"without its host", func(s *setup.Spec) { s.Inputs = nil }, func(g *checks.Given) { g.Inputs, g.RedirectURI = nil, "" }},
		{"of an integration that is not known", func(s *setup.Spec) { s.Integration = "other" }, func(g *checks.Given) {
			g.Integration, g.RedirectURI, g.Scopes, g.Registered = "other", "", "", nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := frontegg
			tt.spec(&spec)
			want := checks.Given{
				Environment: "frontegg-production", Integration: "frontegg", Inputs: frontegg.Inputs, ClientID: someClient, Tenant: "organizations",
				RedirectURI: "https://gateway.example.com/integration-callback", Organization: frontegg.Organization, Project: "Web",
				Scopes:     prefix + "vso.project " + prefix + "vso.code " + prefix + "vso.work " + prefix + "vso.build openid profile offline_access",
				Registered: []string{entra.UserImpersonation},
			}
			tt.want(&want)
			if got := diagnose.Given(spec, someClient, someTenant); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestWhatWasTypedStays(t *testing.T) {
	typed := checks.Given{Integration: "paragon", RedirectURI: "https://mine.example/cb", Scopes: "vso.work", Organization: "shop", Project: "Web", ClientID: "x"}
	if got := diagnose.Complete(typed); !reflect.DeepEqual(got, typed) {
		t.Errorf("%+v", got)
	}
	if got := diagnose.Complete(checks.Given{Integration: "paragon"}); got.RedirectURI != "https://passport.useparagon.com/oauth" || got.Scopes == "" {
		t.Errorf("nothing typed: %+v", got)
	}
}
