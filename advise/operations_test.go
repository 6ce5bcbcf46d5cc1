package advise

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestTableHoldsTogether(t *testing.T) {
	type key struct{ area, name string }
	ids, names := map[string]bool{}, map[key]bool{}
	wellFormed := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	for _, o := range Operations() {
		if ids[o.ID] || names[key{o.Area, o.Name}] {
			t.Errorf("%s (%s) stands twice, by id or by name", o.ID, o.Name)
		}
		ids[o.ID], names[key{o.Area, o.Name}] = true, true
		if !wellFormed.MatchString(o.ID) {
			t.Errorf("id %q is not well formed", o.ID)
		}
		if o.Name == "" || strings.Contains(o.Name, "  ") || strings.HasSuffix(o.Name, ".") || strings.Contains(o.Name, "_") {
			t.Errorf("%s: name %q", o.ID, o.Name)
		}
		if len(o.anchors) < 2 || !strings.HasSuffix(o.Host, ".azure.com") && !strings.HasSuffix(o.Host, ".visualstudio.com") {
			t.Errorf("%s: address %s%s", o.ID, o.Host, o.Path)
		}
		for _, s := range o.Scopes {
			if _, ok := entra.LookupScope(s); !ok {
				t.Errorf("%s names %s, which is no scope", o.ID, s)
			}
		}
	}
}

func TestEveryAreaHasOperationsAndEveryOperationIsInOne(t *testing.T) {
	n := 0
	for _, a := range Areas() {
		if len(a.Operations) == 0 || a.Label == "" {
			t.Errorf("area %q is empty or has no label", a.ID)
		}
		n += len(a.Operations)
	}
	if n != len(Operations()) {
		t.Errorf("%d operations in areas, %d in all", n, len(Operations()))
	}
}

func TestCommonOperationsExist(t *testing.T) {
	if len(Common()) != len(common) {
		for _, id := range common {
			if _, ok := ByID(id); !ok {
				t.Errorf("%s is in no table", id)
			}
		}
	}
}

func TestCallersCannotChangeTheTable(t *testing.T) {
	Operations()[0].Name = "overwritten"
	Areas()[0].Label = "overwritten"
	if Operations()[0].Name == "overwritten" || Areas()[0].Label == "overwritten" {
		t.Error("the table is shared")
	}
}

// TestTableAgreesWithTheContract compares with the specification's excerpt.
func TestTableAgreesWithTheContract(t *testing.T) {
	data, err := os.ReadFile("../../shared/contracts/devops-operations-7.1.json")
	if err != nil {
		t.Skip("the collected contracts are not beside this repository")
	}
	var contract struct {
		Operations []struct {
			Host, Method, Path string
			Scopes             []string
		}
	}
	if err := json.Unmarshal(data, &contract); err != nil {
		t.Fatal(err)
	}
	ours := map[string]Operation{}
	for _, o := range Operations() {
		ours[o.Method+" "+o.Host+o.Path] = o
	}
	for _, want := range contract.Operations {
		key := want.Method + " " + strings.TrimPrefix(want.Host, "{service}") + want.Path
		got, ok := ours[key]
		if !ok {
			t.Errorf("%s is missing", key)
			continue
		}
		if !slices.Equal(got.Scopes, want.Scopes) {
			t.Errorf("%s: scopes %v, want %v", key, got.Scopes, want.Scopes)
		}
	}
	const beyond = 5 // Git, Analytics and the connection are in no specification
	if got, want := len(ours), len(contract.Operations)+beyond; got != want {
		t.Errorf("%d operations, want %d", got, want)
	}
}

func TestSearch(t *testing.T) {
	tests := []struct {
		name, query, first string
		least              int
	}{
		{"what the issue of everybody is called", "create ticket", "work-items.work-items.create", 2},
		{"words of the name come first", "search work items", "work-items.wiql.query-by-wiql", 2},
		{"letter case counts for nothing", "CREATE a Pull Request", "git.pull-requests.create", 1},
		{"a part of the path", "_apis/wit/wiql", "work-items.wiql.query-by-wiql", 3},
		{"a scope", "vso.auditlog", "audit.actions.list", 5},
		{"a method and a path", "PATCH workitems/{id}", "work-items.work-items.update", 1},
		{"what people call it", "webhook", "hooks.subscriptions.create", 20},
		{"run something", "run pipeline", "pipelines.runs.run-pipeline", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Search(tt.query)
			if len(got) < tt.least {
				t.Fatalf("%d operations, want %d at least", len(got), tt.least)
			}
			if got[0].ID != tt.first {
				t.Errorf("first is %s (%s)", got[0].ID, got[0].Name)
			}
		})
	}
	for _, nothing := range []string{"", "  ", "xyzzy", "vso.work vso.code_full"} {
		if got := Search(nothing); len(got) > 0 {
			t.Errorf("Search(%q) finds %s", nothing, got[0].ID)
		}
	}
}
