package sandbox

import "testing"

//parity:partly graph GET /v1.0/me/photo: nobody has one
//parity:partly graph GET /v1.0/me/photo/$value: nobody has one
//parity:partly graph GET /v1.0/me/photos/{id}/$value: nobody has one
//parity:partly graph GET /v1.0/users/{id}/photo: nobody has one
//parity:partly graph GET /v1.0/users/{id}/photo/$value: nobody has one
//parity:partly graph GET /v1.0/users/{id}/photos/{id}/$value: nobody has one
func TestNobodyHasAPhoto(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	for _, path := range []string{"/photo", "/photo/$value", "/photos/48x48/$value"} {
		g.call(g.person("user", "User.Read"), "GET", "/v1.0/me"+path, "").refused(errNoPhoto)
		g.call(g.admin(), "GET", "/v1.0/users/"+user.ID+path, "").refused(errNoPhoto)
		g.call(g.admin(), "GET", "/v1.0/users/nobody"+path, "").refused(errNotFound)
		g.call(g.person("user", "openid"), "GET", "/v1.0/me"+path, "").refused(errDenied)
	}
}
