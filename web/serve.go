package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// maxBody is how many bytes a form may have, unless its route says otherwise.
const maxBody = 64 << 10

// limits are those of a listener.
type limits struct {
	readHeader, read, write, idle, drain time.Duration
	header                               int // bytes
	connections                          int
}

var defaultLimits = limits{
	readHeader: 5 * time.Second, // of a TLS handshake too
	read:       15 * time.Second,
	write:      60 * time.Second,
	idle:       60 * time.Second,
	drain:      20 * time.Second,
	header:     32 << 10,
	// More wait to be accepted. Each costs about 20 KiB, a file descriptor and
	// a goroutine.
	connections: 2000,
}

// streamsKey holds, in every request's context, the one that ends event
// streams when the server stops. The requests themselves go on.
type streamsKey struct{}

// A Server answers on a listener with all limits in force.
type Server struct {
	Handler http.Handler
	Log     *slog.Logger
	// TLS makes it https; nil is plain http.
	TLS *tls.Config
	// Stopping is called when it is about to stop, before the first connection
	// is closed; nil means nobody waits for it.
	Stopping func()
	// Linger is how long new requests are still answered after Stopping, for
	// balancers to notice.
	Linger time.Duration
	// Hurry, when it ends, cuts short what is waited for when stopping; nil
	// means nothing does.
	Hurry context.Context

	limits limits // zero means the default
}

// Serve serves h on l until ctx ends; see Server.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	return Server{Handler: h, Log: log}.Serve(ctx, l)
}

// Serve answers on l until ctx ends, then lets requests finish for up to 20
// seconds. Event streams end at once: their readers come back by themselves.
func (s Server) Serve(ctx context.Context, l net.Listener) error {
	if s.limits == (limits{}) {
		s.limits = defaultLimits
	}
	base := context.WithoutCancel(ctx)
	if s.Hurry == nil {
		s.Hurry = base
	}
	streams, stop := context.WithCancel(base)
	defer stop()
	srv := s.server(context.WithValue(base, streamsKey{}, streams))
	srv.RegisterOnShutdown(stop)
	failed := make(chan error, 1)
	go func() { failed <- s.listen(srv, netutil.LimitListener(l, s.limits.connections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	if err := s.linger(failed); err != nil {
		return err
	}
	drain, cancel := context.WithTimeout(s.Hurry, s.limits.drain)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("web: shut down: %w", err), srv.Close())
	}
	return nil
}

func (s Server) server(base context.Context) *http.Server {
	return &http.Server{
		Handler:           s.Handler,
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: s.limits.readHeader,
		ReadTimeout:       s.limits.read,
		WriteTimeout:      s.limits.write,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    s.limits.header,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

func (s Server) listen(srv *http.Server, l net.Listener) error {
	if s.TLS != nil {
		return srv.ServeTLS(l, "", "")
	}
	return srv.Serve(l)
}

// linger tells that the end is near and goes on answering for a while.
func (s Server) linger(failed <-chan error) error {
	if s.Stopping != nil {
		s.Stopping()
	}
	if s.Linger <= 0 {
		return nil
	}
	t := time.NewTimer(s.Linger)
	defer t.Stop()
	select {
	case err := <-failed:
		return fmt.Errorf("web: serve: %w", err)
	case <-t.C:
	case <-s.Hurry.Done():
	}
	return nil
}
