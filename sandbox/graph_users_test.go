package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// userAdmin is a token that may change people.
func (g *graphTest) userAdmin(name string) *caller { return g.person(name, "User.ReadWrite.All") }

//parity:real graph GET /v1.0/users
//parity:real graph GET /v1.0/users/$count
func TestPeopleAreListed(t *testing.T) {
	g := contoso(t)
	list := func(query string) outcome {
		g.Helper()
		return g.call(g.admin(), "GET", "/v1.0/users?"+query, "", "ConsistencyLevel: eventual").want(200)
	}
	if got := list("$select=userPrincipalName&$top=2").names("userPrincipalName"); !slices.Equal(got, []string{"admin@contoso.sandbox.invalid", "developer@contoso.sandbox.invalid"}) {
		t.Errorf("list: %v", got)
	}
	for query, want := range map[string]string{
		"$filter=startswith(displayName,'Uma')":                                  "user@contoso.sandbox.invalid",
		"$filter=userPrincipalName eq 'developer@contoso.sandbox.invalid'":       "developer@contoso.sandbox.invalid",
		"$search=\"displayName:ada\"&$count=true":                                "admin@contoso.sandbox.invalid",
		"$filter=accountEnabled eq true&$orderby=displayName&$count=true&$top=1": "admin@contoso.sandbox.invalid",
	} {
		if got := list(query); got.text("value", 0, "userPrincipalName") != want {
			t.Errorf("%s: %s", query, got.raw)
		}
	}
	if o := g.call(g.admin(), "GET", "/v1.0/users/$count", "", "ConsistencyLevel: eventual").want(200); o.raw != "4" {
		t.Errorf("count %s", o.raw)
	}
	g.plantRoleHolders()
	g.call(g.person("guest", "Directory.Read.All"), "GET", "/v1.0/users", "").refused(errDenied)
}

//parity:partly graph PATCH /v1.0/users/{id}: user principal name and type cannot change, and a forced change of the password is not asked for
func TestAPersonIsChanged(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	path := "/v1.0/users/" + user.ID
	g.call(g.userAdmin("admin"), "PATCH", path, `{"displayName":"Una User","givenName":"Una","jobTitle":"Tester","mobilePhone":null,"accountEnabled":false,
		"passwordProfile":{"password":"Another-1!","forceChangePasswordNextSignIn":false}}`).want(204)
	o := g.call(g.admin(), "GET", path+"?$select=displayName,givenName,surname,jobTitle,accountEnabled,passwordProfile,signInSessionsValidFromDateTime", "").want(200)
	if o.text("displayName") != "Una User" || o.text("givenName") != "Una" || o.text("surname") != "User" || o.text("jobTitle") != "Tester" ||
		o.at("accountEnabled") != false || o.at("passwordProfile") != nil || o.text("signInSessionsValidFromDateTime") != "2026-11-21T10:00:00Z" {
		t.Errorf("user: %s", o.raw)
	}
	if g.tenant.userNamed("user").Password != "Another-1!" {
		t.Error("the password is the old one")
	}
	for body, want := range map[string]graphError{
		`{"displayName":""}`:                    errInvalidValue,
		`{"userPrincipalName":"x@example.com"}`: errReadOnly,
		`{"userType":"Guest"}`:                  errReadOnly,
		`{"nickname":"x"}`:                      errUnknownProperty,
		`{"accountEnabled":"yes"}`:              errInvalidValue,
	} {
		g.call(g.userAdmin("admin"), "PATCH", path, body).refused(want)
	}
	g.call(g.userAdmin("developer"), "PATCH", path, `{}`).refused(errDenied)
	g.call(g.admin(), "PATCH", path, `{}`).refused(errDenied)
	g.call(g.userAdmin("admin"), "PATCH", "/v1.0/users/"+newGUID(), `{}`).refused(errNotFound)
}

//parity:real graph POST /v1.0/users/{id}/revokeSignInSessions
func TestSessionsAreRevoked(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	o := g.call(g.userAdmin("admin"), "POST", "/v1.0/users/"+user.UserPrincipalName+"/revokeSignInSessions", "").want(200)
	if o.at("value") != true || !strings.HasSuffix(o.text("@odata.context"), "/v1.0/$metadata#Edm.Boolean") {
		t.Errorf("answer: %s", o.raw)
	}
	g.call(g.userAdmin("admin"), "POST", "/v1.0/users/nobody/revokeSignInSessions", "").refused(errNotFound)
}

func TestWhatAnAdministratorDoesToAnAccountEndsItsSessions(t *testing.T) {
	for _, c := range []struct {
		name, method, path, body string
		code                     int
	}{
		{"disabled", "PATCH", "", `{"accountEnabled":false}`, 50057},
		{"password reset", "PATCH", "", `{"passwordProfile":{"password":"Another-1!"}}`, 50173},
		{"sessions revoked", "POST", "/revokeSignInSessions", "", 50173},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			a, b := l.consented(nil), l.visitor()
			code := b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
			token := l.token("organizations", redeem(a, code)).ok().string("refresh_token")
			l.clock = l.clock.Add(time.Minute)
			g := &graphTest{t, l.w, l.tenant("contoso")}
			g.call(g.userAdmin("admin"), c.method, "/v1.0/users/"+g.tenant.userNamed("user").ID+c.path, c.body)
			l.token("organizations", refreshForm(a, token)).refused(c.code, "invalid_grant", 400)
			b.open(l.authorizeURL("organizations", a)).shows("Sign in")
			if c.code == 50057 {
				s := b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").shows("Enter password")
				if !strings.Contains(s.text(), "AADSTS50057: The user account is disabled.") {
					t.Errorf("page: %s", s.text())
				}
			}
		})
	}
}
