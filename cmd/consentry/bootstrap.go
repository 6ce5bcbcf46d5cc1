package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/bootstrap"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
)

// BootstrapCmd makes the app registration that a shared console signs its
// people in with.
type BootstrapCmd struct {
	Plan  bool `xor:"mode" help:"Show what would change and write nothing (the default). Exit code 2 when something would."`
	Apply bool `xor:"mode" help:"Carry the plan out, or go on with what a stopped run left. A second run changes nothing."`

	BaseURL     string `name:"base-url" required:"" placeholder:"URL" help:"Address at which people reach the console, such as https://consentry.contoso.com, or http://localhost:8080 on one machine."`
	Name        string `default:"main" help:"Which console: another name makes another registration."`
	DisplayName string `default:"Consentry" help:"What people read when they sign in."`
	Multitenant bool   `help:"Let people of other tenants sign in, too; which ones, --allow-tenant of serve says."`
	Consent     string `enum:"none,sign-in,read,all" default:"read" help:"What is granted for everybody in the tenant: nothing, the sign-in, reading the directory too, or changing it as well. What is not granted, people or an administrator are asked for when it is needed."`
	Admin       string `placeholder:"WHO" help:"User principal name or object ID of whoever gets the role admin. Default: the person who runs this."`

	Credential       string `enum:"certificate,federated,secret" default:"certificate" help:"How the console proves who it is: a certificate made here, a token of its platform, or a client secret."`
	CredentialFile   string `placeholder:"FILE" help:"Where the certificate with its key, or the secret, is put (mode 0600, never over another); for federated, where the platform puts its token."`
	CredentialDays   int    `default:"180" help:"How long a new certificate or secret lasts."`
	FederatedIssuer  string `placeholder:"URL" help:"With --credential federated: the issuer of the platform's token, letter for letter."`
	FederatedSubject string `placeholder:"TEXT" help:"With --credential federated: the subject of the platform's token, letter for letter."`

	Identity string `enum:"azure-cli,device-code,environment,workload-identity,managed-identity,application" default:"azure-cli" help:"Who runs this: the account of az login, a person with a code (--client-id), the application of AZURE_CLIENT_ID, a workload or managed identity, or the application --client-id with its secret in CONSENTRY_CLIENT_SECRET."`
	ClientID string `placeholder:"ID" help:"App registration that the person with the code signs in through, or the application itself, or one of several managed identities."`
	Tenant   string `help:"Tenant ID or domain. Default: that of the identity."`
	Cloud    string `default:"public" help:"public, sandbox (the one running at 127.0.0.1:18080), or a JSON file with the base URLs, such as the line that the sandbox prints."`
}

// Help is what --help says besides.
func (*BootstrapCmd) Help() string {
	return "The identity needs Application.ReadWrite.All, and for consent and the role DelegatedPermissionGrant.ReadWrite.All and AppRoleAssignment.ReadWrite.All with a directory role such as Cloud Application Administrator. What it may not do is left, with who can. The console itself never has AppRoleAssignment.ReadWrite.All."
}

// A bootstrapRun is one run of the command.
type bootstrapRun struct {
	*BootstrapCmd
	stdout, stderr io.Writer
	cloud          entra.Cloud
	dir            *graph.Client
	who            entra.Identity
	want           bootstrap.Want
	place          *secretPlace // of --credential secret
	unmade         bool         // the certificate is made when the plan is applied
}

// Run plans or applies.
func (b *BootstrapCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	r := &bootstrapRun{BootstrapCmd: b, stdout: stdout, stderr: stderr}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	steps, err := r.plan(ctx)
	if err != nil {
		return err
	}
	r.print(steps)
	switch {
	case len(steps) == 0:
		return r.settings(ctx)
	case !b.Apply:
		fmt.Fprintln(stdout, "To carry this out, give the same command with --apply in place of --plan.")
		return exitCode(2)
	}
	return r.apply(ctx)
}

// prepare checks everything before the first request to the directory, and
// says in whose name it is made.
func (r *bootstrapRun) prepare(ctx context.Context) (err error) {
	if err := r.checkFlags(); err != nil {
		return err
	}
	if r.cloud, err = setupCloud(ctx, r.Cloud); err != nil {
		return err
	}
	cred, err := r.credential()
	if err != nil {
		return fmt.Errorf("--identity %s: %w", r.Identity, err)
	}
	cred = &speaker{TokenCredential: cred, say: r.stderr}
	if r.dir, err = graph.New(r.cloud, cred, graph.Options{}); err != nil {
		return err
	}
	t, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		return fmt.Errorf("--identity %s: %w", r.Identity, graph.SignInError(err))
	}
	r.who = entra.TokenIdentity(entra.NewSensitive(t.Token))
	switch {
	case !r.who.Complete():
		return errors.New("the access token does not say who it is for (tid, oid and appid): take an identity of Microsoft Entra")
	case entra.IsGUID(r.Tenant) && !strings.EqualFold(r.Tenant, string(r.who.Tenant)):
		return fmt.Errorf("the identity is of the tenant %s, not %s: sign in there, or correct --tenant", r.who.Tenant, r.Tenant)
	}
	return r.desire(ctx)
}

func (r *bootstrapRun) checkFlags() error {
	base, err := consoleAddress(r.BaseURL)
	if err != nil {
		return fmt.Errorf("--base-url: %w", err)
	}
	r.BaseURL = base
	federated := r.FederatedIssuer != "" || r.FederatedSubject != ""
	switch {
	case !bootstrap.ValidName(r.Name):
		return errors.New("--name: give small letters, digits and hyphens, at most 40, and a letter or digit at both ends")
	case r.CredentialDays < 1 || r.CredentialDays > 730:
		return errors.New("--credential-days: give 1 to 730")
	case federated && r.Credential != "federated":
		return errors.New("--federated-issuer and --federated-subject go with --credential federated")
	}
	return nil
}

