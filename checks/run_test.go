package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/consentry/consentry/entra"
)

// reading is a check that reads facts and fails when wrong is set.
func reading(id string, wrong bool, needs ...Need) *Check {
	c := &Check{ID: id, Title: "The state " + id + " is good", Severity: Blocks, Group: Anonymous, Needs: needs}
	c.Evaluate = func(*Facts) []Finding {
		if wrong {
			return []Finding{{Summary: id + " is wrong."}}
		}
		return nil
	}
	return c
}

// telling is a source that settles one fact when go is closed; nil means at
// once.
func telling(n Need, when <-chan struct{}) Source {
	return Source{Name: string(n), Gives: []Need{n}, Fetch: func(ctx context.Context, _ Facts) (func(*Facts), error) {
		if when != nil {
			select {
			case <-when:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return settle(n, healthy()), nil
	}}
}

// settle copies one fact out of complete facts.
func settle(n Need, from Facts) func(*Facts) {
	return func(f *Facts) {
		reflect.ValueOf(f.fact(n)).Elem().Set(reflect.ValueOf(from.fact(n)).Elem())
	}
}

func collect(t *testing.T, ctx context.Context, f *Facts, checks []*Check, sources ...Source) map[string]Result {
	t.Helper()
	out := map[string]Result{}
	for r := range Run(ctx, f, checks, sources) {
		if _, twice := out[r.ID]; twice {
			t.Errorf("%s came twice", r.ID)
		}
		out[r.ID] = r
	}
	return out
}

func TestAResultComesAsSoonAsItIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		var order []string
		for r := range Run(t.Context(), &Facts{}, []*Check{reading("slow", false, NeedTenant), reading("fast", false, NeedClock)},
			[]Source{telling(NeedTenant, slow), telling(NeedClock, nil)}) {
			order = append(order, r.ID+" "+string(r.Outcome))
			if r.ID == "fast" {
				close(slow) // until now nothing could settle the other
			}
		}
		if want := []string{"fast passed", "slow passed"}; !slices.Equal(order, want) {
			t.Errorf("%v, want %v", order, want)
		}
	})
}

func TestWhatCanBeDecidedTogetherComesInTheOrderOfDisplay(t *testing.T) {
	checks := []*Check{reading("a", false, NeedClock), reading("b", true, NeedClock), reading("c", false, NeedClock)}
	var order []string
	for r := range Run(t.Context(), &Facts{}, checks, []Source{telling(NeedClock, nil)}) {
		order = append(order, r.ID)
	}
	if !slices.Equal(order, []string{"a", "b", "c"}) {
		t.Error(order)
	}
}

func TestADeadlineMakesUnknownWhatIsMissingAndKeepsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := Facts{}
		got := collect(t, ctx, &f, []*Check{reading("never", false, NeedTenant), reading("early", false, NeedClock)},
			telling(NeedTenant, make(chan struct{})), telling(NeedClock, nil))
		if r := got["never"]; r.Outcome != Unknown || !strings.Contains(r.Because, "too long") || r.Would == "" {
			t.Errorf("%+v", r)
		}
		if got["early"].Outcome != Passed || f.Tenant.Known() {
			t.Errorf("%+v", got)
		}
	})
}

func TestASourceThatIgnoresTheDeadlineHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		release := make(chan struct{})
		deaf := Source{Name: "the deaf one", Gives: []Need{NeedTenant}, Fetch: func(context.Context, Facts) (func(*Facts), error) {
			<-release
			return settle(NeedTenant, healthy()), nil
		}}
		f := Facts{}
		got := collect(t, ctx, &f, []*Check{reading("x", false, NeedTenant)}, deaf)
		close(release)
		synctest.Wait()
		if got["x"].Outcome != Unknown || f.Tenant.Known() {
			t.Errorf("%+v, and the fact came in afterwards: %v", got, f.Tenant.Known())
		}
	})
}

func TestWhoStopsListeningEndsTheGathering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		waits := Source{Name: "slow", Gives: []Need{NeedTenant}, Fetch: func(ctx context.Context, _ Facts) (func(*Facts), error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}}
		for range Run(t.Context(), &Facts{}, []*Check{reading("fast", false, NeedClock), reading("slow", false, NeedTenant)}, []Source{waits, telling(NeedClock, nil)}) {
			break
		}
		synctest.Wait()
		if !ended {
			t.Error("the slow source is still asking")
		}
	})
}

