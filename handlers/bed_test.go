package handlers_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
	"github.com/consentry/consentry/work"
)

// shared is one sandbox for all tests; their environments have names of their
// own.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) {
	return sandbox.Start(context.Background(), sandbox.Options{})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := shared(); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "closing the sandbox:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// A console is the real one, on the sandbox and a database of its own, with
// a clock that a test may move.
type console struct {
	t       *testing.T
	box     *sandbox.Sandbox
	data    string // the database's folder
	key     store.Key
	ahead   atomic.Int64 // of the real time, nanoseconds
	outside *outside
	logs    *logs
	// transport is the way out without a memory, for what makes connections
	// of its own.
	transport *http.Transport

	handlers *handlers.Handlers
	queue    *work.Queue
	store    *store.Store
	engine   *gin.Engine
	base     string
	server   *httptest.Server
}

// newConsole starts one; each given function may change it before.
func newConsole(t *testing.T, change ...func(*handlers.Handlers)) *console {
	t.Helper()
	box, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, box: box, data: t.TempDir(), key: store.NewKey(), logs: &logs{}}
	transport, err := graph.Transport(box.Cloud())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	c.outside, c.transport = &outside{next: transport}, transport
	c.start(change...)
	t.Cleanup(c.stop)
	return c
}

func (c *console) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// later moves the console's clock, not the cloud's.
func (c *console) later(d time.Duration) { c.ahead.Add(int64(d)) }

