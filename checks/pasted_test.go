package checks

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatComesAlongIsNamedAndTakenOff(t *testing.T) {
	for value, want := range map[string][2]string{
		"contoso":                  {"contoso", ""},
		"":                         {"", ""},
		" contoso":                 {"contoso", "a blank"},
		"contoso\r\n":              {"contoso", "a line feed"},
		"\tcontoso":                {"contoso", "a tab"},
		"\u00a0contoso":            {"contoso", "a blank"},
		"'contoso'":                {"contoso", "quotation marks"},
		"\u201ccontoso\u201d":      {"contoso", "quotation marks"},
		`"contoso",`:               {"contoso", "quotation marks and a comma or semicolon"},
		"\ufeffcontoso":            {"contoso", "an invisible character"},
		"con\u200btoso":            {"contoso", "an invisible character"},
		" \n":                      {"", "a blank and a line feed"},
		"contoso shop":             {"contoso shop", ""},
		"contoso.onmicrosoft.com;": {"contoso.onmicrosoft.com", "a comma or semicolon"},
	} {
		if clean, extras := trimPasted(value); clean != want[0] || extras != want[1] {
			t.Errorf("%q: %q, %q", value, clean, extras)
		}
	}
}

func TestSamplesAreToldFromValues(t *testing.T) {
	for _, s := range []string{
		"Enter_the_Application_Id_here", "Enter_the_Client_Secret_Here", "YOUR_CLIENT_ID", "your-client-id", "<client-id>", "{tenant}", "{{tenant_id}}", "${TENANT}", "%CLIENT_ID%",
		"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "XXXXXXXX", "00000000-0000-0000-0000-000000000000", "client_id", "Client ID", "tenant-id", "TODO", "changeme", "***", "[TENANT]", "your-organization", "https://YOUR_MCP_GATEWAY_URL/callback", "your-company.cyclr.com",
	} {
		if !isSample(s) {
			t.Errorf("%q is one", s)
		}
	}
	for _, s := range []string{
		"", "contoso", "contoso.onmicrosoft.com", "3f6a9c12-5d7e-4b80-a1c2-6e8f0b3d5a03", "add-on", "type-one-energy", "put-it-there", "tenant", "my-company", "yourcompany.cyclr.com", "client", "organizations", "https://passport.useparagon.com/oauth", "enterprise", "youraine", "foxx",
	} {
		if isSample(s) {
			t.Errorf("%q is none", s)
		}
	}
}

func TestQuotedShowsWhatCannotBeSeenAndNotTooMuch(t *testing.T) {
	if got := quoted("a\tb\u200b\n"); got != `"a\tb\u200b\n"` {
		t.Error(got)
	}
	if got := quoted(strings.Repeat("ä", 5000)); utf8.RuneCountInString(got) > mostShown+2 || !utf8.ValidString(got) {
		t.Errorf("%d characters", utf8.RuneCountInString(got))
	}
}

func TestScopesAreReadAsTheyWereMeant(t *testing.T) {
	both := []string{ado + "vso.work", ado + "vso.code"}
	for raw, want := range map[string][]string{
		ado + "vso.work " + ado + "vso.code":                                                              both,
		ado + "vso.work," + ado + "vso.code":                                                              both,
		ado + "vso.work, " + ado + "vso.code;":                                                            both,
		`["` + ado + `vso.work","` + ado + `vso.code"]`:                                                   both,
		"499b84ac-1321-427f-aa17-267ca6975798%2Fvso.work+499b84ac-1321-427f-aa17-267ca6975798%2Fvso.code": both,
		"Work items (read and write)":                                                                     {ado + "vso.work_write"},
		"WORK ITEMS (READ), offline_access":                                                               {ado + "vso.work", "offline_access"},
		"100% sure":                                                                                       {"100%", "sure"},
		"":                                                                                                nil,
		" \n\t ":                                                                                          nil,
		"\u0130 Work items (read)":                                                                        {"\u0130", ado + "vso.work"},
		"499b84ac-1321-427f-aa17-267ca6975798//vso.work":                                                  {ado + "vso.work"},
		"https://app.vssps.visualstudio.com//.default":                                                    {"https://app.vssps.visualstudio.com//.default"},
	} {
		if got := readScopes(raw).pieces; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

// FuzzGiven: whatever is typed, no check breaks, and what a check proposes in
// its place it does not complain about.
func FuzzGiven(f *testing.F) {
	for _, x := range failingAnonymous {
		facts := x.facts()
		f.Add(facts.Given.Tenant, facts.Given.ClientID, facts.Given.RedirectURI, facts.Given.Scopes, facts.Given.Organization, facts.Given.Endpoint)
	}
	f.Fuzz(func(t *testing.T, tenant, client, redirect, scopes, organization, endpoint string) {
		facts := changed(given(func(g *Given) {
			g.Tenant, g.ClientID, g.RedirectURI, g.Scopes, g.Organization, g.Endpoint = tenant, client, redirect, scopes, organization, endpoint
		}))
		for _, r := range Evaluate(&facts, All) {
			if strings.Contains(r.Because, "defect") {
				t.Errorf("%s: %s", r.ID, r.Because)
			}
		}
		r := readScopes(scopes)
		if again := readScopes(r.clean()); len(again.faults) > 0 && !strings.ContainsAny(r.clean(), "%/") {
			t.Errorf("%q is proposed for %q and found wrong: %q", r.clean(), scopes, again.faults)
		}
	})
}
