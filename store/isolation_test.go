package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
)

// things are what Alice's tenant has, by the ids that addresses carry.
type things struct {
	environment Environment
	operation   Operation
	seq         int64 // of an open journal entry
	secret      string
	run         Run
	trial       trial.Trial
}

// missing are things that nobody has, alike in all but the ids.
func (x things) missing() things {
	const none = "nothing-has-this-id"
	x.environment.ID, x.operation.ID, x.operation.Environment, x.secret = none, none, none, none
	x.run.ID, x.run.Environment, x.trial.ID, x.trial.Environment = none, none, none, none
	x.environment.Spec.Name = none
	return x
}

func (b *bench) things(t *testing.T, name string) things {
	t.Helper()
	k := b.secret(t, name, "the-value-of-"+name)
	var x things
	var err error
	if x.environment, err = b.Environment(t.Context(), k.Environment); err != nil {
		t.Fatal(err)
	}
	if x.operation, err = b.Operation(t.Context(), k.Operation); err != nil {
		t.Fatal(err)
	}
	x.secret, x.seq = k.ID, b.intent(t, x.operation, "grant")
	x.trial = trial.Trial{ID: "trial-" + name, Environment: k.Environment, Started: b.clock.Now()}
	b.trial(t, x.trial, "", "")
	if x.run, err = b.StartRun(t.Context(), Run{Environment: k.Environment, Trial: x.trial.ID, Owner: alice}); err != nil {
		t.Fatal(err)
	}
	return x
}

