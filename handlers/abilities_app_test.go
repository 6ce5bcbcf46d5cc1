package handlers

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

func TestWhatAnApplicationMayDo(t *testing.T) {
	for permissions, want := range map[string]struct{ creates, consents bool }{
		"":                              {false, false},
		"Application.Read.All":          {false, false},
		"Application.ReadWrite.OwnedBy": {false, false}, // it cannot find what is there
		"Application.ReadWrite.OwnedBy Application.Read.All":                                   {false, false}, // nor see the consents
		"Application.ReadWrite.OwnedBy Application.Read.All DelegatedPermissionGrant.Read.All": {true, false},
		"Application.ReadWrite.OwnedBy Directory.Read.All":                                     {true, false},
		"Application.ReadWrite.All":                                                            {false, false},
		"Application.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All":                     {true, true},
		"DelegatedPermissionGrant.ReadWrite.All":                                               {false, true},
		"Directory.ReadWrite.All":                                                              {true, true},
		"User.Read.All Application.ReadWrite.OwnedBy.Not Application.Read.All":                 {false, false},
	} {
		i := entra.Identity{AppOnly: true, Permissions: strings.Fields(permissions)}
		if got := !appCreates(i).refused(); got != want.creates {
			t.Errorf("%q: creates %v", permissions, got)
		}
		if got := !appConsents(i).refused(); got != want.consents {
			t.Errorf("%q: consents %v", permissions, got)
		}
		all := appAbilities(i, entra.Policies{})
		if len(all) != 3 || !strings.Contains(all[2].Words, "A test consent is a person's") {
			t.Errorf("%q: %+v", permissions, all)
		}
		for _, a := range all {
			if a.refused() && a.Remedy == "" {
				t.Errorf("%q: %q has no way out", permissions, a.Words)
			}
		}
	}
}

func TestWhatAnApplicationWillBeRefusedOfAPlan(t *testing.T) {
	changes := []setup.Step{{ID: "application", Action: setup.Create}, {ID: "grant:a", Action: setup.Create}, {ID: "grant:b", Action: setup.Create}, {ID: "secret", Action: setup.Create}}
	none := entra.Identity{AppOnly: true}
	if got := appHurdles(changes, none, entra.Policies{SecretsForbidden: new(true)}); len(got) != 3 {
		t.Errorf("without permissions: %+v", got)
	}
	if got := appHurdles(changes[3:], none, entra.Policies{SecretsForbidden: new(true)}); len(got) != 0 {
		t.Errorf("of an app that is there: %+v", got)
	}
	all := entra.Identity{AppOnly: true, Permissions: []string{"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"}}
	if got := appHurdles(changes, all, entra.Policies{}); len(got) != 0 {
		t.Errorf("with everything: %+v", got)
	}
}
