package diagnose

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// A Service is one of a cloud's services, as people know it.
type Service struct {
	Name string // "sign-in"
	Base string // its base URL
}

// services are those that an integration and this program need.
func services(c entra.Cloud) []Service {
	all := []Service{
		{"sign-in", c.Login}, {"Microsoft Graph", c.Graph}, {"Azure DevOps", c.DevOps}, {"Azure DevOps profiles", c.VSSPS},
	}
	if c.VSSPSOrganizations != c.VSSPS {
		all = append(all, Service{"Azure DevOps identities", c.VSSPSOrganizations})
	}
	return all
}

// A Prober finds out whether a service can be reached; clock is what the
// service's answer says the time is, zero when it says nothing. It never
// fails: what went wrong is in the result.
type Prober interface {
	Reach(ctx context.Context, s Service) (r checks.Reachability, clock time.Time)
}

// A Dialer is a Prober that makes a connection of its own for each service,
// so that name, connection and certificate are tried and not remembered.
type Dialer struct {
	// Transport trusts the cloud's authority and knows the proxy; it is
	// cloned. Nil means http.DefaultTransport.
	Transport *http.Transport
}

// patience bounds one probe.
const patience = 10 * time.Second

// The stages of a request, in order.
const (
	stageDNS     = "dns"
	stageConnect = "connect"
	stageTLS     = "tls"
	stageAnswer  = "answer"
)

// Reach asks for the service's root. Any answer will do, a refusal too.
func (d Dialer) Reach(ctx context.Context, s Service) (checks.Reachability, time.Time) {
	r := checks.Reachability{Service: s.Name, Stage: stageDNS}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var stage atomic.Value
	stage.Store(stageDNS)
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, stages(&stage)), http.MethodHead, s.Base+"/", nil)
	if err != nil {
		r.Problem = "its address is not one"
		return r, time.Time{}
	}
	r.Host = req.URL.Host
	req.Header.Set("User-Agent", "consentry")
	transport := d.own()
	defer transport.CloseIdleConnections()
	r.Proxy = proxyOf(transport, req)
	began := time.Now() // of this machine and this process: how long, not when
	resp, err := transport.RoundTrip(req)
	r.Took, r.Stage = time.Since(began), stage.Load().(string)
	if err != nil {
		r.Problem = problemOf(err)
		return r, time.Time{}
	}
	resp.Body.Close()
	r.Stage = stageAnswer
	clock, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return r, time.Time{}
	}
	return r, clock
}

func (d Dialer) own() *http.Transport {
	from := d.Transport
	if from == nil {
		from = http.DefaultTransport.(*http.Transport)
	}
	own := from.Clone()
	own.DisableKeepAlives = true
	return own
}

// stages notes which stage has begun.
func stages(stage *atomic.Value) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		ConnectStart:      func(string, string) { stage.Store(stageConnect) },
		TLSHandshakeStart: func() { stage.Store(stageTLS) },
		WroteRequest:      func(httptrace.WroteRequestInfo) { stage.Store(stageAnswer) },
	}
}

// proxyOf names the proxy between here and there, without its credentials.
func proxyOf(t *http.Transport, req *http.Request) string {
	if t.Proxy == nil {
		return ""
	}
	proxy, err := t.Proxy(req)
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

// problemOf says in a few words what went wrong; the error's own text may
// name addresses twice.
func problemOf(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within " + patience.String()
	case errors.As(err, &certificate):
		return "its certificate is not trusted here: " + entra.ForeignText(certificate.Err.Error())
	case errors.As(err, &op):
		err = op.Err
	}
	return entra.ForeignText(err.Error())
}

// network tries every service at once. The clock is read off the sign-in
// service, whose tokens are held to it; another service's stands in.
func (a Access) network(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	all := services(a.Cloud)
	found, ahead := make([]checks.Reachability, len(all)), make([]*time.Duration, len(all))
	var wg sync.WaitGroup
	for i, s := range all {
		wg.Go(func() {
			r, clock := a.Prober.Reach(ctx, s)
			found[i] = r
			if !clock.IsZero() {
				ahead[i] = new(a.now().Sub(clock).Truncate(time.Second))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return func(f *checks.Facts) {
		f.Network = checks.Known(found, "one request to each service")
		for i, d := range ahead {
			if d != nil {
				f.Clock = checks.Known(*d, "Date of "+all[i].Base)
				return
			}
		}
		f.Forget(checks.NeedClock, "No service said what time it is.", "Look at the network path from here to Microsoft's services, then run the checks again.")
	}, nil
}
