package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
)

// secretVariable holds the secret of --client-id: a flag would show in the
// list of processes.
const secretVariable = "CONSENTRY_CLIENT_SECRET"

// runningSandbox is where "consentry sandbox" listens unless told otherwise;
// its root answers with its cloud file.
const runningSandbox = "http://127.0.0.1:18080/"

// setupCloud reads --cloud. "sandbox" is one that runs on its own: what is set
// up in it must outlive the command.
func setupCloud(ctx context.Context, name string) (entra.Cloud, error) {
	if name != "sandbox" {
		return cloudOf(name)
	}
	return askSandbox(ctx, runningSandbox)
}

// askSandbox asks the sandbox that listens at an address what it is.
func askSandbox(ctx context.Context, address string) (entra.Cloud, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return entra.Cloud{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return entra.Cloud{}, fmt.Errorf("--cloud sandbox: none runs at %s: start one with \"consentry sandbox\", or give the file with the line that it printed: %w", address, err)
	}
	defer resp.Body.Close()
	line, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return entra.Cloud{}, fmt.Errorf("--cloud sandbox: %w", err)
	}
	c, err := entra.ParseCloud(line)
	if err == nil && !c.IsSandbox() {
		err = errors.New("it is another cloud")
	}
	if err != nil {
		return entra.Cloud{}, fmt.Errorf("--cloud sandbox: what answers at %s is no sandbox: %w", address, err)
	}
	return c, nil
}

// credential is the application of --client-id, or the first identity that
// the machine has.
func (r *setupRun) credential() (azcore.TokenCredential, error) {
	if r.ClientID == "" {
		return graph.Chain(r.cloud, r.spec.Tenant)
	}
	id, err := entra.ParseClientID(r.ClientID)
	if err != nil {
		return nil, fmt.Errorf("--client-id: %w", err)
	}
	secret := os.Getenv(secretVariable)
	switch {
	case secret == "":
		return nil, fmt.Errorf("--client-id needs the application's secret in the environment variable %s", secretVariable)
	case r.spec.Tenant == "":
		return nil, errors.New("--client-id needs the tenant: give --tenant, or tenant in the environment file")
	}
	return graph.ClientSecret(r.cloud, r.spec.Tenant, id, entra.NewSensitive(secret))
}

// A witness passes tokens on and remembers who they are for, so that no
// request is needed to learn it.
type witness struct {
	azcore.TokenCredential
	mu   sync.Mutex
	last entra.Sensitive
}

// GetToken implements azcore.TokenCredential.
func (w *witness) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := w.TokenCredential.GetToken(ctx, o)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.last = entra.NewSensitive(t.Token)
	}
	return t, err
}

// person is who is signed in, a person or an application; without tenant and
// id while there was no token, or where it cannot be read. The token is our
// own and goes to Graph, which judges it: its claims are words here, and the
// key to whom a kept secret belongs on this machine.
func (w *witness) person() entra.Person {
	w.mu.Lock()
	defer w.mu.Unlock()
	claims, err := oauth.Claims(w.last)
	if err != nil {
		return entra.Person{}
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	return entra.Person{
		Tenant: entra.TenantID(text("tid")), ID: entra.ObjectID(text("oid")),
		UPN:         cmp.Or(text("upn"), text("preferred_username"), text("unique_name")),
		DisplayName: cmp.Or(text("name"), text("app_displayname"), text("appid")),
	}
}
