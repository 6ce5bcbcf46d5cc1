package sandbox

import (
	"testing"
)

// TestATokenOfAnotherIssuer is a program that shows what its own platform
// says about it instead of a secret.
//
//parity:choice login token of another issuer that fits a federated credential: 50166, as if that issuer could not be reached; the sandbox reaches nobody
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
