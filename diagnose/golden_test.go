package diagnose_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

var update = flag.Bool("update", false, "write the tables of the scenarios anew")

// rootCauses are the first thing that each scenario's table must show.
var rootCauses = map[string]string{
	"healthy":                        "",
	"single-tenant app":              "audience-multitenant",
	"expired secret":                 "secret-present",
	"expiring secret":                "secret-lasts",
	"scope mismatch":                 "scopes-known",
	"admin consent required":         "users-may-consent",
	"user consent off":               "users-may-consent",
	"unverified publisher":           "users-may-consent",
	"assignment required":            "assignment-satisfied",
	"app disabled":                   "service-principal-enabled",
	"secrets blocked by policy":      "secret-present",
	"lifetime policy":                "secret-lasts",
	"Azure DevOps principal missing": "devops-principal-exists",
	"organization of another tenant": "organization-in-tenant",
	"organization not connected":     "organization-connected",
	"conditional access":             "conditional-access-passed",
	"replication delay":              "",
}

// TestEachScenarioIsDiagnosed gathers everything that can be given of each
// scenario's tenant and holds the outcome of every check to its table.
func TestEachScenarioIsDiagnosed(t *testing.T) {
	w := sharedWorld(t)
	seen := map[string]bool{}
	for _, tenant := range w.box.Ready().Tenants {
		if tenant.Connection == nil {
			continue
		}
		seen[tenant.Scenario] = true
		t.Run(tenant.Scenario, func(t *testing.T) {
			w := enter(t, w.box)
			a := w.everything(tenant)
			f := a.Start(givenBy(tenant.Connection))
			results := w.run(a, &f)
			w.holdsNoSecret(f, a)
			w.decidedTheSameFromWhatWasKept(f, results)
			for _, r := range results {
				if r.Outcome == checks.Unknown && !cannotBeHad(r, f, a.Tokens) {
					t.Errorf("%s is unknown: %s %s", r.ID, r.Because, r.Would)
				}
			}
			if got, want := first(f, results), rootCauses[tenant.Scenario]; got != want {
				t.Errorf("the first root cause is %q, want %q", got, want)
			}
			w.compare(tenant, table(tenant, a, f, results))
		})
	}
	for scenario := range rootCauses {
		if !seen[scenario] {
			t.Errorf("the sandbox has no scenario %q", scenario)
		}
	}
}

// everything is all that can be given of a tenant's integration. The consent
// comes first: what it leaves in the directory is part of the picture.
func (w *world) everything(tenant sandbox.ReadyTenant) diagnose.Access {
	w.Helper()
	a := w.access()
	a.Tokens = w.testConsent(tenant)
	a.Directory = w.directory(tenant)
	a.Secret = entra.NewSensitive(tenant.Connection.ClientSecret)
	return a
}

// run runs all checks and returns their results in the order of display.
func (w *world) run(a diagnose.Access, f *checks.Facts) []checks.Result {
	w.Helper()
	byID := map[string]checks.Result{}
	for r := range checks.Run(w.Context(), f, checks.All, diagnose.Sources(a)) {
		byID[r.ID] = r
	}
	var out []checks.Result
	for _, c := range checks.All {
		r, ok := byID[c.ID]
		if !ok {
			w.Errorf("no result of %s", c.ID)
		}
		out = append(out, r)
	}
	return out
}

// neverHad are facts that no sign-in shows here.
var neverHad = []checks.Need{checks.NeedConsents, checks.NeedRestrictions, checks.NeedAccessLevel}

// ofToken are those that only the token of a test consent shows.
var ofToken = []checks.Need{checks.NeedToken, checks.NeedConnection, checks.NeedProject, checks.NeedExercises}

// ofRegistration are those that only the tenant of the registration shows.
var ofRegistration = []checks.Need{checks.NeedApplication, checks.NeedOwners}

// cannotBeHad: what the check reads is shown by nobody, by a token that the
// scenario lets nobody have, or in another tenant than the one signed in to.
func cannotBeHad(r checks.Result, f checks.Facts, tokens *oauth.Tokens) bool {
	reads := func(n checks.Need) bool {
		return slices.Contains(r.Check().Needs, n) || slices.Contains(r.Check().Wants, n)
	}
	p := f.Principal.Or(nil)
	elsewhere := p != nil && p.OwnerTenant != f.Operator.Get().Tenant.ID
	return slices.ContainsFunc(neverHad, reads) || tokens == nil && slices.ContainsFunc(ofToken, reads) || elsewhere && slices.ContainsFunc(ofRegistration, reads)
}

