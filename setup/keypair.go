package setup

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"

	"github.com/consentry/consentry/entra"
)

// keyBits is the length of the RSA keys that are made here.
const keyBits = 3072

// withKeyPair makes the key pair of a certificate that has none: self-signed,
// for nothing but proving the application. The private key stands in it as
// PKCS #8 with the certificate behind it, as libraries read them.
func (e *Engine) withKeyPair(c entra.AddCertificate) (entra.AddCertificate, error) {
	if len(c.Certificate.DER) == 0 {
		if err := e.makePair(&c.Certificate); err != nil {
			return c, fmt.Errorf("make a key pair: %w", err)
		}
	}
	if c.Certificate.KeyID == "" {
		c.Certificate.KeyID = newKeyID()
	}
	return c, nil
}

func (e *Engine) makePair(c *entra.NewCertificate) error {
	newKey := e.newKey
	if newKey == nil {
		newKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: describe(entra.Secret{Name: c.Name})}, NotBefore: c.Start, NotAfter: c.End,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	if c.DER, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: private}, {Type: "CERTIFICATE", Bytes: c.DER}} {
		if err := pem.Encode(&out, block); err != nil {
			return err
		}
	}
	c.Private = entra.NewSensitive(out.String())
	return nil
}

// newKeyID is a random GUID (RFC 9562, version 4).
func newKeyID() entra.KeyID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, as its documentation says
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return entra.KeyID(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:]))
}
