package setup

import (
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

func frontegg(t *testing.T) preset.Preset {
	t.Helper()
	p, ok := preset.ByID("frontegg")
	if !ok {
		t.Fatal("no preset frontegg")
	}
	return p
}

func fronteggSpec() Spec {
	return Spec{Name: "shop", Integration: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"}}
}

func TestValidateName(t *testing.T) {
	for _, name := range []string{"a", "0", "frontegg-production", strings.Repeat("a", 40), "a--b"} {
		if err := ValidateName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "-a", "a-", "A", "a b", "a_b", "ä", "a\n", "a]", strings.Repeat("a", 41), "../x"} {
		if ValidateName(name) == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

func TestResolveFillsDefaults(t *testing.T) {
	p := frontegg(t)
	d, errs := fronteggSpec().Resolve(p)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if d.Marker != entra.Marker("shop") || d.DisplayName != p.AppName || d.Audience != p.Audience || !d.Consent || d.Adopt != "" {
		t.Errorf("got %+v", d)
	}
	if want := (entra.RedirectURI{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web}); !slices.Equal(d.RedirectURIs, []entra.RedirectURI{want}) {
		t.Errorf("redirect URIs %v", d.RedirectURIs)
	}
	if d.Secret.LifetimeDays != DefaultLifetimeDays || d.Secret.Description == "" {
		t.Errorf("secret %+v", d.Secret)
	}
	if len(d.Permissions) != 2 ||
		!slices.Equal(d.Permissions[0].Scopes, []NamedScope{{entra.UserImpersonationID, entra.UserImpersonation}}) ||
		!slices.Equal(d.Permissions[0].Asked, []string{"vso.project", "vso.code", "vso.work", "vso.build"}) ||
		!slices.Equal(d.Permissions[1].Scopes, []NamedScope{{entra.UserReadID, entra.UserRead}}) {
		t.Errorf("permissions %v", d.Permissions)
	}
}

// TestEveryIntegrationResolves holds that each preset makes a whole
// environment from its own examples.
func TestEveryIntegrationResolves(t *testing.T) {
	for _, p := range preset.All {
		inputs := map[string]string{}
		for _, in := range p.Inputs {
			if inputs[in.Name] = in.Default; in.Default == "" {
				inputs[in.Name] = in.Example
			}
		}
		d, errs := Spec{Name: "shop", Integration: p.ID, Inputs: inputs}.Resolve(p)
		if len(errs) > 0 {
			t.Errorf("%s: %v", p.ID, errs)
			continue
		}
		if len(d.RedirectURIs) == 0 || len(d.Permissions[0].Scopes) == 0 {
			t.Errorf("%s: %+v", p.ID, d)
		}
	}
}

func TestResolveTakesWhatIsGiven(t *testing.T) {
	s := fronteggSpec()
	s.Scopes = []string{"vso.work_write", entra.ScopeName(entra.AzureDevOps, "vso.code"), "VSO.WORK_WRITE"}
	s.DisplayName, s.Audience, s.SkipConsent = " Gateway ", entra.SingleTenant, true
	s.Secret = SecretSpec{Description: "Gateway", LifetimeDays: 30}
	d, errs := s.Resolve(frontegg(t))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var names []string
	for _, n := range d.Permissions[0].Scopes {
		names = append(names, n.Value)
	}
	if !slices.Equal(names, []string{"vso.work_write", "vso.code"}) || d.DisplayName != "Gateway" || d.Audience != entra.SingleTenant ||
		d.Consent || d.Secret != s.Secret {
		t.Errorf("got %+v", d)
	}
}

func TestResolveLeavesTheNameOfAnAdoptedApplication(t *testing.T) {
	s := fronteggSpec()
	s.Adopt = " 11111111-2222-3333-4444-55555555555A "
	d, errs := s.Resolve(frontegg(t))
	if len(errs) > 0 || d.DisplayName != "" || d.Adopt != "11111111-2222-3333-4444-55555555555a" {
		t.Errorf("got %+v, %v", d, errs)
	}
}

func TestResolveNamesFieldAndMend(t *testing.T) {
	tests := []struct {
		field  string
		says   string
		change func(*Spec)
	}{
		{"environment", "lower-case", func(s *Spec) { s.Name = "Shop!" }},
		{"environment", "no name", func(s *Spec) { s.Name = "" }},
		{"integration", "choose", func(s *Spec) { s.Integration = "cyclr" }},
		{"inputs.host", "", func(s *Spec) { s.Inputs = nil }},
		{"inputs.host", "", func(s *Spec) { s.Inputs["host"] = "a b" }},
		{"inputs.hots", "host", func(s *Spec) { s.Inputs["hots"] = "x" }},
		{"tenant", "domain", func(s *Spec) { s.Tenant = "not a tenant" }},
		{"organization", "", func(s *Spec) { s.Organization = "https://evil.example/contoso" }},
		{"project", "", func(s *Spec) { s.Project = "a/b" }},
		{"scopes[1]", "did you mean vso.work_write", func(s *Spec) { s.Scopes = []string{"vso.code", "vso.work_wirte"} }},
		{"displayName", "longer than 120", func(s *Spec) { s.DisplayName = strings.Repeat("x", 121) }},
		{"displayName", "cannot be shown", func(s *Spec) { s.DisplayName = "a\u202eb" }},
		{"audience", "personal", func(s *Spec) { s.Audience = entra.AnyAccount }},
		{"audience", "is none", func(s *Spec) { s.Audience = "everyone" }},
		{"secret.description", "longer than 60", func(s *Spec) { s.Secret.Description = strings.Repeat("x", 61) }},
		{"secret.lifetime", "730", func(s *Spec) { s.Secret.LifetimeDays = 731 }},
		{"secret.lifetime", "730", func(s *Spec) { s.Secret.LifetimeDays = -1 }},
		{"adopt", "client ID", func(s *Spec) { s.Adopt = "my app" }},
	}
	for _, tt := range tests {
		t.Run(tt.field, func(t *testing.T) {
			s := fronteggSpec()
			tt.change(&s)
			d, errs := s.Resolve(frontegg(t))
			if len(errs) != 1 || errs[0].Field != tt.field || !strings.Contains(errs[0].Message, tt.says) {
				t.Fatalf("got %+v, want one error on %s with %q", errs, tt.field, tt.says)
			}
			if d.Name != "" {
				t.Errorf("with an error there is a result: %+v", d)
			}
			if m := errs[0].Message; !strings.HasSuffix(m, ".") && !strings.HasSuffix(m, "?") {
				t.Errorf("%q is no sentence", m)
			}
		})
	}
}

func TestLifetimeWords(t *testing.T) {
	for days, want := range map[int]string{1: "1 day", 90: "90 days", 180: "180 days", 365: "1 year", 730: "2 years", 182: "182 days"} {
		if got := LifetimeWords(days); got != want {
			t.Errorf("%d: %q, want %q", days, got, want)
		}
	}
}
