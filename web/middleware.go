package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

const sessionKey = "web.session"

// random returns n random bytes; crypto/rand does not fail on the systems Go
// supports.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// Note adds an attribute to the one log line of this request. Never a secret,
// token, code or cookie.
func Note(c *gin.Context, attrs ...slog.Attr) {
	st := stateOf(c)
	st.notes = append(st.notes, attrs...)
}

// An Answer is what is counted of a request that was answered.
type Answer struct {
	Method string
	Route  string // the pattern, empty when there is none
	Status int
	Took   time.Duration
}

// begin finds out who asks and, when all is done, writes one event per request,
// with the route's pattern instead of its path: paths carry ids, queries carry
// codes.
func (s *Shell) begin(c *gin.Context) {
	started := s.now()
	st := &state{id: hex.EncodeToString(random(8)), client: s.config.Proxies.clientOf(c.Request)}
	c.Set(stateKey, st)
	c.Writer.Header()["X-Request-Id"] = []string{st.id}
	c.Next()
	answer := Answer{c.Request.Method, c.FullPath(), c.Writer.Status(), s.now().Sub(started)}
	if s.config.Observe != nil {
		s.config.Observe(answer)
	}
	s.log(c, answer, st)
}

func (s *Shell) log(c *gin.Context, a Answer, st *state) {
	level := slog.LevelInfo
	if a.Status >= 500 {
		level = slog.LevelError
	}
	attrs := append(make([]slog.Attr, 0, 5+len(st.notes)),
		slog.String("method", a.Method),
		slog.String("route", a.Route),
		slog.Int("status", a.Status),
		slog.Int64("ms", a.Took.Milliseconds()),
		slog.String("request_id", st.id))
	s.config.Log.LogAttrs(c.Request.Context(), level, "request", append(attrs, st.notes...)...)
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
