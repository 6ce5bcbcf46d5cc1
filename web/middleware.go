package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

const (
	nonceKey   = "web.nonce"
	requestKey = "web.request-id"
	notesKey   = "web.notes"
	sessionKey = "web.session"
)

// random returns n random bytes; crypto/rand does not fail on the systems Go
// supports.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func requestID(c *gin.Context) string { return c.GetString(requestKey) }

// Note adds an attribute to the one log line of this request. Never a secret,
// token, code or cookie.
func Note(c *gin.Context, attrs ...slog.Attr) {
	notes, _ := c.Get(notesKey)
	list, _ := notes.([]slog.Attr)
	c.Set(notesKey, append(list, attrs...))
}

// logRequests writes one event per request, with the route's pattern instead
// of its path: paths carry ids, queries carry codes.
func (s *Shell) logRequests(c *gin.Context) {
	started := s.config.Now()
	c.Set(requestKey, hex.EncodeToString(random(8)))
	c.Header("X-Request-Id", requestID(c))
	c.Next()
	notes, _ := c.Get(notesKey)
	list, _ := notes.([]slog.Attr)
	attrs := append([]slog.Attr{
		slog.String("method", c.Request.Method),
		slog.String("route", c.FullPath()),
		slog.Int("status", c.Writer.Status()),
		slog.Int64("ms", s.config.Now().Sub(started).Milliseconds()),
		slog.String("request_id", requestID(c)),
	}, list...)
	level := slog.LevelInfo
	if c.Writer.Status() >= 500 {
		level = slog.LevelError
	}
	s.config.Log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// securityHeaders sets what every answer carries, errors and files included.
func (s *Shell) securityHeaders(c *gin.Context) {
	nonce := base64.RawURLEncoding.EncodeToString(random(16))
	c.Set(nonceKey, nonce)
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"' 'strict-dynamic'; "+
		"style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	// same-origin, not no-referrer: with the latter Chromium sends
	// "Origin: null" for our own forms on plain http.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), clipboard-write=(self)")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Cookie")
	h.Add("Vary", "Sec-Fetch-Site")
	if s.config.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	c.Next()
}

// recoverPanics turns a panic into the error page; the stack goes to the log
// without the request's headers.
func (s *Shell) recoverPanics(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && err == http.ErrAbortHandler {
			panic(p)
		}
		Note(c, slog.String("stack", string(debug.Stack())))
		s.fail(c, fmt.Errorf("panic: %v", p))
	}()
	c.Next()
}

// checkHost answers only to the names this console is known by, which stops
// DNS rebinding and cache poisoning before any routing. A page asked for under
// another of them leads to the first: the way back from a sign-in leads there,
// and would not find the cookie of another name.
func (s *Shell) checkHost(c *gin.Context) {
	host := strings.ToLower(c.Request.Host)
	if host != s.config.Hosts[0] && slices.Contains(s.config.Hosts, host) && c.Request.Method == http.MethodGet && c.Request.URL.Path != healthPath {
		c.Redirect(http.StatusTemporaryRedirect, s.origin()+c.Request.URL.RequestURI())
		c.Abort()
		return
	}
	if slices.Contains(s.config.Hosts, host) {
		c.Next()
		return
	}
	s.fail(c, &Error{Status: http.StatusMisdirectedRequest, Public: "This console does not answer to the name in the address bar. Open the address it printed when it started."})
}

func (s *Shell) origin() string {
	if s.config.Secure {
		return "https://" + s.config.Hosts[0]
	}
	return "http://" + s.config.Hosts[0]
}