// consoleAddress checks the address of a console and takes the slash at its
// end away.
func consoleAddress(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "", errors.New("give scheme and host alone, such as https://consentry.contoso.com")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "", errors.New("people's sign-ins go there: give https, or http for localhost alone")
	}
	return u.Scheme + "://" + u.Host, nil
}

// credential is who runs this.
func (r *bootstrapRun) credential() (azcore.TokenCredential, error) {
	var id entra.ClientID
	if r.ClientID != "" {
		var err error
		if id, err = entra.ParseClientID(r.ClientID); err != nil {
			return nil, fmt.Errorf("--client-id: %w", err)
		}
	}
	switch r.Identity {
	case "application":
		secret, err := secretFrom("the application's secret", secretVariable)
		if err != nil || id == "" || r.Tenant == "" {
			return nil, errors.Join(err, errors.New("it takes --client-id and --tenant"))
		}
		return graph.ClientSecret(r.cloud, r.Tenant, id, secret)
	case "device-code":
		if id == "" {
			return nil, errors.New("it takes --client-id: the app registration of your choosing that the person signs in through (it must allow public client flows)")
		}
		return r.deviceCredential(id)
	}
	return ambientCredential(r.Identity, r.cloud, r.Tenant, id)
}

// bootstrapScopes are what a person is asked for who runs this.
var bootstrapScopes = []string{"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"}

func (r *bootstrapRun) deviceCredential(id entra.ClientID) (azcore.TokenCredential, error) {
	transport, err := graph.Transport(r.cloud)
	if err != nil {
		return nil, err
	}
	tenant := r.Tenant
	if tenant == "" {
		tenant = anyOrganization
	}
	names := bootstrapScopes
	if r.Admin != "" && !entra.IsGUID(r.Admin) {
		names = append(names[:len(names):len(names)], "User.ReadBasic.All")
	}
	return &deviceCredential{client: &oauth.Client{Cloud: r.cloud, HTTP: &http.Client{Transport: transport}}, tenant: tenant, id: id, scopes: graphScopes(names...), say: r.stderr}, nil
}

// desire is what the registration should be.
func (r *bootstrapRun) desire(ctx context.Context) (err error) {
	declared, _ := handlers.GraphPermissions("consent")
	r.want = bootstrap.Want{Name: r.Name, DisplayName: r.DisplayName, BaseURL: r.BaseURL, Audience: entra.SingleTenant, Declared: declared}
	if r.Multitenant {
		r.want.Audience = entra.AnyOrganization
	}
	switch r.Consent {
	case "all":
		r.want.Consented = declared
	case "sign-in", "read":
		r.want.Consented, _ = handlers.GraphPermissions(r.Consent)
	}
	switch {
	case entra.IsGUID(r.Admin):
		r.want.Admin = entra.Person{Tenant: r.who.Tenant, ID: entra.ObjectID(strings.ToLower(r.Admin))}
	case r.Admin != "":
		if r.want.Admin, err = r.dir.Person(ctx, r.Admin); err != nil {
			return fmt.Errorf("--admin: %w", unknownPerson(err))
		}
	case !r.who.AppOnly:
		r.want.Admin = r.who.Person
	}
	return r.desireCredential()
}

// unknownPerson says what Graph's not found means for a name that was typed.
func unknownPerson(err error) error {
	var no *entra.ServiceError
	if errors.As(err, &no) && no.Status == http.StatusNotFound {
		return errors.New("nobody in the tenant has this name: give the user principal name or the object ID as Microsoft Entra shows them, or wait some minutes for somebody who is new")
	}
	return err
}

func (r *bootstrapRun) desireCredential() (err error) {
	end := time.Now().AddDate(0, 0, r.CredentialDays)
	if r.CredentialFile == "" {
		if r.CredentialFile, err = r.credentialFile(); err != nil {
			return err
		}
	}
	switch r.Credential {
	case "federated":
		r.want.Federated = &entra.FederatedCredential{Name: "consentry-" + r.Name, Issuer: r.FederatedIssuer, Subject: r.FederatedSubject, Audience: entra.TokenExchange}
		if err := r.want.Federated.Validate(); err != nil {
			return fmt.Errorf("--federated-issuer, --federated-subject: %w", err)
		}
	case "secret":
		r.want.Secret, r.place = &entra.NewSecret{End: end}, &secretPlace{r.CredentialFile}
	default:
		r.want.Certificate, r.unmade, err = r.certificate(end)
	}
	return err
}

// platformToken is where Azure's Kubernetes service puts the token of a
// workload identity.
const platformToken = "/var/run/secrets/azure/tokens/azure-identity-token"

// credentialFile is where the credential goes unless said otherwise.
func (r *bootstrapRun) credentialFile() (string, error) {
	if r.Credential == "federated" {
		return platformToken, nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("--credential-file is not given and there is no configuration folder: %w", err)
	}
	suffix := map[string]string{"certificate": ".pem", "secret": ".secret"}[r.Credential]
	return filepath.Join(base, "consentry", "console-"+r.Name+suffix), nil
}

func (r *bootstrapRun) plan(ctx context.Context) ([]bootstrap.Step, error) {
	actual, err := bootstrap.Read(ctx, r.dir, r.want)
	if err != nil {
		return nil, err
	}
	var state bootstrap.PlaceState
	if r.place != nil {
		if state, err = r.place.State(); err != nil {
			return nil, err
		}
	}
	return bootstrap.MakePlan(r.want, actual, state)
}
