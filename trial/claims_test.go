package trial

import (
	"encoding/json"
	"strings"
	"testing"
)

func decode(t *testing.T, claims string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(claims))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestClaimsAreExplainedAndMasked(t *testing.T) {
	got := explainClaims(decode(t, `{
		"zz_new": "canary-unknown", "aio": "canary-opaque", "oid": "canary-object-id", "sub": "canary-subject",
		"ipaddr": "203.0.113.77", "upn": "anna.canary@contoso.example", "name": "Canary Anna", "family_name": "Canary",
		"aud": "499b84ac-1321-427f-aa17-267ca6975798", "scp": "vso.work vso.code", "exp": 1795262400,
		"amr": ["pwd", "mfa"], "tid": "aaaabbbb-0000-cccc-1111-dddd2222eeee", "appidacr": "1", "xms_tcdt": "not a time"}`))
	want := []Claim{
		{"aud", "499b84ac-1321-427f-aa17-267ca6975798", ""},
		{"scp", "vso.work vso.code", ""},
		{"tid", "aaaabbbb-0000-cccc-1111-dddd2222eeee", ""},
		{"appidacr", "1", ""},
		{"oid", "can…", ""},
		{"upn", "a…@contoso.example", ""},
		{"name", "C…", ""},
		{"family_name", "C…", ""},
		{"exp", "2026-11-21 12:00:00 UTC", ""},
		{"amr", "pwd, mfa", ""},
		{"ipaddr", "203.0.…", ""},
		{"sub", "can…", ""},
		{"xms_tcdt", "not a time", ""},
		{"aio", "can…", ""},
		{"zz_new", "can…", unknownMeaning},
	}
	if len(got) != len(want) {
		t.Fatalf("%d claims, want %d: %+v", len(got), len(want), got)
	}
	for i, c := range got {
		if c.Name != want[i].Name || c.Value != want[i].Value {
			t.Errorf("claim %d: %s %q, want %s %q", i, c.Name, c.Value, want[i].Name, want[i].Value)
		}
		if c.Meaning == "" {
			t.Errorf("%s is not explained", c.Name)
		}
		if want[i].Meaning != "" && c.Meaning != want[i].Meaning {
			t.Errorf("%s: %q", c.Name, c.Meaning)
		}
	}
}

func TestOddClaimValuesAreShownWithoutHarm(t *testing.T) {
	for _, c := range explainClaims(decode(t, `{"aud": ["a", "b"], "scp": 7, "exp": "soon", "ver": null, "idtyp": {"a": true}, "acr": false, "upn": "", "name": ""}`)) {
		switch want := map[string]string{"aud": "a, b", "scp": "7", "exp": "soon", "ver": "null", "idtyp": `{"a":true}`, "acr": "false"}[c.Name]; {
		case c.Value != want:
			t.Errorf("%s: %q, want %q", c.Name, c.Value, want)
		}
	}
}

func TestEachClaimIsExplainedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range claimFacts {
		if seen[f.name] || f.meaning == "" {
			t.Errorf("%s twice, or without meaning", f.name)
		}
		seen[f.name] = true
	}
}
