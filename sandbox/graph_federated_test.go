package sandbox

import (
	"fmt"
	"testing"
)

const (
	builds = "https://token.actions.githubusercontent.com"
	branch = "repo:contoso/link:ref:refs/heads/main"
)

func federated(name, subject string) string {
	return fmt.Sprintf(`{"name":%q,"issuer":%q,"subject":%q,"audiences":["api://AzureADTokenExchange"]}`, name, builds, subject)
}

//parity:real graph GET /v1.0/applications/{id}/federatedIdentityCredentials
//parity:real graph POST /v1.0/applications/{id}/federatedIdentityCredentials
//parity:real graph GET /v1.0/applications/{id}/federatedIdentityCredentials/{credentialId}
//parity:real graph PATCH /v1.0/applications/{id}/federatedIdentityCredentials/{credentialId}
//parity:real graph DELETE /v1.0/applications/{id}/federatedIdentityCredentials/{credentialId}
func TestTheLifeOfAFederatedCredential(t *testing.T) {
	g := contoso(t)
	app := g.create(g.admin(), wizardBody).text("id")
	path := "/v1.0/applications/" + app + "/federatedIdentityCredentials"
	made := g.call(g.admin(), "POST", path, federated("builds", branch)).want(201)
	if made.text("@odata.context") != "http://example.com/graph/v1.0/$metadata#applications('"+app+"')/federatedIdentityCredentials/$entity" ||
		made.text("issuer") != builds || made.at("description") != nil {
		t.Errorf("made: %s", made.raw)
	}
	g.call(g.admin(), "PATCH", path+"/"+made.text("id"), `{"description":"of the main branch"}`).want(204)
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+app, `{"notes":"changed"}`).want(204)
	for _, key := range []string{made.text("id"), "builds"} {
		if got := g.call(g.admin(), "GET", path+"/"+key, "").want(200); got.text("description") != "of the main branch" || got.text("subject") != branch {
			t.Errorf("by %s: %s", key, got.raw)
		}
	}
	if got := g.call(g.admin(), "GET", path+"?$filter=name eq 'builds'", "").want(200).names("name"); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
	const upsert = `{"issuer":"` + builds + `","subject":"another","audiences":["a"]}`
	g.call(g.admin(), "PATCH", path+"(name='others')", upsert, "Prefer: create-if-missing").want(201)
	g.call(g.admin(), "PATCH", path+"(name='others')", upsert, "Prefer: create-if-missing").want(204)
	g.call(g.admin(), "DELETE", path+"/"+made.text("id"), "").want(204)
	g.call(g.admin(), "GET", path+"/"+made.text("id"), "").refused(errNotFound)
}

func TestFederatedCredentialsThatAreRefused(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), wizardBody).text("id") + "/federatedIdentityCredentials"
	g.call(g.admin(), "POST", path, federated("builds", branch)).want(201)
	for situation, c := range map[string]struct {
		body string
		want graphError
	}{
		"the same name":             {federated("builds", "another"), errFederatedExists},
		"the same subject":          {federated("others", branch), errConflict},
		"no subject":                {federated("others", ""), errInvalidValue},
		"a name that is no segment": {federated("a b c", "another"), errInvalidValue},
		"no audience":               {`{"name":"others","issuer":"` + builds + `","subject":"x"}`, errInvalidValue},
		"plain http":                {`{"name":"others","issuer":"http://a.example.com","subject":"x","audiences":["a"]}`, errInvalidValue},
		"a property of its own":     {`{"name":"others","scope":"x"}`, errUnknownProperty},
	} {
		t.Run(situation, func(t *testing.T) { g.call(g.admin(), "POST", path, c.body).refused(c.want) })
	}
	g.call(g.person("user", allScopes...), "POST", path, federated("others", "another")).refused(errDenied)
	g.call(g.admin(), "PATCH", path+"/others", `{"subject":"x"}`).refused(errNotFound)
	for i := range maxFederated - 1 {
		g.call(g.admin(), "POST", path, federated(fmt.Sprintf("builds-%d", i), fmt.Sprintf("subject-%d", i))).want(201)
	}
	g.call(g.admin(), "POST", path, federated("one-more", "one more")).refused(errQuota)
}
