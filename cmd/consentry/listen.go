package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/consentry/consentry/web"
)

// ListenFlags say where the console is reached, and over what.
type ListenFlags struct {
	Listen       string        `default:"localhost:8080" help:"Address to listen on. Beyond this machine (loopback) it takes --base-url. Port 0 takes a free one, as does the default when it is taken."`
	BaseURL      string        `placeholder:"URL" help:"Address that people open, such as https://consentry.example. Only this name is answered. Default: http://localhost:PORT."`
	TLSCert      string        `name:"tls-cert" placeholder:"FILE" help:"PEM file with the TLS certificate and its chain, read again when it changes. Without it the listener speaks plain http."`
	TLSKey       string        `name:"tls-key" placeholder:"FILE" help:"PEM file with the certificate's key."`
	TrustedProxy []string      `placeholder:"CIDR" help:"Address or network of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto are believed. Repeatable; nobody else is."`
	Linger       time.Duration `default:"0s" help:"How long requests are still answered after the console is asked to end, while /readyz says no: as long as a balancer takes to notice. Not needed where nothing balances."`
	Metrics      string        `placeholder:"HOST:PORT" help:"Address for Prometheus (/metrics), /healthz and /readyz on a listener of its own, such as 127.0.0.1:9090; with --debug the profiler too. Off by default."`
}

// defaultListen is where the console listens unless told otherwise.
const defaultListen = "localhost:8080"

// sharedSignIn is the --sign-in of a console that several people share.
const sharedSignIn = "entra"

// beyond says why the address may not be listened on; empty when it may. What
// goes over a network goes encrypted: by the console itself, or by a proxy
// that is named.
func (f *ListenFlags) beyond(signIn string) string {
	host, port, err := net.SplitHostPort(f.Listen)
	switch {
	case err != nil:
		return "give host and port, such as localhost:8080"
	case !isPort(port):
		return "the port is none: give 0 to 65535"
	case isLoopback(host):
		return ""
	case signIn != sharedSignIn:
		return "beyond this machine others could use it as you: give --sign-in " + sharedSignIn + " for a console that several people share, or listen on localhost and reach it through a tunnel such as ssh -L 8080:localhost:8080"
	case !strings.HasPrefix(strings.ToLower(f.BaseURL), "https://"):
		return "beyond this machine the console is served by https only: give --base-url https://… as people will open it"
	case f.TLSCert == "" && len(f.TrustedProxy) == 0:
		return "something has to speak https in front of this address: give --tls-cert and --tls-key, or name the reverse proxy with --trusted-proxy"
	}
	return ""
}

// unfitBaseURL says what is wrong with the address that people open.
func (f *ListenFlags) unfitBaseURL(signIn string) string {
	if f.BaseURL == "" {
		return ""
	}
	u, err := url.Parse(f.BaseURL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return "give an address such as https://consentry.example"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "give scheme and host alone, such as https://consentry.example: the console takes all of the name"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "http is for this machine alone: sign-ins and secrets would cross the network for all to read; give https"
	case u.Scheme == "http" && f.TLSCert != "":
		return "with a TLS certificate people open it by https: write https"
	case !isLoopback(u.Hostname()) && signIn != sharedSignIn:
		return "a name that others can open is for a console that several people share: give --sign-in " + sharedSignIn + " too"
	}
	return ""
}

// unfitPair says what is wrong with the TLS files.
func (f *ListenFlags) unfitPair() string {
	switch {
	case f.TLSCert == "" && f.TLSKey == "":
		return ""
	case f.TLSCert == "" || f.TLSKey == "":
		return "--tls-cert and --tls-key go together: give both files or neither"
	}
	if _, err := tls.LoadX509KeyPair(f.TLSCert, f.TLSKey); err != nil {
		return "the certificate and its key cannot be used: " + withoutPath(err)
	}
	return foreignEyes(f.TLSKey)
}

func (f *ListenFlags) unfitProxies() string {
	if _, err := web.ParseProxies(f.TrustedProxy); err != nil {
		return err.Error()
	}
	return ""
}

// unfitMetrics: whoever reads the metrics learns the names of environments.
func (f *ListenFlags) unfitMetrics() string {
	if f.Metrics == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(f.Metrics)
	switch {
	case err != nil || !isPort(port):
		return "give host and port, such as 127.0.0.1:9090"
	case f.Metrics == f.Listen && port != "0":
		return "the console itself listens there: the metrics take an address of their own, such as 127.0.0.1:9090"
	}
	return ""
}

// listenRules are what keeps these flags from being used.
var listenRules = []configRule{
	{"listen", func(c *checked) string { return c.beyond(c.SignIn) }},
	{"base-url", func(c *checked) string { return c.unfitBaseURL(c.SignIn) }},
	{"tls-cert", func(c *checked) string { return c.unfitPair() }},
	{"trusted-proxy", func(c *checked) string { return c.unfitProxies() }},
	{"metrics", func(c *checked) string { return c.unfitMetrics() }},
}

// listen binds the address.
func (f *ListenFlags) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", f.Listen)
	if f.Listen == defaultListen && errors.Is(err, syscall.EADDRINUSE) {
		l, err = net.Listen("tcp", "localhost:0") // nobody asked for this port; the address is printed anyway
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: another program uses that port: choose one with --listen localhost:PORT", f.Listen)
	}
	if err != nil {
		return nil, fmt.Errorf("--listen %q: %w", f.Listen, err)
	}
	return l, nil
}

// address is the console's own, without trailing slash, as people open it.
func (f *ListenFlags) address(l net.Listener) string {
	switch {
	case f.BaseURL != "":
		return strings.ToLower(strings.TrimRight(f.BaseURL, "/"))
	case f.TLSCert != "":
		return "https://localhost:" + port(l)
	}
	return "http://localhost:" + port(l)
}

// names are the Host headers that are answered: of a name for everybody that
// one alone, with and without the port its scheme implies; otherwise this
// machine's.
func (f *ListenFlags) names(l net.Listener) []string {
	scheme, host, _ := strings.Cut(f.address(l), "://")
	if f.BaseURL == "" {
		p := port(l)
		return []string{host, "127.0.0.1:" + p, "[::1]:" + p}
	}
	implied := ":443"
	if scheme == "http" {
		implied = ":80"
	}
	bare := strings.TrimSuffix(host, implied)
	if bare == host && (&url.URL{Host: host}).Port() != "" {
		return []string{host}
	}
	return []string{bare, bare + implied}
}

// dress fills in what the shell has to know of how it is reached.
func (f *ListenFlags) dress(cfg *web.Config, l net.Listener) error {
	proxies, err := web.ParseProxies(f.TrustedProxy)
	if err != nil {
		return fmt.Errorf("--trusted-proxy: %w", err)
	}
	cfg.Hosts, cfg.Proxies = f.names(l), proxies
	cfg.Secure = strings.HasPrefix(f.address(l), "https://")
	return nil
}

// encryption is the listener's TLS, nil for plain http.
func (f *ListenFlags) encryption(log *slog.Logger) (*tls.Config, error) {
	if f.TLSCert == "" {
		return nil, nil
	}
	cert, err := web.LoadCertificate(f.TLSCert, f.TLSKey, log)
	if err != nil {
		return nil, err
	}
	return cert.Config(), nil
}

// port of a listener, for the addresses people use.
func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String()) // a TCP listener's address always splits
	return p
}
