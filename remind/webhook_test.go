package remind

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

const signingSecret = "0123456789abcdef-canary"

// A receiver remembers what was posted and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	status int
}

type post struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: 204}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts = append(r.posts, post{req.Header, body})
		if r.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) got() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.posts...)
}

// trusting is TLS that knows a test server.
func trusting(s *httptest.Server) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func (r *receiver) webhook(t *testing.T) *Webhook {
	t.Helper()
	w, err := NewWebhook(WebhookOptions{URL: r.URL + "/hook", Secret: entra.NewSensitive(signingSecret), Private: true, TLS: trusting(r.Server)})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func aNotice() Notice {
	env := shop(secret("k1", "Frontegg", 168, 12))
	return newNotice(env, "Frontegg", "https://console.example", Credentials(env, nil, noon)[0], 30, noon)
}

func TestAWebhookIsSignedAndSaysWhatEnds(t *testing.T) {
	r := newReceiver(t)
	if err := r.webhook(t).Send(t.Context(), aNotice(), []string{"team@contoso.example"}, "the-key", noon); err != nil {
		t.Fatal(err)
	}
	got := r.got()
	if len(got) != 1 || got[0].header.Get("Idempotency-Key") != "the-key" || got[0].header.Get("Content-Type") != "application/json" {
		t.Fatalf("%+v", got)
	}
	// As a receiver checks it, from the documentation alone.
	stamp, given, _ := strings.Cut(got[0].header.Get("Consentry-Signature"), ",v1=")
	seconds, _ := strings.CutPrefix(stamp, "t=")
	mac := hmac.New(sha256.New, []byte(signingSecret))
	mac.Write([]byte(seconds + "." + string(got[0].body)))
	if given != hex.EncodeToString(mac.Sum(nil)) || seconds != "1795262400" {
		t.Errorf("signature %q", got[0].header.Get("Consentry-Signature"))
	}
	var body struct {
		Type        string
		Environment struct {
			Name, ClientID, Owner string
			Contacts              []string
		}
		Credential struct {
			Kind, KeyID, Hint string
			Expires           time.Time
		}
		DaysBefore, DaysLeft int
		URL                  string
	}
	if err := json.Unmarshal(got[0].body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "credential.expiring" || body.Environment.Name != "shop" || body.Credential.KeyID != "k1" || body.DaysBefore != 30 || body.DaysLeft != 12 ||
		!body.Credential.Expires.Equal(noon.AddDate(0, 0, 12)) || body.Environment.Contacts[0] != "team@contoso.example" || !strings.HasSuffix(body.URL, "/rotate") {
		t.Errorf("%s", got[0].body)
	}
	if strings.Contains(string(got[0].body), "canary") {
		t.Error("the body holds the signing secret")
	}
}

func TestWhatAReceiverRefusesIsAnError(t *testing.T) {
	r := newReceiver(t)
	for _, status := range []int{302, 400, 410, 429, 500} {
		r.answer(status)
		if err := r.webhook(t).Send(t.Context(), aNotice(), nil, "k", noon); err == nil || strings.Contains(err.Error(), "/hook") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := len(r.got()); n != 5 {
		t.Errorf("%d posts: a redirect was followed, or something sent again", n)
	}
	r.Close()
	if err := r.webhook(t).Send(t.Context(), aNotice(), nil, "k", noon); err == nil || strings.Contains(err.Error(), "/hook") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestOnlyPublicReceiversAreConnectedTo(t *testing.T) {
	r := newReceiver(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.0.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "0.0.0.0"} {
		w, err := NewWebhook(WebhookOptions{URL: "https://" + host + r.URL[strings.LastIndex(r.URL, ":"):], Secret: entra.NewSensitive(signingSecret), TLS: trusting(r.Server)})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Send(t.Context(), aNotice(), nil, "k", noon)
		if err == nil || !strings.Contains(err.Error(), "prohibited") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := len(r.got()); n != 0 {
		t.Errorf("%d posts came through", n)
	}
}

func TestASettingThatCannotBeIsRefused(t *testing.T) {
	good := WebhookOptions{URL: "https://hooks.example.com/x?key=1", Secret: entra.NewSensitive(signingSecret)}
	if _, err := NewWebhook(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*WebhookOptions){
		"no address":                   func(o *WebhookOptions) { o.URL = "" },
		"a path":                       func(o *WebhookOptions) { o.URL = "/hook" },
		"http":                         func(o *WebhookOptions) { o.URL = "http://hooks.example.com" },
		"http to another host, inside": func(o *WebhookOptions) { o.URL, o.Private = "http://hooks.example.com", true },
		"http on this machine":         func(o *WebhookOptions) { o.URL = "http://localhost:1/hook" },
		"a user name":                  func(o *WebhookOptions) { o.URL = "https://me:canary@hooks.example.com" },
		"a fragment":                   func(o *WebhookOptions) { o.URL = "https://hooks.example.com/#x" },
		"a short secret":               func(o *WebhookOptions) { o.Secret = entra.NewSensitive("canary") },
		"no secret":                    func(o *WebhookOptions) { o.Secret = entra.Sensitive{} },
	} {
		o := good
		change(&o)
		if _, err := NewWebhook(o); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewWebhook(WebhookOptions{URL: "http://127.0.0.1:1/hook", Secret: good.Secret, Private: true}); err != nil {
		t.Errorf("http on this machine, allowed: %v", err)
	}
}

func TestAReceiverWithoutATrustedCertificateIsNotTold(t *testing.T) {
	r := newReceiver(t)
	w, err := NewWebhook(WebhookOptions{URL: r.URL, Secret: entra.NewSensitive(signingSecret), Private: true})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Send(t.Context(), aNotice(), nil, "k", noon)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok || len(r.got()) != 0 {
		t.Errorf("%v, %d posts", err, len(r.got()))
	}
}
