package handlers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

func TestWhatCameIsComparedWithWhatWasForeseen(t *testing.T) {
	const directory, token = "redirect-uri-registered", "token-scopes"
	turn := func(id string) checks.Turn { return checks.Turn{ID: id, Before: checks.Failed, After: checks.Passed} }
	came := func(id string, o checks.Outcome) checks.Result { return checks.Result{ID: id, Outcome: o} }
	for _, tt := range []struct {
		name         string
		foreseen     []checks.Turn
		live         bool
		now          []checks.Result
		state        setup.EntryState
		row, verdict string
		unmet        bool
		rows         int
	}{
		{name: "it came", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Passed)}, state: setup.Done, row: "as foreseen", verdict: "as foreseen", rows: 1},
		{name: "it did not come", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Failed)}, state: setup.Done, row: "different", verdict: "written, with a difference", unmet: true, rows: 1},
		{name: "not yet", foreseen: []checks.Turn{turn(directory)}, live: true, now: []checks.Result{came(directory, checks.Failed)}, state: setup.Done, row: "not yet", verdict: "under way", unmet: true, rows: 1},
		{name: "not looked at yet", foreseen: []checks.Turn{turn(directory)}, live: true, state: setup.Done, row: "waiting", verdict: "under way", rows: 1},
		{name: "what only the next token shows", foreseen: []checks.Turn{turn(token)}, now: []checks.Result{came(token, checks.Failed)}, state: setup.Done, row: "shows at the next sign-in", verdict: "as foreseen", rows: 1},
		{name: "the secret is not at hand to try", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{{ID: directory, Outcome: checks.Unknown, NotGiven: true, Because: "No client secret was given."}}, state: setup.Done, row: "not looked at again", verdict: "as foreseen", rows: 1},
		{name: "more came than was foreseen", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Passed), came("owners-at-least-two", checks.Failed)}, state: setup.Done, row: "not foreseen", verdict: "written, with a difference", rows: 2},
		{name: "what was not known before is known now", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Passed), came("audience-unrestricted", checks.Failed)}, state: setup.Done, row: "as foreseen", verdict: "as foreseen", rows: 1},
		{name: "what was found out with the secret is not looked at again", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Passed), {ID: "owners-at-least-two", Outcome: checks.Unknown, NotGiven: true}}, state: setup.Done, row: "as foreseen", verdict: "as foreseen", rows: 1},
		{name: "refused", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Failed)}, state: setup.Failed, row: "different", verdict: "refused", unmet: true, rows: 1},
		{name: "no answer, but it shows", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Passed)}, state: setup.Unknown, row: "as foreseen", verdict: "no answer came", rows: 1},
		{name: "cut off before it was sent", foreseen: []checks.Turn{turn(directory)}, now: []checks.Result{came(directory, checks.Failed)}, row: "different", verdict: "cut off", unmet: true, rows: 1},
	} {
		before := []checks.Result{came(directory, checks.Failed), came(token, checks.Failed), came("owners-at-least-two", checks.Passed), came("audience-unrestricted", checks.Unknown)}
		now := tt.now
		if !tt.live { // what nobody asked about again is as it was
			for _, b := range before {
				if !strings.Contains(fmt.Sprint(now), b.ID) {
					now = append(now, b)
				}
			}
		}
		v := viewFix(store.Run{RunDocument: store.RunDocument{Fix: &store.RunFix{State: tt.state, Before: before, Foreseen: tt.foreseen}}}, tt.live, now)
		if len(v.Turns) != tt.rows || v.Turns[0].State.Words != tt.row || v.State.Words != tt.verdict {
			t.Errorf("%s: %+v, %s", tt.name, v.Turns, v.State.Words)
		}
		if got := unmet(tt.foreseen, now); got != tt.unmet {
			t.Errorf("%s: unmet %v", tt.name, got)
		}
	}
}

