package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

const (
	benchLatency = 100 * time.Millisecond
	// The floor of a setup from nothing: one round of reads; application,
	// service principal and consents in sequence; one round of reads as proof.
	floorRounds, floorRequests = 5, 9
	// targetRatio is setup's wall time to that of the same requests by hand.
	targetRatio = 1.25
)

// BenchmarkSetup measures a whole setup, with journal on disk, against the
// bare minimum of requests sent by hand with net/http, each on connections of
// its own, with 100 ms of latency. Target: exactly the floor of round trips,
// at most 1.25 times the wall time. A missed target fails.
func BenchmarkSetup(b *testing.B) {
	lab := newLab(b)
	var ours, byHand time.Duration
	n := 0
	for b.Loop() {
		n++
		want := lab.wanted(b, fmt.Sprintf("ours-%d", n))
		ours += lab.measure(b, floorRounds, floorRequests, func() { lab.setUp(b, want) })
		byHand += lab.measure(b, floorRounds, floorRequests, func() { lab.byHand(b, lab.wanted(b, fmt.Sprintf("hand-%d", n))) })
	}
	ratio := float64(ours) / float64(byHand)
	b.ReportMetric(ratio, "ratio-to-by-hand")
	b.ReportMetric(floorRounds, "rounds")
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms/setup")
	b.ReportMetric(float64(byHand.Milliseconds())/float64(n), "ms/by-hand")
	if ratio > targetRatio {
		b.Fatalf("setup takes %.2f times the wall time of the bare requests; the target is %.2f", ratio, targetRatio)
	}
}

// BenchmarkSetupAgain measures a run with nothing to do. Target: three
// requests in one round.
func BenchmarkSetupAgain(b *testing.B) {
	lab := newLab(b)
	want := lab.wanted(b, "again")
	engine, op := lab.engine(b, want)
	run := func() {
		if r, err := engine.Apply(b.Context(), want, op); err != nil || !r.Proven {
			b.Fatalf("proven %v, %v", r.Proven, err)
		}
	}
	run()
	for b.Loop() {
		lab.measure(b, 1, 3, run)
	}
	b.ReportMetric(1, "rounds")
}

// A lab is a sandbox far away with a database.
type lab struct {
	box    *sandbox.Sandbox
	tenant sandbox.ReadyTenant
	token  entra.Sensitive
	store  *store.Store
}

func newLab(b *testing.B) *lab {
	b.Helper()
	box, err := sandbox.Start(b.Context(), sandbox.Options{Latency: benchLatency})
	if err != nil {
		b.Fatal(err)
	}
	st, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "bench.db"), Key: store.NewKey()})
	if err != nil {
		b.Fatal(err)
	}
	l := &lab{box: box, tenant: box.Ready().Tenants[0], store: st}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
		if err := box.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	signIn := oauth.Client{Cloud: box.Cloud(), HTTP: l.client(b)}
	auto := l.tenant.Automation
	tokens, err := signIn.ClientCredentials(b.Context(), l.tenant.ID, entra.ClientID(auto.ClientID), entra.NewSensitive(auto.ClientSecret), "https://graph.microsoft.com/.default")
	if err != nil {
		b.Fatal(err)
	}
	l.token = tokens.Access
	return l
}

