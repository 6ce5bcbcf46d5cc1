package graph

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
	"github.com/consentry/consentry/sandbox"
)

// busy is Graph's answer while another change of the same object is made.
func busy(status int) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		respond(rw, status, `{"error":{"code":"Directory_ConcurrencyViolation","message":"Another object is being changed."}}`)
	}
}

func TestAChangeThatMetAnotherIsSentAgain(t *testing.T) {
	for _, status := range []int{409, 503} {
		w, c := newWire(t, inTurn(busy(status), busy(status), always(201, createdApplication)))
		var told []entra.Waiting
		ctx := entra.OnWaiting(t.Context(), func(waiting entra.Waiting) { told = append(told, waiting) })
		if _, err := c.Do(ctx, changes[0].change); err != nil {
			t.Fatalf("%d: %v", status, err)
		}
		w.expect(slices.Repeat([]string{"POST /v1.0/applications"}, 3)...)
		if len(w.waits) != 2 || len(told) != 2 {
			t.Fatalf("%d: waited %v, told %v", status, w.waits, told)
		}
		for i, d := range w.waits {
			if d < contentionLeast || d > contentionMost || told[i].For != d || told[i].Status != status || told[i].RequestID != "graph-request-id" {
				t.Errorf("%d: waited %v, told %+v", status, d, told[i])
			}
		}
	}
}

func TestContentionWithoutEndIsTold(t *testing.T) {
	w, c := newWire(t, busy(409))
	_, err := c.Do(t.Context(), changes[0].change)
	if no := serviceError(t, err); no.Code != "Directory_ConcurrencyViolation" || len(w.requests()) != maxTries {
		t.Errorf("%v after %d requests", err, len(w.requests()))
	}
}

