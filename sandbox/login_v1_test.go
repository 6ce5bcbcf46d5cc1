package sandbox

import (
	"net/url"
	"strings"
	"testing"
)

//parity:real login GET /{tenant}/oauth2/authorize
//parity:partly login POST /{tenant}/oauth2/token: the same grants as under v2.0
func TestTheOldEndpointsNameAResource(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	open := func(person string, values ...string) sight {
		address := l.authorizeURL("common", a, append([]string{"scope", "", "resource", devopsAppID}, values...)...)
		return l.visitor().open(strings.Replace(address, "/v2.0/", "/", 1)).signIn(person, "contoso")
	}
	old := func(form url.Values) tokenAnswer {
		form.Del("scope")
		return l.postForm(l.base+"/common/oauth2/token", form)
	}
	code := open("user").shows("Permissions requested").press("Accept").code()
	answer := old(redeem(a, code, "resource", devopsAppID)).ok()
	if c := answer.claims(); c.Scopes != "user_impersonation" || c.Audience != devopsAppID {
		t.Errorf("claims %+v", c)
	}
	if answer.string("resource") != devopsAppID || answer.string("expires_in") == "" || answer.string("expires_on") == "" || answer.string("scope") != "user_impersonation" {
		t.Errorf("numbers are text: %v", answer.json)
	}
	old(refreshForm(a, answer.string("refresh_token"))).ok()
	old(refreshForm(a, answer.string("refresh_token"), "resource", "api://nothing")).refused(500011, "invalid_resource", 400)

	if text := open("user", "prompt", "admin_consent").shows("Need admin approval").text(); !strings.Contains(text, "AADSTS90093") {
		t.Errorf("page: %s", text)
	}
	open("admin", "prompt", "admin_consent").shows("Permissions requested").press("Accept").code()
	open("developer").code()
}

//parity:choice login 650057: sent to the app, and only for requests that name a resource instead of scopes
func TestAnOldRequestForAResourceThatIsNotListed(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(func(a *application) { a.RequiredResourceAccess = a.RequiredResourceAccess[:1] })
	address := l.authorizeURL("common", a, "scope", "", "resource", devopsAppID)
	s := l.visitor().open(strings.Replace(address, "/v2.0/", "/", 1)).signIn("user", "contoso")
	s.refusedOn(onRedirect, 650057, "invalid_resource")
	if text := s.answer().Get("error_description"); !strings.Contains(text, "List of valid resources from app registration: "+graphAppID+".") {
		t.Errorf("text %s", text)
	}
}

//parity:partly login POST /{tenant}/oauth2/token: the same grants as under v2.0
func TestOldClientCredentials(t *testing.T) {
	l := newTestWorld(t)
	home := l.tenant("contoso")
	a := l.consented(nil)
	ask := func(values ...string) tokenAnswer {
		return l.postForm(l.base+"/"+home.ID+"/oauth2/token", appForm(a, append([]string{"scope", ""}, values...)...))
	}
	if aud := ask("resource", "https://graph.microsoft.com/").ok().claims().Audience; aud != "https://graph.microsoft.com/" {
		t.Errorf("aud %s", aud)
	}
	ask().refused(900144, "invalid_request", 400)
}
