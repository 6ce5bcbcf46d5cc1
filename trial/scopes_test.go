package trial

import (
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/preset"
)

// cells writes a row short: A asked, R registered, C consented, T token; a
// lower-case letter is a no; "!" before it differs.
func cells(r ScopeRow) string {
	mark := func(yes bool, letter string) string {
		if yes {
			return letter
		}
		return strings.ToLower(letter)
	}
	s := r.Scope + " " + mark(r.Asked, "A") + mark(r.Registered, "R") + mark(r.Consented, "C") + mark(r.InToken, "T")
	if r.Differs {
		s = "!" + s
	}
	if r.ImpliedBy != "" {
		s += " by " + r.ImpliedBy
	}
	return s
}

// all knows every place.
func all(asked, registered, consented, token string) places {
	return places{
		asked: strings.Fields(asked), registered: strings.Fields(registered),
		consented: strings.Fields(consented), token: strings.Fields(token),
		registeredKnown: true, consentedKnown: true, tokenKnown: true,
	}
}

func TestCompareScopes(t *testing.T) {
	exact := func(p places) places { p.compare = preset.Exact; return p }
	blind := func(p places) places { p.registeredKnown, p.consentedKnown = false, false; return p }
	tokenless := func(p places) places { p.tokenKnown = false; return p }
	for name, c := range map[string]struct {
		in   places
		want []string
	}{
		"all four agree": {
			all("vso.work", "vso.work", "vso.work", "vso.work"),
			[]string{"vso.work ARCT"},
		},
		"user_impersonation registered, granular scopes asked, is right": {
			all("vso.work vso.code", "user_impersonation", "user_impersonation", "vso.work vso.code user_impersonation"),
			[]string{"vso.work ARCT", "vso.code ARCT", "user_impersonation aRCT"},
		},
		"user_impersonation in the token gives what was asked": {
			all("vso.work", "user_impersonation", "user_impersonation", "user_impersonation"),
			[]string{"vso.work ARCT by user_impersonation", "user_impersonation aRCT"},
		},
		"a broader scope registered implies the narrower one asked": {
			all("vso.work", "vso.work_full", "vso.work", "vso.work"),
			[]string{"vso.work ARCT", "vso.work_full aRct"},
		},
		"a narrower scope registered does not": {
			all("vso.work_full", "vso.work", "vso.work_full", "vso.work_full"),
			[]string{"!vso.work_full ArCT", "vso.work ARCT by vso.work_full"},
		},
		"asked and registered, but not consented, so not in the token": {
			all("vso.work vso.code", "vso.work vso.code", "vso.work", "vso.work"),
			[]string{"!vso.code ARct", "vso.work ARCT"},
		},
		"asked, not registered, not in the token": {
			all("vso.work vso.build", "vso.work", "vso.work", "vso.work"),
			[]string{"!vso.build Arct", "vso.work ARCT"},
		},
		"consented earlier and still in the token": {
			all("vso.work", "vso.work vso.code", "vso.work vso.code", "vso.work vso.code"),
			[]string{"vso.work ARCT", "vso.code aRCT"},
		},
		"consented earlier and no longer registered": {
			all("vso.work", "vso.work", "vso.work vso.code", "vso.work vso.code"),
			[]string{"!vso.code arCT", "vso.work ARCT"},
		},
		".default asks for what is registered": {
			all(".default", "vso.work vso.code", "vso.work", "vso.work"),
			[]string{"!vso.code ARct", "vso.work ARCT"},
		},
		".default where the registration cannot be read": {
			blind(all(".default", "", "", "vso.work")),
			[]string{"vso.work arcT"},
		},
		"unknown places accuse nobody": {
			blind(all("vso.work", "", "", "vso.work")),
			[]string{"vso.work ArcT"},
		},
		"without a token consent decides": {
			tokenless(all("vso.work vso.code", "vso.work vso.code", "vso.work", "")),
			[]string{"!vso.code ARct", "vso.work ARCt"},
		},
		"letter case counts for nothing": {
			all("VSO.Work", "vso.work", "vso.work", "vso.work"),
			[]string{"VSO.Work ARCT"},
		},
		"exact: registered beyond what is asked differs": {
			exact(all("vso.work", "vso.work vso.code", "vso.work", "vso.work")),
			[]string{"!vso.code aRct", "vso.work ARCT"},
		},
		"exact: implied is not equal": {
			exact(all("vso.work", "vso.work_full", "vso.work", "vso.work")),
			[]string{"!vso.work ARCT", "!vso.work_full aRct"},
		},
		"exact: equal lists": {
			exact(all("vso.work vso.code", "vso.code vso.work", "vso.work vso.code", "vso.work vso.code")),
			[]string{"vso.work ARCT", "vso.code ARCT"},
		},
		"nothing anywhere": {all("", "", "", ""), nil},
	} {
		var got []string
		for _, r := range compareScopes(c.in) {
			got = append(got, cells(r))
			if r.Differs && r.Note == "" {
				t.Errorf("%s: %s differs without a word", name, r.Scope)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestNamesOfOneResource(t *testing.T) {
	scopes := []string{
		"openid", "https://graph.microsoft.com/User.Read", "499b84ac-1321-427f-aa17-267ca6975798/vso.work",
		"https://app.vssps.visualstudio.com/vso.code", "offline_access", "Mail.Read",
	}
	if got := namesOf(scopes, resourceAsked(scopes)); !slices.Equal(got, []string{"User.Read", "Mail.Read"}) {
		t.Errorf("the first resource's scopes: %q", got)
	}
	if got := namesOf(scopes, "499b84ac-1321-427f-aa17-267ca6975798"); !slices.Equal(got, []string{"vso.work", "vso.code"}) {
		t.Errorf("Azure DevOps' scopes in both spellings: %q", got)
	}
	if got := namesOf(scopes, resourceAsked([]string{"openid"})); got != nil {
		t.Errorf("no resource has no scopes: %q", got)
	}
}
