package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// applyAtOnce is what --apply does, without the time between looks: the
// sandbox counts its delay in lookups.
func (b *bed) applyAtOnce(change func(*setup.Desired)) setup.Result {
	b.t.Helper()
	st, err := store.Open(b.t.Context(), store.Options{Path: filepath.Join(b.t.TempDir(), "late.db"), Key: store.NewKey()})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			b.t.Error(err)
		}
	}()
	p, _ := preset.ByID("frontegg")
	want, wrong := setup.Spec{Name: "shop", Integration: p.ID, Inputs: map[string]string{"host": "gateway.example.com"}}.Resolve(p)
	if len(wrong) > 0 {
		b.t.Fatal(wrong)
	}
	if change != nil {
		change(&want)
	}
	who := entra.Person{Tenant: entra.TenantID(b.tenant.ID), ID: "00000000-0000-0000-0000-000000000001"}
	env, err := st.CreateEnvironment(b.t.Context(), store.Environment{Spec: setup.Spec{Name: want.Name}, Owner: who, Tenant: who.Tenant})
	if err != nil {
		b.t.Fatal(err)
	}
	op, err := st.StartOperation(b.t.Context(), env.ID, store.SetupOperation, who, setup.Plan{})
	if err != nil {
		b.t.Fatal(err)
	}
	engine := setup.Engine{Directory: b.directory(), Journal: st.Journal(op), Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	result, err := engine.Apply(b.t.Context(), want, op.ID)
	if err != nil || !result.Proven {
		b.t.Fatalf("proven %v, left %v, %v", result.Proven, result.Left, err)
	}
	return result
}

func TestSetupSurvivesADirectoryThatHearsLate(t *testing.T) {
	t.Parallel()
	post := func(path string, a sandbox.Action) sandbox.Fault {
		return sandbox.Fault{Service: "graph", Method: "POST", Path: path, Nth: 1, Action: a}
	}
	for _, c := range []struct {
		name, scenario string
		faults         []sandbox.Fault
	}{
		{"every write", "replication delay", nil},
		{"and the answer that carries the secret is lost", "replication delay", []sandbox.Fault{post("/v1.0/applications", sandbox.Action{CommitThenDrop: true})}},
		{"and the principal's answer is lost", "replication delay", []sandbox.Fault{post("/v1.0/servicePrincipals", sandbox.Action{CommitThenStatus: 503})}},
		{"reads of one application alone", "healthy", []sandbox.Fault{post("/v1.0/applications", sandbox.Action{ReplicaLag: 5})}},
		{"reads of an application whose answer is lost", "healthy", []sandbox.Fault{post("/v1.0/applications", sandbox.Action{ReplicaLag: 5, CommitThenDrop: true})}},
		{"reads of a consent", "healthy", []sandbox.Fault{post("/v1.0/oauth2PermissionGrants", sandbox.Action{ReplicaLag: 5})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, c.scenario)
			if err := b.box.SetFaults(c.faults...); err != nil {
				t.Fatal(err)
			}
			b.applyAtOnce(nil)
			b.checkTenant()
		})
	}
}

func TestNewSecretInADirectoryThatHearsLate(t *testing.T) {
	t.Parallel()
	b := newBed(t, "replication delay")
	first := b.applyAtOnce(nil)
	b.applyAtOnce(func(d *setup.Desired) { d.NewSecret = true })
	if after := b.checkTenant(); after.ClientID != first.App.ClientID || after.Secrets[0].KeyID == first.Secret.KeyID {
		t.Errorf("client ID %s, then %s; secret %s, then %s", first.App.ClientID, after.ClientID, first.Secret.KeyID, after.Secrets[0].KeyID)
	}
}

func TestSignInHearsLateOfWhatSetupMade(t *testing.T) {
	t.Parallel()
	b := newBed(t, "replication delay")
	app := b.applyAtOnce(nil).App
	made := do(b, entra.AddSecret{App: app.ID, Secret: entra.NewSecret{Name: "for the test", End: time.Now().AddDate(0, 1, 0)}})
	client := oauth.Client{Cloud: b.box.Cloud(), HTTP: b.client()}
	var refusals int
	for ; refusals < 20; refusals++ {
		if _, err := client.ClientCredentials(t.Context(), b.tenant.ID, app.ClientID, made.SecretValue, "https://graph.microsoft.com/.default"); err == nil {
			break
		}
	}
	// The application and its service principal, one after the other.
	if refusals != 6 {
		t.Errorf("%d refusals before the first token, want 6", refusals)
	}
}

func do(b *bed, c entra.Change) entra.Created {
	b.t.Helper()
	created, err := b.directory().Do(b.t.Context(), c)
	if err != nil {
		b.t.Fatal(err)
	}
	return created
}
