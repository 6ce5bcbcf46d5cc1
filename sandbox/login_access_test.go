package sandbox

import (
	"strings"
	"testing"
)

func TestConditionalAccessCanBeSeeded(t *testing.T) {
	seed := func(rules string) Options {
		return Options{Seed: []byte(`{"tenants":[{"domain":"contoso.sandbox.invalid","policies":{"users_may_consent":true,"access_rules":` + rules + `}}]}`)}.withDefaults()
	}
	if _, err := newWorld(seed(`[{"code":12345}]`)); err == nil || !strings.Contains(err.Error(), `access_rules[0]: "code" is 12345`) {
		t.Errorf("an outcome that Conditional Access does not have: %v", err)
	}
	w, err := newWorld(seed(`[{"code":53003,"client_id":"` + ConsoleClientID + `"}]`))
	if err != nil {
		t.Fatal(err)
	}
	home := w.tenantOf("contoso.sandbox.invalid")
	_, console := w.findApp(ConsoleClientID)
	_, cli := w.findApp(azureCLI)
	if e := home.blocked(client{application: console}, nil, nil); e == nil || e.code != 53003 {
		t.Errorf("the named app: %+v", e)
	}
	if e := home.blocked(client{application: cli}, nil, nil); e != nil {
		t.Errorf("another app: %+v", e)
	}
}
