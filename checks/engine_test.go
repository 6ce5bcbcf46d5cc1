package checks

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func TestFactsSurviveTheirJSON(t *testing.T) {
	for name, f := range map[string]Facts{
		"complete":      healthy(),
		"nothing asked": {Now: fixedNow, Cloud: entra.Public()},
		"no such object": changed(func(f *Facts) {
			f.Application, f.Principal = Known[*entra.Application](nil, "GET"), Known[*entra.ServicePrincipal](nil, "GET")
		}),
		"facts that are not": changed(func(f *Facts) {
			f.Forget(NeedPolicies, "It may not be read.", "Give Policy.Read.All.")
			f.Renew(NeedGrants)
		}),
		"nothing was given": changed(func(f *Facts) { f.Token = Fact[TokenFacts]{state: unknown, gap: unasked(NeedToken)} }),
	} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			var back Facts
			if err := json.Unmarshal(data, &back); err != nil {
				t.Fatal(err)
			}
			if again, _ := json.Marshal(back); string(again) != string(data) {
				t.Errorf("%s\nbecame\n%s", data, again)
			}
			if before, after := Evaluate(&f, All), Evaluate(&back, All); !reflect.DeepEqual(before, after) {
				t.Error("the results differ after reading the facts back")
			}
		})
	}
}

func TestAFactIsReadOrTheReaderHearsWhy(t *testing.T) {
	var f Facts
	if err := json.Unmarshal([]byte(`{"clock":{"value":1000},"tenant":{"unknown":"No network.","would":"Try again."},"owners":null}`), &f); err != nil {
		t.Fatal(err)
	}
	if f.Clock.Get() != 1000 || f.Tenant.Known() || f.Tenant.missing().Why != "No network." || f.Owners.settled() {
		t.Errorf("%+v", f)
	}
	if f.Tenant.Or(TenantLookup{Exists: true}).Exists != true {
		t.Error("Or does not give the other value")
	}
	for _, bad := range []string{`{"clock":{"value":"an hour"}}`, `{"clock":7}`} {
		if err := json.Unmarshal([]byte(bad), &Facts{}); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a fact that is not known was read")
		}
	}()
	f.Tenant.Get()
}

func TestEveryNeedIsAFact(t *testing.T) {
	var f Facts
	seen := map[anyFact]Need{}
	for _, n := range AllNeeds {
		if other, twice := seen[f.fact(n)]; twice {
			t.Errorf("%s and %s are the same fact", n, other)
		}
		seen[f.fact(n)] = n
	}
	facts := 0
	for i := range reflect.TypeFor[Facts]().NumField() {
		if strings.HasPrefix(reflect.TypeFor[Facts]().Field(i).Type.Name(), "Fact[") {
			facts++
		}
	}
	if facts != len(AllNeeds) {
		t.Errorf("there are %d facts and %d names", facts, len(AllNeeds))
	}
}

func TestValidateFindsWhatIsWrongWithAList(t *testing.T) {
	sound := func(id string) *Check {
		return &Check{ID: id, Title: "It is good", Why: "It breaks.", Cites: "https://learn.microsoft.com/x", Group: Anonymous, Severity: Blocks, Evaluate: func(*Facts) []Finding { return nil }}
	}
	if err := Validate([]*Check{sound("a"), sound("b-2")}); err != nil {
		t.Fatal(err)
	}
	for complaint, change := range map[string]func(a, b *Check){
		"taken already":           func(a, b *Check) { b.ID = "a" },
		"kebab-case":              func(a, _ *Check) { a.ID = "A_b" },
		"no title":                func(a, _ *Check) { a.Title = "" },
		"full stop":               func(a, _ *Check) { a.Title = "Good." },
		"does not say why":        func(a, _ *Check) { a.Why = "" },
		"cites no page":           func(a, _ *Check) { a.Cites = "the manual" },
		"severity":                func(a, _ *Check) { a.Severity = "awful" },
		"group is none":           func(a, _ *Check) { a.Group = "others" },
		"evaluates nothing":       func(a, _ *Check) { a.Evaluate = nil },
		`no fact "weather"`:       func(a, _ *Check) { a.Needs = []Need{"weather"} },
		"both needs and wants":    func(a, _ *Check) { a.Needs, a.Wants = []Need{NeedClock}, []Need{NeedClock} },
		`no input "mood"`:         func(a, _ *Check) { a.Asks = []Input{"mood"} },
		"not stand before it":     func(a, _ *Check) { a.After = []string{"b"} },
		"does not exist":          func(a, _ *Check) { a.Behind = []string{"c"} },
		"waits for itself":        func(a, b *Check) { a.Behind, b.After = []string{"b"}, []string{"a"} },
		"checks of a later group": func(a, _ *Check) { a.Group = WithGraph },
	} {
		a, b := sound("a"), sound("b")
		change(a, b)
		if err := Validate([]*Check{a, b}); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%q is not said: %v", complaint, err)
		}
	}
}

