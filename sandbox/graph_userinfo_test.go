package sandbox

import "testing"

//parity:real graph GET /oidc/userinfo
//parity:real graph POST /oidc/userinfo
func TestUserinfoNamesThePersonAsTheIDTokenDoes(t *testing.T) {
	g := contoso(t)
	who := g.person("user", "openid", "profile", "email", "User.Read")
	for _, method := range []string{"GET", "POST"} {
		o := g.call(who, method, "/oidc/userinfo", "").want(200)
		if o.text("sub") != pairwise(who.ObjectID, who.AppID) || o.text("name") != "Uma User" || o.text("email") != "user@contoso.sandbox.invalid" {
			t.Errorf("%s: %s", method, o.raw)
		}
	}
	if o := g.call(g.person("user", "openid"), "GET", "/oidc/userinfo", "").want(200); len(o.body) != 1 {
		t.Errorf("more than the subject without profile and email: %s", o.raw)
	}
}

func TestUserinfoIsForSignInsOnly(t *testing.T) {
	g := contoso(t)
	g.call(g.person("user", "User.Read"), "GET", "/oidc/userinfo", "").refused(errDenied)
	g.call(g.script("Directory.Read.All"), "GET", "/oidc/userinfo", "").refused(errDenied)
	g.call(g.person("user", "openid"), "DELETE", "/oidc/userinfo", "").refused(errMethod)
	g.w.login = newLoginState(g.w.now)
	g.call(nil, "GET", "/oidc/userinfo", "").refused(errTokenMissing)
}
