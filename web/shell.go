package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
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
	// Passing: the sandbox ends with this console, which the banner says.
	Passing bool
	Version string
	// Secure: people reach the console by https, whoever ends it.
	Secure bool
	// Proxies are the reverse proxies in front; without them only the
	// connection says where a request comes from.
	Proxies Proxies
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
	// Who names the person a session belongs to, so that all their windows count
	// together towards a Limit; nil, or an empty name, counts the session.
	Who func(*Session) string
	// Ready says why the console cannot work, for /readyz, or nil; a nil Ready
	// is always.
	Ready func(context.Context) error
	// Observe hears of each request when it is answered; nil means nobody.
	Observe func(Answer)
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
	// By route or field; filled before the first request and only read from
	// then on.
	bodies    map[string]Body
	inputs    map[string]Input
	limits    map[string]Limit
	buckets   buckets
	readiness readiness
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
	s := &Shell{config: cfg, files: files, bodies: map[string]Body{}, inputs: map[string]Input{}, limits: map[string]Limit{}}
	s.buckets.most = mostBuckets
	s.readiness.ask, s.readiness.draining = cfg.Ready, make(chan struct{})
	s.sessions = &store{backend: cfg.Sessions, idle: cfg.Idle, absolute: cfg.Absolute}
	if s.templates, err = templates.Parse(s.Funcs()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// Engine returns the gin engine with every middleware in place and the
// addresses that need no session; the caller adds its routes with Handle.
func (s *Shell) Engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.MaxMultipartMemory = maxBody
	if err := e.SetTrustedProxies(nil); err != nil { // gin's own idea of who asks is never used
		return nil, fmt.Errorf("web: %w", err)
	}
	e.Use(s.begin, s.securityHeaders, s.recoverPanics, s.checkHost)
	e.GET("/static/:file", s.serveStatic)
	e.GET(healthPath, func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.GET(readyPath, s.Handle(s.showReady))
	s.Limit(http.MethodPost, reportPath, reportLimit)
	e.POST(reportPath, s.limitAddress, s.Handle(s.takeReport))
	e.Use(s.checkFetch, s.checkOrigin, s.limitAddress, s.readInput, s.loadSession, s.limitPerson)
	e.NoRoute(s.Handle(func(*gin.Context) (Response, error) { return nil, NotFound("page") }))
	e.NoMethod(s.Handle(func(*gin.Context) (Response, error) {
		return nil, &Error{Status: http.StatusMethodNotAllowed, Public: "This address does not take that kind of request. Use the buttons and links of the page before."}
	}))
	return e, nil
}

func (s *Shell) now() time.Time { return s.config.Now() }