func TestWhatGoesWrongInASourceMakesItsFactsUnknown(t *testing.T) {
	for name, tt := range map[string]struct {
		fetch   func(context.Context, Facts) (func(*Facts), error)
		because string
	}{
		"an error": {func(context.Context, Facts) (func(*Facts), error) { return nil, errors.New("no route to host") }, "no route to host"},
		"an error with a mend": {func(context.Context, Facts) (func(*Facts), error) {
			return nil, &GapError{Gap{Why: "Graph refused it."}}
		}, "Graph refused it."},
		"an error around one": {func(context.Context, Facts) (func(*Facts), error) {
			return nil, fmt.Errorf("asked: %w", &GapError{Gap{Why: "Graph refused it."}})
		}, "Graph refused it."},
		"a panic": {func(context.Context, Facts) (func(*Facts), error) { panic("CANARY") }, "a defect of this program"},
		"a panic of the runtime": {func(_ context.Context, f Facts) (func(*Facts), error) {
			_ = []int{}[len(f.Given.ClientID)]
			return nil, nil
		}, "index out of range [0] with length 0"},
		"a panic while writing":   {func(context.Context, Facts) (func(*Facts), error) { return func(*Facts) { panic("CANARY") }, nil }, "a defect of this program"},
		"an answer without it":    {func(context.Context, Facts) (func(*Facts), error) { return func(*Facts) {}, nil }, "did not hold it"},
		"nothing to write at all": {func(context.Context, Facts) (func(*Facts), error) { return nil, nil }, "did not hold it"},
		"its own time limit":      {func(context.Context, Facts) (func(*Facts), error) { return nil, context.DeadlineExceeded }, "too long"},
		"half of it, then a panic": {func(context.Context, Facts) (func(*Facts), error) {
			return func(f *Facts) { settle(NeedTenant, healthy())(f); panic("CANARY") }, nil
		}, "a defect of this program"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Facts{}
			got := collect(t, t.Context(), &f, []*Check{reading("x", false, NeedTenant), reading("other", false, NeedClock)},
				Source{Name: "the tenant", Gives: []Need{NeedTenant}, Fetch: tt.fetch}, telling(NeedClock, nil))
			if r := got["x"]; r.Outcome != Unknown || !strings.Contains(r.Because, tt.because) || strings.Contains(r.Because, "CANARY") {
				t.Errorf("%+v", r)
			}
			if got["other"].Outcome != Passed {
				t.Errorf("another source suffers: %+v", got["other"])
			}
		})
	}
}

func TestADefectOfACheckIsUnknownAndTheOthersGoOn(t *testing.T) {
	broken := reading("broken", false, NeedClock)
	broken.Evaluate = func(f *Facts) []Finding { return []Finding{{Summary: string(f.Tenant.Get().ID)}} }
	got := collect(t, t.Context(), &Facts{}, []*Check{broken, reading("sound", false, NeedClock)}, telling(NeedClock, nil))
	if r := got["broken"]; r.Outcome != Unknown || !strings.Contains(r.Because, "defect") || r.Would == "" {
		t.Errorf("%+v", r)
	}
	if got["sound"].Outcome != Passed {
		t.Errorf("%+v", got["sound"])
	}
}

func TestASkippedCheckNamesTheRootBeforeItsOwnFactsAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root, middle, leaf := reading("root", true, NeedClock), reading("middle", false, NeedTenant), reading("leaf", false, NeedTenant)
		middle.After, leaf.After = []string{"root"}, []string{"middle"}
		late := make(chan struct{})
		seen := map[string]Result{}
		for r := range Run(t.Context(), &Facts{}, []*Check{root, middle, leaf}, []Source{telling(NeedClock, nil), telling(NeedTenant, late)}) {
			seen[r.ID] = r
			if len(seen) == 3 {
				close(late)
			}
		}
		for _, id := range []string{"middle", "leaf"} {
			if r := seen[id]; r.Outcome != Skipped || r.Cause != "root" || !strings.Contains(r.Because, root.Title) {
				t.Errorf("%s: %+v", id, r)
			}
		}
	})
}

