package diagnose_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

const (
	benchLatency = 100 * time.Millisecond
	// longestChain is how many requests at most wait for each other.
	longestChain = 2
	// targetRatio is a run's wall time to that of its longest chain by itself.
	targetRatio = 1.25
)

// chain is the length of the longest chain of sources.
func chain(all []checks.Source) int {
	after := map[checks.Need][]checks.Need{}
	for _, s := range all {
		for _, n := range s.Gives {
			after[n] = s.After
		}
	}
	var depth func(checks.Need) int
	depth = func(n checks.Need) int {
		deepest := 0
		for _, before := range after[n] {
			deepest = max(deepest, depth(before))
		}
		return deepest + 1
	}
	longest := 0
	for n := range after {
		longest = max(longest, depth(n))
	}
	return longest
}

func TestWhatWaitsForWhat(t *testing.T) {
	if got := chain(diagnose.Sources(newBench().Access)); got != longestChain {
		t.Errorf("%d sources wait for each other, want %d", got, longestChain)
	}
}

// BenchmarkRun measures a whole run, everything given, every connection new,
// against the longest chain of its requests sent alone: the organization
// looked up, then the secret tried. Each answer takes 100 ms; of the times the
// median counts. Target: at most 1.25 times the chain. A missed target fails.
func BenchmarkRun(b *testing.B) {
	box, err := sandbox.Start(b.Context(), sandbox.Options{Latency: benchLatency})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	w := enter(b, box)
	tenant := w.tenant("healthy")
	everything := w.everything(tenant)
	graphToken, refused := w.signIn(tenant, "admin", oauth.Request{
		Tenant: tenant.ID, ClientID: sandbox.ConsoleClientID, RedirectURI: "http://localhost", Scopes: readOnly,
	}, entra.Sensitive{})
	if refused != "" {
		b.Fatal(refused)
	}
	run := func() { wholeRun(b, enter(b, box), everything, graphToken, givenBy(tenant.Connection)) }
	run() // what is read once for all runs
	var ours, byHand []time.Duration
	for b.Loop() {
		ours = append(ours, timed(run))
		byHand = append(byHand, timed(func() { chainAlone(b, enter(b, box), tenant) }))
	}
	ratio := float64(median(ours)) / float64(median(byHand))
	b.ReportMetric(ratio, "ratio-to-chain")
	b.ReportMetric(float64(median(ours).Milliseconds()), "ms/run")
	b.ReportMetric(float64(median(byHand).Milliseconds()), "ms/chain")
	if ratio > targetRatio {
		b.Fatalf("a run takes %.2f times the wall time of its longest chain; the target is %.2f", ratio, targetRatio)
	}
}

// median is what one slow turn of a busy machine does not move.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// wholeRun begins without a connection.
func wholeRun(b *testing.B, w *world, a diagnose.Access, token oauth.Tokens, g checks.Given) {
	fresh := w.access()
	fresh.Secret, fresh.Tokens = a.Secret, a.Tokens
	directory, err := graph.New(w.box.Cloud(), graph.TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return token.Access, token.Expires, nil
	}), graph.Options{HTTP: &http.Client{Transport: w.transport}})
	if err != nil {
		b.Fatal(err)
	}
	fresh.Directory = directory
	f := fresh.Start(g)
	for _, r := range w.run(fresh, &f) {
		if r.Outcome == checks.Unknown && !cannotBeHad(r, f, a.Tokens) {
			b.Fatalf("%s is unknown: %s", r.ID, r.Because)
		}
	}
	w.transport.CloseIdleConnections()
}

// chainAlone sends the two requests that wait for each other.
func chainAlone(b *testing.B, w *world, tenant sandbox.ReadyTenant) {
	var found azuredevops.Organization
	found, err := w.devops.Lookup(b.Context(), tenant.Connection.Organization)
	if err != nil {
		b.Fatal(err)
	}
	secret := entra.NewSensitive(tenant.Connection.ClientSecret)
	if _, err := w.oauth.ClientCredentials(b.Context(), string(found.Tenant), entra.ClientID(tenant.Connection.ClientID), secret, "https://graph.microsoft.com/.default"); err != nil {
		b.Fatal(err)
	}
	w.transport.CloseIdleConnections()
}
