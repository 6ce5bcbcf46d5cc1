package sandbox

import (
	"net/url"
	"testing"
)

func (l *loginTest) withPassword(segment, name, password string, more ...string) tokenAnswer {
	form := url.Values{"grant_type": {"password"}, "client_id": {azureCLI}, "username": {name}, "password": {password},
		"scope": {devopsAppID + "/.default offline_access openid profile"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return l.token(segment, form)
}

const (
	contosoUser  = "user@contoso.sandbox.invalid"
	userPassword = "Sandbox-User-1!"
)

//parity:partly login POST /{tenant}/oauth2/v2.0/token: on-behalf-of is refused with 70003
func TestAProgramSignsInWithAPassword(t *testing.T) {
	l := newTestWorld(t)
	for _, segment := range []string{"organizations", "contoso.sandbox.invalid"} {
		answer := l.withPassword(segment, contosoUser, userPassword).ok()
		if c := answer.claims(); c.UPN != contosoUser || c.Scopes != "user_impersonation" || c.AppIDACR != publicClientACR {
			t.Errorf("claims %+v", c)
		}
		if answer.string("refresh_token") == "" || answer.string("id_token") == "" {
			t.Errorf("answer %v", answer.json)
		}
	}
}

func TestPasswordsOfProgramsAreRefusedAsThoseOfPeople(t *testing.T) {
	l := newTestWorld(t)
	l.withPassword("common", contosoUser, userPassword).refused(9001023, "invalid_request", 400)
	l.withPassword("consumers", contosoUser, userPassword, "client_id", l.personalApp()).refused(9001023, "invalid_request", 400)
	l.withPassword("organizations", contosoUser, "wrong").refused(50126, "invalid_grant", 400)
	l.withPassword("organizations", "nobody@contoso.sandbox.invalid", userPassword).refused(50034, "invalid_grant", 400)
	l.withPassword("organizations", "", userPassword).refused(90014, "invalid_request", 400)
	l.withPassword("organizations", contosoUser, "").refused(90014, "invalid_request", 400)
	l.withPassword("fabrikam.sandbox.invalid", contosoUser, userPassword).refused(50020, "invalid_request", 400)
	l.withPassword("organizations", contosoUser, userPassword, "client_secret", "any").refused(700025, "invalid_client", 401)
	confidential := l.app(nil)
	l.withPassword("organizations", contosoUser, userPassword, "client_id", confidential.AppID).refused(7000218, "invalid_client", 401)
	l.withPassword("organizations", contosoUser, userPassword, "client_id", confidential.AppID, "client_secret", testSecret).refused(65001, "invalid_grant", 400)
	l.tenant("contoso").userNamed("user").Disabled = true
	l.withPassword("organizations", contosoUser, userPassword).refused(50057, "invalid_grant", 400)
}

// personalApp is the client ID of an app for personal accounts, too.
func (l *loginTest) personalApp() string {
	return l.app(func(a *application) { a.SignInAudience = audienceAndPersonal }).AppID
}

//parity:partly login GET /common/userrealm/{user}: no domain is federated
func TestTheRealmOfAnAccountIsItsTenant(t *testing.T) {
	l := newTestWorld(t)
	for path, want := range map[string]string{
		"/common/userrealm/" + contosoUser + "?api-version=1.0":            "Managed",
		"/common/UserRealm/" + contosoUser + "?api-version=1.0":            "Managed",
		"/common/userrealm/somebody@elsewhere.example.com?api-version=1.0": "Unknown",
	} {
		answer := l.getJSON(l.base + path)
		if got := answer.string("account_type"); got != want {
			t.Errorf("%s: %v", path, answer.json)
		}
		if domain := answer.string("domain_name"); (domain == "contoso.sandbox.invalid") != (want == "Managed") {
			t.Errorf("%s: domain %q", path, domain)
		}
	}
}
