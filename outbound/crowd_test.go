package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// carry is a carrier in a function.
type carry func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f carry) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func empty() *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
}

func TestEachTenantAndOrganizationHasFourRequestsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under, most := map[string]int{}, map[string]int{}
		var mu sync.Mutex
		var failing atomic.Int32
		crowd := NewCrowd(carry(func(req *http.Request) (*http.Response, error) {
			at := crowdOf(req)
			mu.Lock()
			under[at]++
			most[at] = max(most[at], under[at])
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			under[at]--
			mu.Unlock()
			if failing.Add(1)%5 == 0 {
				return nil, errors.New("no answer")
			}
			return empty(), nil
		}))
		began := time.Now()
		var all sync.WaitGroup
		for _, url := range []string{"https://login.example/tenant-a/oauth2/v2.0/token", "https://login.example/tenant-b/oauth2/v2.0/token", "https://dev.example/org/_apis/projects"} {
			for range 20 {
				all.Go(func() { Send(crowd, request(t, url), MaxBody) })
			}
		}
		all.Wait()
		for _, at := range []string{"login.example/tenant-a", "login.example/tenant-b", "dev.example/org"} {
			if most[at] != inFlight {
				t.Errorf("%s: %d at once", at, most[at])
			}
		}
		if took := time.Since(began); took != 5*time.Second { // they do not wait for each other
			t.Errorf("60 requests, four at a time of each of three, took %v", took)
		}
	})
}

func TestARequestWhoseTurnDoesNotComeInTimeWasNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crowd := NewCrowd(carry(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		const url = "https://login.example/tenant/oauth2/v2.0/token"
		var all sync.WaitGroup
		for range inFlight {
			all.Go(func() {
				if a := Send(crowd, request(t, url), MaxBody); a.Err == nil || !a.Sent {
					t.Errorf("one that hangs: %+v", a)
				}
			})
		}
		synctest.Wait()
		soon, cancel := context.WithTimeout(t.Context(), Deadline/2)
		defer cancel()
		waiting := Send(crowd, request(t, url).WithContext(soon), MaxBody)
		all.Wait()
		if !errors.Is(waiting.Err, errWaited) || waiting.Sent {
			t.Errorf("one that waited: sent %v, %v", waiting.Sent, waiting.Err)
		}
	})
}
