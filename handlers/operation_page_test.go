package handlers

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// planned has an app registration whose request carries the secret, and a
// consent.
func planned() setup.Plan {
	return setup.Plan{Steps: []setup.Step{
		{ID: "application", Action: setup.Create, Title: "Create the app", Request: &entra.Request{Method: "POST", Path: "/applications"}},
		{ID: "secret", Action: setup.Create, Title: "Make the secret in the same request"},
		{ID: "grant:x", Action: setup.Create, Title: "Consent", Request: &entra.Request{Method: "POST", Path: "/oauth2PermissionGrants"}},
	}}
}

func TestAStepWithoutARequestGoesTheWayOfTheOneThatCarriesIt(t *testing.T) {
	for _, tt := range []struct {
		name    string
		entries []setup.Entry
		want    string
	}{
		{"nothing was sent", nil, "not yet"},
		{"the carrier was done", []setup.Entry{{Step: "application", State: setup.Done}}, "done"},
		{"the carrier was refused", []setup.Entry{{Step: "application", State: setup.Failed}}, "refused"},
		{"the answer lacked the secret and a request of its own followed", []setup.Entry{{Step: "application", State: setup.Done}, {Step: "secret", State: setup.Failed}}, "refused"},
	} {
		rows := progressRows(store.Operation{Plan: planned(), State: store.OperationFailed}, tt.entries, nil)
		if got := rows[1]; got.State.Words != tt.want || !strings.HasSuffix(got.Say, tt.want) {
			t.Errorf("%s: the secret's row says %q and %q, want %q", tt.name, got.State.Words, got.Say, tt.want)
		}
	}
}

func TestTheVerdictOfAStoppedSetupIsShort(t *testing.T) {
	refused := setup.Entry{Step: "application", State: setup.Failed, Error: "A policy forbids it."}
	also := setup.Entry{Step: "grant:x", State: setup.Failed, Error: "Who can: an administrator."}
	for _, tt := range []struct {
		name    string
		op      store.Operation
		entries []setup.Entry
		want    string
	}{
		{"one refusal counts once, with what it carries", store.Operation{State: store.OperationFailed, Plan: planned(), Error: "long"}, []setup.Entry{refused}, "One step was refused;"},
		{"two", store.Operation{State: store.OperationFailed, Plan: planned(), Error: "long"}, []setup.Entry{refused, also}, "2 steps were refused;"},
		{"stopped before anything was sent", store.Operation{State: store.OperationFailed, Plan: planned(), Error: "The sign-in has ended."}, nil, "It stopped: The sign-in has ended."},
		{"cut off", store.Operation{State: store.OperationInterrupted, Plan: planned()}, nil, "It was interrupted"},
	} {
		page := operationView(tt.op, store.Environment{}, tt.entries, nil, nil)
		if !strings.HasPrefix(page.Verdict, tt.want) || len(page.Verdict) > 200 {
			t.Errorf("%s: %q, want %q…", tt.name, page.Verdict, tt.want)
		}
	}
}

func TestAFinishedOperationLeadsToWhatIsNext(t *testing.T) {
	env := store.Environment{ID: "e"}
	adopted := store.Environment{ID: "e"}
	adopted.Spec.Adopt = "33333333-2222-3333-4444-555555555555"
	proven := &setup.Result{Proven: true}
	for _, tt := range []struct {
		name        string
		op          store.Operation
		env         store.Environment
		unseen      *store.KeptSecret
		href, words string
	}{
		{"a secret waits", store.Operation{State: store.OperationDone, Result: proven}, env, &store.KeptSecret{}, "/environments/e/secret", "proven"},
		{"a second run made none", store.Operation{State: store.OperationDone, Result: proven}, env, nil, "/environments/e", "proven"},
		{"the next secret is added", store.Operation{State: store.OperationDone, Kind: store.RotateOperation}, env, nil, "/environments/e/rotate", "beside the one in use"},
		{"the old secret is retired", store.Operation{State: store.OperationDone, Kind: store.RetireOperation}, env, nil, "/environments/e", "is gone"},
		{"removed", store.Operation{State: store.OperationDone, Kind: store.RemoveOperation}, env, nil, "/", "can be restored"},
		{"an adopted app stays", store.Operation{State: store.OperationDone, Kind: store.RemoveOperation}, adopted, nil, "/", "was there before and stays"},
	} {
		page := operationView(tt.op, tt.env, nil, nil, tt.unseen)
		if page.Next.Href != tt.href || !strings.Contains(page.Verdict, tt.words) {
			t.Errorf("%s: leads to %s and says %q", tt.name, page.Next.Href, page.Verdict)
		}
	}
}

func TestASecretThatWaitsIsOfferedBesideAStoppedSetup(t *testing.T) {
	env := store.Environment{ID: "e", State: store.Attention}
	steps := nextSteps(env, preset.All[0], nil, []store.KeptSecret{{}})
	if len(steps) != 2 || !steps[0].Primary || steps[1].Href != "/environments/e/secret" || steps[1].Primary {
		t.Errorf("offered %+v", steps)
	}
	if steps := nextSteps(env, preset.All[0], nil, nil); len(steps) != 1 {
		t.Errorf("without a secret %+v", steps)
	}
}

func TestTheProgressOfAnOperationShowsHowASecretBeginsToAdminsAlone(t *testing.T) {
	rows := []progressRow{{planRow: planRow{Step: setup.Step{Diffs: []setup.Diff{{Field: "secret", Old: "abc… until 3 Dec 2026"}}}}, DOMID: "step-old"}}
	for whole, want := range map[bool]string{true: "abc… until 3 Dec 2026", false: "… until 3 Dec 2026"} {
		var sent []string
		sender := rowSender{whole: whole, sent: map[string]progressRow{}, send: func(e web.Event) error {
			sent = append(sent, e.Data.(progressRow).Diffs[0].Old)
			return nil
		}}
		if err := sender.changed(rows); err != nil || len(sent) != 1 || sent[0] != want {
			t.Errorf("whole %t: sent %q, %v", whole, sent, err)
		}
	}
}