func TestACheckAfterAnUnknownOneIsDecidedByItself(t *testing.T) {
	first, second := reading("first", false, NeedTenant), reading("second", true, NeedClock)
	second.After = []string{"first"}
	got := collect(t, t.Context(), &Facts{}, []*Check{first, second}, telling(NeedClock, nil))
	if got["first"].Outcome != Unknown || got["second"].Outcome != Failed {
		t.Errorf("%+v", got)
	}
}

func TestACheckBehindAnotherIsSkippedWhenThatExplainsItsCode(t *testing.T) {
	for name, tt := range map[string]struct {
		explains []int
		fails    bool
		want     Outcome
	}{
		"it failed and explains the code":   {[]int{50011, 7}, true, Skipped},
		"it failed for something else":      {[]int{7}, true, Failed},
		"it explains the code but is right": {[]int{50011}, false, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			vague := reading("vague", true, NeedClock)
			vague.Evaluate = func(*Facts) []Finding { return []Finding{{Summary: "Refused.", AADSTS: 50011}} }
			vague.Behind = []string{"exact", "not here"}
			exact := reading("exact", tt.fails, NeedTenant)
			exact.AADSTS = tt.explains
			got := collect(t, t.Context(), &Facts{}, []*Check{vague, exact}, telling(NeedClock, nil), telling(NeedTenant, nil))
			if r := got["vague"]; r.Outcome != tt.want || (tt.want == Skipped) != (r.Cause == "exact") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOnlyWhatIsNeededIsAskedFor(t *testing.T) {
	asked := map[string]bool{}
	watch := func(n Need, after ...Need) Source {
		s := telling(n, nil)
		s.After = after
		inner := s.Fetch
		s.Fetch = func(ctx context.Context, f Facts) (func(*Facts), error) {
			for _, need := range after {
				if !f.fact(need).settled() {
					t.Errorf("%s was asked for before %s", n, need)
				}
			}
			return inner(ctx, f)
		}
		return s
	}
	sources := []Source{watch(NeedGrants, NeedPrincipal), watch(NeedPrincipal), watch(NeedOwners), watch(NeedClock), watch(NeedTenant)}
	for i := range sources {
		fetch := sources[i].Fetch
		sources[i].Fetch = func(ctx context.Context, f Facts) (func(*Facts), error) {
			return func(f *Facts) { write, _ := fetch(ctx, *f); asked[sources[i].Name] = true; write(f) }, nil
		}
	}
	f := Facts{Tenant: Known(TenantLookup{Exists: true}, "before")}
	unfit := reading("unfit", false, NeedClock)
	unfit.Applies = func(*Facts) bool { return false }
	got := collect(t, t.Context(), &f, []*Check{reading("grants", false, NeedGrants), reading("tenant", false, NeedTenant), unfit}, sources...)
	want := map[string]bool{string(NeedGrants): true, string(NeedPrincipal): true}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	if got["unfit"].Outcome != NotApplicable || f.Owners.settled() || f.Tenant.From != "before" {
		t.Errorf("%+v", got)
	}
}

func TestSourcesThatWaitForEachOtherEndInUnknown(t *testing.T) {
	a, b := telling(NeedTenant, nil), telling(NeedClock, nil)
	a.After, b.After = []Need{NeedClock}, []Need{NeedTenant}
	got := collect(t, t.Context(), &Facts{}, []*Check{reading("x", false, NeedTenant, NeedClock)}, a, b)
	if r := got["x"]; r.Outcome != Unknown || r.NotGiven {
		t.Errorf("%+v", r)
	}
}

func TestWhatNobodyCanAskForIsUnknownAtOnceAndSaysWhatToGive(t *testing.T) {
	f := Facts{Given: healthyGiven()}
	for r := range Run(t.Context(), &f, []*Check{reading("secret", false, NeedSecretTrial), reading("directory", false, NeedApplication), reading("token", false, NeedToken), reading("network", false, NeedNetwork)}, nil) {
		if r.Outcome != Unknown || r.Because == "" || r.Would == "" || r.NotGiven == (r.ID == "network") {
			t.Errorf("%+v", r)
		}
	}
}

// TestTheStreamSaysWhatTheFactsSay: whatever comes first, the results are
// those of the complete facts.
func TestTheStreamSaysWhatTheFactsSay(t *testing.T) {
	for i, whole := range situations() {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			var sources []Source
			for _, n := range AllNeeds {
				s, wait := telling(n, nil), time.Duration(random.IntN(1000))*time.Millisecond
				s.Fetch = func(context.Context, Facts) (func(*Facts), error) {
					time.Sleep(wait) // of the bubble's own clock
					return settle(n, whole), nil
				}
				sources = append(sources, s)
			}
			f := Facts{Now: whole.Now, Cloud: whole.Cloud, Given: whole.Given}
			got := collect(t, t.Context(), &f, All, sources...)
			for _, want := range Evaluate(&whole, All) {
				if r := got[want.ID]; r.Outcome != want.Outcome || r.Cause != want.Cause || r.Because != want.Because || len(r.Findings) != len(want.Findings) {
					t.Errorf("%s streamed as %+v, and is %+v", want.ID, r, want)
				}
			}
		})
	}
}

func TestAfterAChangeOnlyWhatItTouchesIsAskedAgain(t *testing.T) {
	f := healthy()
	f.Application = Known(&entra.Application{ID: paragonApp}, "before the change")
	var asked []string
	var sources []Source
	for _, n := range AllNeeds {
		s := telling(n, nil)
		s.Fetch = func(context.Context, Facts) (func(*Facts), error) {
			return func(f *Facts) { asked = append(asked, string(n)); settle(n, healthy())(f) }, nil
		}
		sources = append(sources, s)
	}
	checks := []*Check{reading("application", false, NeedApplication), reading("clock", false, NeedClock), reading("follows", false, NeedClock), reading("sign-in", false, NeedSignIn)}
	checks[2].After = []string{"application"}
	var results []string
	for r := range Rerun(t.Context(), &f, checks, sources, entra.UpdateApplication{App: paragonApp}) {
		results = append(results, r.ID)
	}
	slices.Sort(asked)
	slices.Sort(results)
	if !slices.Equal(asked, []string{"application", "sign-in page"}) || !slices.Equal(results, []string{"application", "follows", "sign-in"}) {
		t.Errorf("asked for %v, decided %v", asked, results)
	}
	if f.Application.Get().ClientID != paragonID || f.Clock.Get() != time.Second {
		t.Error("the facts are not those of after the change")
	}
}

func TestEveryChangeSaysWhatItMayAlter(t *testing.T) {
	for _, ch := range []entra.Change{
		entra.CreateApplication{}, entra.UpdateApplication{}, entra.AddSecret{}, entra.RemoveSecret{}, entra.DeleteApplication{}, entra.AddOwner{},
		entra.CreateServicePrincipal{}, entra.UpdateServicePrincipal{}, entra.DeleteServicePrincipal{}, entra.CreateGrant{}, entra.SetGrantScopes{}, entra.DeleteGrant{},
		entra.AddCertificate{}, entra.RemoveCertificate{}, entra.AddFederatedCredential{}, entra.RemoveFederatedCredential{},
	} {
		needs := Affected(ch)
		if len(needs) == 0 {
			t.Errorf("%T alters nothing", ch)
		}
		for _, n := range needs {
			if !slices.Contains(AllNeeds, n) {
				t.Errorf("%T: there is no fact %q", ch, n)
			}
		}
	}
}

// TestAPreviewTouchesOnlyWhatIsAskedAgain: what With changes for an offered
// change is among what Affected names, but for the token, which only another
// consent renews.
func TestAPreviewTouchesOnlyWhatIsAskedAgain(t *testing.T) {
	for _, x := range failing {
		f := x.facts()
		for _, finding := range resultOf(t, f, x.Check).Findings {
			ch := finding.Mend.Change
			if ch == nil {
				continue
			}
			after := f.With(ch)
			for _, n := range AllNeeds {
				if n != NeedToken && !slices.Contains(Affected(ch), n) && !reflect.DeepEqual(f.fact(n), after.fact(n)) {
					t.Errorf("%s, %s: %q changes %s, which is not gathered again", x.Check, x.Name, ch.Describe(), n)
				}
			}
		}
	}
}