// client has no connection yet.
func (l *lab) client(b *testing.B) *http.Client {
	b.Helper()
	transport, err := graph.Transport(l.box.Cloud())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (l *lab) wanted(b *testing.B, name string) setup.Desired {
	b.Helper()
	p, _ := preset.ByID("frontegg")
	want, wrong := setup.Spec{Name: name, Integration: p.ID, Inputs: map[string]string{"host": "gateway.example.com"}}.Resolve(p)
	if len(wrong) > 0 {
		b.Fatal(wrong)
	}
	return want
}

// measure holds the round trips and the number of requests, and returns the
// wall time.
func (l *lab) measure(b *testing.B, rounds, requests int, run func()) time.Duration {
	b.Helper()
	since := len(l.box.Requests())
	start := time.Now()
	run()
	took := time.Since(start)
	sent := l.box.Requests()[since:]
	if got := depth(sent); got != rounds || len(sent) != requests {
		b.Fatalf("%d requests in %d round trips, want %d in %d", len(sent), got, requests, rounds)
	}
	return took
}

// depth is the longest chain of requests of which each began when the one
// before had been answered.
func depth(sent []sandbox.Request) int {
	slices.SortFunc(sent, func(a, b sandbox.Request) int { return a.Time.Compare(b.Time) })
	deepest := make([]int, len(sent))
	most := 0
	for i, r := range sent {
		deepest[i] = 1
		for j, before := range sent[:i] {
			end := before.Time.Add(time.Duration(before.Milliseconds * float64(time.Millisecond)))
			if !r.Time.Before(end) {
				deepest[i] = max(deepest[i], deepest[j]+1)
			}
		}
		most = max(most, deepest[i])
	}
	return most
}

// setUp is the whole of what the command does between signing in and ending.
func (l *lab) setUp(b *testing.B, want setup.Desired) {
	b.Helper()
	engine, op := l.engine(b, want)
	if r, err := engine.Apply(b.Context(), want, op); err != nil || !r.Proven {
		b.Fatalf("proven %v, left %v, %v", r.Proven, r.Left, err)
	}
}

func (l *lab) engine(b *testing.B, want setup.Desired) (*setup.Engine, string) {
	b.Helper()
	who := entra.Person{Tenant: entra.TenantID(l.tenant.ID), ID: "00000000-0000-0000-0000-000000000001"}
	env, err := l.store.CreateEnvironment(b.Context(), store.Environment{Spec: setup.Spec{Name: want.Name}, Owner: who, Tenant: who.Tenant})
	if err != nil {
		b.Fatal(err)
	}
	op, err := l.store.StartOperation(b.Context(), env.ID, store.SetupOperation, who, setup.Plan{})
	if err != nil {
		b.Fatal(err)
	}
	token := graph.TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return l.token, time.Now().Add(time.Hour), nil
	})
	dir, err := graph.New(l.box.Cloud(), token, graph.Options{HTTP: l.client(b)})
	if err != nil {
		b.Fatal(err)
	}
	return &setup.Engine{Directory: dir, Journal: l.store.Journal(op)}, op.ID
}

// byHand sends the same requests as a script that knows exactly what it wants.
func (l *lab) byHand(b *testing.B, want setup.Desired) {
	b.Helper()
	h := hand{b: b, base: l.box.Cloud().Graph + "/v1.0", token: l.token, client: l.client(b)}
	byTag := "/applications?$filter=" + url.QueryEscape("tags/any(t:t eq '"+want.Marker+"')")
	byAppID := "/servicePrincipals?$filter=" + url.QueryEscape("appId in ('"+string(entra.AzureDevOps)+"','"+string(entra.MicrosoftGraph)+"')")
	var resources struct{ Value []struct{ ID, AppID string } }
	h.together(
		func() { h.send("GET", byTag, nil, nil) },
		func() { h.send("GET", byAppID, nil, &resources) },
	)
	if len(resources.Value) != 2 {
		b.Fatalf("%d resources", len(resources.Value))
	}
	var app, principal struct{ ID, AppID string }
	h.change(entra.CreateApplication{
		DisplayName: want.DisplayName, Audience: want.Audience, Tags: []string{want.Marker}, RedirectURIs: want.RedirectURIs,
		Permissions: []entra.Permission{{Resource: entra.AzureDevOps, ID: entra.UserImpersonationID, Kind: entra.Scope}, {Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope}},
		Secret:      &entra.NewSecret{Name: "by hand", End: time.Now().AddDate(0, 6, 0)},
	}, &app)
	h.change(entra.CreateServicePrincipal{ClientID: entra.ClientID(app.AppID)}, &principal)
	consent := func(i int, scope string) func() {
		return func() {
			h.change(entra.CreateGrant{Client: entra.ObjectID(principal.ID), Resource: entra.ObjectID(resources.Value[i].ID), Type: entra.AllPrincipals, Scopes: []string{scope}}, nil)
		}
	}
	h.together(consent(0, "user_impersonation vso.project vso.code vso.work vso.build"), consent(1, "User.Read"))
	h.together(
		func() { h.send("GET", byTag, nil, nil) },
		func() { h.send("GET", byAppID, nil, nil) },
		func() {
			h.send("GET", "/servicePrincipals(appId='"+app.AppID+"')/oauth2PermissionGrants", nil, nil)
		},
	)
}

// A hand sends requests with net/http and nothing around it.
type hand struct {
	b      *testing.B
	base   string
	token  entra.Sensitive
	client *http.Client
}

func (h hand) together(all ...func()) {
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(f)
	}
	wg.Wait()
}

func (h hand) change(c entra.Change, into any) {
	r := c.Request()
	h.send(r.Method, r.Path, r.Body, into)
}

func (h hand) send(method, path string, body map[string]any, into any) {
	data, err := json.Marshal(body)
	if err != nil {
		h.b.Error(err)
		return
	}
	req, err := http.NewRequestWithContext(h.b.Context(), method, h.base+path, bytes.NewReader(data))
	if err != nil {
		h.b.Error(err)
		return
	}
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	req.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(req)
	if err != nil {
		h.b.Error(err)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		h.b.Errorf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
		return
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			h.b.Error(err)
		}
	}
}
