package preset

import (
	"slices"
	"strings"
	"testing"
)

const devops = "499b84ac-1321-427f-aa17-267ca6975798/"

func TestScopesOfEachIntegration(t *testing.T) {
	tests := []struct {
		name, id string
		chosen   []string
		field    string // what the form's field takes
		asked    string // what a sign-in asks for, without the scopes of the sign-in service
	}{
		{"Frontegg asks for parts of what is registered", "frontegg", nil, "vso.project vso.code vso.work vso.build", devops + "vso.project " + devops + "vso.code " + devops + "vso.work " + devops + "vso.build"},
		{"Frontegg with chosen scopes asks for these", "frontegg", []string{"vso.work"}, "vso.work", devops + "vso.work"},
		{"Paragon's list shows bare names", "paragon", nil, "user_impersonation", devops + "user_impersonation"},
		{"StackOne's field goes to Microsoft as typed", "stackone", nil, devops + "user_impersonation offline_access", devops + "user_impersonation"},
		{"Cyclr is given what is registered and nothing else", "cyclr", nil, devops + "vso.work_full", devops + "vso.work_full"},
		{"Custom takes what Microsoft takes", "custom", []string{"vso.work", "vso.code"}, devops + "vso.work " + devops + "vso.code offline_access", devops + "vso.work " + devops + "vso.code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			if got := p.ScopeString(tt.chosen); got != tt.field {
				t.Errorf("field: %s, want %s", got, tt.field)
			}
			if got, want := strings.Join(p.AskedScopes(tt.chosen), " "), tt.asked+" openid profile offline_access"; got != want {
				t.Errorf("asked: %s, want %s", got, want)
			}
		})
	}
}

func TestAskingDoesNotChangeThePreset(t *testing.T) {
	before := slices.Clone(frontegg.Asked)
	_ = append(frontegg.AskedScopes(nil), "x")
	frontegg.Permissions(nil)
	if !slices.Equal(frontegg.Asked, before) {
		t.Errorf("now asks for %v", frontegg.Asked)
	}
}