// isolated asks for things by id. What is found is nil, empty or zero when
// there is nothing.
var isolated = map[string]func(context.Context, *Store, things) (found any, err error){
	"Environment": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.Environment(ctx, x.environment.ID)
	},
	"EnvironmentByName": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.EnvironmentByName(ctx, x.environment.Spec.Name)
	},
	"SaveEnvironment": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.SaveEnvironment(ctx, x.environment)
	},
	"DeleteEnvironment": func(ctx context.Context, s *Store, x things) (any, error) {
		x.operation.State = OperationDone
		ended := s.FinishOperation(ctx, x.operation)
		return true, errors.Join(s.DeleteEnvironment(ctx, x.environment.ID), ended)
	},
	"StartOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		o, err := s.StartOperation(ctx, x.environment.ID, SetupOperation, alice, setup.Plan{})
		if errors.Is(err, ErrBusy) { // there is one running: it was found
			return o.ID + "running", nil
		}
		return o, err
	},
	"QueueOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		o, err := s.QueueOperation(ctx, x.environment, SetupOperation, alice, setup.Plan{})
		if errors.Is(err, ErrBusy) {
			return "running", nil
		}
		return o, err
	},
	"Operation":  func(ctx context.Context, s *Store, x things) (any, error) { return s.Operation(ctx, x.operation.ID) },
	"Operations": func(ctx context.Context, s *Store, x things) (any, error) { return s.Operations(ctx, x.environment.ID) },
	"OperationsPage": func(ctx context.Context, s *Store, x things) (any, error) {
		return first(s.OperationsPage(ctx, x.environment.ID, "", 10))
	},
	"RenewLease": func(ctx context.Context, s *Store, x things) (any, error) { return s.RenewLease(ctx, x.operation) },
	"InterruptOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.InterruptOperation(ctx, x.operation)
	},
	"ReleaseOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.ReleaseOperation(ctx, x.operation)
	},
	"ClaimOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		o, err := s.ClaimOperation(ctx, x.operation.ID)
		if errors.Is(err, ErrConflict) { // somebody is at work on it: it was found
			return "claimed", nil
		}
		return o, err
	},
	"FinishOperation": func(ctx context.Context, s *Store, x things) (any, error) {
		x.operation.State = OperationDone
		return true, s.FinishOperation(ctx, x.operation)
	},
	"Journal": func(ctx context.Context, s *Store, x things) (any, error) {
		j := s.Journal(x.operation)
		_, intent := j.Intent(ctx, setup.Entry{Step: "grant"})
		outcome := j.Outcome(ctx, x.seq, setup.Done, entra.Created{}, nil)
		entries, err := j.Entries(ctx)
		return entries, errors.Join(intent, outcome, err)
	},
	"Entries": func(ctx context.Context, s *Store, x things) (any, error) { return s.Entries(ctx, x.operation.ID) },
	"EnvironmentEntries": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.EnvironmentEntries(ctx, x.environment.ID)
	},
	"Secrets": func(ctx context.Context, s *Store, x things) (any, error) { return s.Secrets(ctx, x.environment.ID) },
	"RevealSecret": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.RevealSecret(ctx, x.secret, alice)
	},
	"UseSecret":  func(ctx context.Context, s *Store, x things) (any, error) { return s.UseSecret(ctx, x.secret, alice) },
	"DropSecret": func(ctx context.Context, s *Store, x things) (any, error) { return true, s.DropSecret(ctx, x.secret) },
	"StartRun": func(ctx context.Context, s *Store, x things) (any, error) {
		return s.StartRun(ctx, Run{Environment: x.environment.ID, Owner: alice})
	},
	"FinishRun": func(ctx context.Context, s *Store, x things) (any, error) { return true, s.FinishRun(ctx, x.run) },
	"NoteRun": func(ctx context.Context, s *Store, x things) (any, error) {
		before, err := s.Run(As(ctx, Caller{Everything: true}), x.run.ID)
		noted := x.run
		noted.Doing = "noted by " + newID()
		err = errors.Join(unlessMissing(err), s.NoteRun(ctx, noted))
		after, lost := s.Run(As(ctx, Caller{Everything: true}), x.run.ID)
		if after.Doing == before.Doing {
			return nil, errors.Join(err, unlessMissing(lost))
		}
		return "noted", errors.Join(err, unlessMissing(lost))
	},
	"Run": func(ctx context.Context, s *Store, x things) (any, error) { return s.Run(ctx, x.run.ID) },
	"RunsPage": func(ctx context.Context, s *Store, x things) (any, error) {
		return first(s.RunsPage(ctx, x.environment.ID, "", 10))
	},
	"RunOfTrial": func(ctx context.Context, s *Store, x things) (any, error) {
		return first(s.RunOfTrial(ctx, x.trial.ID))
	},
	"SaveTrial": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.SaveTrial(ctx, x.trial, "", nil)
	},
	"Trial":  func(ctx context.Context, s *Store, x things) (any, error) { return s.Trial(ctx, x.trial.ID) },
	"Trials": func(ctx context.Context, s *Store, x things) (any, error) { return s.Trials(ctx, x.environment.ID) },
	"Credentials": func(ctx context.Context, s *Store, x things) (any, error) {
		handed := s.HandOver(As(ctx, Caller{Everything: true}), x.environment.ID, "key", alice, true)
		list, err := s.Credentials(ctx, x.environment.ID)
		return list, errors.Join(err, unlessMissing(handed))
	},
	"Credential": func(ctx context.Context, s *Store, x things) (any, error) {
		handed := s.HandOver(As(ctx, Caller{Everything: true}), x.environment.ID, "key", alice, true)
		c, err := s.Credential(ctx, x.environment.ID, "key")
		return c.Handed, errors.Join(err, unlessMissing(handed))
	},
	"HandOver": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.HandOver(ctx, x.environment.ID, "key", alice, true)
	},
	"KeepProof": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.KeepProof(ctx, x.environment.ID, "key", trial.Proof{})
	},
	"SetContacts": func(ctx context.Context, s *Store, x things) (any, error) {
		return true, s.SetContacts(ctx, x.environment.ID, []string{"a@example.com"})
	},
	"Contacts": func(ctx context.Context, s *Store, x things) (any, error) {
		set := s.SetContacts(As(ctx, Caller{Everything: true}), x.environment.ID, []string{"a@example.com"})
		list, err := s.Contacts(ctx, x.environment.ID)
		return list, errors.Join(err, unlessMissing(set))
	},
	"Reminders": func(ctx context.Context, s *Store, x things) (any, error) {
		_, _, sent := s.ClaimReminder(As(ctx, Caller{Everything: true}), Reminder{Environment: x.environment.ID, KeyID: "key", Days: 7, Channel: "webhook"}, 0)
		list, err := s.Reminders(ctx, x.environment.ID)
		if x.environment.ID == x.missing().environment.ID {
			sent = nil // there is nothing to remind of
		}
		return list, errors.Join(err, sent)
	},
}

// unlessMissing: preparing something for what does not exist may fail.
func unlessMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func first[T, U any](found T, _ U, err error) (any, error) { return found, err }

