package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestManyCallersAtOnce is for the race detector above all: answers are
// written while others change what they show.
func TestManyCallersAtOnce(t *testing.T) {
	g := contoso(t)
	shared := g.create(g.admin(), wizardBody).text("id")
	who, before := g.admin(), len(g.tenant.apps)
	requests := []string{
		`POST /v1.0/applications {"displayName":"One of many","passwordCredentials":[{}]}`,
		`PATCH /v1.0/applications/` + shared + ` {"tags":["a","b"],"web":{"redirectUris":["https://b.example.com/cb"]}}`,
		`POST /v1.0/applications/` + shared + `/addPassword {}`,
		`GET /v1.0/applications/` + shared,
		`GET /v1.0/applications?$top=999`,
		`GET /v1.0/servicePrincipals`,
	}
	const rounds = 20
	var all sync.WaitGroup
	for _, request := range requests {
		for range 2 {
			all.Go(func() {
				for range rounds {
					if status := g.status(who, request); status >= 400 {
						t.Errorf("%s: %d", request, status)
					}
				}
			})
		}
	}
	all.Wait()
	if made := len(g.tenant.apps) - before; made != 2*rounds {
		t.Errorf("%d apps made, want %d", made, 2*rounds)
	}
	if n := len(g.tenant.apps[shared].PasswordCredentials); n != 1+2*rounds {
		t.Errorf("%d secrets, want %d: some were lost", n, 1+2*rounds)
	}
}

// status sends "METHOD path body" and may be called from any goroutine.
func (g *graphTest) status(who *caller, request string) int {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	g.w.serveGraph(rec, r, who)
	return rec.Code
}

func TestTwoGrantsAtOnceAreOne(t *testing.T) {
	g := contoso(t)
	who := g.admin()
	request := fmt.Sprintf(`POST /v1.0/oauth2PermissionGrants {"clientId":"%s","consentType":"AllPrincipals","resourceId":"%s","scope":"vso.work"}`,
		g.client().ID, g.tenant.principalOf(devopsAppID).ID)
	statuses := make(chan int, 8)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() { statuses <- g.status(who, request) })
	}
	all.Wait()
	close(statuses)
	made := 0
	for status := range statuses {
		if status == http.StatusCreated {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d grants were made", made)
	}
}
