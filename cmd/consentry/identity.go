package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
)

// ambientCredential is an identity that is there without us, by its name in
// --identity. The client ID chooses among several managed identities; the
// others have theirs.
func ambientCredential(kind string, cloud entra.Cloud, tenant string, id entra.ClientID) (azcore.TokenCredential, error) {
	switch kind {
	case "azure-cli":
		return graph.AzureCLI(cloud, tenant)
	case "environment":
		return graph.Environment(cloud, tenant)
	case "workload-identity":
		return graph.WorkloadIdentity(cloud, tenant)
	case "managed-identity":
		return graph.ManagedIdentity(cloud, id)
	}
	return nil, fmt.Errorf("there is no identity %q", kind)
}

// identityLine says in whose name a command acts, and through whose app
// registration.
func identityLine(i entra.Identity) string {
	if !i.Complete() {
		return "Acting in a name that the access token does not tell."
	}
	who := account(i.Person)
	if i.AppOnly {
		who = "the application " + who
	} else if i.DisplayName != "" && i.DisplayName != who {
		who += " (" + i.DisplayName + ")"
	}
	through := "client ID " + string(i.Client)
	if i.ClientName != "" {
		through = i.ClientName + ", " + through
	}
	return fmt.Sprintf("Acting as %s in the tenant %s, through %s.", who, i.Tenant, through)
}

// A speaker says in whose name it is acted before the first token is used.
type speaker struct {
	azcore.TokenCredential
	say  io.Writer
	once sync.Once
}

// GetToken implements azcore.TokenCredential.
func (s *speaker) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := s.TokenCredential.GetToken(ctx, o)
	if err == nil {
		s.once.Do(func() { fmt.Fprintln(s.say, identityLine(entra.TokenIdentity(entra.NewSensitive(t.Token)))) })
	}
	return t, err
}

// A deviceCredential signs a person in who types a code in a browser, when a
// token is first asked for.
type deviceCredential struct {
	client *oauth.Client
	tenant string
	id     entra.ClientID
	scopes []string
	say    io.Writer

	mu   sync.Mutex
	held oauth.Tokens
}

// GetToken implements azcore.TokenCredential.
func (d *deviceCredential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held.Access.IsZero() || time.Until(d.held.Expires) < time.Minute {
		t, err := d.signIn(ctx)
		if err != nil {
			return azcore.AccessToken{}, err
		}
		d.held = t
	}
	return azcore.AccessToken{Token: d.held.Access.Reveal(), ExpiresOn: d.held.Expires}, nil
}

func (d *deviceCredential) signIn(ctx context.Context) (oauth.Tokens, error) {
	f, err := d.client.BeginDevice(ctx, d.tenant, d.id, d.scopes)
	if err != nil {
		return oauth.Tokens{}, err
	}
	fmt.Fprintf(d.say, "Open %s in a browser and type the code %s. The page there must name the app with the client ID %s.\nType the code only because you gave this command a moment ago: a code that somebody sends you signs them in as you.\n",
		f.Address, f.UserCode, d.id)
	for {
		if err := sleep(ctx, time.Until(f.Next)); err != nil {
			return oauth.Tokens{}, err
		}
		t, err := d.client.PollDevice(ctx, &f)
		if err != oauth.ErrDevicePending {
			return t, err
		}
	}
}

// graphScopes are delegated permissions of Microsoft Graph as a sign-in asks
// for them.
func graphScopes(names ...string) []string {
	out := []string{"openid", "profile", "offline_access"}
	for _, name := range names {
		out = append(out, "https://graph.microsoft.com/"+strings.TrimSpace(name))
	}
	return out
}
