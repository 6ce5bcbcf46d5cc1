package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

const goodAnswer = `{"token_type":"Bearer","scope":"499b84ac-1321-427f-aa17-267ca6975798/vso.work openid","expires_in":3599,"ext_expires_in":3599,"access_token":"canary-access","refresh_token":"canary-refresh","id_token":"canary-id"}`

var (
	theSecret = entra.NewSensitive("canary~secret+&=%")
	theCode   = entra.NewSensitive("canary-code")
)

func aFlow() oauth.Flow {
	f, _ := oauth.Begin(entra.Public(), oauth.Request{
		Tenant: homeTenant, ClientID: testClient, RedirectURI: "http://localhost:8080/callback",
		Scopes: []string{"openid", workScope, "https://graph.microsoft.com/User.Read", "offline_access"},
	}, began)
	return f
}

func TestRedeemSendsTheFlow(t *testing.T) {
	l := startLogin(t)
	l.token = answer(200, "application/json", goodAnswer)
	c := l.client()
	c.Now = func() time.Time { return began }
	f := aFlow()
	got, err := c.Redeem(t.Context(), f, theCode, theSecret)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"grant_type":    {"authorization_code"},
		"client_id":     {string(testClient)},
		"client_secret": {theSecret.Reveal()},
		"code":          {"canary-code"},
		"code_verifier": {f.Verifier},
		"redirect_uri":  {"http://localhost:8080/callback"},
		"scope":         {"openid " + workScope + " offline_access"}, // one resource only
	}
	if form := l.form(t); form.Encode() != want.Encode() {
		t.Errorf("form\n%s, want\n%s", form.Encode(), want.Encode())
	}
	if got.Access.Reveal() != "canary-access" || got.Refresh.Reveal() != "canary-refresh" || got.ID.Reveal() != "canary-id" {
		t.Error("a token of the answer is missing")
	}
	if got.TokenType != "Bearer" || len(got.Scopes) != 2 || got.Scopes[0] != workScope {
		t.Errorf("type %q, scopes %q", got.TokenType, got.Scopes)
	}
	if got.Lifetime != 3599*time.Second || !got.Expires.Equal(began.Add(3599*time.Second)) {
		t.Errorf("lifetime %v until %v", got.Lifetime, got.Expires)
	}
}

func TestAPublicClientSendsNoSecret(t *testing.T) {
	l := startLogin(t)
	l.token = answer(200, "application/json", goodAnswer)
	if _, err := l.client().Redeem(t.Context(), aFlow(), theCode, entra.Sensitive{}); err != nil {
		t.Fatal(err)
	}
	if l.form(t).Has("client_secret") {
		t.Error("a public client that sends a secret is refused with AADSTS700025")
	}
}

func TestNoRefreshTokenCameWithoutOfflineAccess(t *testing.T) {
	l := startLogin(t)
	l.token = answer(200, "application/json", `{"token_type":"Bearer","expires_in":3599,"access_token":"a"}`)
	got, err := l.client().Redeem(t.Context(), aFlow(), theCode, theSecret)
	if err != nil || !got.Refresh.IsZero() || !got.ID.IsZero() || got.Scopes != nil {
		t.Errorf("tokens that did not come: %+v, %v", got, err)
	}
}

func TestRefreshAndClientCredentials(t *testing.T) {
	for name, c := range map[string]struct {
		call func(context.Context, *oauth.Client) (oauth.Tokens, error)
		want url.Values
	}{
		"refresh for other scopes": {
			func(ctx context.Context, c *oauth.Client) (oauth.Tokens, error) {
				return c.Refresh(ctx, homeTenant, testClient, theSecret, entra.NewSensitive("old"), []string{workScope, "offline_access"})
			},
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"old"}, "scope": {workScope + " offline_access"},
				"client_id": {string(testClient)}, "client_secret": {theSecret.Reveal()}},
		},
		"refresh of a public client for what it had": {
			func(ctx context.Context, c *oauth.Client) (oauth.Tokens, error) {
				return c.Refresh(ctx, homeTenant, testClient, entra.Sensitive{}, entra.NewSensitive("old"), nil)
			},
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"old"}, "client_id": {string(testClient)}},
		},
		"client credentials": {
			func(ctx context.Context, c *oauth.Client) (oauth.Tokens, error) {
				return c.ClientCredentials(ctx, homeTenant, testClient, theSecret, "https://graph.microsoft.com/.default")
			},
			url.Values{"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
				"client_id": {string(testClient)}, "client_secret": {theSecret.Reveal()}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := startLogin(t)
			l.token = answer(200, "application/json", goodAnswer)
			tokens, err := c.call(t.Context(), l.client())
			if err != nil || tokens.Access.Reveal() != "canary-access" {
				t.Fatalf("no token came: %v", err)
			}
			if tokens.Lifetime < 10*time.Minute || time.Until(tokens.Expires) < 10*time.Minute {
				t.Errorf("it lives %v, until %v", tokens.Lifetime, tokens.Expires)
			}
			if form := l.form(t); form.Encode() != c.want.Encode() {
				t.Errorf("form\n%s, want\n%s", form.Encode(), c.want.Encode())
			}
		})
	}
}

