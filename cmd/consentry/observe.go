package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/metrics"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// A front is what answers: the pages, and beside them, on a listener of their
// own, whoever watches.
type front struct {
	shell *web.Shell
	pages http.Handler
	tls   *tls.Config // nil for plain http
	// linger is how long it answers after it was asked to end.
	linger time.Duration
	// watch is nil without --metrics.
	watch    net.Listener
	watchers http.Handler
}

// front puts the pages together and binds the listener for the metrics.
func (s *ServeCmd) front(c *console, l net.Listener, log *slog.Logger) (f *front, err error) {
	f = &front{linger: s.Linger}
	if f.tls, err = s.encryption(log); err != nil {
		return nil, err
	}
	if f.shell, err = s.shell(c, l, log); err != nil {
		return nil, err
	}
	engine, err := f.shell.Engine()
	if err != nil {
		return nil, err
	}
	c.handlers.Routes(f.shell, engine)
	f.pages = c.metrics.InFlight(engine)
	ask(c.metrics, c.store, log)
	f.watchers = watched(c.metrics, f.shell, s.Debug)
	f.watch, err = s.listenMetrics()
	return f, err
}

// announce prints where to watch from.
func (f *front) announce(out io.Writer) {
	if f.watch != nil {
		fmt.Fprintf(out, "Metrics are at http://%s/metrics\n", f.watch.Addr())
	}
}

// serveWatch answers those who watch until ctx ends.
func (f *front) serveWatch(ctx context.Context, log *slog.Logger) {
	if f.watch == nil {
		<-ctx.Done()
		return
	}
	if err := web.Serve(ctx, f.watch, f.watchers, log); err != nil {
		log.Error("nobody can watch any more", "error", err.Error())
	}
}

// count tells the metrics of an answered request.
func (c *console) count(a web.Answer) { c.metrics.Request(a.Route, a.Method, a.Status, a.Took) }

// listenMetrics binds the address of --metrics; without a host, on this
// machine alone. It is nil without the flag.
func (f *ListenFlags) listenMetrics() (net.Listener, error) {
	if f.Metrics == "" {
		return nil, nil
	}
	host, p, err := net.SplitHostPort(f.Metrics)
	if err != nil {
		return nil, fmt.Errorf("--metrics %q: %w", f.Metrics, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, p))
	if err != nil {
		return nil, fmt.Errorf("--metrics %q: %w", f.Metrics, err)
	}
	return l, nil
}

// watched is what stands on the listener for those who watch. The profiler
// shows memory, and with it secrets: it takes --debug.
func watched(m *metrics.Metrics, shell *web.Shell, debug bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := shell.Ready(r.Context()); err != nil {
			http.Error(w, "not ready: the log says why", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	if debug {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// ask tells the metrics what is known only when it is looked up.
func ask(m *metrics.Metrics, st *store.Store, log *slog.Logger) {
	m.Ask(metrics.Sources{
		QueueDepth: st.OpenOperations, AuditHead: st.AuditHead, Now: time.Now, Log: log,
		Operations: func(ctx context.Context) ([]metrics.Tally, error) {
			list, err := st.OperationTally(ctx)
			return tallies(list), err
		},
		Events: (&eventCount{store: st}).ask,
		Secrets: func(ctx context.Context) ([]metrics.Secret, error) {
			envs, err := st.Environments(ctx)
			return ending(envs), err
		},
	})
}

func tallies(list []store.Tally) (out []metrics.Tally) {
	for _, t := range list {
		out = append(out, metrics.Tally(t))
	}
	return out
}

// eventCount counts the rows of the audit log, each once.
type eventCount struct {
	store *store.Store

	mu   sync.Mutex
	last int64
	sums map[[2]string]int64
}

func (e *eventCount) ask(ctx context.Context) (out []metrics.Tally, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	more, last, err := e.store.AuditTally(ctx, e.last)
	if err != nil {
		return nil, err
	}
	if e.sums == nil {
		e.sums = map[[2]string]int64{}
	}
	for _, t := range more {
		e.sums[[2]string{t.Of, t.State}] += t.N
	}
	e.last = last
	for key, n := range e.sums {
		out = append(out, metrics.Tally{Of: key[0], State: key[1], N: n})
	}
	return out, nil
}

// ending are the credentials of environments as last seen, those that end
// first in front.
func ending(envs []store.Environment) (out []metrics.Secret) {
	for _, e := range envs {
		if e.Result == nil || e.State == store.Removed {
			continue
		}
		ends := map[entra.KeyID]time.Time{}
		for _, c := range e.Result.App.Certificates {
			ends[c.KeyID] = c.End
		}
		for _, s := range e.Result.App.Secrets {
			ends[s.KeyID] = s.End
		}
		if s := e.Result.Secret; s != nil {
			ends[s.KeyID] = s.End
		}
		for id, end := range ends {
			out = append(out, metrics.Secret{Environment: e.Name, KeyID: string(id), End: end})
		}
	}
	slices.SortFunc(out, func(a, b metrics.Secret) int {
		return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.KeyID, b.KeyID))
	})
	return out
}

// distrusted writes down that a connection could not be trusted, with the
// request that wanted it. The request fails anyway; where the log cannot be
// written there is nothing left to refuse.
func distrusted(s *store.Store, log *slog.Logger) func(ctx context.Context, host, reason string) {
	return func(ctx context.Context, host, reason string) {
		err := s.Audit(context.WithoutCancel(ctx), store.AuditEvent{Action: "tls-failure", Result: store.AuditFailed, Object: "host/" + host, Detail: map[string]string{"reason": reason}})
		if err != nil {
			log.ErrorContext(ctx, "a connection that cannot be trusted could not be written down", "host", host, "reason", reason, "error", err.Error())
		}
	}
}

// observed counts each attempt of a call of Microsoft Graph and logs it at
// debug level, without bodies.
func observed(m *metrics.Metrics, log *slog.Logger) func(graph.Call) {
	return func(c graph.Call) {
		m.GraphCall(c.Status)
		log.Debug("graph", "method", c.Method, "path", c.Path, "status", c.Status, "request_id", c.RequestID, "try", c.Try, "ms", c.Duration.Milliseconds())
	}
}
