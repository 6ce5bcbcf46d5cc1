package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	integration, login, devops, vssps string
	listen, callbackListen            string
	callbackHost, caFile, form        string
	older                             bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "connector:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("connector", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.integration, "integration", "", "frontegg, paragon, stackone, cyclr or custom")
	f.StringVar(&o.login, "login", "https://login.microsoftonline.com", "base `URL` of the sign-in service")
	f.StringVar(&o.devops, "devops", "https://dev.azure.com", "base `URL` of Azure DevOps")
	f.StringVar(&o.vssps, "vssps", "https://app.vssps.visualstudio.com", "base `URL` of its profiles, and of its own OAuth")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "`host:port` of the pages, in plain http")
	f.StringVar(&o.callbackListen, "callback-listen", "127.0.0.1:0", "`host:port` of the redirect URI, in TLS")
	f.StringVar(&o.callbackHost, "callback-host", "", "the `host` in the redirect URI of frontegg, cyclr and custom")
	f.StringVar(&o.caFile, "ca-file", "", "PEM `file` of an authority to trust besides the machine's")
	f.StringVar(&o.form, "form", "", "JSON `file` that fills in the forms: an object of labels and values")
	f.BoolVar(&o.older, "older-version", false, "cyclr only: the version that signs in through Azure DevOps' own OAuth")
	err := f.Parse(args)
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("%q is too much: everything is given by flags", f.Arg(0))
	}
	return o, err
}

// connector makes the product of the options.
func (o options) connector() (*connector, error) {
	p, ok := productByID(o.integration)
	switch {
	case !ok:
		return nil, fmt.Errorf("--integration is %q: give frontegg, paragon, stackone, cyclr or custom", o.integration)
	case o.callbackHost != "" && p.Host == "":
		return nil, fmt.Errorf("--callback-host: the redirect URI of %s is always %s", p.Name, p.Callback)
	case o.older && !p.Retired:
		return nil, fmt.Errorf("--older-version: %s has none; only cyclr's document describes one", p.Name)
	}
	c := &connector{product: p, host: orElse(o.callbackHost, p.Host), olderVersion: o.older}
	for name, base := range map[string]struct {
		given string
		to    *string
	}{"login": {o.login, &c.login}, "devops": {o.devops, &c.devops}, "vssps": {o.vssps, &c.vssps}} {
		if u, err := url.Parse(base.given); err != nil || u.Host == "" {
			return nil, fmt.Errorf("--%s is %q: give a URL such as http://127.0.0.1:18080/%s", name, base.given, name)
		}
		*base.to = strings.TrimRight(base.given, "/")
	}
	trust, err := trusting(o.caFile)
	if err != nil {
		return nil, err
	}
	c.wire = newWire(&http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}, p.Calls.UserAgent)
	return c, o.fill(c)
}

// fill enters the values of --form.
func (o options) fill(c *connector) error {
	c.settings, c.preset = values{}, values{}
	if o.form == "" {
		return nil
	}
	data, err := os.ReadFile(o.form)
	if err != nil {
		return fmt.Errorf("--form: %w", err)
	}
	filled := map[string]string{}
	if err := json.Unmarshal(data, &filled); err != nil {
		return fmt.Errorf("--form: not a JSON object of labels and texts: %w", err)
	}
	all, err := c.product.byLabel(filled)
	if err != nil {
		return fmt.Errorf("--form: %w", err)
	}
	for _, f := range c.product.Settings.Fields {
		c.settings[f.Key] = all[f.Key]
	}
	c.preset = all
	delete(c.preset, clientSecret)
	return nil
}

// run serves until ctx is done; stdout gets one line when it is ready.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	c, err := o.connector()
	if err != nil {
		return err
	}
	var listening net.ListenConfig
	pages, err := listening.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	returns, err := listening.Listen(ctx, "tcp", o.callbackListen)
	if err != nil {
		return fmt.Errorf("--callback-listen: %w", err)
	}
	c.base = "http://" + pages.Addr().String()
	ready := struct {
		Integration    string `json:"integration"`
		URL            string `json:"url"`
		Callback       string `json:"callback"`
		CallbackListen string `json:"callback_listen"`
	}{c.product.ID, c.base, c.product.callback(c.host, c.saved()), returns.Addr().String()}
	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return err
	}
	return c.serve(ctx, pages, returns)
}

func (c *connector) serve(ctx context.Context, pages, returns net.Listener) error {
	config, err := selfMade(hostOf(c.product.callback(c.host, c.saved())))
	if err != nil {
		return err
	}
	plain := &http.Server{Handler: c.pages(), ReadHeaderTimeout: 10 * time.Second}
	secure := &http.Server{Handler: http.HandlerFunc(c.callback), ReadHeaderTimeout: 10 * time.Second, TLSConfig: config}
	ended := make(chan error, 2)
	go func() { ended <- plain.Serve(pages) }()
	go func() { ended <- secure.ServeTLS(returns, "", "") }()
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, plain.Shutdown(closing), secure.Shutdown(closing))
}
