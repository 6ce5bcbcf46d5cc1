package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
)

// SignInFlags say who may use the console, and in whose name it acts.
type SignInFlags struct {
	SignIn   string `enum:"local,entra" default:"local" help:"local: the console is one person's, on this machine. entra: people sign in to it with its own app registration (--client-id), whose app roles viewer, support and admin say what each may do."`
	ClientID string `placeholder:"ID" help:"Client ID of the app registration people sign in with in the browser; with --sign-in entra the console's own."`
	Tenant   string `default:"organizations" help:"Tenant of the browser sign-in: a tenant ID or a domain; organizations takes people of every tenant."`

	ClientSecretFile         string `placeholder:"FILE" help:"With --sign-in entra: file with the registration's client secret."`
	ClientCertificateFile    string `placeholder:"FILE" help:"With --sign-in entra: PEM file with the registration's certificate and its key; better than a secret."`
	ClientFederatedTokenFile string `placeholder:"FILE" help:"With --sign-in entra: file with a token of the platform that the registration's federated credential names; better still."`

	AllowTenant []string      `placeholder:"ID" help:"With --sign-in entra: Directory (tenant) ID whose people are let in. Repeatable; may be left out where --tenant is such an ID."`
	Admin       []string      `placeholder:"TENANT/OBJECT" help:"With --sign-in entra: tenant ID and object ID of a person who is admin whatever role they have. For whoever gives the others their roles."`
	SessionIdle time.Duration `default:"15m" help:"How long somebody stays signed in without using the console."`
	SessionLife time.Duration `default:"8h" help:"How long somebody stays signed in at most."`
}

// entraRules are what keeps these flags from being used.
var entraRules = []configRule{
	{"client-id", func(c *checked) string {
		if c.SignIn == sharedSignIn && c.ClientID == "" && c.Cloud != sandboxCloud {
			return `--sign-in entra needs the console's own app registration: "consentry bootstrap" makes it and prints its client ID`
		}
		return ""
	}},
	{"allow-tenant", func(c *checked) string {
		if wrong := onlyShared(c, len(c.AllowTenant) > 0); wrong != "" || c.SignIn != sharedSignIn {
			return wrong
		}
		_, err := c.tenants()
		if err != nil && c.Cloud != sandboxCloud {
			return err.Error()
		}
		return ""
	}},
	{"admin", func(c *checked) string {
		if wrong := onlyShared(c, len(c.Admin) > 0); wrong != "" {
			return wrong
		}
		if _, err := c.admins(); err != nil {
			return err.Error()
		}
		return ""
	}},
	credentialRule("client-secret-file"), credentialRule("client-certificate-file"), credentialRule("client-federated-token-file"),
	{"session-idle", func(c *checked) string {
		switch {
		case c.SessionIdle < time.Second:
			return "give a second or more, such as 15m"
		case c.SessionIdle > c.SessionLife:
			return "it is longer than --session-life, so that it would never end a session: give less"
		}
		return ""
	}},
	{"session-life", func(c *checked) string {
		if c.SessionLife > 24*time.Hour {
			return "nobody stays signed in for more than a day: give 24h or less"
		}
		return ""
	}},
}

// credentialRule looks at one of the files that the registration may prove
// itself with. That there are several is told of the first.
func credentialRule(flag string) configRule {
	return configRule{flag, func(c *checked) string {
		var given []string
		for _, f := range []struct{ flag, file string }{
			{"client-secret-file", c.ClientSecretFile}, {"client-certificate-file", c.ClientCertificateFile}, {"client-federated-token-file", c.ClientFederatedTokenFile},
		} {
			if f.file != "" {
				given = append(given, f.flag)
			}
		}
		if len(given) == 0 || given[0] != flag {
			return ""
		}
		if wrong := onlyShared(c, true); wrong != "" {
			return wrong
		}
		if len(given) > 1 {
			return "give one of --client-secret-file, --client-certificate-file and --client-federated-token-file: the registration proves itself in one way"
		}
		if _, err := c.credential(); err != nil {
			return withoutPath(err)
		}
		return ""
	}}
}

// onlyShared refuses what would be believed to protect a console and does not.
func onlyShared(c *checked, given bool) string {
	if given && c.SignIn != sharedSignIn {
		return "it goes with --sign-in entra"
	}
	return ""
}

// tenants are those whose people are let in.
func (f *SignInFlags) tenants() ([]entra.TenantID, error) {
	given := f.AllowTenant
	if len(given) == 0 && entra.IsGUID(f.Tenant) {
		given = []string{f.Tenant}
	}
	if len(given) == 0 {
		return nil, errors.New("--sign-in entra needs the tenants whose people are let in: name each by its Directory (tenant) ID, or give --tenant one")
	}
	var out []entra.TenantID
	for _, id := range given {
		switch {
		case !entra.IsGUID(id):
			return nil, errors.New("a tenant is named by its Directory (tenant) ID, such as 11111111-2222-3333-4444-555555555555: domains change hands")
		case strings.EqualFold(id, string(handlers.PersonalTenant)):
			return nil, errors.New("personal accounts are not let in: name a tenant of an organization")
		}
		out = append(out, entra.TenantID(strings.ToLower(id)))
	}
	return out, nil
}

// admins are the people who have the role admin by name.
func (f *SignInFlags) admins() ([]entra.Person, error) {
	var out []entra.Person
	for _, given := range f.Admin {
		tenant, object, ok := strings.Cut(given, "/")
		if !ok || !entra.IsGUID(tenant) || !entra.IsGUID(object) {
			return nil, errors.New("name a person by tenant ID, slash and object ID, such as 11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-aaaaaaaaaaaa: names change hands")
		}
		out = append(out, entra.Person{Tenant: entra.TenantID(strings.ToLower(tenant)), ID: entra.ObjectID(strings.ToLower(object))})
	}
	return out, nil
}

// credential is what the console's registration proves itself with; nil for a
// public client.
func (f *SignInFlags) credential() (oauth.Credential, error) {
	switch {
	case f.ClientSecretFile != "":
		return oauth.SecretFile(f.ClientSecretFile)
	case f.ClientCertificateFile != "":
		return oauth.CertificateFile(f.ClientCertificateFile)
	case f.ClientFederatedTokenFile != "":
		return oauth.FederatedTokenFile(f.ClientFederatedTokenFile)
	}
	return nil, nil
}

// share lets people in by the console's own registration. What it proves
// itself with goes with its own sign-in alone, never with the apps that are
// tested.
func (s *ServeCmd) share(c *console) error {
	signIn := &oauth.Client{Cloud: c.cloud, HTTP: c.handlers.OAuth.HTTP}
	c.handlers.OAuth, c.handlers.Shared = signIn, &handlers.Shared{}
	c.handlers.Browser = &handlers.BrowserSignIn{ClientID: entra.ClientID(s.ClientID), Name: "of this console", Tenant: s.Tenant}
	if s.ClientID == "" && c.sandbox != nil {
		return c.sandbox.share(c.handlers)
	}
	var err error
	if signIn.Credential, err = s.credential(); err != nil {
		return fmt.Errorf("the console's app registration: %w", err)
	}
	if c.handlers.Shared.Tenants, err = s.tenants(); err != nil {
		return fmt.Errorf("--allow-tenant: %w", err)
	}
	c.handlers.Shared.Admins, err = s.admins()
	return err
}
