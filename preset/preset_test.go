package preset

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

// goodInputs fill every input of an integration.
func goodInputs(p Preset) map[string]string {
	answers := map[InputKind]string{HostInput: "gateway.example.com", URIInput: "https://app.example.com/cb"}
	m := map[string]string{}
	for _, in := range p.Inputs {
		m[in.Name] = answers[in.Kind] // empty for a choice, which has a default
	}
	return m
}

func TestPresetsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All {
		t.Run(p.ID, func(t *testing.T) {
			if seen[p.ID] {
				t.Error("the ID stands twice")
			}
			seen[p.ID] = true
			if found, ok := ByID(p.ID); !ok || found.Name != p.Name {
				t.Errorf("ByID finds %q", found.Name)
			}
			for what, text := range map[string]string{"name": p.Name, "about": p.About, "redirect URI": p.RedirectURI,
				"app name": p.AppName, "source": p.Source.Title, "date read": p.Source.Read, "scope note": p.ScopeForm.Note} {
				if text == "" {
					t.Errorf("the %s is missing", what)
				}
			}
			if len(p.Where) == 0 || len(p.Fields) == 0 || len(p.Warnings) == 0 || len(p.Unsourced) == 0 {
				t.Error("where, fields, warnings or what is unsourced is missing")
			}
			if p.Audience != entra.AnyOrganization {
				t.Errorf("audience %s: users of other tenants are refused", p.Audience)
			}
			if want := map[bool]Comparison{true: Exact, false: Covered}[p.ID == "cyclr"]; p.Compare != want {
				t.Errorf("scopes are compared %q; only Cyclr's page demands equal lists", p.Compare)
			}
		})
	}
	if _, ok := ByID("none"); ok {
		t.Error("an unknown ID is found")
	}
}

func TestRecommendedScopesCanBeRegistered(t *testing.T) {
	for _, p := range All {
		for _, name := range slices.Concat(p.Registered, p.Asked) {
			if _, err := entra.RegistrableScope(name); err != nil {
				t.Errorf("%s: %v", p.ID, err)
			}
		}
		for _, name := range p.Asked {
			if _, ok := entra.Covers(p.Registered, name); !ok {
				t.Errorf("%s: asks for %s, which %v does not cover", p.ID, name, p.Registered)
			}
		}
		for _, op := range p.Operations {
			if by, ok := entra.Covers(p.Permissions(nil), op.Scope); !ok {
				t.Errorf("%s: %s needs %s, which the recommended permissions do not cover (%s)", p.ID, op.Name, op.Scope, by)
			}
		}
	}
}

// TestOperationsStandInMicrosoftsSpecification compares with the collected
// operations of REST 7.1 and the scopes they require.
func TestOperationsStandInMicrosoftsSpecification(t *testing.T) {
	data, err := os.ReadFile("../../shared/contracts/devops-operations-7.1.json")
	if err != nil {
		t.Skip("the collected operations of Azure DevOps are not beside this repository")
	}
	var spec struct {
		Operations []struct {
			Host, Method, Path string
			Scopes             []string
		}
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	scopes := map[string][]string{}
	for _, o := range spec.Operations {
		if o.Host == "dev.azure.com" {
			key := o.Method + " " + o.Path
			scopes[key] = append(scopes[key], o.Scopes...)
		}
	}
	checked := 0
	for _, p := range All {
		for _, op := range p.Operations {
			checked++
			need, ok := scopes[op.Method+" /{organization}"+op.Path]
			if !ok || !slices.Contains(need, op.Scope) {
				t.Errorf("%s: %s %s with %s: the specification says %v (there: %v)", p.ID, op.Method, op.Path, op.Scope, need, ok)
			}
		}
	}
	if checked == 0 {
		t.Error("no operation was checked")
	}
}

// quoted are, for each integration, the words of its page that a preset must
// repeat letter for letter.
func quoted(p Preset) []string {
	words := []string{strings.ReplaceAll(p.RedirectURI, "{host}", "")}
	if p.ID == "frontegg" || p.ID == "cyclr" {
		words = []string{p.RedirectURI[strings.Index(p.RedirectURI, "}")+1:]}
	}
	for _, f := range p.Fields {
		words = append(words, f.Label)
		if f.Fixed != "" {
			words = append(words, f.Fixed)
		}
	}
	return append(words, p.Where...)
}

// pages tells the collected pages apart by a word only one of them holds.
var pages = map[string]string{
	"frontegg": "integration-callback",
	"paragon":  "passport.useparagon.com",
	"stackone": "api.stackone.com",
	"cyclr":    "Application Connector Library",
}

// TestPresetsUseThePagesOwnWords holds redirect URIs, labels and paths
// against the pages they were read from.
func TestPresetsUseThePagesOwnWords(t *testing.T) {
	files, err := filepath.Glob("../../shared/seeds/*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("the integrations' pages are not beside this repository")
	}
	for id, mark := range pages {
		p, _ := ByID(id)
		text := ""
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(data), mark) {
				text = strings.ToLower(string(data))
			}
		}
		for _, w := range quoted(p) {
			if !strings.Contains(text, strings.ToLower(w)) {
				t.Errorf("%s: its page does not say %q", id, w)
			}
		}
	}
}

func TestWhatAPageDoesNotSayIsMarked(t *testing.T) {
	sourced := map[string]bool{"frontegg": true, "paragon": true, "stackone": false, "cyclr": false, "custom": true}
	for _, p := range All {
		if p.ScopeForm.Sourced != sourced[p.ID] {
			t.Errorf("%s: the scope form counts as sourced %v", p.ID, p.ScopeForm.Sourced)
		}
	}
	if !strings.Contains(strings.Join(cyclr.Unsourced, " "), "Everything about Microsoft Entra") {
		t.Error("Cyclr's page describes the retired registration only; that must be said")
	}
}
