package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// journalSize is how many requests the journal remembers.
const journalSize = 10_000

// A Request is one request that a service received, as the journal has it.
type Request struct {
	// Seq numbers the requests of a sandbox from 1; it survives clearing.
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	// Service is login, graph, devops or vssps.
	Service string `json:"service"`
	Method  string `json:"method"`
	// Path is the path at the public host, with the query; values that could
	// be secrets are replaced by "redacted".
	Path string `json:"path"`
	TLS  bool   `json:"tls"`
	// ClientID, User (its user principal name) and TenantID are the caller's
	// when the request carried a good token; at the token endpoint ClientID
	// is the one asked for.
	ClientID string `json:"client_id,omitempty"`
	User     string `json:"user,omitempty"`
	TenantID string `json:"tenant_id,omitempty"`
	// GrantType is the token endpoint's grant_type.
	GrantType       string `json:"grant_type,omitempty"`
	ClientRequestID string `json:"client_request_id,omitempty"`
	// Status is what the caller was answered; 0 while Outcome is open or when
	// there was no answer.
	Status int `json:"status"`
	// Committed is the status of the answer that a fault withheld or spoiled
	// after the request had been handled; 0 otherwise.
	Committed    int     `json:"committed,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
	Outcome      Outcome `json:"outcome"`
}

// An Outcome is how a request ended.
type Outcome string

// The outcomes of a request.
const (
	Open     Outcome = "open"     // not answered yet
	Answered Outcome = "answered" // completely
	Dropped  Outcome = "dropped"  // the connection was closed, by a fault or because the caller had gone
)

// A journal keeps the newest requests.
type journal struct {
	now func() time.Time

	mu      sync.Mutex
	last    int64
	entries []*Request
}

func newJournal(now func() time.Time) *journal { return &journal{now: now} }

// open records a request at its arrival.
func (j *journal) open(r *http.Request) *Request {
	p := placeOf(r)
	e := &Request{
		// Copies: parts of the request line would keep all of it in memory.
		Time: j.now().UTC(), Service: strings.Clone(p.service), Method: strings.Clone(r.Method),
		Path: strings.Clone(safePath(p.service, r.URL)), TLS: p.tlsPorts != nil,
		ClientRequestID: r.Header.Get("client-request-id"), Outcome: Open,
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	j.entries = append(j.entries, e)
	if over := len(j.entries) - journalSize; over > 0 {
		j.entries = slices.Delete(j.entries, 0, over)
	}
	return e
}

// update changes an entry that readers may be looking at.
func (j *journal) update(change func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
}

// list copies the entries of one service ("" for all) after a number.
func (j *journal) list(service string, since int64) []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := []Request{}
	for _, e := range j.entries {
		if e.Seq > since && (service == "" || e.Service == service) {
			out = append(out, *e)
		}
	}
	return out
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

func (j *journal) serveList(w http.ResponseWriter, r *http.Request) {
	since, err := strconv.ParseInt(r.FormValue("since"), 10, 64)
	if err != nil && r.FormValue("since") != "" {
		http.Error(w, `Parameter "since" must be a number: the "seq" after which to list.`, http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, j.list(r.FormValue("service"), since))
}

func (j *journal) serveClear(w http.ResponseWriter, _ *http.Request) {
	j.clear()
	w.WriteHeader(http.StatusNoContent)
}

// plainLoginParameters are the query parameters of the sign-in service whose
// values the journal may show. All others there (codes, states, the handles
// of pages) are withheld.
var plainLoginParameters = []string{
	"admin_consent", "api-version", "authorization_endpoint", "client_id", "code_challenge_method",
	"domain_hint", "error", "grant_type", "login_hint", "post_logout_redirect_uri", "prompt",
	"redirect_uri", "resource", "response_mode", "response_type", "scope", "tenant",
}

// secretParameters are withheld wherever they turn up.
var secretParameters = []string{
	"access_token", "assertion", "client_assertion", "client_secret", "code",
	"id_token", "password", "refresh_token", "token",
}

// safePath is the path with the query, in the order it came, without values
// that could be secrets.
func safePath(service string, u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		raw, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(raw); err != nil || withheld(service, name) {
			pairs[i] = raw + "=redacted"
		}
	}
	return u.EscapedPath() + "?" + strings.Join(pairs, "&")
}

func withheld(service, parameter string) bool {
	name := strings.ToLower(parameter)
	if service == serviceLogin {
		return !slices.Contains(plainLoginParameters, name)
	}
	return slices.Contains(secretParameters, name)
}