// unfiltered are the methods that no page reaches with another's id, with the
// reason.
var unfiltered = map[string]string{
	"Close": "no row", "Database": "no row", "WakeBy": "no row", "Sign": "no row", "Signed": "no row",
	"Ready": "no row", "Sweep": "the program's own work", "Bind": "no row", "AuditHead": "no row", "OpenOperations": "a number for the one who runs the console", "OperationTally": "numbers for the one who runs the console", "AuditTally": "numbers for the one who runs the console",
	"LivingSessions":    "a list for administrators, who are shown their own tenant's; tested with its page",
	"CreateEnvironment": "has no id yet; tested below", "Environments": "takes no id; tested below", "EnvironmentsPage": "takes no id; tested below",
	"LoadSession": "the hash of a secret is the right to it", "SaveSession": "the hash of a secret is the right to it",
	"ReplaceSession": "the hash of a secret is the right to it", "DeleteSession": "the hash of a secret is the right to it",
	"Operator": "the key is the person who asks", "SaveOperator": "the key is the person who signs in", "DeleteOperator": "the key is the person who asks", "RenewOperator": "the key is the person who asks",
	"TrialByState": "the state is a secret and the right to it", "TrialsToCleanUp": "takes no id; tested below",
	"Interrupted": "the program's own work", "CutOff": "the program's own work", "NextOperation": "the program's own work", "WakeWaiting": "the program's own work",
	"ClaimReminder": "the program's own work", "EndReminder": "the program's own work",
	"Hold": "says only that somebody is at work; the row was read before", "LetGo": "as Hold", "Held": "as Hold", "TryHold": "as Hold",
	"SweepRuns": "the program's own work", "SweepSecrets": "the program's own work", "SweepSessions": "the program's own work",
	"Audit": "adds a row", "AuditPage": "takes no id; tested with the audit log", "AuditLog": "takes no id; tested with the audit log",
	"VerifyAudit": "the program's own work", "SignedHead": "the program's own work",
	"Rekey": "the program's own work", "Backup": "the program's own work", "Unreadable": "the program's own work",
}

func TestEveryMethodIsHeldToTheTenant(t *testing.T) {
	typ := reflect.TypeFor[*Store]()
	for i := range typ.NumMethod() {
		name := typ.Method(i).Name
		_, held := isolated[name]
		if _, free := unfiltered[name]; held == free {
			t.Errorf("%s: give it a row in isolated, or in unfiltered with the reason why it needs none", name)
		}
	}
}

// of is the context of a request by that person.
func of(ctx context.Context, p entra.Person) context.Context {
	return As(ctx, Caller{Person: p, Role: "admin", Tenant: p.Tenant})
}

var isolationTests = func() map[string]func(*testing.T, *bench) {
	tests := map[string]func(*testing.T, *bench){
		"a name may be taken in another tenant and cannot be asked for there":  sameName,
		"lists hold the rows of one's own tenant":                              ownLists,
		"nobody signed in finds nothing and keeps nothing":                     nobodysRows,
		"whoever sees everything sees every tenant":                            everythingSeen,
		"what was begun before anybody signed in gets a home once and for all": adopted,
	}
	for name, ask := range isolated {
		tests[name+" answers another tenant as if there were nothing"] = func(t *testing.T, b *bench) { sameAsMissing(t, b, ask) }
	}
	return tests
}()

func sameAsMissing(t *testing.T, b *bench, ask func(context.Context, *Store, things) (any, error)) {
	b.WakeBy(deaf{})
	x := b.things(t, "one")
	none, missing := ask(of(t.Context(), bob), b.Store, x.missing())
	for who, ctx := range map[string]context.Context{
		"another tenant": of(t.Context(), mallory),
		"nobody":         As(t.Context(), Caller{Role: "anyone"}),
	} {
		found, err := ask(ctx, b.Store, x)
		if fmt.Sprint(err) != fmt.Sprint(missing) || fmt.Sprintf("%v", found) != fmt.Sprintf("%v", none) {
			t.Errorf("%s gets %v, %v\nfor nothing there is %v, %v", who, found, err, none, missing)
		}
		if err == nil && !empty(found) {
			t.Errorf("%s finds %v", who, found)
		}
	}
	if found, err := ask(of(t.Context(), bob), b.Store, x); err != nil || empty(found) {
		t.Errorf("their own tenant gets %v, %v", found, err)
	}
}

