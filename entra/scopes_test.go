package entra

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestScopeTableHoldsTogether(t *testing.T) {
	values, ids := map[string]bool{}, map[string]bool{}
	for _, s := range DevOpsScopes() {
		if values[s.Value] || s.ID != "" && ids[s.ID] {
			t.Errorf("%s stands twice, by value or id", s.Value)
		}
		values[s.Value], ids[s.ID] = true, true
		if s.ID != "" && !IsGUID(s.ID) {
			t.Errorf("%s: id %q is no GUID", s.Value, s.ID)
		}
		if s.Name == "" || s.Category == "" || !strings.HasSuffix(s.Summary, ".") {
			t.Errorf("%s: name, category or summary is missing", s.Value)
		}
		if (s.ID == "") != (s.Status == GUIDUnknown) {
			t.Errorf("%s: id %q does not fit status %s", s.Value, s.ID, s.Status)
		}
		for _, parent := range s.Inherits {
			if _, ok := LookupScope(parent); !ok {
				t.Errorf("%s inherits %s, which is not in the table", s.Value, parent)
			}
		}
		if slices.Contains(s.Implies, s.Value) {
			t.Errorf("%s implies itself", s.Value)
		}
	}
	if first := DevOpsScopes()[0]; first.Value != UserImpersonation || first.ID != UserImpersonationID {
		t.Errorf("the recommended scope comes first, got %s", first.Value)
	}
}

// TestScopeTableAgreesWithTheSource compares with the collected facts.
func TestScopeTableAgreesWithTheSource(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/azure-devops-scopes.json")
	if err != nil {
		t.Skip("the collected facts are not beside this repository")
	}
	var facts struct {
		Scopes []struct {
			ID            *string
			Value         string
			ImpliedScopes []string
			HighPrivilege *bool
			Status        ScopeStatus
		}
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	if got, want := len(DevOpsScopes()), len(facts.Scopes); got != want {
		t.Errorf("%d scopes, want %d", got, want)
	}
	for _, f := range facts.Scopes {
		s, ok := LookupScope(f.Value)
		if !ok {
			t.Errorf("%s is missing", f.Value)
			continue
		}
		id, high := "", false
		if f.ID != nil {
			id = *f.ID
		}
		if f.HighPrivilege != nil {
			high = *f.HighPrivilege
		}
		if s.ID != id || s.HighPrivilege != high || s.Status != f.Status {
			t.Errorf("%s: id %q high %v status %s, want %q %v %s", s.Value, s.ID, s.HighPrivilege, s.Status, id, high, f.Status)
		}
		if f.Value == UserImpersonation {
			continue // implies everything, in either notation
		}
		slices.Sort(f.ImpliedScopes)
		if got := slices.Sorted(slices.Values(s.Implies)); !slices.Equal(got, f.ImpliedScopes) {
			t.Errorf("%s implies %v, want %v", s.Value, got, f.ImpliedScopes)
		}
	}
}

func TestImplies(t *testing.T) {
	tests := []struct {
		name, have, want string
		implies          bool
	}{
		{"a scope implies itself", "vso.work", "vso.work", true},
		{"letter case counts for nothing", "VSO.Work", "vso.work", true},
		{"write implies read", "vso.work_write", "vso.work", true},
		{"full implies read, two steps away", "vso.work_full", "vso.work", true},
		{"through scopes nobody can register", "vso.code", "vso.profile", true},
		{"read does not imply write", "vso.work", "vso.work_write", false},
		{"another area", "vso.work_full", "vso.code", false},
		{"status of code is a thing of its own", "vso.code_full", "vso.code_status", false},
		{"user_impersonation implies all", "user_impersonation", "vso.security_manage", true},
		{"user_impersonation implies names not in the table", "user_impersonation", "vso.new_thing", true},
		{"user_impersonation implies nothing of other services", "user_impersonation", "User.Read", false},
		{"nothing implies user_impersonation", "vso.code_full", "user_impersonation", false},
		{"an unknown scope implies nothing", "vso.new_thing", "vso.work", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Implies(tt.have, tt.want); got != tt.implies {
				t.Errorf("Implies(%s, %s) = %v", tt.have, tt.want, got)
			}
		})
	}
}