func TestAPreviewSaysWhatTurns(t *testing.T) {
	needsLock := reading("lock", false, NeedApplication)
	needsLock.Evaluate = func(f *Facts) []Finding {
		if f.Application.Get().PropertyLock.Complete() {
			return nil
		}
		return []Finding{{Summary: "open"}}
	}
	names := reading("name", false, NeedApplication)
	names.Evaluate = func(f *Facts) []Finding { return []Finding{{Summary: "called " + f.Application.Get().DisplayName}} }
	after, still := reading("after", false, NeedClock), reading("still", false, NeedApplication)
	after.After = []string{"lock"}
	f := changed(app(func(a *entra.Application) { a.PropertyLock = entra.PropertyLock{} }))
	name := "New"
	turns := Preview(f, []*Check{needsLock, names, after, still}, entra.UpdateApplication{App: paragonApp, DisplayName: &name},
		entra.UpdateApplication{App: paragonApp, PropertyLock: &entra.PropertyLock{Enabled: true, All: true}})
	want := []Turn{
		{ID: "lock", Before: Failed, After: Passed},
		{ID: "name", Before: Failed, After: Failed, Left: []Finding{{Summary: "called New"}}},
		{ID: "after", Before: Skipped, After: Passed},
	}
	if !reflect.DeepEqual(turns, want) {
		t.Errorf("%+v, want %+v", turns, want)
	}
	if f.Application.Get().DisplayName != "Paragon Integration" || f.Application.Get().PropertyLock.Enabled {
		t.Error("the facts themselves were changed")
	}
}

func TestComparingRunsShowsWhatIsNew(t *testing.T) {
	turns := Compare([]Result{{ID: "a", Outcome: Passed}}, []Result{{ID: "a", Outcome: Passed}, {ID: "b", Outcome: Failed}})
	if !reflect.DeepEqual(turns, []Turn{{ID: "b", Before: Unknown, After: Failed}}) {
		t.Errorf("%+v", turns)
	}
}

