package sandbox

import (
	"strings"
	"testing"
	"time"
)

//parity:real graph POST /v1.0/applications/{id}/addPassword
//parity:real graph POST /v1.0/applications/{id}/removePassword
//parity:choice graph unknown keyId: 400 "No password credential found with keyId."
func TestAddingAndRemovingSecrets(t *testing.T) {
	g := contoso(t)
	id := g.create(g.admin(), wizardBody).text("id")
	path := "/v1.0/applications/" + id
	o := g.call(g.admin(), "POST", path+"/addPassword", `{"passwordCredential":{"displayName":"rotation","endDateTime":"2027-05-21T00:00:00+02:00"}}`).want(200)
	if o.text("@odata.context") != "http://example.com/graph/v1.0/$metadata#microsoft.graph.passwordCredential" {
		t.Errorf("context %s", o.text("@odata.context"))
	}
	if o.text("endDateTime") != "2027-05-20T22:00:00Z" || o.text("startDateTime") != "2026-11-21T10:00:00Z" || o.text("displayName") != "rotation" {
		t.Errorf("secret: %s", o.raw)
	}
	if o.at("customKeyIdentifier") != nil || o.text("hint") != o.text("secretText")[:3] {
		t.Errorf("secret: %s", o.raw)
	}
	read := g.call(g.admin(), "GET", path, "").want(200)
	if list := read.at("passwordCredentials").([]any); len(list) != 2 || read.at("passwordCredentials", 1, "secretText") != nil {
		t.Errorf("both secrets must be there without text: %s", read.raw)
	}
	if strings.Contains(read.raw, o.text("secretText")) {
		t.Error("the secret can be read again")
	}
	remove := `{"keyId":"` + strings.ToUpper(o.text("keyId")) + `"}`
	g.call(g.admin(), "POST", path+"/removePassword", remove).want(204)
	g.call(g.admin(), "POST", path+"/removePassword", remove).refused(errNoSuchSecret)
	if list := g.call(g.admin(), "GET", path, "").at("passwordCredentials").([]any); len(list) != 1 {
		t.Errorf("secrets left: %v", list)
	}
}

func TestASecretWithoutWishesLastsTwoYears(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"notes":""`)).text("id") + "/addPassword"
	for _, body := range []string{`{}`, `{"passwordCredential":null}`, `{"passwordCredential":{}}`} {
		if o := g.call(g.admin(), "POST", path, body).want(200); o.text("endDateTime") != "2028-11-21T10:00:00Z" || o.at("displayName") != nil {
			t.Errorf("%s: %s", body, o.raw)
		}
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"notes":""`)).text("id") + "/addPassword"
	for name, c := range map[string]struct {
		body string
		want graphError
	}{
		"no body":                {``, errEmptyBody},
		"no object":              {`{"passwordCredential":"x"}`, errBody},
		"text of one's own":      {`{"passwordCredential":{"secretText":"hunter2"}}`, errReadOnly},
		"unknown property":       {`{"passwordCredential":{"lifetime":"P1D"}}`, errUnknownProperty},
		"end before its start":   {`{"passwordCredential":{"startDateTime":"2027-01-01T00:00:00Z","endDateTime":"2026-12-01T00:00:00Z"}}`, errInvalidValue},
		"end that is no time":    {`{"passwordCredential":{"endDateTime":"soon"}}`, errInvalidValue},
		"end that is now, twice": {`{"passwordCredential":{"endDateTime":"2026-11-21T10:00:00Z"}}`, errInvalidValue},
	} {
		t.Run(name, func(t *testing.T) {
			sub := &graphTest{t, g.w, g.tenant}
			sub.call(sub.admin(), "POST", path, c.body).refused(c.want)
		})
	}
}

func TestAPersonalAudienceHasTwoSecretsAtMost(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), `{"displayName":"a"}`).text("id") + "/addPassword"
	g.call(g.admin(), "POST", path, `{}`).want(200)
	g.call(g.admin(), "POST", path, `{}`).want(200)
	g.call(g.admin(), "POST", path, `{}`).refused(errInvalidValue)
}

func TestATenantMayForbidSecrets(t *testing.T) {
	g := newGraphTest(t, "woodgrove.sandbox.invalid")
	o := g.call(g.admin(), "POST", "/v1.0/applications", wizardBody).refused(errSecretsForbidden)
	if !strings.Contains(o.text("error", "message"), g.tenant.policies.AppPolicyID) {
		t.Errorf("the policy is not named: %s", o.raw)
	}
	id := g.create(g.admin(), app(`"notes":"without"`)).text("id")
	g.call(g.admin(), "POST", "/v1.0/applications/"+id+"/addPassword", `{}`).refused(errSecretsForbidden)
}

//parity:real graph POST /v1.0/applications/{id}/addPassword
func TestATenantMayLimitTheLifetimeOfSecrets(t *testing.T) {
	g := contoso(t)
	g.tenant.policies.PasswordMaxLifetime = 90 * 24 * time.Hour
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"notes":""`)).text("id") + "/addPassword"
	g.call(g.admin(), "POST", path, `{"passwordCredential":{"endDateTime":"2027-02-19T10:00:00Z"}}`).want(200)
	g.call(g.admin(), "POST", path, `{"passwordCredential":{"endDateTime":"2027-02-19T10:00:01Z"}}`).refused(errSecretLifetime)
	g.call(g.admin(), "POST", path, `{}`).refused(errSecretLifetime) // two years by default
	g.call(g.admin(), "POST", "/v1.0/applications", wizardBody).refused(errSecretLifetime)
}

func TestAnIDSentWithASecretIsNotTheOneItGets(t *testing.T) {
	g := contoso(t)
	id, chosen := g.create(g.admin(), wizardBody).text("id"), newGUID()
	o := g.call(g.admin(), "POST", "/v1.0/applications/"+id+"/addPassword", `{"passwordCredential":{"keyId":"`+chosen+`"}}`).want(200)
	if got := o.text("keyId"); got == chosen || got == "" {
		t.Errorf("id %q", got)
	}
}
