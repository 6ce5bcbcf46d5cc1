package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/static"
	"github.com/consentry/consentry/templates"
)

// Config is what a Shell needs to know. All fields are required unless said.
type Config struct {
	// Hosts are the Host header values answered, port included
	// ("localhost:8080"); anything else gets 421. Pages live on the first, to
	// which the others lead: cookies are not shared between names.
	Hosts []string
	// Cloud is shown on every page; Sandbox adds the banner.
	Cloud   string
	Sandbox bool
	Version string
	// Secure marks the console as served by https; it turns HSTS on.
	Secure bool
	// Sessions keeps sessions on the server.
	Sessions SessionStore
	// Idle and Absolute bound a session's life; zero means 15 min and 8 h.
	Idle, Absolute time.Duration
	// Person turns a session into the line shown at the top.
	Person func(*Session) PersonLine
	// May reports whether whoever asks may use a route, given as method and
	// pattern ("POST /environments/:id/apply"); pages leave out what leads to
	// others. Nil: everybody may use every one.
	May func(c *gin.Context, route string) bool
	// Explain puts an error of the layers below into words; nil, or a nil
	// answer, leaves it at a page that says nothing of the inside.
	Explain func(*gin.Context, error) *Error
	Log     *slog.Logger
	Now     func() time.Time
}

// A Shell serves pages.
type Shell struct {
	config     Config
	templates  map[string]*template.Template
	files      map[string]static.File
	sessions   *store
	compressed sync.Map // path → gzip bytes
	bodies     map[string]Body
}

// New parses the templates and checks the configuration.
func New(cfg Config) (*Shell, error) {
	if len(cfg.Hosts) == 0 || cfg.Sessions == nil || cfg.Person == nil || cfg.Log == nil || cfg.Now == nil {
		return nil, errors.New("web: Config needs Hosts, Sessions, Person, Log and Now")
	}
	if cfg.Idle == 0 {
		cfg.Idle = 15 * time.Minute
	}
	if cfg.Absolute == 0 {
		cfg.Absolute = 8 * time.Hour
	}
	files, err := static.Files()
	if err != nil {
		return nil, err
	}
	s := &Shell{config: cfg, files: files}
	s.sessions = &store{backend: cfg.Sessions, idle: cfg.Idle, absolute: cfg.Absolute}
	if s.templates, err = templates.Parse(s.Funcs()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// Engine returns the gin engine with every middleware in place and the
// static files routed; the caller adds its routes with Handle.
func (s *Shell) Engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.MaxMultipartMemory = maxBody
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	e.Use(s.logRequests, s.securityHeaders, s.recoverPanics, s.checkHost, s.checkOrigin, s.readForm, s.loadSession)
	e.GET("/static/:file", s.serveStatic)
	e.GET(healthPath, func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.NoRoute(s.Handle(func(*gin.Context) (Response, error) { return nil, NotFound("page") }))
	e.NoMethod(s.Handle(func(*gin.Context) (Response, error) {
		return nil, &Error{Status: http.StatusMethodNotAllowed, Public: "This address does not take that kind of request. Use the buttons and links of the page before."}
	}))
	return e, nil
}

// healthPath answers whoever asks whether the console is up.
const healthPath = "/healthz"

// Every time limit of the listener, in one place.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 60 * time.Second
	drainTimeout      = 20 * time.Second
	maxHeader         = 32 << 10
	maxBody           = 64 << 10
)

// streamsKey holds, in every request's context, the one that ends event
// streams when the server stops. The requests themselves go on.
type streamsKey struct{}

// Serve serves h on l until ctx ends, then lets requests finish for up to 20
// seconds. Event streams end at once: their readers come back by themselves.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	base := context.WithoutCancel(ctx)
	streams, stop := context.WithCancel(base)
	defer stop()
	base = context.WithValue(base, streamsKey{}, streams)
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(stop)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("web: shut down: %w", err), srv.Close())
	}
	return nil
}

func (s *Shell) now() time.Time { return s.config.Now() }
