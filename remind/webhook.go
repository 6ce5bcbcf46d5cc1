package remind

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"code.dny.dev/ssrf"

	"github.com/consentry/consentry/entra"
)

// WebhookOptions say where reminders are posted and how the receiver knows
// that they are ours.
type WebhookOptions struct {
	// URL takes the POST: https, and http on this machine where Private is set.
	URL string
	// Secret signs; at least 16 characters.
	Secret entra.Sensitive
	// Private lets the address be inside the network, or behind the proxy that
	// the environment names. Without it only public addresses are connected
	// to, and no proxy is asked, which would hide where a request goes.
	Private bool
	// TLS is what the receiver's certificate is checked with; nil means the
	// system's authorities.
	TLS *tls.Config
}

// leastSecret is the shortest signing secret, in characters.
const leastSecret = 16

// webhookPatience is how long a receiver may take for one answer.
const webhookPatience = 15 * time.Second

// A Webhook posts reminders as JSON, each signed:
//
//	Consentry-Signature: t=UNIX SECONDS,v1=HEX
//
// where v1 is the HMAC-SHA256, with the shared secret as key, over the seconds,
// a full stop and the body as it was sent. A receiver compares in constant
// time and refuses what is older than some minutes. Idempotency-Key is the
// same whenever the same reminder comes, which after a failure may be twice.
// Any answer of 200 to 299 counts as taken.
type Webhook struct {
	url    string
	secret entra.Sensitive
	client *http.Client
}

// NewWebhook checks the options; the error names the setting and the mend.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	u, err := o.address()
	if err == nil {
		err = o.CheckSecret()
	}
	if err != nil {
		return nil, err
	}
	return &Webhook{u.String(), o.Secret, guardedClient(o)}, nil
}

// CheckURL says what is wrong with the address, if anything.
func (o WebhookOptions) CheckURL() error {
	_, err := o.address()
	return err
}

// CheckSecret says what is wrong with the secret, if anything.
func (o WebhookOptions) CheckSecret() error {
	if len(o.Secret.Reveal()) < leastSecret {
		return fmt.Errorf("the webhook's secret is shorter than %d characters: make one with openssl rand -hex 32", leastSecret)
	}
	return nil
}

func (o WebhookOptions) address() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New("the webhook's address is none: give https://, a host and a path, without a user name")
	case u.Scheme != "https" && !(o.Private && u.Scheme == "http" && onThisMachine(u.Hostname())):
		return nil, errors.New("the webhook's address must begin with https://, so that nobody reads along")
	}
	return u, nil
}

func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// guardedClient connects to public addresses only, decided after the name was
// resolved, and follows no redirect.
func guardedClient(o WebhookOptions) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: o.TLS, TLSHandshakeTimeout: 5 * time.Second,
		ResponseHeaderTimeout: webhookPatience, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
	}
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if o.Private {
		transport.Proxy = http.ProxyFromEnvironment
	} else {
		dialer.Control = ssrf.New(ssrf.WithAnyPort()).Safe
	}
	return &http.Client{
		Transport: transport, Timeout: webhookPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// webhookBody is what is posted.
type webhookBody struct {
	Type        string             `json:"type"` // "credential.expiring"
	Environment webhookEnvironment `json:"environment"`
	Credential  webhookCredential  `json:"credential"`
	DaysBefore  int                `json:"daysBefore"` // 90, 30, 7 or 1
	DaysLeft    int                `json:"daysLeft"`
	Title       string             `json:"title"`
	Text        string             `json:"text"`
	URL         string             `json:"url"` // where to go on
}

type webhookEnvironment struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Integration string         `json:"integration"`
	Tenant      entra.TenantID `json:"tenant"`
	TenantName  string         `json:"tenantName,omitempty"`
	ClientID    entra.ClientID `json:"clientId"`
	Owner       string         `json:"owner,omitempty"`
	Contacts    []string       `json:"contacts"`
}

type webhookCredential struct {
	Kind    Kind        `json:"kind"`
	KeyID   entra.KeyID `json:"keyId"`
	Name    string      `json:"name,omitempty"`
	Hint    string      `json:"hint,omitempty"`
	Expires time.Time   `json:"expires"`
}

// Send posts a reminder. The error is certain not to hide a delivery only
// where the receiver said so; key makes sending again harmless.
func (w *Webhook) Send(ctx context.Context, n Notice, contacts []string, key string, now time.Time) error {
	body, err := json.Marshal(webhookOf(n, contacts))
	if err != nil {
		return fmt.Errorf("the webhook's body: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's address cannot be asked")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Consentry")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Consentry-Signature", Sign(w.secret, now, body))
	resp, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("the webhook's receiver gave no answer: %w", withoutURL(err))
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // what it says does not matter, and its end may not come
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the webhook's receiver answered %d", resp.StatusCode)
	}
	return nil
}

// withoutURL takes the address away, which may carry a key of the receiver.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func webhookOf(n Notice, contacts []string) webhookBody {
	e, c := n.Environment, n.Credential
	return webhookBody{
		Type: "credential.expiring", DaysBefore: n.Step, DaysLeft: n.Left, Title: n.Subject(), Text: n.Text(), URL: n.Link,
		Environment: webhookEnvironment{ID: e.ID, Name: e.Name, Integration: n.Integration, Tenant: e.Tenant, TenantName: e.TenantName,
			ClientID: e.Result.App.ClientID, Owner: e.Owner.UPN, Contacts: append([]string{}, contacts...)},
		Credential: webhookCredential{Kind: c.Kind, KeyID: c.KeyID, Name: c.Name, Hint: c.Hint, Expires: c.End.UTC()},
	}
}

// Sign is the value of the header Consentry-Signature for a body sent at a
// moment.
func Sign(secret entra.Sensitive, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
