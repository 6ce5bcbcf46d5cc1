package checks

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

// everywhere knows every place.
func everywhere(asked, registered, consented, token string) ScopePlaces {
	return ScopePlaces{
		Asked: strings.Fields(asked), Registered: strings.Fields(registered),
		Consented: strings.Fields(consented), Token: strings.Fields(token),
		RegisteredKnown: true, ConsentedKnown: true, TokenKnown: true,
	}
}

func TestTheMatrixComparesByWhatScopesImply(t *testing.T) {
	exact := func(p ScopePlaces) ScopePlaces { p.Compare = preset.Exact; return p }
	blind := func(p ScopePlaces) ScopePlaces { p.RegisteredKnown, p.ConsentedKnown = false, false; return p }
	tokenless := func(p ScopePlaces) ScopePlaces { p.TokenKnown = false; return p }
	for name, c := range map[string]struct {
		in   ScopePlaces
		want []string
	}{
		"all four agree": {
			everywhere("vso.work", "vso.work", "vso.work", "vso.work"),
			[]string{"vso.work ARCT"},
		},
		"user_impersonation registered, granular scopes asked, is right": {
			everywhere("vso.work vso.code", "user_impersonation", "user_impersonation", "vso.work vso.code user_impersonation"),
			[]string{"vso.work ARCT", "vso.code ARCT", "user_impersonation aRCT"},
		},
		"user_impersonation in the token gives what was asked": {
			everywhere("vso.work", "user_impersonation", "user_impersonation", "user_impersonation"),
			[]string{"vso.work ARCT by user_impersonation", "user_impersonation aRCT"},
		},
		"a broader scope registered implies the narrower one asked": {
			everywhere("vso.work", "vso.work_full", "vso.work", "vso.work"),
			[]string{"vso.work ARCT", "vso.work_full aRct"},
		},
		"a narrower scope registered does not": {
			everywhere("vso.work_full", "vso.work", "vso.work_full", "vso.work_full"),
			[]string{"!vso.work_full ArCT", "vso.work ARCT by vso.work_full"},
		},
		"asked and registered, but not consented, so not in the token": {
			everywhere("vso.work vso.code", "vso.work vso.code", "vso.work", "vso.work"),
			[]string{"!vso.code ARct", "vso.work ARCT"},
		},
		"asked, not registered, not in the token": {
			everywhere("vso.work vso.build", "vso.work", "vso.work", "vso.work"),
			[]string{"!vso.build Arct", "vso.work ARCT"},
		},
		"consented earlier and still in the token": {
			everywhere("vso.work", "vso.work vso.code", "vso.work vso.code", "vso.work vso.code"),
			[]string{"vso.work ARCT", "vso.code aRCT"},
		},
		"consented earlier and no longer registered": {
			everywhere("vso.work", "vso.work", "vso.work vso.code", "vso.work vso.code"),
			[]string{"!vso.code arCT", "vso.work ARCT"},
		},
		".default asks for what is registered": {
			everywhere(".default", "vso.work vso.code", "vso.work", "vso.work"),
			[]string{"!vso.code ARct", "vso.work ARCT"},
		},
		".default where the registration cannot be read": {
			blind(everywhere(".default", "", "", "vso.work")),
			[]string{"vso.work arcT"},
		},
		"unknown ScopePlaces accuse nobody": {
			blind(everywhere("vso.work", "", "", "vso.work")),
			[]string{"vso.work ArcT"},
		},
		"without a token consent decides": {
			tokenless(everywhere("vso.work vso.code", "vso.work vso.code", "vso.work", "")),
			[]string{"!vso.code ARct", "vso.work ARCt"},
		},
		"letter case counts for nothing": {
			everywhere("VSO.Work", "vso.work", "vso.work", "vso.work"),
			[]string{"VSO.Work ARCT"},
		},
		"exact: registered beyond what is asked differs": {
			exact(everywhere("vso.work", "vso.work vso.code", "vso.work", "vso.work")),
			[]string{"!vso.code aRct", "vso.work ARCT"},
		},
		"exact: implied is not equal": {
			exact(everywhere("vso.work", "vso.work_full", "vso.work", "vso.work")),
			[]string{"!vso.work ARCT", "!vso.work_full aRct"},
		},
		"exact: equal lists": {
			exact(everywhere("vso.work vso.code", "vso.code vso.work", "vso.work vso.code", "vso.work vso.code")),
			[]string{"vso.work ARCT", "vso.code ARCT"},
		},
		"nothing anywhere": {everywhere("", "", "", ""), nil},
	} {
		var got []string
		for _, r := range c.in.Matrix() {
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
