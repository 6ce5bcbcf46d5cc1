package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// healthPath answers whoever asks whether the process lives; nothing is
	// looked up for it.
	healthPath = "/healthz"
	// readyPath answers whether requests may be sent here.
	readyPath = "/readyz"
)

const (
	readyTimeout = 2 * time.Second
	// readyFor is how long an answer holds: however many ask, the database is
	// asked once a second.
	readyFor = time.Second
)

// readiness remembers the last answer to whether the console can work.
type readiness struct {
	ask func(context.Context) error

	draining chan struct{} // closed when the console is about to stop
	once     sync.Once

	mu  sync.Mutex
	at  time.Time
	err error
}

var errDraining = errors.New("the console is stopping")

// Drain makes /readyz say no from now on, for balancers to send requests
// elsewhere. What arrives is still answered.
func (s *Shell) Drain() {
	s.readiness.once.Do(func() { close(s.readiness.draining) })
}

// Ready says why requests should not be sent here, or nil.
func (s *Shell) Ready(ctx context.Context) error {
	r := &s.readiness
	select {
	case <-r.draining:
		return errDraining
	default:
	}
	if r.ask == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := s.now(); now.Sub(r.at) >= readyFor || now.Before(r.at) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err, r.at = r.ask(ctx), now
	}
	return r.err
}

func (s *Shell) showReady(c *gin.Context) (Response, error) {
	if err := s.Ready(c.Request.Context()); err != nil {
		return nil, &Error{Status: http.StatusServiceUnavailable, Err: err, RetryAfter: readyFor,
			Public: "This console cannot take requests at the moment: it is stopping, or its database does not answer. Its log says which."}
	}
	return Text("ready\n"), nil
}