func empty(found any) bool {
	v := reflect.ValueOf(found)
	return !v.IsValid() || v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

// deaf wakes nobody.
type deaf struct{}

func (deaf) Wake(context.Context, *sql.Tx, string, int64) error { return nil }
func (deaf) Nudge(context.Context, string, int64) error         { return nil }

func sameName(t *testing.T, b *bench) {
	b.environment(t, "one")
	theirs, err := b.CreateEnvironment(of(t.Context(), mallory), Environment{Spec: setup.Spec{Name: "one"}, Owner: mallory})
	if err != nil {
		t.Fatalf("the name is refused: %v", err)
	}
	if _, err := b.CreateEnvironment(of(t.Context(), mallory), Environment{Spec: setup.Spec{Name: "one"}, Owner: mallory}); !errors.Is(err, ErrNameTaken) {
		t.Errorf("twice in one tenant: %v", err)
	}
	if got, err := b.EnvironmentByName(of(t.Context(), mallory), "one"); err != nil || got.ID != theirs.ID {
		t.Errorf("by name: %v, %v", got.ID, err)
	}
	if _, err := b.EnvironmentByName(t.Context(), "one"); !errors.Is(err, ErrConflict) {
		t.Errorf("whoever sees both: %v", err)
	}
	local := As(t.Context(), Caller{Person: mallory, Tenant: mallory.Tenant, Everything: true})
	if got, err := b.EnvironmentByName(local, "one"); err != nil || got.ID != theirs.ID {
		t.Errorf("whoever sees both, but is of one: %v, %v", got.ID, err)
	}
}

func ownLists(t *testing.T, b *bench) {
	x := b.things(t, "ours")
	theirs, err := b.CreateEnvironment(of(t.Context(), mallory), Environment{Spec: setup.Spec{Name: "theirs"}, Owner: mallory})
	if err != nil {
		t.Fatal(err)
	}
	x.trial.TemporaryURI = trial.URIAdded
	b.trial(t, x.trial, "", "")
	for person, want := range map[entra.Person]string{bob: x.environment.ID, mallory: theirs.ID} {
		list, err := b.Environments(of(t.Context(), person))
		page, _, perr := b.EnvironmentsPage(of(t.Context(), person), "", 10)
		if err != nil || perr != nil || len(list) != 1 || len(page) != 1 || list[0].ID != want || page[0].ID != want {
			t.Errorf("%s: %v, %v; page %v, %v", person.Tenant, list, err, page, perr)
		}
		left, err := b.TrialsToCleanUp(of(t.Context(), person))
		if err != nil || (len(left) == 1) != (person == bob) {
			t.Errorf("%s: to clean up %v, %v", person.Tenant, left, err)
		}
	}
}

func nobodysRows(t *testing.T, b *bench) {
	if _, err := b.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: "homeless"}}); err != nil {
		t.Fatal(err)
	}
	nobody := As(t.Context(), Caller{Role: "anyone"})
	if list, err := b.Environments(nobody); err != nil || len(list) != 0 {
		t.Errorf("finds %v, %v", list, err)
	}
	if _, err := b.CreateEnvironment(nobody, Environment{Spec: setup.Spec{Name: "x"}, Owner: alice}); !errors.Is(err, errNobody) {
		t.Errorf("creates an environment: %v", err)
	}
	if _, err := b.StartRun(nobody, Run{Owner: alice}); !errors.Is(err, errNobody) {
		t.Errorf("starts a run: %v", err)
	}
	if err := b.SaveTrial(nobody, trial.Trial{ID: "t", Started: time.Now()}, "", nil); !errors.Is(err, errNobody) {
		t.Errorf("saves a trial: %v", err)
	}
}

func adopted(t *testing.T, b *bench) {
	alone := As(t.Context(), Caller{Everything: true})
	e, err := b.CreateEnvironment(alone, Environment{Spec: setup.Spec{Name: "one"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []entra.Person{alice, mallory} {
		if e, err = b.SaveEnvironment(As(t.Context(), Caller{Person: p, Tenant: p.Tenant, Everything: true}), e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Environment(of(t.Context(), alice), e.ID); err != nil {
		t.Errorf("the first who signed in: %v", err)
	}
	if _, err := b.Environment(of(t.Context(), mallory), e.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the second: %v", err)
	}
}

func everythingSeen(t *testing.T, b *bench) {
	for i, p := range []entra.Person{alice, mallory} {
		if _, err := b.CreateEnvironment(of(t.Context(), p), Environment{Spec: setup.Spec{Name: fmt.Sprint("e", i)}, Owner: p}); err != nil {
			t.Fatal(err)
		}
	}
	for who, ctx := range map[string]context.Context{"the program": t.Context(), "one person alone": As(t.Context(), Caller{Everything: true})} {
		if list, err := b.Environments(ctx); err != nil || len(list) != 2 {
			t.Errorf("%s: %v, %v", who, list, err)
		}
	}
}
