package main

import (
	"maps"
	"net/url"
	"testing"
)

func TestWhatIsMissingOrNoChoiceIsNamed(t *testing.T) {
	full := url.Values{"client_id": {"a"}, "client_secret": {"b"}, "organization": {"contoso"}, "scopes": {"vso.work", "vso.code"}}
	for _, c := range []struct {
		name        string
		product     product
		key, value  string
		problem     key
		description string
	}{
		{"complete", frontegg, "organization", " contoso ", "", ""},
		{"no organization", frontegg, "organization", " ", organization, "Azure DevOps organization is missing."},
		{"no scope", frontegg, "scopes", "", scopes, "Scopes is missing."},
		{"a scope that is not offered", frontegg, "scopes", "vso.nothing", scopes, "vso.nothing is not among the choices."},
		{"credentials are optional at Paragon", paragon, "application_type", retiredType, "", ""},
		{"a type that does not exist", paragon, "application_type", "SAML", applicationType, "SAML is not among the choices."},
		{"everything is optional in Cyclr's library", cyclr, "client_id", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := maps.Clone(full)
			sent.Set(c.key, c.value)
			problems := check(c.product.Settings.Fields, c.product.Settings.read(sent, nil))
			if problems[c.problem] != c.description || len(problems) > 1 {
				t.Errorf("problems %v", problems)
			}
		})
	}
}

func TestASecretLeftEmptyIsKeptForTheSameClient(t *testing.T) {
	before := values{clientID: "a", clientSecret: "kept"}
	for id, want := range map[string]string{"a": "kept", "b": ""} {
		if got := cyclr.Settings.read(url.Values{"client_id": {id}}, before)[clientSecret]; got != want {
			t.Errorf("client %s: %q", id, got)
		}
	}
	if got := cyclr.Settings.read(url.Values{"client_id": {"a"}, "client_secret": {" new "}}, before)[clientSecret]; got != " new " {
		t.Errorf("a new one, as typed: %q", got)
	}
}

func TestCyclrAsksUsersForWhatItsLibraryLeavesBlank(t *testing.T) {
	if n := len(cyclr.Connect.wanted(values{})); n != 5 {
		t.Errorf("%d fields with a blank library", n)
	}
	if n := len(cyclr.Connect.wanted(values{clientID: "a", clientSecret: "b", scopes: "c"})); n != 2 {
		t.Errorf("%d fields with a full library", n)
	}
}

func TestTheRedirectURIs(t *testing.T) {
	for _, c := range []struct {
		product     product
		host, given string
		want        string
	}{
		{frontegg, "gw.example.com:8443", "", "https://gw.example.com:8443/integration-callback"},
		{paragon, "", "", "https://passport.useparagon.com/oauth"},
		{stackOne, "", "", "https://api.stackone.com/connect/oauth2/azuredevops/callback"},
		{cyclr, "acme.example.com", "", "https://acme.example.com/connector/callback"},
		{custom, "app.example.com", "", "https://app.example.com/auth/callback"},
		{custom, "app.example.com", "http://localhost:3000/cb", "http://localhost:3000/cb"},
	} {
		if got := c.product.callback(c.host, values{redirectURI: c.given}); got != c.want {
			t.Errorf("%s: %s, want %s", c.product.ID, got, c.want)
		}
	}
}

func TestEachProductIsComplete(t *testing.T) {
	for _, p := range products {
		if p.Name == "" || p.Callback == "" || p.Settings.Where == "" || p.Settings.Button == "" || p.Connect.Button == "" ||
			len(p.Work) == 0 || p.Trouble == "" || p.Report == nil || p.Calls.UserAgent == "" {
			t.Errorf("%s lacks something: %+v", p.ID, p)
		}
		for _, f := range p.Settings.Fields {
			if f.Label == "" || f.Key == "" || f.Kind == "" || (len(f.Choices) > 0) != (f.Kind == oneOf || f.Kind == manyOf) {
				t.Errorf("%s: field %+v", p.ID, f)
			}
		}
	}
}
