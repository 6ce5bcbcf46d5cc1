package checks

import (
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func resultOf(t *testing.T, f Facts, id string) Result {
	t.Helper()
	for _, r := range Evaluate(&f, All) {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no check %q", id)
	return Result{}
}

func TestTheChecksAreWellMade(t *testing.T) {
	if err := Validate(All); err != nil {
		t.Error(err)
	}
}

func TestEveryCheckPassesOnAHealthyIntegration(t *testing.T) {
	f := healthy()
	for _, r := range Evaluate(&f, All) {
		change, other := elsewhere[r.ID]
		if other {
			if r.Outcome != NotApplicable {
				t.Errorf("%s applies to the healthy baseline now: it needs no other", r.ID)
			}
			r = resultOf(t, changed(change), r.ID)
		}
		if r.Outcome != Passed {
			t.Errorf("%s: %s %s %+v", r.ID, r.Outcome, r.Because, r.Findings)
		}
	}
}

// elsewhere are healthy situations for the checks that do not apply to the
// baseline.
var elsewhere = map[string]func(*Facts){
	"scopes-match-exactly": func(f *Facts) {
		full, _ := entra.LookupScope("vso.work_full")
		f.Given.Integration, f.Given.Scopes, f.Given.Registered = "cyclr", ado+full.Value, []string{full.Value}
		app(func(a *entra.Application) {
			a.Permissions = []entra.Permission{{Resource: entra.AzureDevOps, ID: full.ID, Kind: entra.Scope}}
		})(f)
	},
	"publisher-verified": func(f *Facts) {
		f.Given.Tenant, f.Tenant = "organizations", Known(TenantLookup{Exists: true}, "GET")
	},
}

func TestEveryCheckHasAFixtureOnWhichItFails(t *testing.T) {
	for _, c := range All {
		if !slices.ContainsFunc(failing, func(x fixture) bool { return x.Check == c.ID }) {
			t.Errorf("%s has none", c.ID)
		}
	}
}

func TestFailingFixtures(t *testing.T) {
	for _, x := range failing {
		t.Run(x.Check+"/"+x.Name, func(t *testing.T) {
			r := resultOf(t, x.facts(), x.Check)
			if r.Outcome != Failed {
				t.Fatalf("%s %s", r.Outcome, r.Because)
			}
			if !strings.Contains(r.Findings[0].Summary, x.Summary) {
				t.Errorf("the summary is %q and should hold %q", r.Findings[0].Summary, x.Summary)
			}
			for _, f := range r.Findings {
				checkFinding(t, f)
			}
		})
	}
}

// checkFinding: a person can verify it and knows what to do, and who.
func checkFinding(t *testing.T, f Finding) {
	t.Helper()
	if !strings.HasSuffix(f.Summary, ".") || len(f.Summary) < 15 {
		t.Errorf("the summary is no sentence: %q", f.Summary)
	}
	if len(f.Shown) == 0 || f.Shown[0].What == "" || f.Shown[0].Got == "" {
		t.Errorf("nothing shows it: %+v", f)
	}
	if f.Mend.Say == "" || f.Mend.Who == "" || len(f.Mend.Steps) == 0 && f.Mend.Change == nil {
		t.Errorf("nothing mends it: %+v", f.Mend)
	}
	if f.Mend.Change != nil && f.Mend.Offer == "" {
		t.Errorf("the change %q is not offered in words", f.Mend.Change.Describe())
	}
}

func TestEveryOfferedChangeCuresItsFinding(t *testing.T) {
	for _, x := range failing {
		t.Run(x.Check+"/"+x.Name, func(t *testing.T) {
			before := resultOf(t, x.facts(), x.Check)
			for _, f := range before.Findings {
				if f.Mend.Change != nil {
					cures(t, x, f)
				}
			}
		})
	}
}

// cures: after the change the finding is gone, and everything that is left was
// said to be.
func cures(t *testing.T, x fixture, f Finding) {
	t.Helper()
	after := resultOf(t, x.facts().With(f.Mend.Change), x.Check)
	for _, left := range after.Findings {
		if left.Summary == f.Summary || !slices.ContainsFunc(x.Remaining, func(s string) bool { return strings.Contains(left.Summary, s) }) {
			t.Errorf("after %q: %s", f.Mend.Change.Describe(), left.Summary)
		}
	}
	if len(after.Findings) == 0 && after.Outcome != Passed && after.Outcome != NotApplicable {
		t.Errorf("after %q: %s %s", f.Mend.Change.Describe(), after.Outcome, after.Because)
	}
}

// TestWhatNeedsNoSignInIsSaidOnce: each situation fails the one check that is
// about it; what else is wrong for the same reason is skipped.
func TestWhatNeedsNoSignInIsSaidOnce(t *testing.T) {
	for _, x := range slices.Concat(failingAnonymous, failingSecret) {
		t.Run(x.Check+"/"+x.Name, func(t *testing.T) {
			f := x.facts()
			for _, r := range Evaluate(&f, All) {
				group := r.Check().Group
				if r.Outcome == Failed && r.ID != x.Check && (group == Anonymous || group == WithSecret) && !slices.Contains(x.Beside, r.ID) {
					t.Errorf("%s fails too: %s", r.ID, r.Findings[0].Summary)
				}
			}
		})
	}
}

// situations are the healthy baseline and every failing one.
func situations() []Facts {
	out := []Facts{healthy()}
	for _, x := range failing {
		out = append(out, x.facts())
	}
	return out
}

func TestEveryCheckReadsOnlyTheFactsItDeclares(t *testing.T) {
	for _, f := range situations() {
		whole := map[string]Result{}
		for _, r := range Evaluate(&f, All) {
			whole[r.ID] = r
		}
		for _, c := range All {
			part := f
			for _, n := range AllNeeds {
				if !slices.Contains(c.Needs, n) && !slices.Contains(c.Wants, n) {
					part.Forget(n, "taken away", "")
				}
			}
			d := newDeck(All)
			d.done = whole
			got, want := d.decide(c, &part), whole[c.ID]
			if got.Outcome != want.Outcome || !slices.EqualFunc(got.Findings, want.Findings, func(a, b Finding) bool { return sameText(a, b) }) {
				t.Errorf("%s comes to %s (%s), with every fact to %s: does it read one it does not declare?", c.ID, got.Outcome, got.Because, want.Outcome)
			}
		}
	}
}

func sameText(a, b Finding) bool {
	return a.Summary == b.Summary && slices.Equal(a.Shown, b.Shown) && a.Mend.Say == b.Mend.Say && (a.Mend.Change == nil) == (b.Mend.Change == nil)
}

func TestNoCheckFailsOrBreaksWhenNothingIsKnown(t *testing.T) {
	for name, f := range map[string]Facts{
		"nothing given":     {Now: fixedNow, Cloud: entra.Public()},
		"everything given":  {Now: fixedNow, Cloud: entra.Public(), Given: healthyGiven()},
		"no clock no cloud": {Given: healthyGiven()},
	} {
		for _, r := range Evaluate(&f, All) {
			if strings.Contains(r.Because, "defect") {
				t.Errorf("%s, %s: %s", name, r.ID, r.Because)
			}
			if r.Outcome == Failed || r.Outcome == Unknown && (r.Because == "" || r.Would == "") {
				t.Errorf("%s, %s: %s, because %q; would become known: %q", name, r.ID, r.Outcome, r.Because, r.Would)
			}
		}
	}
}

// TestEmptyValuesBreakNoCheck: facts that are known and hold nothing.
func TestEmptyValuesBreakNoCheck(t *testing.T) {
	f := Facts{Now: fixedNow, Cloud: entra.Public(), Given: healthyGiven()}
	for _, n := range AllNeeds {
		if err := f.UnmarshalNeed(n, `{"value":null}`); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range Evaluate(&f, All) {
		if strings.Contains(r.Because, "defect") {
			t.Errorf("%s: %s", r.ID, r.Because)
		}
	}
}

// UnmarshalNeed reads one fact from its JSON.
func (f *Facts) UnmarshalNeed(n Need, data string) error {
	return f.fact(n).(interface{ UnmarshalJSON([]byte) error }).UnmarshalJSON([]byte(data))
}

func TestEveryCodeOfACheckIsKnown(t *testing.T) {
	for _, c := range All {
		for _, code := range c.AADSTS {
			if _, ok := entra.LookupAADSTS(code); !ok {
				t.Errorf("%s explains AADSTS%d, which stands in no table", c.ID, code)
			}
		}
	}
}