// first is the root cause shown first; advice is none.
func first(f checks.Facts, results []checks.Result) string {
	roots := checks.Summarize(&f, results).Roots
	if len(roots) == 0 || slices.ContainsFunc(checks.All, func(c *checks.Check) bool { return c.ID == roots[0].ID && c.Severity == checks.Advises }) {
		return ""
	}
	return roots[0].ID
}

// holdsNoSecret looks for the secret and the tokens in what is kept.
func (w *world) holdsNoSecret(f checks.Facts, a diagnose.Access) {
	w.Helper()
	kept, err := json.Marshal(f)
	if err != nil {
		w.Fatal(err)
	}
	secrets := []entra.Sensitive{a.Secret}
	if a.Tokens != nil {
		secrets = append(secrets, a.Tokens.Access, a.Tokens.Refresh, a.Tokens.ID)
	}
	for _, s := range secrets {
		if !s.IsZero() && strings.Contains(string(kept), s.Reveal()) {
			w.Errorf("the facts hold a secret")
		}
	}
}

// decidedTheSameFromWhatWasKept: a run that is loaded again shows what was
// shown.
func (w *world) decidedTheSameFromWhatWasKept(f checks.Facts, results []checks.Result) {
	w.Helper()
	kept, err := json.Marshal(f)
	if err != nil {
		w.Fatal(err)
	}
	var loaded checks.Facts
	if err := json.Unmarshal(kept, &loaded); err != nil {
		w.Fatal(err)
	}
	for i, again := range checks.Evaluate(&loaded, checks.All) {
		if again.Outcome != results[i].Outcome || len(again.Findings) != len(results[i].Findings) || !reflect.DeepEqual(again.Because, results[i].Because) {
			w.Errorf("%s: %s %q from what was kept, %s %q before", again.ID, again.Outcome, again.Because, results[i].Outcome, results[i].Because)
		}
	}
}

// table writes the outcomes for a person to review, without what differs from
// run to run.
func table(tenant sandbox.ReadyTenant, a diagnose.Access, f checks.Facts, results []checks.Result) string {
	var b strings.Builder
	person := "nobody gets a token"
	if a.Tokens != nil {
		person = "with a token of " + f.Token.Or(checks.TokenFacts{}).Person.DisplayName
	}
	fmt.Fprintf(&b, "%s: %s, %s\n%s\n\n", tenant.Scenario, tenant.Connection.Integration, person, checks.Summarize(&f, results).Sentence)
	for _, r := range results {
		fmt.Fprintf(&b, "%-14s  %s\n", r.Outcome, r.ID)
		switch r.Outcome {
		case checks.Skipped:
			fmt.Fprintf(&b, "                after %s\n", r.Cause)
		case checks.Unknown:
			fmt.Fprintf(&b, "                %s\n", r.Because)
		}
		for _, found := range r.Findings {
			fmt.Fprintf(&b, "                %s\n", found.Summary)
			if found.Mend.Change != nil {
				fmt.Fprintf(&b, "                offers to %s\n", found.Mend.Change.Describe())
			}
		}
	}
	return steady(b.String())
}

// varying is what differs from run to run: ports, ids, dates and times.
var varying = []struct {
	is *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "{host}"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "{id}"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?( UTC|Z)?)?`), "{date}"},
	{regexp.MustCompile(`\d{1,2} [A-Z][a-z]+ 20\d\d`), "{date}"},
}

func steady(text string) string {
	keep := string(entra.AzureDevOps)
	text = strings.ReplaceAll(text, keep, "{Azure DevOps}")
	for _, v := range varying {
		text = v.is.ReplaceAllString(text, v.by)
	}
	return text
}

func (w *world) compare(tenant sandbox.ReadyTenant, got string) {
	w.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(strings.ToLower(tenant.Scenario), " ", "-")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			w.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.Fatalf("%v: make the tables with -update, and read them", err)
	}
	if got != string(want) {
		w.Errorf("%s differs; make it anew with -update, and read the difference.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}
