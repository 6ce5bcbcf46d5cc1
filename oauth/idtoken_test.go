package oauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

const theNonce = "the-nonce"

// idToken signs claims; a nil claim is left out.
func idToken(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) entra.Sensitive {
	t.Helper()
	kept := maps.Clone(claims)
	maps.DeleteFunc(kept, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	return signed(t, alg, key, kid, payload)
}

// signed is a token of exactly this payload.
func signed(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, payload []byte) entra.Sensitive {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return entra.NewSensitive(raw)
}

func (l *aLogin) claims() map[string]any {
	return map[string]any{
		"iss": l.URL + "/" + homeTenant + "/v2.0", "aud": string(testClient), "tid": homeTenant,
		"oid": "00000000-0000-0000-0000-00000000000a", "sub": "s", "ver": "2.0", "nonce": theNonce,
		"iat": began.Unix(), "nbf": began.Unix(), "exp": began.Add(time.Hour).Unix(),
		"preferred_username": "anna@contoso.example", "name": "Anna",
	}
}

func (l *aLogin) verify(t *testing.T, tenant string, raw entra.Sensitive) (entra.Person, error) {
	t.Helper()
	c := l.client()
	c.Now = func() time.Time { return began.Add(time.Minute) }
	return c.VerifyIDToken(t.Context(), oauth.Flow{Tenant: tenant, ClientID: testClient, Nonce: theNonce}, raw)
}

func TestVerifyIDTokenNamesThePerson(t *testing.T) {
	l := startLogin(t)
	want := entra.Person{Tenant: homeTenant, ID: "00000000-0000-0000-0000-00000000000a", UPN: "anna@contoso.example", DisplayName: "Anna"}
	for _, tenant := range []string{homeTenant, homeDomain, "organizations"} {
		got, err := l.verify(t, tenant, idToken(t, jose.RS256, l.key, "k1", l.claims()))
		if err != nil || got != want {
			t.Errorf("signed in at %s: %+v, %v", tenant, got, err)
		}
	}
}

func TestVerifyIDTokenTakesSeveralAudiencesWithOurParty(t *testing.T) {
	l := startLogin(t)
	claims := l.claims()
	claims["aud"], claims["azp"] = []string{string(testClient), "other"}, string(testClient)
	if _, err := l.verify(t, homeTenant, idToken(t, jose.RS256, l.key, "k1", claims)); err != nil {
		t.Error(err)
	}
}

func TestVerifyIDTokenRefusesWrongClaims(t *testing.T) {
	l := startLogin(t)
	for name, change := range map[string]map[string]any{
		"another nonce":                     {"nonce": "older"},
		"no nonce":                          {"nonce": nil},
		"another audience":                  {"aud": "99999999-2222-3333-4444-555555555555"},
		"several audiences without a party": {"aud": []string{string(testClient), "other"}},
		"another authorized party":          {"azp": "99999999-2222-3333-4444-555555555555"},
		"another issuer":                    {"iss": "https://evil.example/" + homeTenant + "/v2.0"},
		"the issuer's template":             {"iss": l.URL + "/{tenantid}/v2.0"},
		"the v1 issuer":                     {"iss": "https://sts.windows.net/" + homeTenant + "/"},
		"issuer and tenant disagree":        {"tid": otherTenant},
		"no tenant":                         {"tid": nil},
		"a tenant that is a path":           {"tid": "../evil"},
		"no object id":                      {"oid": nil},
		"expired":                           {"exp": began.Add(-5 * time.Minute).Unix()},
		"not valid yet":                     {"nbf": began.Add(time.Hour).Unix()},
		"issued in the future":              {"iat": began.Add(time.Hour).Unix()},
		"claims of another type":            {"oid": 7},
		"another tenant than the one asked": {"tid": otherTenant, "iss": l.URL + "/" + otherTenant + "/v2.0"},
	} {
		claims := l.claims()
		maps.Copy(claims, change)
		raw := idToken(t, jose.RS256, l.key, "k1", claims)
		if who, err := l.verify(t, homeTenant, raw); err == nil {
			t.Errorf("%s: accepted as %+v", name, who)
		} else if strings.Contains(err.Error(), raw.Reveal()) {
			t.Errorf("%s: the error quotes the token", name)
		}
	}
}

// A tenant may put claims of its own into tokens, and Go's JSON takes a name in
// other letter case for the one it looks for: the last one would count.
func TestVerifyIDTokenTakesNoDecidingClaimInOtherLetterCase(t *testing.T) {
	l := startLogin(t)
	claims := l.claims()
	claims["roles"] = []string{"viewer"}
	for name, more := range map[string]string{
		"another tenant": `"TID":"` + otherTenant + `"`,
		"another person": `"Oid":"00000000-0000-0000-0000-00000000000b"`,
		"another role":   `"role\u017f":["admin"]`,
		"a later end":    `"EXP":99999999999`,
		"a recent proof": `"Auth_Time":1`,
	} {
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		raw := signed(t, jose.RS256, l.key, "k1", []byte(strings.TrimSuffix(string(payload), "}")+","+more+"}"))
		if who, err := l.verify(t, "organizations", raw); err == nil {
			t.Errorf("%s: accepted as %+v", name, who)
		}
	}
	claims["Department"], claims["NAME"] = "Sales", "Anna B."
	if _, err := l.verify(t, homeTenant, idToken(t, jose.RS256, l.key, "k1", claims)); err != nil {
		t.Errorf("claims that decide nothing: %v", err)
	}
}

func TestVerifyIDTokenRefusesAnotherTenantThanTheDomains(t *testing.T) {
	l := startLogin(t)
	claims := l.claims()
	claims["tid"], claims["iss"] = otherTenant, l.URL+"/"+otherTenant+"/v2.0"
	raw := idToken(t, jose.RS256, l.key, "k1", claims)
	if _, err := l.verify(t, homeDomain, raw); err == nil {
		t.Error("a domain stands for one tenant only")
	}
	if who, err := l.verify(t, "organizations", raw); err != nil || who.Tenant != otherTenant {
		t.Errorf("organizations takes every tenant: %+v, %v", who, err)
	}
}

func TestVerifyIDTokenRefusesWrongSignatures(t *testing.T) {
	l := startLogin(t)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(l.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	good := idToken(t, jose.RS256, l.key, "k1", l.claims()).Reveal()
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	for name, raw := range map[string]entra.Sensitive{
		"nothing":                            {},
		"no JWT":                             entra.NewSensitive("abc"),
		"alg none":                           entra.NewSensitive(none),
		"a foreign key of the same kid":      idToken(t, jose.RS256, foreign, "k1", l.claims()),
		"an unknown kid":                     idToken(t, jose.RS256, foreign, "k2", l.claims()),
		"HS256 with the public key":          idToken(t, jose.HS256, public, "k1", l.claims()),
		"RS512, although discovery lists it": idToken(t, jose.RS512, l.key, "k1", l.claims()),
		"a changed signature":                entra.NewSensitive(parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))),
	} {
		if who, err := l.verify(t, homeTenant, raw); err == nil {
			t.Errorf("%s: accepted as %+v", name, who)
		}
	}
}

func TestVerifyIDTokenNeedsANonceOfTheFlow(t *testing.T) {
	l := startLogin(t)
	claims := l.claims()
	claims["nonce"] = ""
	c := l.client()
	c.Now = func() time.Time { return began }
	_, err := c.VerifyIDToken(t.Context(), oauth.Flow{Tenant: homeTenant, ClientID: testClient}, idToken(t, jose.RS256, l.key, "k1", claims))
	if err == nil {
		t.Error("an empty nonce must match nothing")
	}
}

func TestVerifyIDTokenRefusesADocumentOfAnotherIssuer(t *testing.T) {
	l := startLogin(t)
	l.issuer = "https://evil.example/v2.0"
	if _, err := l.verify(t, homeTenant, idToken(t, jose.RS256, l.key, "k1", l.claims())); err == nil {
		t.Error("the document must name the issuer of the token")
	}
}

func TestKeysComeFromTheCloudOnly(t *testing.T) {
	asked := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer evil.Close()
	l := startLogin(t)
	l.keys = evil.URL + "/keys"
	if _, err := l.verify(t, homeTenant, idToken(t, jose.RS256, l.key, "k1", l.claims())); err == nil || asked {
		t.Errorf("keys of another host: asked %v, error %v", asked, err)
	}
}
