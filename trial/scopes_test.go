package trial

import (
	"slices"
	"strings"
	"testing"
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
