package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/consentry/consentry/entra"
)

// A wire is a Graph that answers as a test says and remembers what came.
type wire struct {
	t      *testing.T
	server *httptest.Server
	answer http.HandlerFunc

	mu      sync.Mutex
	got     []received
	waits   []time.Duration
	calls   []Call
	elapsed time.Duration
}

type received struct {
	method, path, query string
	header              http.Header
	body                []byte
	length              int64
}

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// newWire starts the server; the client's clock stands still but for the
// waits between tries, which are noted and not waited for.
func newWire(t *testing.T, answer http.HandlerFunc) (*wire, *Client) {
	t.Helper()
	w := &wire{t: t, answer: answer}
	w.server = httptest.NewUnstartedServer(w)
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // broken handshakes are wanted
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	return w, w.client(w.server.URL, TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive("token-1"), epoch.Add(time.Hour), nil
	}))
}

func (w *wire) client(base string, cred azcore.TokenCredential) *Client {
	w.t.Helper()
	observe := func(c Call) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, c)
	}
	c, err := newClient(entra.Cloud{Name: "test", Graph: base}, cred,
		Options{HTTP: w.server.Client(), Observe: observe}, clock{w.now, w.sleep})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *wire) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return epoch.Add(w.elapsed)
}

func (w *wire) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, d)
	w.elapsed += d
	return ctx.Err()
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("reading the request: %v", err)
	}
	w.mu.Lock()
	w.got = append(w.got, received{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body, r.ContentLength})
	w.mu.Unlock()
	w.answer(rw, r)
}

// requests returns what came, method and path.
func (w *wire) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []string{}
	for _, r := range w.got {
		out = append(out, r.method+" "+r.path)
	}
	return out
}

func (w *wire) expect(want ...string) {
	w.t.Helper()
	if got := w.requests(); !slices.Equal(got, want) {
		w.t.Errorf("requests on the wire: %q, want %q", got, want)
	}
}

// respond sends JSON as Graph does.
func respond(rw http.ResponseWriter, status int, body string) {
	rw.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	rw.Header().Set("request-id", "graph-request-id")
	rw.WriteHeader(status)
	io.WriteString(rw, body)
}

func always(status int, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { respond(rw, status, body) }
}

// inTurn gives each request the next answer, the last one for ever.
func inTurn(answers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		mu.Unlock()
		answer(rw, r)
	}
}

// drop closes the connection instead of answering.
func drop(rw http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err == nil {
		conn.Close()
	}
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%q is not JSON: %v", data, err)
	}
	return v
}

func serviceError(t *testing.T, err error) *entra.ServiceError {
	t.Helper()
	no, ok := errors.AsType[*entra.ServiceError](err)
	if !ok {
		t.Fatalf("error %v (%T) is not a *entra.ServiceError", err, err)
	}
	return no
}

func noAnswer(t *testing.T, err error) *entra.NoAnswerError {
	t.Helper()
	lost, ok := errors.AsType[*entra.NoAnswerError](err)
	if !ok {
		t.Fatalf("error %v (%T) is not a *entra.NoAnswerError", err, err)
	}
	return lost
}

// jwt is an unsigned token with these claims; nobody here checks signatures.
func jwt(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part([]byte(claims)) + "." + part([]byte("signature"))
}
