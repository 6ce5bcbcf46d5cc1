package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/consentry/consentry/entra"
)

// Options of a sandbox. The zero value is a working one.
type Options struct {
	// Listen is the address of the plain listener, host:port on this machine;
	// "127.0.0.1:0", any free port, when empty.
	Listen string
	// Latency is added to every answer of a service, as a network would.
	Latency time.Duration
	// Apps is how many app registrations the healthy tenant has on top of the
	// seeded ones.
	Apps int
	// Seed is the JSON of a seed file that adds to the built-in tenants.
	Seed []byte
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Log takes what a person running the sandbox should know; nil discards.
	Log *slog.Logger
	// CADir is an existing directory for the CA file; when empty a temporary
	// one is made and removed on Close.
	CADir string
}

func (o Options) withDefaults() Options {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	switch {
	case o.Latency < 0:
		return fmt.Errorf("latency is %v: give 0 or more, such as 100ms", o.Latency)
	case o.Apps < 0:
		return fmt.Errorf("apps is %d: give 0 or more", o.Apps)
	}
	return nil
}

// A Sandbox is a running cloud.
type Sandbox struct {
	options Options
	started time.Time // what seeded dates are counted from
	world   *world
	journal *journal
	faults  *faults
	ca      *authority
	ready   Ready
	cloud   entra.Cloud

	servers []*http.Server
	failed  chan error    // a listener that ended by itself
	done    chan struct{} // closed when the sandbox ends: nobody waits longer
	once    sync.Once
}

// Start starts a sandbox; it answers when Start returns and runs until Close.
// The context bounds the start alone. The error names the option at fault.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	started := o.Now()
	w, err := seededAt(o, started)
	if err != nil {
		return nil, err
	}
	go w.login.warm()
	s := &Sandbox{
		options: o, started: started, world: w, journal: newJournal(o.Now), faults: newFaults(),
		failed: make(chan error, 1), done: make(chan struct{}),
	}
	if err := s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// Serve is the body of "consentry sandbox": it starts a sandbox, prints its
// [Ready] as one line of JSON to stdout and runs until ctx is done.
func Serve(ctx context.Context, o Options, stdout io.Writer) error {
	s, err := Start(ctx, o)
	if err != nil {
		return err
	}
	line := json.NewEncoder(stdout)
	line.SetEscapeHTML(false)
	err = line.Encode(s.ready)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-s.failed:
		}
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, s.Close(closing))
}

// Ready describes where the sandbox listens and who lives in it.
func (s *Sandbox) Ready() Ready { return s.ready }

// Cloud is the sandbox as clients know a cloud.
func (s *Sandbox) Cloud() entra.Cloud { return s.cloud }

// CAFile is the PEM file of the authority that signed the certificates.
func (s *Sandbox) CAFile() string { return s.ca.file }

// Requests are the journal's entries, oldest first.
func (s *Sandbox) Requests() []Request { return s.journal.list("", 0) }

// SetFaults replaces the fault rules; none clears them. The error names the
// rule and the field that is wrong.
func (s *Sandbox) SetFaults(rules ...Fault) error { return s.faults.replace(rules) }

// Close ends the sandbox: it lets requests under way finish until ctx is done
// and removes the CA file. Closing twice is harmless.
func (s *Sandbox) Close(ctx context.Context) error {
	var errs []error
	s.once.Do(func() {
		close(s.done)
		for _, srv := range s.servers {
			if err := srv.Shutdown(ctx); err != nil {
				errs = append(errs, srv.Close())
			}
		}
		if s.ca != nil {
			errs = append(errs, s.ca.remove())
		}
	})
	return errors.Join(errs...)
}

// listen opens the plain listener and one TLS listener per service.
func (s *Sandbox) listen(ctx context.Context) error {
	if err := loopbackOnly(s.options.Listen); err != nil {
		return err
	}
	var err error
	if s.ca, err = newAuthority(s.options.CADir); err != nil {
		return err
	}
	plain, err := new(net.ListenConfig).Listen(ctx, "tcp", s.options.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen address %s is in use: stop what listens there, or give another port (port 0 takes any free one)", s.options.Listen)
	}
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.options.Listen, err)
	}
	handlers := s.services()
	s.serve(plain, s.plainHandler(handlers))
	ports, err := s.listenTLS(ctx, handlers)
	if err != nil {
		return err
	}
	s.ready = s.describe(plain.Addr(), ports)
	line, err := json.Marshal(s.ready)
	if err != nil {
		return err
	}
	s.cloud, err = entra.ParseCloud(line)
	return err
}

func (s *Sandbox) listenTLS(ctx context.Context, handlers map[string]http.Handler) (map[string]string, error) {
	config, err := s.ca.serverConfig()
	if err != nil {
		return nil, err
	}
	ports, open := map[string]string{}, map[string]net.Listener{}
	for name := range handlers {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("listen for TLS: %w", err)
		}
		open[name] = l
		_, ports[name], _ = net.SplitHostPort(l.Addr().String())
	}
	for name, l := range open {
		s.serveTLS(l, config, s.tlsHandler(name, ports, handlers[name]))
	}
	return ports, nil
}

// loopbackOnly holds the sandbox to this machine: its controls have no
// password.
func loopbackOnly(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen address %q: give host:port, for example 127.0.0.1:18080", listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen address %q: the sandbox answers on this machine only; give 127.0.0.1 or localhost as the host", listen)
	}
	return nil
}
