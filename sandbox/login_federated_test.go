package sandbox

import (
	"strings"
	"testing"
	"time"
)

// TestATokenOfAnotherIssuer is a program that shows what its own platform
// says about it instead of a secret.
//
//parity:choice login token of another issuer that fits a federated credential: 50166, as if that issuer could not be reached; the sandbox reaches nobody but the platform that is part of it
func TestATokenOfAnotherIssuer(t *testing.T) {
	const audience = "api://AzureADTokenExchange"
	for situation, c := range map[string]struct {
		issuer, subject, audience string
		code                      int
		oauth                     string
		status                    int
	}{
		"other issuer":   {builds + "/x", branch, audience, 700211, "invalid_client", 401},
		"other subject":  {builds, "repo:contoso/link:pull_request", audience, 700213, "invalid_client", 401},
		"other audience": {builds, branch, "https://contoso.example.com", 700212, "invalid_client", 401},
		"one that fits":  {builds, branch, audience, 50166, "invalid_request", 400},
	} {
		t.Run(situation, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.app(func(a *application) {
				a.federated = []*federatedCredential{{ID: newGUID(), Name: "builds", Issuer: builds, Subject: branch, Audiences: []string{audience}}}
			})
			l.tenant("contoso").ensurePrincipal(client{a, l.tenant("contoso")})
			token, err := l.w.login.sign(map[string]any{"iss": c.issuer, "sub": c.subject, "aud": c.audience, "exp": l.clock.Unix() + 600})
			if err != nil {
				t.Fatal(err)
			}
			l.token("contoso.sandbox.invalid", appForm(a, "client_secret", "", "client_assertion_type", assertionType, "client_assertion", token)).
				refused(c.code, c.oauth, c.status)
		})
	}
}

// A token of the platform that is part of the sandbox is worth what its
// signature and its times are.
func TestATokenOfThePlatformProvesTheApp(t *testing.T) {
	s := start(t, Options{})
	get := func(query string) (int, string) {
		r := send(t, s, "GET", s.Ready().Address+"/workload-token"+query, "")
		return r.StatusCode, string(r.body)
	}
	if status, _ := get(""); status != 400 {
		t.Errorf("without a subject: %d", status)
	}
	_, good := get("?subject=console")
	head, rest, _ := strings.Cut(good, ".")
	_, foreign := get("?subject=console&audience=https://contoso.example.com")
	for situation, c := range map[string]struct {
		token string
		later time.Duration
		code  int
	}{
		"good":             {good, 0, 0},
		"another audience": {foreign, 0, 700212},
		"signature cut":    {head + "." + rest[:len(rest)-8] + "AAAAAAAA", 0, 50013},
		"two hours later":  {good, 2 * time.Hour, 700024},
	} {
		t.Run(situation, func(t *testing.T) {
			l := newTestWorld(t)
			l.w.login.key = s.world.login.key
			l.clock = time.Now().Add(c.later)
			a := l.app(func(a *application) {
				a.federated = []*federatedCredential{{ID: newGUID(), Name: "platform", Issuer: WorkloadIssuer, Subject: "console", Audiences: []string{exchangeAudience}}}
			})
			l.tenant("contoso").ensurePrincipal(client{a, l.tenant("contoso")})
			answer := l.token("contoso.sandbox.invalid", appForm(a, asserted(a, c.token)...))
			if c.code == 0 {
				answer.ok()
				return
			}
			if codes, _ := answer.json["error_codes"].([]any); len(codes) != 1 || codes[0] != float64(c.code) {
				t.Errorf("codes %v", answer.json)
			}
		})
	}
}
