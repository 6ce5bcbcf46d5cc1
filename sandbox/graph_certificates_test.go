package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

//parity:real graph POST /v1.0/applications
//parity:real graph PATCH /v1.0/applications/{id}
//parity:choice graph keyCredentials: keyId, times and customKeyIdentifier that are left out follow from the certificate
func TestACertificateIsRegistered(t *testing.T) {
	g := contoso(t)
	c := certificates(t)
	made := g.create(g.admin(), app(`"keyCredentials":[`+c[0].entry()+`]`)).want(201)
	at := func(o outcome, name string) any { return o.at("keyCredentials", 0, name) }
	if !isGUID(made.text("keyCredentials", 0, "keyId")) || len(made.text("keyCredentials", 0, "customKeyIdentifier")) != 40 ||
		at(made, "startDateTime") != "2020-01-01T00:00:00Z" || at(made, "endDateTime") != "2090-01-01T00:00:00Z" || at(made, "key") != nil {
		t.Errorf("certificate: %s", made.raw)
	}
	path := "/v1.0/applications/" + made.text("id")
	if o := g.call(g.admin(), "GET", path, ""); at(o, "key") != nil {
		t.Error("the key is shown only where it is selected")
	}
	if o := g.call(g.admin(), "GET", path+"?$select=id,keyCredentials", ""); at(o, "key") != c[0].encoded() {
		t.Errorf("selected: %s", o.raw)
	}
	if o := g.call(g.admin(), "GET", "/v1.0/applications?$filter=id eq '"+made.text("id")+"'&$select=id,keyCredentials", ""); o.at("value", 0, "keyCredentials", 0, "key") != nil {
		t.Error("a list shows no key")
	}

	kept := `{"keyId":"` + made.text("keyCredentials", 0, "keyId") + `","type":"AsymmetricX509Cert","usage":"Verify","key":null}`
	armored := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c[1].der}))
	second := `{"type":"AsymmetricX509Cert","usage":"Verify","displayName":"next year","endDateTime":"2030-01-01T00:00:00Z","key":"` + armored + `"}`
	g.call(g.admin(), "PATCH", path, `{"keyCredentials":[`+kept+`,`+second+`]}`).want(204)
	o := g.call(g.admin(), "GET", path+"?$select=keyCredentials", "").want(200)
	if at(o, "key") != c[0].encoded() || o.at("keyCredentials", 1, "key") != c[1].encoded() || o.at("keyCredentials", 1, "displayName") != "next year" ||
		o.at("keyCredentials", 1, "endDateTime") != "2030-01-01T00:00:00Z" {
		t.Errorf("both: %s", o.raw)
	}
	g.call(g.admin(), "PATCH", path, `{"tags":["other"]}`).want(204)
	if o := g.call(g.admin(), "GET", path+"?$select=keyCredentials", ""); o.at("keyCredentials", 1, "key") != c[1].encoded() {
		t.Errorf("a change of something else keeps them: %s", o.raw)
	}
	g.call(g.admin(), "PATCH", path, `{"keyCredentials":[]}`).want(204)
	if o := g.call(g.admin(), "GET", path, ""); o.at("keyCredentials", 0) != nil {
		t.Errorf("removed: %s", o.raw)
	}
}

func TestCertificatesThatAreRefused(t *testing.T) {
	g := contoso(t)
	c := certificates(t)
	key := func(rest string) string {
		return `{"type":"AsymmetricX509Cert","usage":"Verify","key":"` + c[0].encoded() + `"` + rest + `}`
	}
	encoded := func(data []byte) string {
		return `{"type":"AsymmetricX509Cert","usage":"Verify","key":"` + base64.StdEncoding.EncodeToString(data) + `"}`
	}
	for name, x := range map[string]struct {
		entry string
		want  graphError
	}{
		"no key":                 {`{"type":"AsymmetricX509Cert","usage":"Verify"}`, errKeyValue},
		"no base64":              {`{"type":"AsymmetricX509Cert","usage":"Verify","key":"%"}`, errKeyValue},
		"no certificate":         {encoded([]byte("no certificate")), errKeyValue},
		"damaged PEM":            {encoded([]byte("-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----")), errKeyValue},
		"elliptic curve":         {encoded(ellipticCertificate(t)), errKeyValue},
		"symmetric":              {strings.Replace(key(""), "AsymmetricX509Cert", "Symmetric", 1), errInvalidValue},
		"for signing":            {strings.Replace(key(""), "Verify", "Sign", 1), errInvalidValue},
		"id that is none":        {key(`,"keyId":"x"`), errInvalidValue},
		"beyond the certificate": {key(`,"endDateTime":"2090-01-01T00:00:01Z"`), errKeyEnd},
		"end before beginning":   {key(`,"startDateTime":"2030-01-01T00:00:00Z","endDateTime":"2029-01-01T00:00:00Z"`), errKeyEnd},
	} {
		t.Run(name, func(t *testing.T) {
			g := contoso(t)
			g.call(g.admin(), "POST", "/v1.0/applications", app(`"keyCredentials":[`+x.entry+`]`)).refused(x.want)
		})
	}
	made := g.create(g.admin(), app(`"keyCredentials":[`+c[0].entry()+`]`))
	path, id := "/v1.0/applications/"+made.text("id"), made.text("keyCredentials", 0, "keyId")
	same := key(`,"keyId":"` + id + `"`)
	g.call(g.admin(), "PATCH", path, `{"keyCredentials":[`+same+`]}`).want(204)
	g.call(g.admin(), "PATCH", path, `{"keyCredentials":[`+same+`,`+same+`]}`).refused(errInvalidValue)
	other := strings.Replace(same, c[0].encoded(), c[1].encoded(), 1)
	g.call(g.admin(), "PATCH", path, `{"keyCredentials":[`+other+`]}`).refused(errKeyImmutable)
}

func ellipticCertificate(t *testing.T) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