// readForm bounds the body and reads the form here, because gin's PostForm
// takes a form that could not be read, or is of another kind, for an empty one.
func (s *Shell) readForm(c *gin.Context) {
	body := s.bodyOf(c)
	if !isForm(c.Request, body.File) {
		s.fail(c, &Error{Status: http.StatusUnsupportedMediaType, Public: "This address takes a form of this console. Open the page before and send it from there."})
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, body.Bytes)
	if err := parseForm(c.Request, body); err != nil {
		var tooLarge *http.MaxBytesError
		if !errors.As(err, &tooLarge) {
			err = &Error{Status: http.StatusBadRequest, Public: "The form could not be read. Go back and send it again.", Err: err}
		}
		s.fail(c, err)
		return
	}
	c.Next()
}

// A Body is what the forms of one address may send.
type Body struct {
	Bytes int64 // at most so many
	File  bool  // a file may come with them (multipart/form-data)
}

// Allow lets the forms of a route, given by its pattern, send more than
// others. It must be called before the engine answers.
func (s *Shell) Allow(pattern string, b Body) {
	if s.bodies == nil {
		s.bodies = map[string]Body{}
	}
	s.bodies[pattern] = b
}

func (s *Shell) bodyOf(c *gin.Context) Body {
	if b, ok := s.bodies[c.FullPath()]; ok {
		return b
	}
	return Body{Bytes: maxBody}
}

// parseForm keeps an uploaded file in memory: nothing is written to disk.
func parseForm(r *http.Request, b Body) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !b.File || isSafe(r.Method) || kind != "multipart/form-data" {
		return r.ParseForm()
	}
	return r.ParseMultipartForm(b.Bytes)
}

// isForm reports whether the body is a form's, or there is none.
func isForm(r *http.Request, file bool) bool {
	if isSafe(r.Method) || r.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/x-www-form-urlencoded" || file && kind == "multipart/form-data")
}

var crossOrigin = http.NewCrossOriginProtection()

// checkOrigin lets unsafe methods through only from our own pages. On top of
// the standard library's rules, a request that carries our cookie must show
// where it comes from, and "none" or "same-site" is not our page.
func (s *Shell) checkOrigin(c *gin.Context) {
	err := crossOrigin.Check(c.Request)
	if err == nil && !isSafe(c.Request.Method) {
		err = strictOrigin(c.Request)
	}
	if err != nil {
		s.fail(c, &Error{Status: http.StatusForbidden, Err: err,
			Public: "This request did not come from a page of this console, so nothing was changed. Open the console directly and try again there."})
		return
	}
	c.Next()
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func strictOrigin(r *http.Request) error {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	switch {
	case site != "" && site != "same-origin":
		return fmt.Errorf("Sec-Fetch-Site is %q", site)
	case site == "" && origin == "":
		if _, err := r.Cookie(cookieName); err == nil {
			return fmt.Errorf("neither Sec-Fetch-Site nor Origin, but a session cookie")
		}
	}
	return nil
}

// serveStatic serves an embedded file under its hashed name, compressed once
// at first use.
func (s *Shell) serveStatic(c *gin.Context) {
	for _, f := range s.files {
		if f.Path != c.Request.URL.Path {
			continue
		}
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
		c.Writer.Header()["Vary"] = []string{"Accept-Encoding"}
		if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			c.Header("Content-Encoding", "gzip")
			c.Data(http.StatusOK, f.ContentType, s.gzipped(f.Path, f.Content))
			return
		}
		c.Data(http.StatusOK, f.ContentType, f.Content)
		return
	}
	s.fail(c, NotFound("file"))
}

func (s *Shell) gzipped(path string, content []byte) []byte {
	if z, ok := s.compressed.Load(path); ok {
		return z.([]byte)
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write(content) // a bytes.Buffer does not fail
	_ = z.Close()
	s.compressed.Store(path, buf.Bytes())
	return buf.Bytes()
}

// loadSession makes the request's session available; a made-up or expired
// cookie is nobody's session.
func (s *Shell) loadSession(c *gin.Context) {
	sess, err := s.sessions.load(c.Request)
	if err != nil {
		s.fail(c, fmt.Errorf("web: load session: %w", err))
		return
	}
	c.Set(sessionKey, sess)
	c.Next()
}