// TestTwoSecretsAtOnceAreBothThere meets contention at a directory that keeps
// what it is told: after it, both are on the registration.
func TestTwoSecretsAtOnceAreBothThere(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	app := *do(t, c, newRegistration("consentry:contention")).Application
	t.Cleanup(func() {
		if err := s.SetFaults(); err != nil {
			t.Error(err)
		}
	})
	fault := func(nth, status int) sandbox.Fault {
		return sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications/*/addPassword", Nth: nth,
			Action: sandbox.Action{Status: status, Body: []byte(`{"error":{"code":"Directory_ConcurrencyViolation","message":"busy"}}`)}}
	}
	if err := s.SetFaults(fault(1, 409), fault(2, 503)); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	made := make([]entra.KeyID, 2)
	for i := range made {
		both.Go(func() {
			created, err := c.Do(t.Context(), entra.AddSecret{App: app.ID, Secret: entra.NewSecret{Name: "one of two", End: time.Now().AddDate(0, 1, 0)}})
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = created.Secret.KeyID
		})
	}
	both.Wait()
	now, err := c.Application(t.Context(), app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range made {
		if !slices.ContainsFunc(now.Secrets, func(s entra.Secret) bool { return s.KeyID == key }) {
			t.Errorf("the secret %s is missing from %+v", key, now.Secrets)
		}
	}
	if len(now.Secrets) != 3 {
		t.Errorf("%d secrets, want the first and two more", len(now.Secrets))
	}
}

// TestACertificateAndASecretAtOnceAreBothThere is the same for two kinds of
// credentials, which the directory is known to lose one of when they meet: each
// request names its own kind only, and the two do not go side by side.
func TestACertificateAndASecretAtOnceAreBothThere(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	app := *do(t, c, newRegistration("consentry:both-kinds")).Application
	t.Cleanup(func() {
		if err := s.SetFaults(); err != nil {
			t.Error(err)
		}
	})
	busy := func(method, path string, status int) sandbox.Fault {
		return sandbox.Fault{Service: "graph", Method: method, Path: path, Nth: 1,
			Action: sandbox.Action{Status: status, Body: []byte(`{"error":{"code":"Directory_ConcurrencyViolation","message":"busy"}}`)}}
	}
	if err := s.SetFaults(busy("POST", "/v1.0/applications/*/addPassword", 503), busy("PATCH", "/v1.0/applications/*", 409)); err != nil {
		t.Fatal(err)
	}
	certificate := newCertificate(t, "beside a secret")
	var both sync.WaitGroup
	var secret entra.KeyID
	both.Go(func() {
		created, err := c.Do(t.Context(), entra.AddSecret{App: app.ID, Secret: entra.NewSecret{Name: "beside a certificate", End: time.Now().AddDate(0, 1, 0)}})
		if err != nil {
			t.Error(err)
			return
		}
		secret = created.Secret.KeyID
	})
	both.Go(func() {
		if _, err := c.Do(t.Context(), entra.AddCertificate{App: app.ID, Certificate: certificate}); err != nil {
			t.Error(err)
		}
	})
	both.Wait()
	now, err := c.Application(t.Context(), app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(now.Secrets, func(s entra.Secret) bool { return s.KeyID == secret }) || len(now.Certificates) != 1 || now.Certificates[0].KeyID != certificate.KeyID {
		t.Errorf("afterwards there are the secrets %+v and the certificates %+v", now.Secrets, now.Certificates)
	}
}

// TestClientsShareATenantsBudget sends from two clients of one tenant: never
// two changes of one application at once, one change a second, and at most
// four requests under way.
func TestClientsShareATenantsBudget(t *testing.T) {
	var mu sync.Mutex
	writing := map[string]int{}
	var under, most atomic.Int32
	w, _ := newWire(t, func(rw http.ResponseWriter, r *http.Request) {
		n := under.Add(1)
		defer under.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if r.Method == http.MethodGet {
			respond(rw, 200, emptyList)
			return
		}
		mu.Lock()
		if writing[r.URL.Path]++; writing[r.URL.Path] > 1 {
			t.Errorf("two changes at once of %s", r.URL.Path)
		}
		mu.Unlock()
		rw.WriteHeader(http.StatusNoContent)
		mu.Lock()
		writing[r.URL.Path]--
		mu.Unlock()
	})
	budget := outbound.NewBudget(w.now, w.sleep)
	client := func(tenant string) *Client {
		c, err := newClient(entra.Cloud{Name: "test", Graph: w.server.URL}, TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
			return entra.NewSensitive(jwt(`{"tid":"` + tenant + `"}`)), epoch.Add(time.Hour), nil
		}), Options{HTTP: w.server.Client(), Budget: budget}, clock{w.now, w.sleep})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, two := client("tenant-a"), client("tenant-a")
	var all sync.WaitGroup
	for i := range 20 {
		c := []*Client{one, two}[i%2]
		all.Go(func() {
			if _, err := c.Do(t.Context(), entra.UpdateApplication{App: appID, DisplayName: new("y")}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := c.ApplicationsByTag(t.Context(), "t"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 4 {
		t.Errorf("%d requests at once", most.Load())
	}
	if waited := w.now().Sub(epoch); waited < 19*time.Second {
		t.Errorf("20 changes were paced over %v of the clock, want 19 s", waited)
	}
	before := len(w.waits)
	if _, err := client("tenant-b").Do(t.Context(), entra.UpdateApplication{App: appID, DisplayName: new("y")}); err != nil || len(w.waits) != before {
		t.Errorf("another tenant waited: %v", err)
	}
}

func TestAHostThatDoesNotAnswerIsNotAskedAgainAndAgain(t *testing.T) {
	w, _ := newWire(t, drop)
	hard := w.server.Client()
	hard.Transport = outbound.NewBreaker(hard.Transport)
	c, err := newClient(entra.Cloud{Name: "test", Graph: w.server.URL}, TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive("token"), epoch.Add(time.Hour), nil
	}), Options{HTTP: hard}, clock{w.now, w.sleep})
	if err != nil {
		t.Fatal(err)
	}
	var lost *entra.NoAnswerError
	for range 5 {
		lost = noAnswer(t, read(t, c))
	}
	asked := len(w.requests())
	for range 3 {
		lost = noAnswer(t, read(t, c))
	}
	paused, ok := lost.Err.(*entra.PausedError)
	if !ok || lost.Sent || len(w.requests()) != asked {
		t.Fatalf("%v after %d and then %d requests", lost, asked, len(w.requests()))
	}
	if entra.OutcomeUnknown(lost) || !strings.HasPrefix(w.server.URL, "https://"+paused.Host) {
		t.Errorf("%+v", paused)
	}
}

// TestReadsCutAnywhereFail cuts each kind of reading every 97 bytes.
func TestReadsCutAnywhereFail(t *testing.T) {
	whole := `{"@odata.context":"x","value":[` + createdApplication + `]}`
	for n := 0; n < len(whole)-1; n += 97 {
		for name, answer := range map[string]http.HandlerFunc{
			"ended":  always(200, whole[:n]),
			"broken": func(rw http.ResponseWriter, r *http.Request) { breakOff(rw, r, whole[:n]) },
		} {
			_, c := newWire(t, answer)
			_, err := c.ApplicationsByTag(t.Context(), "t")
			if err == nil {
				t.Fatalf("cut after %d bytes (%s): no error", n, name)
			}
			if lost := noAnswer(t, err); !lost.Sent || lost.RequestID == "" {
				t.Errorf("cut after %d bytes (%s): %+v", n, name, lost)
			}
		}
	}
}

// breakOff sends the beginning of a longer answer and hangs up.
func breakOff(rw http.ResponseWriter, _ *http.Request, begun string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("request-id", "graph-request-id")
	rw.WriteHeader(200)
	io.WriteString(rw, begun)
	http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler)
}

func TestANameThatOccursTwiceIsNoAnswer(t *testing.T) {
	_, c := newWire(t, always(200, `{"value":[{"id":"1","id":"2"}]}`))
	if lost := noAnswer(t, read(t, c)); !lost.Sent || lost.RequestID != "graph-request-id" {
		t.Errorf("%+v", lost)
	}
}
