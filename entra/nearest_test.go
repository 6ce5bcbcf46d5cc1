package entra

import (
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	for name, tt := range map[string]struct {
		to   string
		list []string
		want string
	}{
		"a slash at the end before another host": {"https://a.example/cb", []string{"https://b.example/callback", "https://a.example/cb/"}, "https://a.example/cb/"},
		"letter case counts for nothing":         {"Web Shop", []string{"Webshop2", "WEB SHOP"}, "WEB SHOP"},
		"the first of two that are as near":      {"ab", []string{"ac", "ad"}, "ac"},
		"however far":                            {"x", []string{"something else"}, "something else"},
	} {
		if got, ok := Closest(tt.to, tt.list); !ok || got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, ok := Closest("x", nil); ok {
		t.Errorf("the closest of none is %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"shop", "shop", 0}, {"shop", "shopp", 1}, {"shop", "ship", 1}, {"shop", "", 4}, {"abc", "cab", 2},
	} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := Distance(tt.b, tt.a); got != tt.want {
			t.Errorf("%q and %q: %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestPortalConditionalAccess(t *testing.T) {
	if got := PortalConditionalAccess(Public()); !strings.HasPrefix(got, Public().Portal+"/#view/") {
		t.Error(got)
	}
	if got := PortalConditionalAccess(Cloud{}); got != "" {
		t.Errorf("a cloud without a portal has %q", got)
	}
}