func TestARunIsSummedUpInASentence(t *testing.T) {
	due := func(days int) []Finding { return []Finding{{Summary: "s", Due: fixedNow.AddDate(0, 0, days)}} }
	wrong := []Finding{{Summary: "s"}}
	stop, stop2 := Result{ID: "tenant-exists", Outcome: Failed, Findings: wrong}, Result{ID: "organization-exists", Outcome: Failed, Findings: wrong}
	risk := Result{ID: "clock-in-step", Outcome: Failed, Findings: wrong}
	soon, later := Result{ID: "offline-access-asked", Outcome: Failed, Findings: due(12)}, Result{ID: "tenant-for-work-accounts", Outcome: Failed, Findings: due(40)}
	advice := Result{ID: "scopes-by-id", Outcome: Failed, Findings: wrong}
	fine, open := Result{ID: "scopes-known", Outcome: Passed}, Result{ID: "secret-accepted", Outcome: Unknown}
	ungiven := Result{ID: "secret-accepted", Outcome: Unknown, NotGiven: true}
	for _, tt := range []struct {
		results  []Result
		verdict  Verdict
		code     int
		sentence string
	}{
		{[]Result{stop, stop2, soon}, Wrong, 2, "2 things stop sign-in; 1 will in 12 days."},
		{[]Result{stop, soon, later, risk}, Wrong, 2, "1 thing stops sign-in; 2 will, the first in 12 days; 1 keeps some people out."},
		{[]Result{later, soon}, Wrong, 2, "2 things will stop sign-in, the first in 12 days."},
		{[]Result{risk, open}, Wrong, 2, "1 thing keeps some people out; 1 check could not be decided."},
		{[]Result{fine, open}, Undecided, 3, "Nothing wrong was found; 1 check could not be decided."},
		{[]Result{fine, ungiven}, Right, 0, "Nothing wrong was found; 1 thing could not be looked at."},
		{[]Result{fine, advice}, Right, 0, "Nothing is wrong: Paragon can sign people in; 1 thing could be kept better."},
		{[]Result{fine}, Right, 0, "Nothing is wrong: Paragon can sign people in."},
	} {
		f := healthy()
		s := Summarize(&f, tt.results)
		if s.Verdict != tt.verdict || s.Sentence != tt.sentence || s.Verdict.ExitCode() != tt.code {
			t.Errorf("%q %s %d, want %q", s.Sentence, s.Verdict, s.Verdict.ExitCode(), tt.sentence)
		}
	}
}

func TestRootsStandInTheOrderOfWhatTheyMeanWithWhatFollows(t *testing.T) {
	f := changed(typedTenant("nowhere"), typedScopes(ado+"vso.work"), func(f *Facts) { f.Clock = Known(time.Hour, "Date") })
	s := Summarize(&f, Evaluate(&f, All))
	var ids []string
	for _, r := range s.Roots {
		if slices.Contains([]string{"tenant-well-formed", "clock-in-step", "offline-access-asked"}, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	if !slices.Equal(ids, []string{"tenant-well-formed", "clock-in-step", "offline-access-asked"}) {
		t.Errorf("%+v", s.Roots)
	}
	if s.Roots[0].ID != "tenant-well-formed" || !slices.Contains(s.Roots[0].Follows, "tenant-exists") || !slices.Contains(s.Roots[0].Follows, "sign-in-accepted") {
		t.Errorf("%+v", s.Roots[0])
	}
	total := 0
	for _, n := range s.Counts {
		total += n
	}
	if total != len(All) || s.Counts[Failed] != len(s.Roots) {
		t.Errorf("%+v, of %d checks", s.Counts, len(All))
	}
}

func TestAResultOfAnotherVersionIsStillCounted(t *testing.T) {
	f := healthy()
	s := Summarize(&f, []Result{{ID: "of-old", Outcome: Failed, Findings: []Finding{{Summary: "s"}}}})
	if s.Verdict != Wrong || len(s.Roots) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsUndecidedSaysOnceWhatToGive(t *testing.T) {
	f := Facts{Now: fixedNow, Cloud: entra.Public()}
	would := Undecidable(Evaluate(&f, All))
	if len(would) < 5 || len(slices.Compact(slices.Sorted(slices.Values(would)))) != len(would) {
		t.Errorf("%q", would)
	}
}

func TestTheTableHasARowForEachCheck(t *testing.T) {
	table := Table(All)
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if len(rows) != len(All)+2 {
		t.Fatalf("%d rows for %d checks", len(rows), len(All))
	}
	for i, c := range All {
		if row := rows[i+2]; strings.Count(row, "|")-strings.Count(row, `\|`) != 6 || !strings.Contains(row, "`"+c.ID+"`") || strings.Contains(row, "|  |  |") {
			t.Errorf("%s", row)
		}
	}
	if got := Table([]*Check{{ID: "a", Title: "x | y", Group: WithToken, Severity: Advises, AADSTS: []int{50011, 700016}}}); !strings.Contains(got, `| x \| y | with a test consent | it works, and could be kept better | AADSTS50011, AADSTS700016 |`) {
		t.Error(got)
	}
}
