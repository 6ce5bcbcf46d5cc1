package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
)

// IdentityFlag says in whose name a console acts that one person has to
// themselves. Nothing is borrowed silently: the sign-in page names the
// identity and its app registration, and the person chooses it.
type IdentityFlag struct {
	Identity string `enum:"auto,browser,device-code,azure-cli,environment,workload-identity,managed-identity" default:"auto" help:"With --sign-in local, in whose name the console acts. browser and device-code: a person who signs in through the app registration --client-id (the sandbox has one). azure-cli: the account of az login. environment: the application of AZURE_CLIENT_ID. workload-identity, managed-identity: what the platform gives this machine. auto: browser where a client ID is known, and the account of az login besides."`
}

// identityRules are what keeps an identity from being used.
var identityRules = []configRule{
	{"identity", func(c *checked) string {
		if c.Identity != autoIdentity && c.SignIn == sharedSignIn {
			return "it goes with --sign-in local: in a console that several people share everybody acts in their own name"
		}
		return ""
	}},
	{"identity", func(c *checked) string {
		if (c.Identity == "browser" || c.Identity == "device-code") && c.ClientID == "" && !c.cloud.IsSandbox() {
			return "it needs --client-id: the Application (client) ID of an app registration of your choosing, none of Microsoft's"
		}
		return ""
	}},
}

const autoIdentity = "auto"

// offer puts the identities on the sign-in page.
func (s *ServeCmd) offer(c *console) error {
	id, name := entra.ClientID(s.ClientID), "of your choosing"
	if id == "" && c.cloud.IsSandbox() {
		id, name = sandboxClient(), "Consentry (sandbox)"
	}
	needed := fmt.Errorf("--identity %s needs --client-id: the Application (client) ID of an app registration with the redirect URI %s/sign-in/callback (platform Mobile and desktop applications)", s.Identity, c.handlers.BaseURL)
	switch {
	case s.Identity == "browser" && id == "", s.Identity == "device-code" && id == "":
		return needed
	case s.Identity == "browser", s.Identity == autoIdentity && id != "":
		c.handlers.Browser = &handlers.BrowserSignIn{ClientID: id, Name: name, Tenant: s.Tenant}
	case s.Identity == "device-code":
		c.handlers.Device = &handlers.DeviceSignIn{ClientID: id, Name: name, Tenant: s.Tenant}
	}
	switch s.Identity {
	case "browser", "device-code":
		return nil
	case autoIdentity:
		return s.offerBesides(c)
	}
	return s.offerAmbient(c, s.Identity)
}

// offerBesides offers the account of az login where it can be one of the
// cloud's. With another way to sign in it is no failure when it cannot.
func (s *ServeCmd) offerBesides(c *console) error {
	if c.cloud.IsSandbox() {
		return nil
	}
	err := s.offerAmbient(c, string(handlers.AzureCLI))
	if c.handlers.Browser != nil {
		return nil
	}
	return err
}

func (s *ServeCmd) offerAmbient(c *console, kind string) error {
	tenant := s.Tenant
	if tenant == anyOrganization {
		tenant = "" // the identity's own
	}
	if kind == string(handlers.AzureCLI) && c.cloud.IsSandbox() && tenant == "" {
		return errors.New("--identity azure-cli: the Azure CLI knows no account of the sandbox; leave it out")
	}
	cred, err := ambientCredential(kind, c.cloud, tenant, entra.ClientID(s.ClientID))
	if err != nil {
		return fmt.Errorf("--identity %s: %w", kind, err)
	}
	a := &handlers.Ambient{Kind: handlers.AmbientKind(kind), Tenant: tenant, Token: tokenOf(cred)}
	switch a.Kind {
	case handlers.Environment, handlers.WorkloadIdentity:
		a.Client, a.Tenant = entra.ClientID(os.Getenv("AZURE_CLIENT_ID")), cmp.Or(tenant, os.Getenv("AZURE_TENANT_ID"))
	case handlers.ManagedIdentity:
		a.Client = entra.ClientID(s.ClientID)
	}
	c.handlers.Ambient = a
	return nil
}
