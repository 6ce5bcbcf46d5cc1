package entra

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// keys are made once: an RSA key takes a while.
var keys = sync.OnceValue(func() (out struct {
	good, short *rsa.PrivateKey
	ec          *ecdsa.PrivateKey
}) {
	var errs [3]error
	out.good, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	out.short, errs[1] = rsa.GenerateKey(rand.Reader, 1024)
	out.ec, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(errs[:]...); err != nil {
		panic(err)
	}
	return out
})

// certified is a certificate for a key, valid for a year from days after
// today.
func certified(t *testing.T, key interface{ Public() any }, private any, from int) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: today.AddDate(0, 0, from), NotAfter: today.AddDate(1, 0, from)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

type rsaKey struct{ *rsa.PrivateKey }

func (k rsaKey) Public() any { return &k.PublicKey }

type ecKey struct{ *ecdsa.PrivateKey }

func (k ecKey) Public() any { return &k.PublicKey }

func armored(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestACertificateIsReadInEitherForm(t *testing.T) {
	der := certified(t, rsaKey{keys().good}, keys().good, 0)
	for name, data := range map[string][]byte{
		"DER": der, "PEM": armored("CERTIFICATE", der), "base64": []byte(wrapped(der)),
		"PEM with words around it": append([]byte("Bag Attributes\r\n  friendlyName: app\r\n"), append(armored("CERTIFICATE", der), "\n\n"...)...),
		"made a minute from now":   certified(t, rsaKey{keys().good}, keys().good, 0),
	} {
		got, err := ParseCertificate(data, today.Add(-time.Minute))
		if err != nil || !got.End.Equal(today.AddDate(1, 0, 0)) || len(Fingerprint(got.DER)) != 64 || len(Thumbprint(got.DER)) != 40 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// wrapped is base64 in lines, as it is copied.
func wrapped(der []byte) string {
	text := base64.StdEncoding.EncodeToString(der)
	return text[:64] + "\r\n" + text[64:] + "\n"
}

func TestTheDatesOfACertificateDoNotCountWithoutAClock(t *testing.T) {
	for _, from := range []int{-800, 0, 800} {
		if _, err := ParseCertificate(certified(t, rsaKey{keys().good}, keys().good, from), time.Time{}); err != nil {
			t.Errorf("%d days from today: %v", from, err)
		}
	}
}

func TestWhatIsNoUsableCertificate(t *testing.T) {
	good := certified(t, rsaKey{keys().good}, keys().good, 0)
	for name, tt := range map[string]struct {
		data []byte
		says string
	}{
		"nothing":          {[]byte(" \n"), "missing"},
		"words":            {[]byte("hello"), "no certificate"},
		"a cut one":        {armored("CERTIFICATE", good)[:200], "no whole certificate"},
		"another PEM":      {armored("PUBLIC KEY", good), "no whole certificate"},
		"damaged":          {armored("CERTIFICATE", good[:100]), "no certificate"},
		"two":              {append(armored("CERTIFICATE", good), armored("CERTIFICATE", good)...), "2 certificates"},
		"a short key":      {certified(t, rsaKey{keys().short}, keys().short, 0), "1024 bits"},
		"an elliptic key":  {certified(t, ecKey{keys().ec}, keys().ec, 0), "RSA"},
		"expired":          {certified(t, rsaKey{keys().good}, keys().good, -366), "ended on 2026-11-20"},
		"not valid yet":    {certified(t, rsaKey{keys().good}, keys().good, 2), "from 2026-11-23"},
		"trailing rubbish": {append(bytes.Clone(good), 1, 2, 3), "no certificate"},
	} {
		_, err := ParseCertificate(tt.data, today)
		if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, ErrPrivateKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPrivateKeyIsRefusedInEveryForm(t *testing.T) {
	der := certified(t, rsaKey{keys().good}, keys().good, 0)
	pkcs1 := x509.MarshalPKCS1PrivateKey(keys().good)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(keys().good)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(keys().ec)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"PKCS #1": pkcs1, "PKCS #8": pkcs8, "EC": sec1,
		"PEM PKCS #1": armored("RSA PRIVATE KEY", pkcs1), "PEM PKCS #8": armored("PRIVATE KEY", pkcs8), "PEM with a password": armored("ENCRYPTED PRIVATE KEY", pkcs8),
		"base64 PKCS #8": []byte(wrapped(pkcs8)), "PKCS #12": append([]byte{0x30, 0x82, 4, 0, 2, 1, 3, 0x30, 0x82, 3, 0}, pkcs7Data...),
		"beside its certificate":        append(armored("CERTIFICATE", der), armored("PRIVATE KEY", pkcs8)...),
		"before its certificate":        append(armored("PRIVATE KEY", pkcs8), armored("CERTIFICATE", der)...),
		"damaged, beside a certificate": append(armored("CERTIFICATE", der), armored("PRIVATE KEY", pkcs8)[:90]...),
	} {
		_, err := ParseCertificate(data, today)
		if !errors.Is(err, ErrPrivateKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhichFederatedCredentialsCanBe(t *testing.T) {
	good := FederatedCredential{Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: TokenExchange}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 601)
	for name, change := range map[string]func(*FederatedCredential){
		"no name":                func(f *FederatedCredential) { f.Name = "" },
		"a name with a blank":    func(f *FederatedCredential) { f.Name = "my main" },
		"a short name":           func(f *FederatedCredential) { f.Name = "ab" },
		"no issuer":              func(f *FederatedCredential) { f.Issuer = "" },
		"an issuer over http":    func(f *FederatedCredential) { f.Issuer = "http://issuer.example" },
		"an issuer with a query": func(f *FederatedCredential) { f.Issuer = "https://issuer.example/?a=b" },
		"an issuer with a user":  func(f *FederatedCredential) { f.Issuer = "https://me@issuer.example" },
		"a long issuer":          func(f *FederatedCredential) { f.Issuer = "https://issuer.example/" + long },
		"no subject":             func(f *FederatedCredential) { f.Subject = "" },
		"a subject with a star":  func(f *FederatedCredential) { f.Subject = "repo:contoso/*" },
		"a subject and a blank":  func(f *FederatedCredential) { f.Subject += " " },
		"a subject of two lines": func(f *FederatedCredential) { f.Subject += "\nx" },
		"a long subject":         func(f *FederatedCredential) { f.Subject = long },
		"no audience":            func(f *FederatedCredential) { f.Audience = "" },
		"an audience of 601":     func(f *FederatedCredential) { f.Audience = long },
	} {
		f := good
		change(&f)
		if f.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	other := good
	other.Name, other.Audience = "other", "x"
	if !good.Same(other) {
		t.Error("the same issuer and subject count as another")
	}
	if other.Subject += "x"; good.Same(other) {
		t.Error("another subject counts as the same")
	}
}