func TestRefusalsBecomeServiceErrors(t *testing.T) {
	body := func(error, description string, codes string, more string) string {
		return fmt.Sprintf(`{"error":%q,"error_description":%q,"error_codes":[%s],"timestamp":"2025-09-18 02:26:20Z","trace_id":"trace-1","correlation_id":"c"%s}`, error, description, codes, more)
	}
	for name, c := range map[string]struct {
		token http.HandlerFunc
		want  entra.ServiceError
	}{
		"wrong secret": {
			answer(401, "application/json; charset=utf-8", body("invalid_client", "AADSTS7000215: Invalid client secret provided. Trace ID: trace-1", "7000215", `,"error_uri":"https://login.microsoftonline.com/error?code=7000215"`)),
			entra.ServiceError{Status: 401, Code: "invalid_client", AADSTS: 7000215, RequestID: "trace-1", Message: "AADSTS7000215: Invalid client secret provided. Trace ID: trace-1"},
		},
		"consent missing, older line breaks": {
			answer(400, "application/json", body("invalid_grant", "AADSTS65001: not consented.\r\nTrace ID: trace-1", "65001", `,"suberror":"consent_required"`)),
			entra.ServiceError{Status: 400, Code: "invalid_grant", AADSTS: 65001, SubError: "consent_required", RequestID: "trace-1", Message: "AADSTS65001: not consented. Trace ID: trace-1"},
		},
		"nested codes": {
			answer(400, "application/json", body("invalid_grant", "AADSTS70002: Error. AADSTS50011: The reply address", "70002,50011", "")),
			entra.ServiceError{Status: 400, Code: "invalid_grant", AADSTS: 50011, RequestID: "trace-1", Message: "AADSTS70002: Error. AADSTS50011: The reply address"},
		},
		"throttled": {
			answer(429, "application/json", body("temporarily_unavailable", "slow down", "", ""), "Retry-After", "17"),
			entra.ServiceError{Status: 429, Code: "temporarily_unavailable", RequestID: "trace-1", Message: "slow down", RetryAfter: 17 * time.Second},
		},
		"an error sent with 200": {
			answer(200, "application/json", body("invalid_grant", "AADSTS70008: expired", "70008", "")),
			entra.ServiceError{Status: 200, Code: "invalid_grant", AADSTS: 70008, RequestID: "trace-1", Message: "AADSTS70008: expired"},
		},
		"a proxy's page": {
			answer(502, "text/html", "<html>canary-body</html>", "x-ms-request-id", "r-9"),
			entra.ServiceError{Status: 502, RequestID: "r-9", Message: "the answer gives no reason"},
		},
		"a redirect, which is not followed": {
			answer(302, "text/html", "canary-body", "Location", "/elsewhere"),
			entra.ServiceError{Status: 302, Message: "the answer gives no reason"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := startLogin(t)
			l.token = c.token
			_, err := l.client().Redeem(t.Context(), aFlow(), theCode, theSecret)
			var got *entra.ServiceError
			if !errors.As(err, &got) {
				t.Fatalf("%v is no ServiceError", err)
			}
			c.want.Service = "sign-in"
			if c.want.RequestID == "" && entra.IsGUID(got.RequestID) {
				got.RequestID = "" // what we called the request stands in
			}
			if *got != c.want {
				t.Errorf("\n got %#v\nwant %#v", *got, c.want)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error quotes a secret or a raw body: %v", err)
			}
			l.form(t) // sent exactly once
			if len(l.paths) != 1 {
				t.Errorf("requests %q, want one", l.paths)
			}
		})
	}
}

func TestUnusableAnswersAreNoAnswers(t *testing.T) {
	for name, token := range map[string]http.HandlerFunc{
		"HTML instead of JSON":       answer(200, "text/html", "<html>canary-body</html>"),
		"a form that does not parse": answer(200, "text/plain", "access_token=canary-body&x=%zz"),
		"JSON without a token":       answer(200, "application/json", `{"token_type":"Bearer","note":"canary-body"}`),
		"an endless answer":          answer(200, "application/json", `{"access_token":"canary-body","x":"`+strings.Repeat("a", 2<<20)+`"}`),
		"a broken connection": func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := startLogin(t)
			l.token = token
			_, err := l.client().Redeem(t.Context(), aFlow(), theCode, theSecret)
			var lost *entra.NoAnswerError
			if !errors.As(err, &lost) {
				t.Fatalf("%v is no NoAnswerError", err)
			}
			if !lost.Sent || lost.Method != "POST" || lost.Path != "/"+homeTenant+"/oauth2/v2.0/token" {
				t.Errorf("%+v should say what was sent", lost)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error quotes a secret or a raw body: %v", err)
			}
			l.form(t)
		})
	}
}

func TestARefusedConnectionWasNotSent(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := entra.Public()
	c.Login = gone.URL
	_, err := (&oauth.Client{Cloud: c}).Redeem(t.Context(), aFlow(), theCode, theSecret)
	var lost *entra.NoAnswerError
	if !errors.As(err, &lost) || lost.Sent {
		t.Errorf("%v should say that nothing was sent", err)
	}
}

func TestACancelledContextEndsTheRequest(t *testing.T) {
	l := startLogin(t)
	ctx, cancel := context.WithCancel(t.Context())
	l.token = func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}
	if _, err := l.client().Redeem(ctx, aFlow(), theCode, theSecret); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}
