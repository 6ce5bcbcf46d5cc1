package azuredevops_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
)

const (
	aTenant  = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	noTenant = "00000000-0000-0000-0000-000000000000"
)

var theToken = entra.NewSensitive("canary-token")

// A service stands for the three hosts, under /devops, /vssps and /orgs.
type service struct {
	*httptest.Server
	answer http.HandlerFunc

	mu   sync.Mutex
	seen []*http.Request
}

func start(t *testing.T, answer http.HandlerFunc) (*service, *azuredevops.Client) {
	t.Helper()
	s := &service{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Clone(r.Context()))
		s.mu.Unlock()
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	c := entra.Cloud{DevOps: s.URL + "/devops", VSSPS: s.URL + "/vssps", VSSPSOrganizations: s.URL + "/orgs"}
	return s, &azuredevops.Client{Cloud: c}
}

// requests lists what was asked: "GET /devops/contoso/_apis/projects".
func (s *service) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.seen {
		out = append(out, r.Method+" "+r.URL.Path)
	}
	return out
}

// reply answers with header pairs; a body without a type is JSON.
func reply(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8; api-version=7.1")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
