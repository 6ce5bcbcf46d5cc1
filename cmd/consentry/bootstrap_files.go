package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/consentry/consentry/bootstrap"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// A secretPlace is a file for a client secret. While a secret is asked for it
// holds who asks, which no console takes for a secret.
type secretPlace struct{ path string }

// reserved begins the content of a file that waits for its secret.
const reserved = "reserved "

// State implements bootstrap.SecretPlace.
func (p *secretPlace) State() (bootstrap.PlaceState, error) {
	data, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return bootstrap.PlaceState{}, nil
	}
	if err != nil {
		return bootstrap.PlaceState{}, fmt.Errorf("--credential-file: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if operation, waits := strings.CutPrefix(text, reserved); waits {
		return bootstrap.PlaceState{Operation: operation}, nil
	}
	if _, err := oauth.SecretFile(p.path); err != nil {
		return bootstrap.PlaceState{}, fmt.Errorf("--credential-file: %w", err)
	}
	return bootstrap.PlaceState{Hint: entra.NewSensitive(text).Hint()}, nil
}

// Take implements bootstrap.SecretPlace.
func (p *secretPlace) Take(operation string) error {
	state, err := p.State()
	switch {
	case err != nil:
		return err
	case state.Hint != "":
		return fmt.Errorf("%s holds a secret already, and is not overwritten", p.path)
	}
	return writeWhole(p.path, reserved+operation+"\n", true)
}

// Put implements bootstrap.SecretPlace.
func (p *secretPlace) Put(secret entra.Sensitive) error {
	return writeWhole(p.path, secret.Reveal()+"\n", true)
}

// Release implements bootstrap.SecretPlace.
func (p *secretPlace) Release() error {
	state, err := p.State()
	if err != nil || state.Operation == "" {
		return err
	}
	return os.Remove(p.path)
}

// writeWhole writes a file of mode 0600 that is there whole or not at all,
// also after a power cut; only with over in the place of another.
func writeWhole(path, content string, over bool) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".consentry-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if over {
		err = os.Rename(f.Name(), path)
	} else {
		err = os.Link(f.Name(), path) // fails when the name is taken
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const (
	keyBits = 3072
	// backdated lets a certificate hold where clocks are not quite the same.
	backdated = 5 * time.Minute
)

// certificate is the one in the file; unmade: there is none yet, and it is
// made when the plan is applied.
func (r *bootstrapRun) certificate(end time.Time) (c *entra.NewCertificate, unmade bool, err error) {
	_, err = os.Stat(r.CredentialFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &entra.NewCertificate{Name: "Consentry console", Start: time.Now(), End: end}, true, nil
	}
	c, err = certificateIn(r.CredentialFile)
	return c, false, err
}

// certificateIn reads the public part of a file with a certificate and its key.
func certificateIn(path string) (*entra.NewCertificate, error) {
	if _, err := oauth.CertificateFile(path); err != nil {
		return nil, fmt.Errorf("--credential-file: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(path, path)
	if err != nil {
		return nil, fmt.Errorf("--credential-file: %s: put the certificate before those of its authorities", path)
	}
	leaf := pair.Leaf
	print := entra.Fingerprint(leaf.Raw)
	return &entra.NewCertificate{
		KeyID: entra.KeyID(print[:8] + "-" + print[8:12] + "-" + print[12:16] + "-" + print[16:20] + "-" + print[20:32]), // the same whenever it is sent
		Name:  "Consentry console " + print[:16], DER: leaf.Raw, Start: leaf.NotBefore.UTC(), End: leaf.NotAfter.UTC(),
	}, nil
}

// makeCertificate makes a key and a certificate of it, and puts both into the
// file before anything of them is sent.
func makeCertificate(path, name string, end time.Time) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Consentry console " + name}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-backdated), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var content bytes.Buffer
	err = errors.Join(pem.Encode(&content, &pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.Encode(&content, &pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil {
		return err
	}
	return writeWhole(path, content.String(), false)
}
