package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/store/postgrestest"
	"github.com/consentry/consentry/web"
)

// BenchmarkRequests measures requests per second through everything that
// serves a console that people share (listener, limits, session with its role,
// database, template, JSON log) against a bare gin handler that answers the
// same bytes. Both take turns; the median of the rounds' ratios must reach the
// target. What keeps the processor busy is judged by the processor's time for
// each request, the generator's included, which on an idle machine is the same
// as the rate and on a busy one does not depend on the others. Requests per
// second differ from machine to machine and are shown only.
func BenchmarkRequests(b *testing.B) {
	sqlite := newBenchmarkConsole(b, store.Options{Path: filepath.Join(b.TempDir(), "consentry.db")})
	for _, c := range []struct {
		name   string
		target float64 // at least this part of bare gin's rate
		// waits: much of the time is for the disk or another process, so that
		// it is judged by the clock and not by what it costs the processor.
		waits   bool
		console func(*testing.B) *benchmarkConsole
		request func(*benchmarkConsole) request
	}{
		// The middleware must cost less than gin and net/http together.
		{"middleware", 0.50, false, nil, func(*benchmarkConsole) request { return request{method: "GET", path: "/healthz"} }},
		// One indexed read, one hash and one decryption on top.
		{"session, SQLite", 0.15, false, nil, (*benchmarkConsole).json},
		{"session, PostgreSQL", 0.12, true, newPostgresConsole, (*benchmarkConsole).json},
		// html/template costs more than all else, by the row.
		{"page of 25 rows", 0.025, false, nil, func(c *benchmarkConsole) request { return request{method: "GET", path: "/", cookie: c.cookie} }},
		// A row of the audit log is on the disk before the answer.
		{"audited change, SQLite", 0.02, true, nil, (*benchmarkConsole).change},
		{"audited change, PostgreSQL", 0.02, true, newPostgresConsole, (*benchmarkConsole).change},
		// Each from somebody new: a session is made and kept.
		{"beginning to sign in", 0.08, true, nil, func(*benchmarkConsole) request {
			return request{method: "GET", path: "/sign-in/begin", strangers: true, status: http.StatusSeeOther}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			console := sqlite
			if c.console != nil {
				console = c.console(b)
			}
			ours := newLoad(b, console.address, c.request(console))
			bare := newBareLoad(b, ours)
			var byClock, byCost, rates []float64
			for b.Loop() {
				for range 7 {
					reference, ourRun := bare.run(b, 300*time.Millisecond), ours.run(b, 300*time.Millisecond)
					rates = append(rates, ourRun.rate())
					byClock, byCost = append(byClock, ourRun.rate()/reference.rate()), append(byCost, reference.cost()/ourRun.cost())
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(rates), "requests/s")
			b.ReportMetric(median(byClock), "of-its-rate")
			b.Logf("%.0f requests/s, %.3f of bare gin's by the clock", median(rates), median(byClock))
			if c.waits {
				byCost = byClock
			}
			wantAtLeast(b, "of-bare-gin", median(byCost), c.target)
		})
	}
}

// wantAtLeast shows a measure with its target, and fails below.
func wantAtLeast(b *testing.B, unit string, got, target float64) {
	b.Helper()
	b.ReportMetric(got, unit)
	b.ReportMetric(target, "target")
	if got < target {
		b.Fatalf("%.3f %s, target %.3f", got, unit, target)
	}
}

// BenchmarkUnderAttack measures how fast the others are served while some
// hold their connections with next to nothing, or wait for a Microsoft Graph
// that gives no answer, against a console of the same kind that is left alone.
// The two take turns.
func BenchmarkUnderAttack(b *testing.B) {
	for _, c := range []struct {
		name    string
		disturb func(*testing.B, *benchmarkConsole)
	}{
		{"300 slow connections", dribble},
		{"Graph hanging", askHanging},
	} {
		b.Run(c.name, func(b *testing.B) {
			quiet := newBenchmarkConsole(b, store.Options{Path: filepath.Join(b.TempDir(), "consentry.db")})
			console := newBenchmarkConsole(b, store.Options{Path: filepath.Join(b.TempDir(), "consentry.db")})
			undisturbed, disturbed := newLoad(b, quiet.address, quiet.json()), newLoad(b, console.address, console.json())
			health := newLoad(b, console.address, request{method: "GET", path: "/healthz"})
			c.disturb(b, console)
			var ratios []float64
			var took []time.Duration
			for b.Loop() {
				for range 15 {
					before, during := undisturbed.run(b, 150*time.Millisecond), disturbed.run(b, 150*time.Millisecond)
					ratios = append(ratios, during.rate()/before.rate())
					took = append(took, health.run(b, 50*time.Millisecond).took...)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(percentile(took, 99).Milliseconds()), "health-p99-ms")
			if p := percentile(took, 99); p > time.Second {
				b.Errorf("the health check takes %s at the 99th percentile, target at most 1 s", p)
			}
			wantAtLeast(b, "of-undisturbed", median(ratios), 0.7)
		})
	}
}

// dribble keeps 300 connections open that send a byte every two seconds.
func dribble(b *testing.B, console *benchmarkConsole) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	b.Cleanup(func() {
		cancel()
		all.Wait()
	})
	for range 300 {
		all.Go(func() {
			for ctx.Err() == nil {
				if c, err := net.Dial("tcp", console.address); err == nil { // cut off, it comes again
					drip(ctx, c, "GET / HTTP/1.1\r\nHost: "+console.address+"\r\nX-Slow: ")
				}
			}
		})
	}
}

// drip sends the beginning and then a byte now and then, until it is cut off.
func drip(ctx context.Context, c net.Conn, beginning string) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	defer c.Close()
	t := time.NewTicker(2 * time.Second)
	defer t.Stop()
	for text := beginning; ; text = "x" {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// askHanging keeps 50 pages open that wait for the directory.
func askHanging(b *testing.B, console *benchmarkConsole) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	b.Cleanup(func() {
		cancel()
		all.Wait()
	})
	const many = 50
	for range many {
		all.Go(func() {
			for ctx.Err() == nil {
				console.page(ctx, "/environments/"+console.environment+"/setup/app?search=x")
			}
		})
	}
	for console.graph.hanging.Load() < many {
		time.Sleep(time.Millisecond)
	}
}

// page opens one and reads it to its end, whatever comes.
func (c *benchmarkConsole) page(ctx context.Context, path string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.address+path, nil)
	if err != nil {
		return
	}
	r.Header.Set("Cookie", c.cookie)
	if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// A benchmarkConsole is one that people share, with 50 environments and an
// administrator who is signed in.
type benchmarkConsole struct {
	address, cookie, environment string
	graph                        *silence
}

func (c *benchmarkConsole) json() request {
	return request{method: "GET", path: "/benchmark/json", cookie: c.cookie}
}

func (c *benchmarkConsole) change() request {
	return request{method: "POST", path: "/benchmark/change", cookie: c.cookie, body: "name=value", status: http.StatusSeeOther}
}

func newPostgresConsole(b *testing.B) *benchmarkConsole {
	return newBenchmarkConsole(b, store.Options{URL: postgrestest.Start(b)})
}

var benchmarkAdmin = entra.Person{Tenant: "5a1e3b8c-7f4d-4e0a-9b2c-6d1f0e9a8b7c", ID: "6b1e3b8c-7f4d-4e0a-9b2c-6d1f0e9a8b7c", UPN: "admin@contoso.example", DisplayName: "Ada Admin"}

// newBenchmarkConsole serves one and signs its administrator in.
func newBenchmarkConsole(b *testing.B, o store.Options) *benchmarkConsole {
	b.Helper()
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	o.Key, o.Log = store.NewKey(), log
	st, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	c := &benchmarkConsole{graph: &silence{}}
	c.environment = furnish(b, st)
	l := listenLocally(b)
	c.address = l.Addr().String()
	client := &http.Client{Transport: c.graph}
	h := &Handlers{
		Cloud: entra.Public(), BaseURL: "http://" + c.address, Store: st, OAuth: &oauth.Client{Cloud: entra.Public(), HTTP: client},
		NewDirectory: func(t TokenFunc) (Directory, error) {
			return graph.New(entra.Public(), graph.TokenFunc(t), graph.Options{HTTP: client})
		},
		Shared:  &Shared{Tenants: []entra.TenantID{benchmarkAdmin.Tenant}},
		Browser: &BrowserSignIn{ClientID: "7c1e3b8c-7f4d-4e0a-9b2c-6d1f0e9a8b7c", Name: "Consentry", Tenant: "organizations"},
		Log:     log, Now: time.Now,
	}
	shell, engine := benchmarkShell(b, c.address, st, h.May, log)
	h.Routes(shell, engine)
	h.benchmarkRoutes(shell, engine)
	serve(b, l, engine, log)
	c.cookie = signedIn(b, c.address)
	return c
}

func benchmarkShell(b *testing.B, address string, st *store.Store, may func(*gin.Context, string) bool, log *slog.Logger) (*web.Shell, *gin.Engine) {
	b.Helper()
	proxies, err := web.ParseProxies([]string{"127.0.0.1"})
	if err != nil {
		b.Fatal(err)
	}
	shell, err := web.New(web.Config{
		Hosts: []string{address}, Cloud: "public", Version: "benchmark", Proxies: proxies,
		Sessions: st, Person: Line, Who: Who, May: may, Explain: Explain, Ready: st.Ready, Log: log, Now: time.Now,
	})
	if err != nil {
		b.Fatal(err)
	}
	engine, err := shell.Engine()
	if err != nil {
		b.Fatal(err)
	}
	return shell, engine
}

// benchmarkRoutes are for what no page does alone: a role's check with a short
// answer, a row of the audit log, and a sign-in without Microsoft.
func (h *Handlers) benchmarkRoutes(shell *web.Shell, engine *gin.Engine) {
	guarded := func(least Role, f web.Handler) gin.HandlerFunc {
		return shell.Handle(h.guarded(Route{Method: "BENCHMARK", Path: "/benchmark", Least: least, handle: f}))
	}
	engine.GET("/benchmark/json", guarded(Viewer, func(c *gin.Context) (web.Response, error) {
		who, _ := person(c)
		return web.JSON(http.StatusOK, map[string]string{"name": who.DisplayName}), nil
	}))
	engine.POST("/benchmark/change", guarded(Admin, func(c *gin.Context) (web.Response, error) {
		return web.SeeOther("/"), h.Store.Audit(c.Request.Context(), store.AuditEvent{Action: "run-started", Result: store.AuditDone, Object: "run/benchmark"})
	}))
	engine.GET("/benchmark/sign-in", shell.Handle(func(c *gin.Context) (web.Response, error) {
		now := h.Now()
		tokens := oauth.Tokens{Access: entra.NewSensitive("none"), Scopes: Admin.most().scopes(), Asked: Admin.most().scopes(), Expires: now.Add(time.Hour), Lifetime: time.Hour}
		return web.Text("ok"), errors.Join(
			web.SessionOf(c).Set(personKey, benchmarkAdmin),
			web.SessionOf(c).Set(visitKey, visit{Role: Admin.String(), Since: now, Checked: now, Proved: now}),
			h.Store.SaveOperator(c.Request.Context(), benchmarkAdmin, tokens.Seal()))
	}))
}

// serve answers until the benchmark ends.
func serve(b *testing.B, l net.Listener, h http.Handler, log *slog.Logger) {
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(ctx, l, h, log) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
}

// furnish makes 50 environments and gives the id of the last.
func furnish(b *testing.B, st *store.Store) (id string) {
	b.Helper()
	ctx := store.As(b.Context(), store.Caller{Person: benchmarkAdmin, Tenant: benchmarkAdmin.Tenant, Role: Admin.String()})
	for i := range 50 {
		e, err := st.CreateEnvironment(ctx, store.Environment{
			Spec:   setup.Spec{Name: fmt.Sprintf("frontegg-%02d", i), Integration: "frontegg", Organization: "contoso"},
			Tenant: benchmarkAdmin.Tenant, TenantName: "Contoso", State: store.Connected,
			Result: &setup.Result{Proven: true, Secret: &entra.Secret{End: time.Now().AddDate(0, 6, 0)}},
		})
		if err != nil {
			b.Fatal(err)
		}
		id = e.ID
	}
	return id
}

// signedIn gives the Cookie header of a new session.
func signedIn(b *testing.B, address string) string {
	b.Helper()
	resp, err := http.Get("http://" + address + "/benchmark/sign-in")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 1 {
		b.Fatalf("sign-in: %s, %d cookies", resp.Status, len(resp.Cookies()))
	}
	c := resp.Cookies()[0]
	return c.Name + "=" + c.Value
}

// newBareLoad sends the same request to gin alone, which answers the same.
func newBareLoad(b *testing.B, like *load) *load {
	b.Helper()
	header, body := like.sample(b)
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	path, _, _ := strings.Cut(like.request.path, "?")
	e.Handle(like.request.method, path, func(c *gin.Context) {
		if to := header.Get("Location"); to != "" {
			c.Header("Location", to)
		}
		c.Data(like.request.status, header.Get("Content-Type"), body)
	})
	l := listenLocally(b)
	srv := &http.Server{Handler: e}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	}()
	b.Cleanup(func() {
		if err := srv.Close(); err != nil {
			b.Error(err)
		}
	})
	return newLoad(b, l.Addr().String(), like.request)
}

func listenLocally(b *testing.B) net.Listener {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// silence is a network in which nobody answers.
type silence struct{ hanging atomic.Int64 }

// RoundTrip implements http.RoundTripper.
func (s *silence) RoundTrip(r *http.Request) (*http.Response, error) {
	s.hanging.Add(1)
	<-r.Context().Done()
	return nil, r.Context().Err()
}
