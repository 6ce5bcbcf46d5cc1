package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/metrics"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/outbound"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
	"github.com/consentry/consentry/work"
)

// ServeCmd runs the console.
type ServeCmd struct {
	ListenFlags
	Cloud string `default:"${cloud}" help:"public, sandbox (an in-process one), or a JSON file with the four base URLs."`
	DataFlags
	SignInFlags
	IdentityFlag
	Gallery bool `help:"Show every page in every state at /_gallery, for work on the console."`
	Debug   bool `help:"Log at debug level."`

	RemindFlags

	Production bool `default:"${production}" negatable:"" help:"Refuse whatever is for trying out: the sandbox, the gallery. On by default where the sandbox was left out of the build."`

	origin `kong:"-"`
}

// console is what serve puts together before it listens.
type console struct {
	cloud    entra.Cloud
	handlers *handlers.Handlers
	store    *store.Store
	queue    *work.Queue
	sandbox  *box
	metrics  *metrics.Metrics
	cleanUp  []func() error
}

// Run serves until ctx ends, then lets what is under way finish.
func (s *ServeCmd) Run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	level := slog.LevelInfo
	if s.Debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	if wrong := s.check(); len(wrong) > 0 {
		return wrong
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	c, err := s.build(ctx, l, log)
	defer func() { err = errors.Join(err, c.close()) }()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	f, err := s.front(c, l, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := c.beginWork(ctx, log); err != nil {
		return errors.Join(err, l.Close())
	}
	s.announce(stdout, c)
	f.announce(stdout)
	return c.serve(ctx, l, f, log)
}

// announce prints the one thing a newcomer needs.
func (s *ServeCmd) announce(out io.Writer, c *console) {
	fmt.Fprintf(out, "Consentry is at %s\n", c.handlers.BaseURL)
	if c.sandbox == nil {
		fmt.Fprintf(out, "Cloud: %s\n", c.cloud.Name)
		return
	}
	c.sandbox.announce(out)
}

func (s *ServeCmd) shell(c *console, l net.Listener, log *slog.Logger) (*web.Shell, error) {
	cfg := web.Config{
		Cloud: c.cloud.Name, Sandbox: c.cloud.IsSandbox(), Passing: c.sandbox != nil, Version: version(),
		Sessions: c.store, Person: handlers.Line, Who: handlers.Who, May: c.handlers.May, Explain: handlers.Explain,
		Idle: s.SessionIdle, Absolute: s.SessionLife,
		Ready: c.store.Ready, Observe: c.count, Log: log, Now: time.Now,
	}
	if err := s.dress(&cfg, l); err != nil {
		return nil, err
	}
	return web.New(cfg)
}

// build opens everything the pages ask. What it opened is closed by close,
// also when it fails half-way.
func (s *ServeCmd) build(ctx context.Context, l net.Listener, log *slog.Logger) (*console, error) {
	c := &console{metrics: metrics.New(version())}
	if err := s.openCloud(ctx, c, log); err != nil {
		return c, err
	}
	if err := s.openStore(ctx, c, log); err != nil {
		return c, err
	}
	transport, err := graph.Transport(c.cloud)
	if err != nil {
		return c, err
	}
	client := &http.Client{Transport: outbound.NewBreaker(outbound.NewDistrust(transport, distrusted(c.store, log)))}
	budget := outbound.NewBudget(time.Now, sleep)
	crowd := &http.Client{Transport: outbound.NewCrowd(client.Transport)}
	signIn := &oauth.Client{Cloud: c.cloud, HTTP: crowd}
	devops := &azuredevops.Client{Cloud: c.cloud, HTTP: crowd}
	c.handlers = &handlers.Handlers{
		Cloud: c.cloud, BaseURL: s.address(l), Store: c.store, OAuth: signIn,
		Trials: &trial.Runner{OAuth: signIn, DevOps: devops, Now: time.Now, Sleep: sleep},
		NewDirectory: func(t handlers.TokenFunc) (handlers.Directory, error) {
			return graph.New(c.cloud, graph.TokenFunc(t), graph.Options{AskEachTime: true, HTTP: client, Observe: observed(c.metrics, log), Budget: budget})
		},
		Organization: func(ctx context.Context, slug string) (entra.DevOpsOrganization, error) {
			o, err := devops.Lookup(ctx, slug)
			return entra.DevOpsOrganization(o), err
		},
		Access:  diagnose.Access{Cloud: c.cloud, SignIn: signIn, DevOps: devops, Prober: diagnose.Dialer{Transport: transport}},
		Version: version(),
		Gallery: s.Gallery, Log: log, Now: time.Now, Sleep: sleep,
	}
	if c.handlers.Reminders, err = s.reminders(); err != nil {
		return c, err
	}
	if c.sandbox != nil {
		c.handlers.Accounts = c.sandbox.accounts()
	}
	return c, s.waysToSignIn(c)
}

// waysToSignIn decides which identities the sign-in page offers. Nothing is
// borrowed silently: the page names the registration that is used.
func (s *ServeCmd) waysToSignIn(c *console) error {
	if s.Tenant != anyOrganization {
		if _, err := entra.ParseTenant(s.Tenant); err != nil {
			return fmt.Errorf("--tenant: %w", err)
		}
	}
	if s.SignIn == sharedSignIn {
		return s.share(c)
	}
	return s.offer(c)
}

// anyOrganization is the sign-in that takes people of every tenant.
const anyOrganization = "organizations"

// tokenOf asks a credential for a token of Microsoft Graph.
func tokenOf(cred azcore.TokenCredential) handlers.TokenFunc {
	return func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		t, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
		return entra.NewSensitive(t.Token), t.ExpiresOn, err
	}
}

// sandboxCloud is the cloud that runs within the console.
const sandboxCloud = "sandbox"

// openCloud finds the cloud, or starts the one in a box.
func (s *ServeCmd) openCloud(ctx context.Context, c *console, log *slog.Logger) error {
	if s.Cloud != sandboxCloud {
		var err error
		c.cloud, err = cloudOf(s.Cloud)
		return err
	}
	box, err := startBox(ctx, log)
	if err != nil {
		return err
	}
	c.sandbox, c.cloud = box, box.Cloud()
	c.cleanUp = append(c.cleanUp, func() error { return box.Close(context.WithoutCancel(ctx)) })
	return nil
}

// openStore opens the database; for the in-process sandbox in a folder that
// goes away with it, since what it describes does too.
func (s *ServeCmd) openStore(ctx context.Context, c *console, log *slog.Logger) error {
	data, say := s.DataFlags, io.Writer(os.Stderr)
	if url, err := data.databaseURL(); err != nil {
		return err
	} else if url == "" && data.Data == "" && c.sandbox != nil {
		dir, err := os.MkdirTemp("", "consentry-sandbox-")
		if err != nil {
			return err
		}
		c.cleanUp = append(c.cleanUp, func() error { return os.RemoveAll(dir) })
		data.Data = filepath.Join(dir, "data")
		if !data.keyGiven() {
			data.KeyFile, say = []string{filepath.Join(dir, "key")}, io.Discard // it goes with the folder
		}
	}
	st, err := openStore(ctx, data, c.cloud, log, say)
	if err != nil {
		return err
	}
	c.store = st
	c.cleanUp = append(c.cleanUp, st.Close)
	return nil
}

// close undoes build, last opened first.
func (c *console) close() error {
	var errs []error
	for i := len(c.cleanUp) - 1; i >= 0; i-- {
		errs = append(errs, c.cleanUp[i]())
	}
	return errors.Join(errs...)
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
