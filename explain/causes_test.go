package explain

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkIDs are the checks that may decide what a paste leaves open.
var checkIDs = strings.Fields(`services-reachable clock-in-step tenant-well-formed tenant-exists client-id-well-formed secret-well-formed
	redirect-uri-well-formed redirect-uri-as-documented scopes-well-formed scopes-have-resource scopes-of-one-resource scopes-not-mixed-with-default
	scopes-known offline-access-asked legacy-sign-in-unused organization-well-formed organization-exists organization-connected organization-in-tenant
	sign-in-accepted secret-accepted secret-not-expired app-in-tenant secret-active registration-exists registration-enabled audience-multitenant
	audience-unrestricted redirect-uri-registered redirect-uri-on-web permissions-declared permissions-not-excessive scopes-match-exactly
	service-principal-exists service-principal-enabled devops-principal-exists devops-principal-enabled consent-present consent-covers-scopes
	assignment-satisfied users-may-consent publisher-verified secret-present secret-lasts secret-is-registered secrets-few secrets-accounted-for secret-lifetime-moderate
	secrets-allowed properties-unlocked owners-at-least-two implicit-grant-off no-single-point-of-failure token-audience token-tenant token-scopes
	token-lifetime refresh-works organization-reached user-is-member access-level organization-policies conditional-access-passed project-exists operations-covered`)

var people = []string{"app_owner", "tenant_admin", "org_admin", "user", "service"}

func TestEveryCauseIsComplete(t *testing.T) {
	for id, e := range known().causes {
		if e.Title == "" || strings.HasSuffix(e.Title, ".") || !strings.HasSuffix(e.Summary, ".") || len(e.Steps) < 2 || len(e.Examples) < 2 {
			t.Errorf("%s: title %q, summary %q, %d steps, %d examples", id, e.Title, e.Summary, len(e.Steps), len(e.Examples))
		}
		if !slices.Contains(people, e.Who) {
			t.Errorf("%s: nobody named %q can mend it", id, e.Who)
		}
		if e.Decides != "" && !slices.Contains(checkIDs, e.Decides) {
			t.Errorf("%s is decided by %q, which is no check", id, e.Decides)
		}
		for _, l := range e.Links {
			if linkTo[l] == nil {
				t.Errorf("%s links to %q", id, l)
			}
		}
		for _, step := range e.Steps {
			if !strings.HasSuffix(step, ".") && !strings.HasSuffix(step, "?") && !strings.HasSuffix(step, ";") {
				t.Errorf("%s: step %q is no sentence", id, step)
			}
		}
	}
}

func TestEveryExampleOfACauseHasItFirst(t *testing.T) {
	for id, e := range known().causes {
		for _, example := range e.Examples {
			if r := Explain(example); r.Causes[0].ID != id {
				t.Errorf("%s: %q is said to be %s", id, example, answers(r))
			}
		}
	}
}

func TestEveryRuleIsHitByAnExample(t *testing.T) {
	k := known()
	hit := make([]bool, len(k.rules))
	for _, e := range k.causes {
		for _, example := range e.Examples {
			s := k.read(example)
			for i := range k.rules {
				if _, ok := k.rules[i].holds(s); ok {
					hit[i] = true
				}
			}
		}
	}
	for i, ok := range hit {
		if !ok {
			t.Errorf("no example shows %s %v", k.rules[i].Cause, k.rules[i].When)
		}
	}
}

func TestTablesNameOnlyKnownCauses(t *testing.T) {
	k := known()
	for _, r := range k.rules {
		if _, ok := k.causes[r.Cause]; !ok || r.Weight <= 0 || r.Weight > surest {
			t.Errorf("rule %v for %q weighs %v", r.When, r.Cause, r.Weight)
		}
		for _, any := range append(slices.Clone(r.when), r.unless...) {
			for _, one := range any {
				checkSign(t, k, r, one)
			}
		}
	}
	for _, c := range k.codes {
		for _, id := range append([]string{c.Cause}, c.Also...) {
			if _, ok := k.causes[id]; !ok {
				t.Errorf("%s: %q is no cause", c.Code, id)
			}
		}
	}
}

func checkSign(t *testing.T, k *knowledge, r rule, one sign) {
	t.Helper()
	switch {
	case one.fact != "":
		if !slices.ContainsFunc(facts, func(f fact) bool { return f.name == one.fact }) {
			t.Errorf("%s: there is no fact %q", r.Cause, one.fact)
		}
	case one.code != "":
		if _, ok := k.codes[one.code]; !ok {
			t.Errorf("%s: there is no code %q", r.Cause, one.code)
		}
	case len(strings.TrimPrefix(k.signs[one.text], "=")) < 2:
		t.Errorf("%s: a sign of %v is too short", r.Cause, r.When)
	}
}

func TestEveryFactIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, r := range known().rules {
		for _, any := range append(slices.Clone(r.when), r.unless...) {
			for _, one := range any {
				used[one.fact] = true
			}
		}
	}
	for _, f := range facts {
		if !used[f.name] {
			t.Errorf("no rule asks for %q", f.name)
		}
	}
}

// Every label of the collected cases has an entry, and no other is answered.
func TestCausesAreTheLabels(t *testing.T) {
	text, err := os.ReadFile("../../shared/cases/LABELS.md")
	if err != nil {
		t.Skip("the labels of the collected reports are not beside this repository")
	}
	labels := map[string]bool{}
	body, finer, _ := strings.Cut(string(text), "## Finer")
	for _, m := range regexp.MustCompile("(?m)^- `([a-z_0-9]+)`").FindAllStringSubmatch(body, -1) {
		labels[m[1]] = true
	}
	for _, m := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(finer, -1) {
		labels[m[1]] = true
	}
	for id := range labels {
		if _, ok := known().causes[id]; !ok {
			t.Errorf("%s has no entry", id)
		}
	}
	for id := range known().causes {
		if !labels[id] {
			t.Errorf("%s is no label", id)
		}
	}
}

func TestExamplesAreOurOwn(t *testing.T) {
	var collected []string
	for _, l := range readCorpus(t, "../../shared/cases/examples.jsonl") {
		collected = append(collected, strings.TrimSpace(l.Paste))
	}
	for id, e := range known().causes {
		for _, example := range e.Examples {
			if len(example) > 100 && slices.ContainsFunc(collected, func(p string) bool { return strings.Contains(p, example) }) {
				t.Errorf("%s: %q is a collected report", id, example)
			}
		}
	}
}

func TestResultIsTheDocumentedJSON(t *testing.T) {
	got, err := json.Marshal(Explain("AADSTS50011: The redirect URI 'https://a.example/cb' specified in the request does not match the redirect URIs configured for the application '5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31'. Correlation ID: ede36791-e998-45dc-a18b-c58c9fed8422 Timestamp: 2023-12-19 18:32:55Z"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/redirect_uri.json")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("EXPLAIN_UPDATE") != "" {
		if err := os.WriteFile("testdata/redirect_uri.json", append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(got) != strings.TrimSpace(string(want)) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
