package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

// ownedOnly is an application with the least permission that a setup takes.
const ownedOnly = `{"tenants": [{"domain": "contoso.sandbox.invalid", "apps": [{
	"name": "Setup", "client_id": "0a0a0a0a-1111-4222-8333-444444444444", "redirect_uris": ["http://localhost"], "delegated": ["User.Read"],
	"application_granted": ["Application.ReadWrite.OwnedBy", "Application.Read.All", "DelegatedPermissionGrant.Read.All"], "secret": "oWn8Q~sandbox.least-of-permissions-00001"}]}]}`

func TestASetupSaysInWhoseNameItActsBeforeItDoes(t *testing.T) {
	b := newBed(t, "healthy")
	for _, args := range [][]string{{"--plan"}, {"--apply"}, {"--apply", "--json"}} {
		o := b.run(args...)
		want := "Acting as the application Automation in the tenant " + b.tenant.ID + ", through Automation, client ID " + b.tenant.Automation.ClientID + ".\n"
		if strings.Count(o.stderr, want) != 1 || strings.Contains(o.stdout, "Acting as") {
			t.Errorf("%v: standard error %q, want %q in it", args, o.stderr, want)
		}
	}
}

// An application needs no more than to see what is there and to look after the
// apps that it makes.
func TestAnApplicationSetsUpWithTheLeastPermission(t *testing.T) {
	box, err := sandbox.Start(t.Context(), sandbox.Options{Seed: []byte(ownedOnly)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b := &bed{t: t, box: box, dir: t.TempDir(), tenant: box.Ready().Tenants[0]}
	b.tenant.Automation = sandbox.ReadyClient{ClientID: "0a0a0a0a-1111-4222-8333-444444444444", ClientSecret: "oWn8Q~sandbox.least-of-permissions-00001"}
	line, err := json.Marshal(box.Ready())
	if err != nil {
		t.Fatal(err)
	}
	b.file, b.cloud = b.write("environment.yaml", environmentFile+"skipConsent: true\n"), b.write("cloud.json", string(line))
	o := b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
	if !strings.Contains(o.stdout, "shop is set up") {
		t.Errorf("%s%s", o.stdout, o.stderr)
	}
	b.mustRun(0, "--plan")
}
