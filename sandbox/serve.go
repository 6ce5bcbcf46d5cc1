package sandbox

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// services are the handlers of the cloud, each as it stands at the root of
// its public host.
func (s *Sandbox) services() map[string]http.Handler {
	return map[string]http.Handler{
		serviceLogin:  s.edge(serviceLogin, s.world.loginHandler()),
		serviceGraph:  s.edge(serviceGraph, graphCrossOrigin.opened(s.world.graphHandler())),
		serviceDevOps: s.edge(serviceDevOps, devopsCrossOrigin.opened(s.world.devopsHandler())),
		serviceVSSPS:  s.edge(serviceVSSPS, devopsCrossOrigin.opened(s.world.vsspsHandler())),
	}
}

// plainHandler takes the first path segment for the service. It is no
// ServeMux: that would redirect paths it finds unclean, and a cloud takes
// them as they come.
func (s *Sandbox) plainHandler(services map[string]http.Handler) http.Handler {
	controls := s.controls()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		h, ok := services[name]
		if !ok {
			controls.ServeHTTP(w, r)
			return
		}
		inner := r.WithContext(withPlace(r.Context(), place{service: name}))
		inner.URL = withoutPrefix(r.URL, "/"+name)
		h.ServeHTTP(w, inner)
	})
}

func (s *Sandbox) tlsHandler(name string, ports map[string]string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(withPlace(r.Context(), place{service: name, tlsPorts: ports})))
	})
}

// withoutPrefix is the URL as the public host would have received it.
func withoutPrefix(u *url.URL, prefix string) *url.URL {
	inner := *u
	inner.Path = rooted(strings.TrimPrefix(u.Path, prefix))
	if u.RawPath != "" {
		inner.RawPath = rooted(strings.TrimPrefix(u.RawPath, prefix))
	}
	return &inner
}

func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// controls are the sandbox's own pages: what a test looks at and turns.
func (s *Sandbox) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.ready)
	})
	mux.HandleFunc("GET /journal", s.journal.serveList)
	mux.HandleFunc("DELETE /journal", s.journal.serveClear)
	mux.HandleFunc("GET /faults", s.faults.serveList)
	mux.HandleFunc("PUT /faults", s.faults.serveReplace)
	mux.HandleFunc("DELETE /state", s.serveReset)
	mux.HandleFunc("GET /workload-token", s.serveWorkloadToken)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page elsewhere may point its own host name at this machine.
		if host := hostname(r.Host); host != "localhost" && !net.ParseIP(host).IsLoopback() {
			http.Error(w, "The sandbox's controls answer to localhost and 127.0.0.1 only.", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// writeJSON answers with v. An answer that cannot be written has no reader.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

func (s *Sandbox) serve(l net.Listener, h http.Handler) {
	srv := s.newServer(h)
	go s.run(func() error { return srv.Serve(l) })
}

func (s *Sandbox) serveTLS(l net.Listener, config *tls.Config, h http.Handler) {
	srv := s.newServer(h)
	srv.TLSConfig = config.Clone() // each server adds its protocols to its own
	go s.run(func() error { return srv.ServeTLS(l, "", "") })
}

// maxHeader bounds a request's line and header in bytes: what the public hosts
// take is less.
const maxHeader = 64 << 10

// newServer has no write timeout: faults and latency hold answers back for
// as long as they were told to.
func (s *Sandbox) newServer(h http.Handler) *http.Server {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: maxHeader, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug)}
	s.servers = append(s.servers, srv)
	return srv
}

// run reports the first listener that ends without having been closed.
func (s *Sandbox) run(serve func() error) {
	err := serve()
	if errors.Is(err, http.ErrServerClosed) {
		return
	}
	select {
	case s.failed <- err:
	default:
	}
}
