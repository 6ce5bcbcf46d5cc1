package store

import (
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// An opener gives a new, empty store that reads the given clock.
type opener func(t *testing.T, now func() time.Time) *Store

// conformance holds a database to everything that the rest of the program
// relies on. Another database passes it before it may be used.
func conformance(t *testing.T, open opener) {
	groups := map[string]map[string]func(*testing.T, *bench){
		"environments": environmentTests,
		"operations":   operationTests,
		"claims":       claimTests,
		"journal":      journalTests,
		"secrets":      secretTests,
		"sessions":     sessionTests,
		"operators":    operatorTests,
		"sign-ins":     signInTests,
		"trials":       trialTests,
		"runs":         runTests,
		"isolation":    isolationTests,
		"pages":        pageTests,
		"retention":    retentionTests,
		"credentials":  credentialTests,
		"reminders":    reminderTests,
		"ciphertext":   ciphertextTests,
		"audit":        auditTests,
		"verification": verifyTests,
		"keys":         keyTests,
		"watch":        watchTests,
		"cloud":        cloudTests,
	}
	for group, tests := range groups {
		for name, test := range tests {
			t.Run(group+"/"+name, func(t *testing.T) {
				c := &clock{now: time.Date(2026, 3, 1, 9, 30, 0, 123e6, time.UTC)}
				test(t, &bench{Store: open(t, c.Now), clock: c})
			})
		}
	}
}

// bench is a store under test with its clock.
type bench struct {
	*Store
	clock *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var (
	alice   = entra.Person{Tenant: "aaaaaaaa-0000-0000-0000-000000000001", ID: "aaaaaaaa-0000-0000-0000-00000000000a", UPN: "alice@contoso.com", DisplayName: "Alice"}
	bob     = entra.Person{Tenant: "aaaaaaaa-0000-0000-0000-000000000001", ID: "aaaaaaaa-0000-0000-0000-00000000000b", UPN: "bob@contoso.com", DisplayName: "Bob"}
	mallory = entra.Person{Tenant: "bbbbbbbb-0000-0000-0000-000000000002", ID: alice.ID, UPN: alice.UPN, DisplayName: "Alice"}
)

func (b *bench) environment(t *testing.T, name string) Environment {
	t.Helper()
	e, err := b.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: name, Integration: "frontegg"}, Owner: alice, Tenant: alice.Tenant})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (b *bench) operation(t *testing.T, env string) Operation {
	t.Helper()
	o, err := b.StartOperation(t.Context(), env, SetupOperation, alice, setup.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *bench) intent(t *testing.T, o Operation, step setup.StepID) int64 {
	t.Helper()
	seq, err := b.Journal(o).Intent(t.Context(), setup.Entry{Step: step, Title: string(step), Request: entra.Request{Method: "POST", Path: "/applications"}})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// secret makes an environment whose operation brought a client secret.
func (b *bench) secret(t *testing.T, name, value string) KeptSecret {
	t.Helper()
	env := b.environment(t, name)
	o := b.operation(t, env.ID)
	created := entra.Created{
		Secret:      &entra.Secret{KeyID: "key-of-" + entra.KeyID(name), Hint: value[:3], End: b.clock.Now().AddDate(0, 6, 0)},
		SecretValue: entra.NewSensitive(value),
	}
	if err := b.Journal(o).Outcome(t.Context(), b.intent(t, o, "secret"), setup.Done, created, nil); err != nil {
		t.Fatal(err)
	}
	return b.keptSecret(t, env.ID)
}

func (b *bench) keptSecret(t *testing.T, env string) KeptSecret {
	t.Helper()
	kept, err := b.Secrets(t.Context(), env)
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept secrets: %v, %v; want one", kept, err)
	}
	return kept[0]
}

// together runs f n times at once and returns what each run answered.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
