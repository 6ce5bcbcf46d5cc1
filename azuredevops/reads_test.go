package azuredevops

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

const contract = "../../shared/contracts/devops-operations-7.1.json"

type operation struct {
	Host, Method, Path string
	Scopes             []string
}

func specification(t *testing.T) []operation {
	t.Helper()
	b, err := os.ReadFile(contract)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the table of Azure DevOps operations is not beside this repository, so reads cannot be compared with it")
	}
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Operations []operation }
	if err := json.Unmarshal(b, &spec); err != nil {
		t.Fatal(err)
	}
	return spec.Operations
}

// hostNames are the hosts as the specification writes them; one area leaves
// its host open.
var hostNames = map[host][]string{
	devops:       {"dev.azure.com", "{service}dev.azure.com"},
	vsspsAccount: {"app.vssps.visualstudio.com"},
	vsspsOrg:     {"vssps.dev.azure.com"},
}

func TestReadsAreInTheSpecification(t *testing.T) {
	operations := specification(t)
	// Segments that the specification writes in the path but marks optional,
	// and the one alias it describes in words.
	optional := strings.NewReplacer("/{team}", "", "/{taskGroupId}", "", "profiles/{id}", "profiles/me")
	for _, r := range reads {
		found := slices.ContainsFunc(operations, func(o operation) bool {
			if o.Method != "GET" || !slices.Contains(hostNames[r.host], o.Host) || optional.Replace(o.Path) != r.path {
				return false
			}
			// user_impersonation stands for all scopes and in no operation.
			return slices.Contains(o.Scopes, r.scopes[0]) || r.scopes[0] == "user_impersonation"
		})
		if !found {
			t.Errorf("%s: no GET %s that needs it", r.scopes[0], r.path)
		}
	}
}

func TestEachScopeHasOneRead(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range reads {
		for _, s := range r.scopes {
			if seen[s] {
				t.Errorf("%s has two reads", s)
			}
			seen[s] = true
		}
	}
}

func TestEveryScopeWithAReadOnAConfiguredHostHasOne(t *testing.T) {
	missing := map[string]bool{}
	for _, o := range specification(t) {
		fillable := !strings.Contains(strings.NewReplacer("{organization}", "", "{project}", "").Replace(o.Path), "{")
		configured := slices.ContainsFunc([]host{devops, vsspsAccount, vsspsOrg}, func(h host) bool {
			return slices.Contains(hostNames[h], o.Host)
		})
		if o.Method != "GET" || !fillable || !configured {
			continue
		}
		for _, s := range o.Scopes {
			if _, ok := readFor(s); !ok {
				missing[s] = true
			}
		}
	}
	for s := range missing {
		t.Errorf("%s has a plain GET in the specification and no read here", s)
	}
}

func TestTheOtherScopesOfAReadImplyItsFirst(t *testing.T) {
	for _, r := range reads {
		for _, s := range r.scopes[1:] {
			if !entra.Implies(s, r.scopes[0]) {
				t.Errorf("%s does not imply %s, so its read proves nothing", s, r.scopes[0])
			}
		}
	}
}

func TestEveryScopeOfAReadsAreaIsListed(t *testing.T) {
	for _, s := range entra.DevOpsScopes() {
		if _, ok := readFor(s.Value); ok || s.Value == entra.UserImpersonation || len(s.Inherits) == 0 {
			continue
		}
		area, _, _ := strings.Cut(strings.TrimPrefix(s.Value, "vso."), "_")
		if r, ok := readFor("vso." + area); ok && entra.Implies(s.Value, r.scopes[0]) {
			t.Errorf("%s implies %s of its area and has no read", s.Value, r.scopes[0])
		}
	}
}