// start opens the database and listens.
func (c *console) start(change ...func(*handlers.Handlers)) {
	c.t.Helper()
	log := slog.New(slog.NewJSONHandler(c.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	c.store, err = store.Open(c.t.Context(), store.Options{Path: filepath.Join(c.data, "consentry.db"), Key: c.key, Now: c.now, Log: log})
	if err != nil {
		c.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c.base = "http://localhost:" + port
	c.handlers = c.assemble(log)
	for _, f := range change {
		f(c.handlers)
	}
	shell, err := web.New(web.Config{
		Hosts: []string{"localhost:" + port}, Cloud: "sandbox", Sandbox: true, Version: "v0.0.0-test",
		Sessions: c.store, Idle: 2 * time.Hour, Absolute: 12 * time.Hour, Person: handlers.Line, May: c.handlers.May, Explain: handlers.Explain, Log: log, Now: c.now,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if c.engine, err = shell.Engine(); err != nil {
		c.t.Fatal(err)
	}
	c.handlers.Routes(shell, c.engine)
	c.work(log)
	c.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: c.engine}}
	c.server.Start()
}

// work begins with what the console does apart from requests.
func (c *console) work(log *slog.Logger) {
	c.t.Helper()
	db, sqlite := c.store.Database()
	var err error
	if c.queue, err = work.New(c.t.Context(), work.Options{DB: db, SQLite: sqlite, Operation: c.handlers.Work, Log: log}); err != nil {
		c.t.Fatal(err)
	}
	c.store.WakeBy(c.queue)
	if err := errors.Join(c.queue.Start(c.t.Context()), c.handlers.Recover(c.t.Context())); err != nil {
		c.t.Fatal(err)
	}
}

// assemble puts the pages on the real clients, as the command does.
func (c *console) assemble(log *slog.Logger) *handlers.Handlers {
	cloud, client := c.box.Cloud(), &http.Client{Transport: c.outside}
	signIn := &oauth.Client{Cloud: cloud, HTTP: client, Now: c.now}
	devops := &azuredevops.Client{Cloud: cloud, HTTP: client}
	return &handlers.Handlers{
		Cloud: cloud, BaseURL: c.base, Store: c.store, OAuth: signIn,
		Trials: &trial.Runner{OAuth: signIn, DevOps: devops, Now: c.now, Sleep: sleep},
		NewDirectory: func(t handlers.TokenFunc) (handlers.Directory, error) {
			return graph.New(cloud, graph.TokenFunc(t), graph.Options{AskEachTime: true, HTTP: client})
		},
		Organization: func(ctx context.Context, slug string) (entra.DevOpsOrganization, error) {
			o, err := devops.Lookup(ctx, slug)
			return entra.DevOpsOrganization(o), err
		},
		Access:  diagnose.Access{Cloud: cloud, SignIn: signIn, DevOps: devops, Prober: diagnose.Dialer{Transport: c.transport}},
		Version: "test",
		Browser: &handlers.BrowserSignIn{ClientID: entra.ClientID(sandbox.ConsoleClientID), Name: "Consentry", Tenant: "organizations"},
		Log:     log, Now: c.now, Sleep: sleep,
	}
}

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

// stop ends the console as a signal does.
func (c *console) stop() {
	if c.server == nil {
		return
	}
	c.server.CloseClientConnections()
	c.server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c.handlers.GiveUp()
	if err := c.queue.Stop(ctx); err != nil {
		c.t.Error(err)
	}
	c.handlers.Runs.Stop(ctx)
	c.handlers.Wait(ctx)
	if err := c.store.Close(); err != nil {
		c.t.Error(err)
	}
	c.server = nil
}

// sweep is one round of what is done again and again.
func (c *console) sweep() {
	c.t.Helper()
	if err := errors.Join(c.handlers.Sweep(c.t.Context()), c.handlers.Recover(c.t.Context())); err != nil {
		c.t.Fatal(err)
	}
}

// restart is stop and start on the same database.
func (c *console) restart() {
	c.t.Helper()
	c.stop()
	c.start()
}

// faults puts rules in force until the test ends.
func (c *console) faults(rules ...sandbox.Fault) {
	c.t.Helper()
	if err := c.box.SetFaults(rules...); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := c.box.SetFaults(); err != nil {
			c.t.Error(err)
		}
	})
}

// tenant is the sandbox's of a scenario.
func (c *console) tenant(scenario string) sandbox.ReadyTenant {
	c.t.Helper()
	all := c.box.Ready().Tenants
	i := slices.IndexFunc(all, func(t sandbox.ReadyTenant) bool { return t.Scenario == scenario })
	if i < 0 {
		c.t.Fatalf("no tenant of scenario %q", scenario)
	}
	return all[i]
}

// asked counts the requests the cloud received since mark whose method and
// path contain the given texts.
func (c *console) asked(mark int, method, path string) int {
	n := 0
	for _, r := range c.since(mark) {
		if r.Method == method && strings.Contains(r.Path, path) {
			n++
		}
	}
	return n
}

// sent counts those of exactly that path.
func (c *console) sent(mark int, method, path string) int {
	n := 0
	for _, r := range c.since(mark) {
		if r.Method == method && r.Path == path {
			n++
		}
	}
	return n
}

// mark is the number of the newest request. The cloud forgets old ones, so
// that their count says nothing.
func (c *console) mark() int {
	all := c.box.Requests()
	if len(all) == 0 {
		return 0
	}
	return int(all[len(all)-1].Seq)
}

// since are the requests that came after a mark.
func (c *console) since(mark int) []sandbox.Request {
	all := c.box.Requests()
	at, _ := slices.BinarySearchFunc(all, int64(mark)+1, func(r sandbox.Request, seq int64) int { return cmp.Compare(r.Seq, seq) })
	return all[at:]
}

// outside is the console's only way out; it remembers where it led and what
// secrets came in.
type outside struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen []string // hosts
}

func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.seen = append(o.seen, r.URL.Host)
	o.mu.Unlock()
	return o.next.RoundTrip(r)
}

// hosts are those asked since the last call.
func (o *outside) hosts() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := slices.Compact(slices.Sorted(slices.Values(o.seen)))
	o.seen = nil
	return out
}

// logs collects what was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// restartWith is restart with changes.
func (c *console) restartWith(change ...func(*handlers.Handlers)) {
	c.t.Helper()
	c.stop()
	c.start(change...)
}

// person is somebody of a scenario's tenant as the store knows them.
func (c *console) person(scenario, name string) entra.Person {
	c.t.Helper()
	tenant := c.tenant(scenario)
	for _, p := range c.people() {
		if p.UPN == name+"@"+tenant.Domain {
			return p
		}
	}
	c.t.Fatalf("%s of %s never signed in", name, scenario)
	return entra.Person{}
}

// adminToken acts as the healthy tenant's administrator, who has signed in.
func (c *console) adminToken() handlers.TokenFunc {
	return func(context.Context) (entra.Sensitive, time.Time, error) {
		t := c.tokens(c.person("healthy", "admin"))
		return t.Access, t.Expires, nil
	}
}

func presetOf(t *testing.T, env store.Environment) preset.Preset {
	t.Helper()
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok {
		t.Fatalf("no integration %q", env.Spec.Integration)
	}
	return p
}
