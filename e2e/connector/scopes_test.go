package main

import (
	"slices"
	"strings"
	"testing"
)

func TestScopesGoOutAsTheProductPutsThem(t *testing.T) {
	for _, c := range []struct {
		name    string
		product product
		given   string
		want    string
	}{
		{"chosen ones get the resource", frontegg, "vso.code vso.work", prefixed + "vso.code " + prefixed + "vso.work offline_access"},
		{"typed ones stay as typed", cyclr, "vso.work,vso.code", "vso.work,vso.code"},
		{"what is there is not added again", custom, prefixed + "vso.work profile openid", prefixed + "vso.work profile openid"},
		{"what is missing is added", custom, prefixed + "vso.work", prefixed + "vso.work openid profile"},
		{"none typed", stackOne, "", prefixed + ".default offline_access"},
	} {
		if got := c.product.SignIn.asked(c.given); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCovers(t *testing.T) {
	for scopes, want := range map[string]bool{
		"vso.work": true, prefixed + "vso.work_full": true, "vso.code user_impersonation": true, prefixed + ".default openid": true,
		"": false, "vso.code": false, "vso.workitems": false, "offline_access": false,
	} {
		if got := covers(scopes, "vso.work"); got != want {
			t.Errorf("%q: %v", scopes, got)
		}
	}
	if covers("vso.code_status", "vso.code") {
		t.Error("the status of commits is not the code")
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct{ asked, granted, missing, further string }{
		{"A/x A/y offline_access", "A/y a/X", "", ""},
		{"A/x A/y", "A/x", "A/y", ""},
		{"A/x openid", "A/x A/z profile", "", "A/z"},
		{"A/x", "A/z", "A/x", "A/z"},
	} {
		missing, further := difference(c.asked, c.granted)
		if strings.Join(missing, " ") != c.missing || strings.Join(further, " ") != c.further {
			t.Errorf("%q against %q: %q and %q", c.asked, c.granted, missing, further)
		}
	}
}

func TestTheListOfScopesHasEachOnce(t *testing.T) {
	if sorted := slices.Sorted(slices.Values(offered)); len(slices.Compact(sorted)) != len(offered) || len(offered) < 80 {
		t.Errorf("%d scopes", len(offered))
	}
}

func TestFewerScopesThanInTheFormAreSaid(t *testing.T) {
	o := &outcome{tokens: tokens{Scope: prefixed + "vso.work"}}
	if got := o.compare(prefixed + "vso.work " + prefixed + "vso.code offline_access"); got != "they differ" {
		t.Errorf("got %q", got)
	}
	if len(o.Notes) != 1 || !strings.HasSuffix(o.Notes[0], "They differ; not granted: "+prefixed+"vso.code.") {
		t.Errorf("notes %q", o.Notes)
	}
	o = &outcome{tokens: tokens{Scope: prefixed + "vso.work"}}
	if got := o.compare(prefixed + ".default"); len(o.Notes) > 0 || got != "the form leaves the scopes to the application" {
		t.Errorf("got %q, notes %q", got, o.Notes)
	}
}