func TestCoversNamesTheNarrowestScope(t *testing.T) {
	tests := []struct {
		name string
		have []string
		want string
		by   string
		ok   bool
	}{
		{"the scope itself before wider ones", []string{"user_impersonation", "vso.work_full", "vso.work"}, "vso.work", "vso.work", true},
		{"a wider one of the same area before user_impersonation", []string{"user_impersonation", "vso.work_full"}, "vso.work", "vso.work_full", true},
		{"whichever order they come in", []string{"vso.work_full", "user_impersonation"}, "vso.work", "vso.work_full", true},
		{"user_impersonation when nothing else does", []string{"vso.code", "user_impersonation"}, "vso.work", "user_impersonation", true},
		{"nothing", []string{"vso.code"}, "vso.work", "", false},
		{"no scopes at all", nil, "vso.work", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if by, ok := Covers(tt.have, tt.want); by != tt.by || ok != tt.ok {
				t.Errorf("Covers = %q, %v; want %q, %v", by, ok, tt.by, tt.ok)
			}
		})
	}
}

func TestRegistrableScope(t *testing.T) {
	tests := []struct {
		name, typed string
		want        string // value
		refusal     string // what the sentence must hold
	}{
		{"bare", "vso.work", "vso.work", ""},
		{"with blanks and capitals", "  VSO.Work ", "vso.work", ""},
		{"with the resource's id", "499b84ac-1321-427f-aa17-267ca6975798/vso.work", "vso.work", ""},
		{"with the resource's address", "https://app.vssps.visualstudio.com/vso.work", "vso.work", ""},
		{"undocumented but published", "vso.pats", "vso.pats", ""},
		{"another resource's", "https://graph.microsoft.com/User.Read", "", "not a permission of Azure DevOps"},
		{"without an id", "vso.hooks", "", "no id"},
		{"no longer offered", "vso.threads_full", "", "no longer offered"},
		{"misspelt", "vso.wrok", "", "did you mean vso.work?"},
		{"the portal's label", "Work items (full)", "", "did you mean vso.work_full?"},
		{"nothing like it", "mail.send", "", "choose one from the list"},
		{"empty", "", "", "choose one from the list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := RegistrableScope(tt.typed)
			if s.Value != tt.want {
				t.Errorf("got %q, want %q", s.Value, tt.want)
			}
			if (err == nil) != (tt.refusal == "") || err != nil && !strings.Contains(err.Error(), tt.refusal) {
				t.Errorf("error %v, want %q", err, tt.refusal)
			}
		})
	}
}

func TestEveryScopeIsNearestToItself(t *testing.T) {
	for _, s := range DevOpsScopes() {
		near, ok := Nearest(s.Value)
		if s.Registrable() && (!ok || near != s.Value) {
			t.Errorf("Nearest(%s) = %q, %v", s.Value, near, ok)
		}
		if ok {
			if found, known := LookupScope(near); !known || !found.Registrable() {
				t.Errorf("Nearest(%s) = %q, which cannot be registered", s.Value, near)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for typed, want := range map[string]string{
		"vso.wrk":            "vso.work",
		"work_full":          "vso.work_full",
		"vso.buildexecute":   "vso.build_execute",
		"user_impersonaton":  "user_impersonation",
		"code (read)":        "vso.code",
		"vso.completelyelse": "",
		"":                   "",
	} {
		if got, ok := Nearest(typed); got != want || ok != (want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
}

func TestScopeCategoriesOfferWhatCanBeRegistered(t *testing.T) {
	offered := 0
	seen := map[string]bool{}
	for _, c := range ScopeCategories() {
		if seen[c.Name] || len(c.Scopes) == 0 {
			t.Errorf("category %q stands twice or is empty", c.Name)
		}
		seen[c.Name] = true
		for _, s := range c.Scopes {
			offered++
			if s.Category != c.Name || !s.Registrable() {
				t.Errorf("%s stands in category %q, registrable %v", s.Value, c.Name, s.Registrable())
			}
		}
	}
	want := len(slices.DeleteFunc(DevOpsScopes(), func(s DevOpsScope) bool { return !s.Registrable() }))
	if offered != want {
		t.Errorf("%d offered, want %d", offered, want)
	}
}

func TestCallersCannotChangeTheTable(t *testing.T) {
	DevOpsScopes()[0].Value = "overwritten"
	if got := DevOpsScopes()[0].Value; got != UserImpersonation {
		t.Errorf("the table now begins with %q", got)
	}
}

func TestLookupScopeID(t *testing.T) {
	if s, ok := LookupScopeID(strings.ToUpper(UserImpersonationID)); !ok || s.Value != UserImpersonation {
		t.Errorf("got %q, %v", s.Value, ok)
	}
	if _, ok := LookupScopeID(""); ok {
		t.Error("an empty id names no scope")
	}
}
