package entra

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// UserImpersonation is the delegated permission of Azure DevOps that covers
// every other one.
const UserImpersonation = "user_impersonation"

// The delegated permissions nearly every registration lists, by the id that
// requiredResourceAccess takes.
const (
	UserImpersonationID = "ee69721e-6c3a-468f-a9ec-302d16a4c599" // Azure DevOps user_impersonation
	UserReadID          = "e1fe6dd8-ba31-4d61-89e7-88639da4683d" // Microsoft Graph User.Read
)

// UserRead is the Microsoft Graph permission that the portal lists on each
// new registration; without it a sign-in can fail with AADSTS90008.
const UserRead = "User.Read"

// ScopeStatus says how much is known of a scope.
type ScopeStatus string

// Current scopes stand in Microsoft's table and have an id. Undocumented ones
// are published by the service but stand in no table. GUIDUnknown ones have
// no published id. Dropped ones appear in older listings only.
const (
	Current      ScopeStatus = "current"
	Undocumented ScopeStatus = "undocumented"
	GUIDUnknown  ScopeStatus = "guid-unknown"
	Dropped      ScopeStatus = "dropped"
)

// A DevOpsScope is one delegated permission of Azure DevOps
// [maciejporebski/azure-ad-first-party-apps-permissions/apps/Azure DevOps.md,
// MicrosoftDocs/azure-devops-docs/docs/integrate/includes/scopes.md].
type DevOpsScope struct {
	Value    string   `json:"value"`    // "vso.work_full", as in a token's scp
	ID       string   `json:"id"`       // GUID for requiredResourceAccess; empty when Microsoft publishes none
	Name     string   `json:"name"`     // label in the portal: "Work items (full)"
	Category string   `json:"category"` // "Work items"
	Summary  string   `json:"summary"`  // what it lets a person's token do, for people
	Inherits []string `json:"inherits,omitempty"`
	// HighPrivilege: Microsoft's table marks it so.
	HighPrivilege bool        `json:"highPrivilege,omitempty"`
	Status        ScopeStatus `json:"status,omitempty"`
	Note          string      `json:"note,omitempty"`
	// Implies is everything it contains, nearest first; for
	// user_impersonation every other scope.
	Implies []string `json:"-"`
}

// Registrable reports whether a registration can list the scope.
func (s DevOpsScope) Registrable() bool { return s.ID != "" && s.Status != Dropped }

// A ScopeCategory is one group of the permission picker.
type ScopeCategory struct {
	Name   string
	Scopes []DevOpsScope
}

//go:embed data/azure-devops-scopes.json
var scopesJSON []byte

// scopeTable is the catalogue with its indexes; positions are into all.
type scopeTable struct {
	all     []DevOpsScope
	byValue map[string]int
	byID    map[string]int
}

var scopes = sync.OnceValue(func() scopeTable {
	t := scopeTable{byValue: map[string]int{}, byID: map[string]int{}}
	if err := json.Unmarshal(scopesJSON, &t.all); err != nil {
		panic("entra: embedded scope table: " + err.Error())
	}
	for i := range t.all {
		s := &t.all[i]
		if s.Status == "" {
			s.Status = Current
		}
		t.byValue[s.Value] = i
		if s.ID != "" {
			t.byID[s.ID] = i
		}
	}
	for i := range t.all {
		t.all[i].Implies = t.closure(t.all[i])
	}
	return t
})

// closure walks Inherits breadth first.
func (t scopeTable) closure(s DevOpsScope) []string {
	var out []string
	if s.Value == UserImpersonation {
		for _, o := range t.all {
			if o.Value != s.Value {
				out = append(out, o.Value)
			}
		}
		return out
	}
	for queue := slices.Clone(s.Inherits); len(queue) > 0; queue = queue[1:] {
		parent := queue[0]
		if slices.Contains(out, parent) {
			continue
		}
		out = append(out, parent)
		if i, ok := t.byValue[parent]; ok {
			queue = append(queue, t.all[i].Inherits...)
		}
	}
	return out
}

// DevOpsScopes returns every known scope: user_impersonation first, then by
// category. Some cannot be registered; see Registrable.
func DevOpsScopes() []DevOpsScope { return slices.Clone(scopes().all) }

// ScopeCategories returns the scopes a registration can list, in groups.
func ScopeCategories() []ScopeCategory {
	var out []ScopeCategory
	at := map[string]int{}
	for _, s := range scopes().all {
		if !s.Registrable() {
			continue
		}
		i, ok := at[s.Category]
		if !ok {
			i = len(out)
			at[s.Category] = i
			out = append(out, ScopeCategory{Name: s.Category})
		}
		out[i].Scopes = append(out[i].Scopes, s)
	}
	return out
}

// LookupScope finds a scope by its bare name, such as "vso.work". Letter case
// counts for nothing.
func LookupScope(value string) (DevOpsScope, bool) {
	i, ok := scopes().byValue[strings.ToLower(value)]
	if !ok {
		return DevOpsScope{}, false
	}
	return scopes().all[i], true
}

// LookupScopeID finds a scope by the id a registration lists.
func LookupScopeID(id string) (DevOpsScope, bool) {
	i, ok := scopes().byID[strings.ToLower(id)]
	if !ok {
		return DevOpsScope{}, false
	}
	return scopes().all[i], true
}

// Implies reports whether a token with the Azure DevOps scope have may do
// what want allows. Both are bare names. user_impersonation implies every
// vso.* name, known or not.
func Implies(have, want string) bool {
	have, want = strings.ToLower(have), strings.ToLower(want)
	if have == want {
		return true
	}
	if have == UserImpersonation {
		return strings.HasPrefix(want, "vso.")
	}
	s, ok := LookupScope(have)
	return ok && slices.Contains(s.Implies, want)
}

// Covers reports whether one of the scopes in have implies want, and which:
// want itself before a wider scope, and user_impersonation last.
func Covers(have []string, want string) (by string, ok bool) {
	for _, h := range have {
		switch {
		case strings.EqualFold(h, want):
			return h, true
		case !Implies(h, want):
		case !ok, by == UserImpersonation:
			by, ok = h, true
		}
	}
	return by, ok
}

// RegistrableScope reads an Azure DevOps permission as a person writes it,
// with or without the resource in front. The error says why it cannot stand
// on a registration and names the nearest one that can.
func RegistrableScope(typed string) (DevOpsScope, error) {
	typed = strings.TrimSpace(typed)
	ref := ParseScope(typed)
	if ref.Resource != AzureDevOps && strings.Contains(typed, "/") {
		return DevOpsScope{}, fmt.Errorf("%q is not a permission of Azure DevOps: give a name such as vso.work", typed)
	}
	s, ok := LookupScope(ref.Name)
	switch near, found := Nearest(ref.Name); {
	case ok && s.Registrable():
		return s, nil
	case ok && s.Status == Dropped:
		return DevOpsScope{}, fmt.Errorf("%s is no longer offered by Azure DevOps: choose another permission, or %s", s.Value, UserImpersonation)
	case ok:
		return DevOpsScope{}, fmt.Errorf("%s cannot be registered, because Microsoft publishes no id for it: choose another permission, or %s", s.Value, UserImpersonation)
	case found:
		return DevOpsScope{}, fmt.Errorf("%q is no permission of Azure DevOps: did you mean %s?", typed, near)
	}
	return DevOpsScope{}, fmt.Errorf("%q is no permission of Azure DevOps: choose one from the list, for example vso.work", typed)
}
