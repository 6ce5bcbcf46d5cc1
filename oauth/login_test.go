package oauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

const (
	homeTenant  = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	otherTenant = "bbbbcccc-1111-dddd-2222-eeee3333ffff"
	homeDomain  = "contoso.example"
)

// aLogin is as much of a sign-in service as the wire's edge cases need.
type aLogin struct {
	*httptest.Server
	key *rsa.PrivateKey
	// token answers the token endpoint.
	token http.HandlerFunc
	// issuer, when set, is what every discovery document names.
	issuer string
	// keys, when set, is the jwks_uri of every document.
	keys string
	// publish, when set, answers for keys.
	publish func(http.ResponseWriter)

	mu    sync.Mutex
	forms []url.Values // of token requests
	paths []string
}

func startLogin(t *testing.T) *aLogin {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l := &aLogin{key: key}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *aLogin) client() *oauth.Client {
	c := entra.Public()
	c.Login, c.Authorize = l.URL, l.URL
	return &oauth.Client{Cloud: c}
}

func (l *aLogin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.paths = append(l.paths, r.URL.Path)
	l.mu.Unlock()
	segments := strings.SplitN(r.URL.Path, "/", 3)
	switch tenant, rest := segments[1], segments[len(segments)-1]; rest {
	case "oauth2/v2.0/token":
		l.serveToken(w, r)
	case "v2.0/.well-known/openid-configuration":
		l.serveDocument(w, tenant)
	case "discovery/v2.0/keys":
		if l.publish != nil {
			l.publish(w)
			return
		}
		writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: l.key.Public(), KeyID: "k1", Use: "sig", Algorithm: "RS256"}}})
	default:
		http.NotFound(w, r)
	}
}

func (l *aLogin) serveToken(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	l.mu.Lock()
	l.forms = append(l.forms, form)
	l.mu.Unlock()
	l.token(w, r)
}

func (l *aLogin) serveDocument(w http.ResponseWriter, tenant string) {
	if tenant == homeDomain {
		tenant = homeTenant
	}
	issuer, keys := l.URL+"/"+tenant+"/v2.0", l.URL+"/"+tenant+"/discovery/v2.0/keys"
	if l.issuer != "" {
		issuer = l.issuer
	}
	if l.keys != "" {
		keys = l.keys
	}
	writeJSON(w, map[string]any{
		"issuer": issuer, "jwks_uri": keys,
		"authorization_endpoint":                l.URL + "/authorize",
		"token_endpoint":                        l.URL + "/token",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "RS512"},
	})
}

func (l *aLogin) form(t *testing.T) url.Values {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.forms) != 1 {
		t.Fatalf("%d token requests, want exactly 1", len(l.forms))
	}
	return l.forms[0]
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// answer is a token endpoint that always answers the same.
func answer(status int, kind, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// asMap is a value as its JSON has it.
func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
