package preset

import (
	"reflect"
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
		{"Frontegg asks for parts of what is registered", "frontegg", nil, "vso.code vso.work vso.build", devops + "vso.code " + devops + "vso.work " + devops + "vso.build"},
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

func TestComparison(t *testing.T) {
	tests := []struct {
		name, id          string
		asked, registered []string
		want              []Difference
	}{
		{"granular scopes under user_impersonation are right", "frontegg", []string{"vso.code", "vso.work"}, []string{"user_impersonation"}, nil},
		{"a wider scope of the area covers", "paragon", []string{"vso.work"}, []string{"vso.work_full"}, nil},
		{"what is registered beyond does no harm", "paragon", []string{"vso.work"}, []string{"vso.work", "vso.code"}, nil},
		{"what is not covered is named", "paragon", []string{"vso.work", "vso.code"}, []string{"vso.work_full"}, []Difference{{"vso.code", true}}},
		{"Cyclr: equal lists, whatever the order", "cyclr", []string{"vso.work", "vso.code"}, []string{"vso.code", "vso.work"}, nil},
		{"Cyclr: covering is not enough", "cyclr", []string{"vso.work"}, []string{"vso.work_full"}, []Difference{{"vso.work", true}, {"vso.work_full", false}}},
		{"Cyclr: one more on the registration", "cyclr", []string{"vso.work"}, []string{"vso.work", "vso.code"}, []Difference{{"vso.code", false}}},
		{"Cyclr: user_impersonation does not stand for others", "cyclr", []string{"vso.work"}, []string{"user_impersonation"}, []Difference{{"vso.work", true}, {"user_impersonation", false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			if got := p.Compared(tt.asked, tt.registered); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
