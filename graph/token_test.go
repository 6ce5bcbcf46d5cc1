package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
)

// numbered gives token-1, token-2, … each living an hour of the wire's clock.
func numbered(w *wire, asked *atomic.Int32) azcore.TokenCredential {
	return TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive(fmt.Sprintf("token-%d", asked.Add(1))), w.now().Add(time.Hour), nil
	})
}

func (w *wire) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.elapsed += d
}

func TestTokenIsKeptWhileItLasts(t *testing.T) {
	var asked atomic.Int32
	w, _ := newWire(t, always(200, emptyList))
	c := w.client(w.server.URL, numbered(w, &asked))
	for _, after := range []time.Duration{0, 54 * time.Minute, 2 * time.Minute} {
		w.pass(after)
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"Bearer token-1", "Bearer token-1", "Bearer token-2"} {
		if got := w.got[i].header.Get("Authorization"); got != want {
			t.Errorf("request %d: Authorization %q, want %q", i+1, got, want)
		}
	}
}

func TestRefusedTokenIsNotUsedAgain(t *testing.T) {
	var asked atomic.Int32
	w, _ := newWire(t, inTurn(status(401), always(200, emptyList)))
	c := w.client(w.server.URL, numbered(w, &asked))
	if no := serviceError(t, read(t, c)); no.Status != 401 {
		t.Fatalf("status %d, want 401", no.Status)
	}
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	if got := w.got[1].header.Get("Authorization"); got != "Bearer token-2" {
		t.Errorf("after a 401 the client sent %q", got)
	}
}

func TestManyAskForOneToken(t *testing.T) {
	var asked atomic.Int32
	w, _ := newWire(t, always(200, emptyList))
	c := w.client(w.server.URL, numbered(w, &asked))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.ApplicationsByTag(t.Context(), "t"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("the credential was asked %d times", asked.Load())
	}
}

// TestACredentialMaySayNoToEachTry: between the first try of a change and its
// repetition lies a wait in which much may have happened.
func TestACredentialMaySayNoToEachTry(t *testing.T) {
	for allowed, want := range [][]string{nil, {"POST /v1.0/applications"}, slices.Repeat([]string{"POST /v1.0/applications"}, 2)} {
		var tries, refused = 0, errors.New("not any more")
		w, _ := newWire(t, func(rw http.ResponseWriter, _ *http.Request) {
			tries++
			rw.Header().Set("Retry-After", "7")
			respond(rw, 429, `{}`)
		})
		cred := TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
			if tries == allowed {
				return entra.Sensitive{}, time.Time{}, refused
			}
			return entra.NewSensitive("token"), w.now().Add(time.Hour), nil
		})
		c, err := newClient(entra.Cloud{Name: "test", Graph: w.server.URL}, cred, Options{HTTP: w.server.Client(), AskEachTime: true}, clock{w.now, w.sleep})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(t.Context(), changes[0].change)
		if lost := noAnswer(t, err); lost.Sent || entra.OutcomeUnknown(err) || !errors.Is(err, refused) {
			t.Errorf("allowed %d: %v; want the credential's refusal, and that nothing was done", allowed, err)
		}
		w.expect(want...)
	}
}

func TestWithoutTokenNothingIsSent(t *testing.T) {
	w, _ := newWire(t, always(200, emptyList))
	cause := &entra.ServiceError{Service: "sign-in", Status: 503, AADSTS: 90033}
	for name, cred := range map[string]azcore.TokenCredential{
		"sign-in says no": TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
			return entra.Sensitive{}, time.Time{}, cause
		}),
		"an empty token": TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) { return entra.Sensitive{}, time.Time{}, nil }),
	} {
		_, err := w.client(w.server.URL, cred).Do(t.Context(), changes[0].change)
		if lost := noAnswer(t, err); lost.Sent || entra.OutcomeUnknown(err) {
			t.Errorf("%s: error %v; want to be told that nothing was sent", name, err)
		}
		if name == "sign-in says no" && !errors.Is(err, cause) {
			t.Errorf("the cause is not in %v", err)
		}
	}
	w.expect()
}

func TestWaitingForATokenEndsWithTheContext(t *testing.T) {
	blocked, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	tokens := newTokens(TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		close(blocked)
		<-release
		return entra.NewSensitive("late"), epoch, nil
	}), time.Now, false)
	go tokens.GetToken(t.Context(), policy.TokenRequestOptions{})
	<-blocked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tokens.GetToken(ctx, policy.TokenRequestOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// signIn is a token endpoint that refuses. azidentity asks for the tenant's
// OpenID configuration first.
func signIn(t *testing.T, statusCode int, body string) entra.Cloud {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			tenant := strings.Split(r.URL.Path, "/")[1]
			fmt.Fprintf(rw, `{"token_endpoint":"%[1]s/%[2]s/oauth2/v2.0/token","authorization_endpoint":"%[1]s/%[2]s/oauth2/v2.0/authorize","issuer":"%[1]s/%[2]s/v2.0"}`, s.URL, tenant)
			return
		}
		rw.WriteHeader(statusCode)
		rw.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return entra.Cloud{Name: "test", Login: s.URL, Graph: s.URL, CAFile: caFile(t, s)}
}

func TestSignInRefusalIsToldInItsOwnWords(t *testing.T) {
	tests := []struct {
		name, body string
		want       entra.ServiceError
	}{
		{"wrong secret",
			`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x\r\nCorrelation ID: y","error_codes":[7000215],"trace_id":"trace","suberror":"s"}`,
			entra.ServiceError{Code: "invalid_client", AADSTS: 7000215, SubError: "s", Message: "AADSTS7000215: Invalid client secret provided.", RequestID: "trace"}},
		{"a body of another kind", `<html>secret-of-the-proxy</html>`, entra.ServiceError{Message: "Unauthorized"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newSecretClient(t, signIn(t, 401, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Do(t.Context(), changes[0].change)
			tt.want.Service, tt.want.Status = "sign-in", 401
			if got := serviceError(t, err); *got != tt.want {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
			for _, leak := range []string{"the-client-secret", "secret-of-the-proxy", "Correlation ID"} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("the error shows %q: %v", leak, err)
				}
			}
			if noAnswer(t, err).Sent {
				t.Error("the error says that the request was sent")
			}
		})
	}
}

func newSecretClient(t *testing.T, cloud entra.Cloud) (*Client, error) {
	t.Helper()
	cred, err := ClientSecret(cloud, "contoso.example.com", clientID, entra.NewSensitive("the-client-secret"))
	if err != nil {
		return nil, err
	}
	return New(cloud, cred, Options{})
}
