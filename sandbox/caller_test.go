package sandbox

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// called is a request to a service with an Authorization header.
func (l *loginTest) called(service, authorization string) (*caller, *tokenFault) {
	r := httptest.NewRequestWithContext(withPlace(l.Context(), place{service: service}), "GET", "/", nil)
	r.Header.Set("Authorization", authorization)
	return l.w.authenticate(r)
}

func TestABearerTokenTellsWhoCalls(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	home := l.tenant("contoso")
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	token := l.token("organizations", redeem(a, code)).ok().string("access_token")
	for _, service := range []string{serviceDevOps, serviceVSSPS} {
		c, fault := l.called(service, "Bearer "+token)
		if fault != nil {
			t.Fatalf("%s: %s", service, fault.Reason)
		}
		if c.TenantID != home.ID || c.AppID != a.AppID || c.ObjectID != home.userNamed("user").ID || c.appOnly() || !c.hasScope("User_Impersonation") || c.hasScope("vso.work") || c.Resource != devopsAppID {
			t.Errorf("caller %+v", c)
		}
	}
	app := l.token(home.ID, appForm(a)).ok().string("access_token")
	if c, fault := l.called(serviceGraph, "bearer "+app); fault != nil || !c.appOnly() || c.ObjectID != home.principalOf(a.AppID).ID || c.hasRole("x") {
		t.Errorf("app-only: %+v %+v", c, fault)
	}
}

func TestABearerTokenThatDoesNotHoldSaysWhy(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	home := l.tenant("contoso")
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	answer := l.token("organizations", redeem(a, code)).ok()
	token := answer.string("access_token")
	head, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	other, err := newSigningKey(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	forged, err := jwt.Signed(other.signer).Claims(answer.claims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	symmetric, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte("0123456789abcdef0123456789abcdef")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	confused, err := jwt.Signed(symmetric).Claims(answer.claims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, service, header string
		want                  tokenFaultReason
	}{
		{"no header", serviceDevOps, "", tokenMissing},
		{"another scheme", serviceDevOps, "Basic " + token, tokenMissing},
		{"no token", serviceDevOps, "Bearer ", tokenMissing},
		{"not a JWT", serviceDevOps, "Bearer nonsense", tokenMalformed},
		{"another algorithm", serviceDevOps, "Bearer " + confused, tokenMalformed},
		{"no signature", serviceDevOps, "Bearer " + head + "." + payload + ".", tokenBadSignature},
		{"another key", serviceDevOps, "Bearer " + forged, tokenBadSignature},
		{"an ID token", serviceDevOps, "Bearer " + answer.string("id_token"), tokenBadSignature},
		{"for another resource", serviceGraph, "Bearer " + token, tokenWrongAudience},
		{"at a service that takes none", serviceLogin, "Bearer " + token, tokenWrongAudience},
	} {
		if _, fault := l.called(c.service, c.header); fault == nil || fault.Reason != c.want {
			t.Errorf("%s: %+v, want %s", c.name, fault, c.want)
		}
	}
	own := l.token(home.ID, appForm(a, "scope", a.AppID+"/.default")).ok().string("access_token")
	if _, fault := l.called("", "Bearer "+own); fault == nil || fault.Reason != tokenWrongAudience {
		t.Errorf("a token for no resource of the sandbox: %+v", fault)
	}
	issued := l.clock
	l.clock = issued.Add(-time.Second)
	if _, fault := l.called(serviceDevOps, "Bearer "+token); fault == nil || fault.Reason != tokenExpired {
		t.Errorf("before it is valid: %+v", fault)
	}
	l.clock = issued.Add(91 * time.Minute)
	if _, fault := l.called(serviceDevOps, "Bearer "+token); fault == nil || fault.Reason != tokenExpired {
		t.Errorf("expired: %+v", fault)
	}
}