func TestOnlyWhatTheFactsOfferIsProposed(t *testing.T) {
	f := galleryFacts(entra.Public())
	for _, tt := range []struct {
		name   string
		choice choice
		method string // empty: nothing is
	}{
		{"what mends a finding", choice{Check: "redirect-uri-registered"}, "PATCH"},
		{"a finding that is not there", choice{Check: "redirect-uri-registered", Finding: 1}, ""},
		{"a finding before the first", choice{Check: "redirect-uri-registered", Finding: -1}, ""},
		{"a check that passes", choice{Check: "tenant-exists"}, ""},
		{"no check", choice{Check: "nonsense"}, ""},
		{"a consent", choice{Revoke: "grant"}, "DELETE"},
		{"a consent that is not the app's", choice{Revoke: "other"}, ""},
		{"a secret", choice{Drop: "88888888-2222-3333-4444-555555555555"}, "POST"},
		{"a secret that is not the app's", choice{Drop: "1"}, ""},
		{"consent for all", choice{Consent: true}, "POST"},
		{"a new secret", choice{Rotate: true}, "POST"},
		{"nothing", choice{}, ""},
	} {
		p, ok := propose(&f, tt.choice)
		if ok != (tt.method != "") || ok && p.change.Request().Method != tt.method {
			t.Errorf("%s: %v, %+v", tt.name, ok, p)
		}
		if again := chosenChange(tt.choice.values().Get); ok && again != tt.choice && (again.Check != "" || again.Revoke != tt.choice.Revoke || again.Drop != tt.choice.Drop) {
			t.Errorf("%s: its address says %+v", tt.name, again)
		}
	}
	var empty checks.Facts
	for _, w := range []choice{{Consent: true}, {Rotate: true}, {Revoke: "grant"}, {Drop: "1"}, {Check: "redirect-uri-registered"}} {
		if _, ok := propose(&empty, w); ok {
			t.Errorf("without facts %+v is offered", w)
		}
	}
}

func TestAWatchedAppHasAName(t *testing.T) {
	named := func(name string) checks.Facts {
		return checks.Facts{Application: checks.Known(&entra.Application{DisplayName: name}, "")}
	}
	for _, tt := range []struct {
		f    checks.Facts
		want string
	}{
		{named("Paragon of Contoso"), "paragon-of-contoso"},
		{named("  Über–App (prod)!"), "ber-app-prod"},
		{named("日本"), "app"},
		{named(strings.Repeat("long name ", 10)), "long-name-long-name-long-name"},
		{checks.Facts{Given: checks.Given{Integration: "cyclr"}}, "cyclr"},
	} {
		got := watchedName(tt.f)
		if got != tt.want || setup.ValidateName(got) != nil {
			t.Errorf("%q, want %q: %v", got, tt.want, setup.ValidateName(got))
		}
	}
}

func TestAPendingCheckWaitsForTheSourceAskedLongestAgo(t *testing.T) {
	c, _ := checks.Lookup("registration-exists")
	now := galleryTime
	seen := checkingSeen{
		sources: []checks.Source{{Name: "one", Gives: []checks.Need{checks.NeedApplication}}, {Name: "two", Gives: []checks.Need{checks.NeedSignIn}}, {Name: "other", Gives: []checks.Need{checks.NeedProject}}},
		busy:    map[string]time.Time{"one": now.Add(-time.Second), "two": now.Add(-5 * time.Second), "other": now.Add(-time.Minute)},
	}
	if row := waitingRow(c, seen, now); row.Text != "Waiting for two, which takes long: 5 seconds so far." {
		t.Errorf("%q", row.Text)
	}
	delete(seen.busy, "two")
	if row := waitingRow(c, seen, now); row.Text != "Waiting for one." {
		t.Errorf("%q", row.Text)
	}
}

func TestARequestThatDiffersHasAnotherDigest(t *testing.T) {
	one := entra.DeleteGrant{Grant: "1"}.Request()
	if digest(one) != digest(entra.DeleteGrant{Grant: "1"}.Request()) || digest(one) == digest(entra.DeleteGrant{Grant: "2"}.Request()) {
		t.Error("the digest does not tell requests apart")
	}
}
