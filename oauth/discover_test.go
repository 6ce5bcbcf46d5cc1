package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

// at is a client of a sign-in service that answers as the test says.
func at(t *testing.T, answer http.HandlerFunc) *oauth.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return &oauth.Client{Cloud: entra.Cloud{Login: s.URL, Authorize: "https://browsers.example"}, HTTP: s.Client()}
}

func TestATenantIsFoundByAnyOfItsNames(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	tests := []struct{ asked, issuer, want string }{
		{id, "https://login.microsoftonline.com/" + id + "/v2.0", id},
		{"contoso.example", "https://login.microsoftonline.com/" + strings.ToUpper(id) + "/v2.0", id},
		{"organizations", "https://login.microsoftonline.com/{tenantid}/v2.0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.asked, func(t *testing.T) {
			c := at(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/"+tt.asked+"/v2.0/.well-known/openid-configuration" {
					t.Errorf("asked %s", r.URL.Path)
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":"https://elsewhere.example/token"}`, tt.issuer)
			})
			got, err := c.Discover(t.Context(), tt.asked)
			if err != nil || string(got.Tenant) != tt.want || got.Issuer != tt.issuer {
				t.Errorf("%+v, %v; want tenant %q", got, err, tt.want)
			}
		})
	}
}

func TestMetadataThatIsNone(t *testing.T) {
	for name, answer := range map[string][2]string{
		"a proxy's page": {"text/html", "<html>sign in to the proxy</html>"}, "no issuer": {"application/json", `{"token_endpoint":"x"}`},
		"a name twice": {"application/json", `{"issuer":"https://a","issuer":"https://b"}`},
	} {
		c := at(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", answer[0])
			fmt.Fprint(w, answer[1])
		})
		_, err := c.Discover(t.Context(), "organizations")
		var lost *entra.NoAnswerError
		if !errors.As(err, &lost) || !lost.Sent || !entra.IsGUID(lost.RequestID) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATenantNeverLeavesItsPathSegment(t *testing.T) {
	c := at(t, func(w http.ResponseWriter, r *http.Request) {
		if want := "/a%2F..%2Fb%3Fc/v2.0/.well-known/openid-configuration"; r.RequestURI != want {
			t.Errorf("asked %s, want %s", r.RequestURI, want)
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_request","error_description":"AADSTS900023: Specified tenant identifier is neither a valid DNS name, nor a valid external domain.","error_codes":[900023]}`)
	})
	_, err := c.Discover(t.Context(), "a/../b?c")
	var no *entra.ServiceError
	if !errors.As(err, &no) || no.AADSTS != 900023 || no.Status != 400 {
		t.Errorf("%v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	c := at(t, nil)
	c.Cloud.Login = "http://127.0.0.1:1"
	_, err := c.Discover(t.Context(), "organizations")
	var lost *entra.NoAnswerError
	if !errors.As(err, &lost) || lost.Sent {
		t.Errorf("%v; want an error that says nothing was sent", err)
	}
}

func TestProbing(t *testing.T) {
	redirect := func(query string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://app.example.com/cb"+query, http.StatusFound)
		}
	}
	page := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   oauth.Probe
	}{
		{"only the sign-in is missing", redirect("?error=login_required&error_description=AADSTS50058%3a+A+silent+sign-in+request+was+sent+but+no+user+is+signed+in.%0d%0aTrace+ID%3a+x#"),
			oauth.Probe{Accepted: true, AADSTS: 50058, Error: "login_required", Text: "AADSTS50058: A silent sign-in request was sent but no user is signed in. Trace ID: x"}},
		{"in the fragment", redirect("#error=login_required&error_description=AADSTS50058%3a+x"),
			oauth.Probe{Accepted: true, AADSTS: 50058, Error: "login_required", Text: "AADSTS50058: x"}},
		{"a scope that does not exist", redirect("?error=invalid_client&error_description=AADSTS650053%3a+x"), oauth.Probe{AADSTS: 650053, Error: "invalid_client", Text: "AADSTS650053: x"}},
		{"a redirect URI that is not registered", page(200, `<div>AADSTS50011: The redirect URI &#39;https://x&#39; does not match.</div><p>Request Id`),
			oauth.Probe{OnPage: true, AADSTS: 50011, Text: "AADSTS50011: The redirect URI 'https://x' does not match."}},
		{"the page of the public service", page(400, `<script>$Config={"strServiceExceptionMessage":"AADSTS700016: Application with identifier","x":1};</script>`),
			oauth.Probe{OnPage: true, AADSTS: 700016, Text: "AADSTS700016: Application with identifier"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := at(t, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if r.URL.Path != "/organizations/oauth2/v2.0/authorize" || q.Get("prompt") != "none" || q.Get("redirect_uri") != "https://app.example.com/cb" || q.Get("scope") != "a,b" {
					t.Errorf("asked %s", r.URL)
				}
				tt.answer(w, r)
			})
			got, err := c.Probe(t.Context(), oauth.Request{Tenant: "organizations", ClientID: testClient, RedirectURI: "https://app.example.com/cb", Scopes: []string{"a,b"}, Prompt: "login"})
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestAPageWithoutACodeTellsNothing(t *testing.T) {
	c := at(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html>The proxy wants you to sign in</html>")
	})
	if got, err := c.Probe(t.Context(), oauth.Request{Tenant: "organizations", ClientID: testClient}); err == nil {
		t.Errorf("%+v; want an error", got)
	}
}

func TestScenariosProbedAtTheSandbox(t *testing.T) {
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	cloud := s.Cloud()
	cloud.Login = s.Ready().Login // plain: this test is not about certificates
	c := &oauth.Client{Cloud: cloud}
	want := map[string]oauth.Probe{
		"healthy": {Accepted: true, AADSTS: 50058}, "single-tenant app": {AADSTS: 50194}, "scope mismatch": {Accepted: true, AADSTS: 50058},
		"app disabled": {Accepted: true, AADSTS: 50058}, "expired secret": {Accepted: true, AADSTS: 50058},
	}
	for _, tenant := range s.Ready().Tenants {
		w, ok := want[tenant.Scenario]
		if !ok {
			continue
		}
		r := oauth.Request{Tenant: tenant.Connection.Tenant, ClientID: entra.ClientID(tenant.Connection.ClientID), RedirectURI: tenant.Connection.RedirectURIs[0], Scopes: tenant.Connection.Scopes}
		got, err := c.Probe(t.Context(), r)
		if err != nil || got.Accepted != w.Accepted || got.AADSTS != w.AADSTS || got.OnPage {
			t.Errorf("%s: %+v, %v; want %+v", tenant.Scenario, got, err, w)
		}
		r.RedirectURI += "/other"
		if got, err := c.Probe(t.Context(), r); err != nil || !got.OnPage || got.AADSTS != 50011 {
			t.Errorf("%s, another redirect URI: %+v, %v", tenant.Scenario, got, err)
		}
		found, err := c.Discover(t.Context(), tenant.Domain)
		if err != nil || string(found.Tenant) != tenant.ID {
			t.Errorf("%s: discovered %+v, %v", tenant.Domain, found, err)
		}
	}
	_, err = c.Discover(t.Context(), "nobody.sandbox.invalid")
	if no := (*entra.ServiceError)(nil); !errors.As(err, &no) || no.AADSTS != 90002 {
		t.Errorf("a tenant that does not exist: %v", err)
	}
}
