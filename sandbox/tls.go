package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// caFileName is the file's name in the given or temporary directory.
const caFileName = "consentry-sandbox-ca.pem"

// An authority is a certificate authority that lives as long as the sandbox.
// Its key never leaves memory.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM of cert
	temp string // directory to remove, if one was made
}

// newAuthority makes an authority and writes its certificate into dir, or a
// new temporary directory when dir is empty. Times are the machine's: TLS
// clients compare with their own clock, not with the sandbox's.
func newAuthority(dir string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("Consentry sandbox authority")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.MaxPathLenZero = true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	a := &authority{cert: cert, key: key}
	return a, a.write(dir)
}

func (a *authority) write(dir string) error {
	if dir == "" {
		temp, err := os.MkdirTemp("", "consentry-sandbox-")
		if err != nil {
			return fmt.Errorf("directory for the CA file: %w", err)
		}
		a.temp, dir = temp, temp
	}
	file := filepath.Join(dir, caFileName)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		return fmt.Errorf("CA file: %w", err)
	}
	a.file = file
	return nil
}

func (a *authority) remove() error {
	if a.temp != "" {
		return os.RemoveAll(a.temp)
	}
	if a.file == "" {
		return nil
	}
	return os.Remove(a.file)
}

// serverConfig has a certificate for this machine's own names.
func (a *authority) serverConfig() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("localhost")
	template.DNSNames = []string{"localhost"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}},
	}, nil
}

func certificate(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetInt64(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Consentry sandbox"}},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(30 * 24 * time.Hour),
	}
}
