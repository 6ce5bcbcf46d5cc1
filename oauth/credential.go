package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/consentry/consentry/entra"
)

// A Credential proves to the token endpoint which application asks. Its files
// are read anew for every proof, so that a new secret in the place of an old
// one counts from the next request on. Errors name the file and never hold
// what is in it.
type Credential interface {
	// Proof is the parameters that go with a request of the application id to
	// a token endpoint at a moment.
	Proof(id entra.ClientID, tokenURL string, now time.Time) (url.Values, error)
	// String says for people what it is and where it lies.
	String() string
}

// assertionType is the one kind of client_assertion there is (RFC 7523).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// SecretFile is a client secret in a file of its own, which nobody else on
// the machine may read; blanks around it do not count.
func SecretFile(path string) (Credential, error) {
	c := secretFile(path)
	_, err := c.Proof("", "", time.Time{})
	return c, err
}

type secretFile string

// Proof implements Credential.
func (f secretFile) Proof(entra.ClientID, string, time.Time) (url.Values, error) {
	secret, err := readWord(string(f), private)
	if err != nil {
		return nil, fmt.Errorf("the client secret: %w", err)
	}
	return url.Values{"client_secret": {secret}}, nil
}

// String implements Credential.
func (f secretFile) String() string { return "a client secret in " + string(f) }

// FederatedTokenFile is a token of another issuer that the application's
// federated credentials name, in a file that the platform keeps fresh: the
// AZURE_FEDERATED_TOKEN_FILE of a workload identity.
func FederatedTokenFile(path string) (Credential, error) {
	c := federatedFile(path)
	_, err := c.Proof("", "", time.Time{})
	return c, err
}

type federatedFile string

// Proof implements Credential.
func (f federatedFile) Proof(entra.ClientID, string, time.Time) (url.Values, error) {
	token, err := readWord(string(f), shared)
	if err == nil && strings.Count(token, ".") != 2 {
		err = fmt.Errorf("%s holds no token: it must have three parts with dots between", string(f))
	}
	if err != nil {
		return nil, fmt.Errorf("the federated token: %w", err)
	}
	return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {token}}, nil
}

// String implements Credential.
func (f federatedFile) String() string { return "a federated token in " + string(f) }

// proof is what goes with a request: the secret that the caller brought, or
// what the client's own credential says.
func (c *Client) proof(id entra.ClientID, tokenURL string, secret entra.Sensitive) (url.Values, error) {
	switch {
	case !secret.IsZero():
		return c.sent(Value(secret), id, tokenURL)
	case c.Credential == nil:
		return url.Values{}, nil
	}
	return c.sent(c.Credential, id, tokenURL)
}

func (c *Client) sent(cred Credential, id entra.ClientID, tokenURL string) (url.Values, error) {
	proof, err := cred.Proof(id, tokenURL, c.now())
	if err != nil {
		return nil, &entra.NoAnswerError{Service: service, Method: "POST", Path: pathOf(tokenURL), Err: err}
	}
	return proof, nil
}

// Check asks for a token of the application itself and drops it: the
// credential is good when the error is nil. The tenant must be one, not
// "organizations". The application needs its service principal there
// (AADSTS 7000229), but no permission.
func (c *Client) Check(ctx context.Context, tenant string, id entra.ClientID) error {
	_, err := c.ClientCredentials(ctx, tenant, id, entra.Sensitive{}, "https://graph.microsoft.com/.default")
	return err
}

// maxCredentialFile bounds a credential's file, in bytes.
const maxCredentialFile = 64 << 10

// Who may read a credential's file. A platform's token files are everybody's
// on their own machine.
const (
	private = os.FileMode(0o007)
	shared  = os.FileMode(0)
)

// readFile reads a file that nobody of forbidden may touch.
func readFile(path string, forbidden os.FileMode) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	case info.Mode().Perm()&forbidden != 0:
		return nil, fmt.Errorf("%s: everybody on this machine may use it (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxCredentialFile+1))
	if len(data) > maxCredentialFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxCredentialFile)
	}
	return data, err
}

// readWord reads a file that holds one word.
func readWord(path string, forbidden os.FileMode) (string, error) {
	data, err := readFile(path, forbidden)
	if err != nil {
		return "", err
	}
	word := strings.TrimSpace(string(data))
	switch {
	case word == "":
		return "", fmt.Errorf("%s is empty", path)
	case strings.ContainsFunc(word, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "", errors.New(path + " holds more than one word")
	}
	return word, nil
}
