package main

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/store/postgrestest"
)

// onDatabase is "consentry setup" on PostgreSQL.
func (b *bed) onDatabase(url string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append([]string{"setup", "--file", b.file, "--cloud", b.cloud, "--tenant", b.tenant.Domain,
		"--client-id", b.tenant.Automation.ClientID, "--key-file", b.path("key")}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1", secretVariable+"="+b.tenant.Automation.ClientSecret, "CONSENTRY_DATABASE="+url)
	return c
}

func TestSetupOnPostgreSQLLeavesNothingToDo(t *testing.T) {
	t.Parallel()
	b, url := newBed(t, "healthy"), postgrestest.Start(t)
	keyFileAt(t, b.path("key"))
	if o := b.finish(b.onDatabase(url, "--apply", "--secret-out", b.path("secret"))); o.code != 0 {
		t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	b.checkSecret(b.path("secret"), b.checkTenant())
	if o := b.finish(b.onDatabase(url, "--plan")); o.code != 0 {
		t.Errorf("the plan afterwards: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// A console that shares the database may be at work on the environment: setup
// waits its turn, and whoever died is taken over from once its lease is over.
func TestSetupOnASharedDatabaseLeavesAnothersOperationAlone(t *testing.T) {
	t.Parallel()
	b, url := newBed(t, "healthy"), postgrestest.Start(t)
	cloud, err := cloudOf(b.cloud)
	if err != nil {
		t.Fatal(err)
	}
	console, err := openStore(t.Context(), DataFlags{Database: url, KeyFile: []string{keyFileAt(t, b.path("key"))}}, cloud, slog.New(slog.DiscardHandler), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	who := entra.Person{Tenant: entra.TenantID(b.tenant.ID), ID: "a-person"}
	env, err := console.CreateEnvironment(t.Context(), store.Environment{Spec: setup.Spec{Name: "shop"}, Owner: who, Tenant: who.Tenant})
	if err != nil {
		t.Fatal(err)
	}
	op, err := console.StartOperation(t.Context(), env.ID, store.SetupOperation, who, setup.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	o := b.finish(b.onDatabase(url, "--apply"))
	if o.code != 1 || !strings.Contains(o.stderr, store.ErrBusy.Error()) {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if _, err := console.RenewLease(t.Context(), op); err != nil {
		t.Errorf("the console's operation: %v", err)
	}
	if writesTo(b) > 0 {
		t.Error("it wrote all the same")
	}
}

// writesTo counts the writes that the directory received.
func writesTo(b *bed) (n int) {
	for _, r := range b.box.Requests() {
		if r.Service == "graph" && r.Method != "GET" {
			n++
		}
	}
	return n
}
