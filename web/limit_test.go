package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// limited is a console that answers /often three times and then every ten
// seconds, and knows who is called what.
func limited(t *testing.T) (http.Handler, *clock) {
	t.Helper()
	now := &clock{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	s, e := consoleWith(t, func(c *Config) {
		c.Now, c.Sessions = now.now, &MemorySessions{Now: now.now}
		c.Who = func(s *Session) string {
			var name string
			s.Get("name", &name)
			return name
		}
		c.Proxies, _ = ParseProxies([]string{"10.0.0.5"})
	})
	s.Limit("POST", "/often", Limit{Burst: 3, Every: 10 * time.Second})
	e.POST("/often", s.Handle(func(*gin.Context) (Response, error) { return Text("done"), nil }))
	e.POST("/visit", s.Handle(func(c *gin.Context) (Response, error) { return Text("hello"), SessionOf(c).Set("seen", true) }))
	e.POST("/sign-in/:name", s.Handle(func(c *gin.Context) (Response, error) {
		return Text("hello"), SessionOf(c).Set("name", c.Param("name"))
	}))
	return e, now
}

// ask sends a form from an address and gives the answer.
func ask(h http.Handler, from, path string, cookie *http.Cookie, header ...string) *http.Response {
	r := httptest.NewRequest("POST", "http://localhost:8080"+path, nil)
	r.RemoteAddr = from
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestOneRequestTooManyWaitsForItsTime(t *testing.T) {
	h, now := limited(t)
	c := cookieOf(ask(h, "192.0.2.1:1", "/visit", nil))
	for i := range 3 {
		if got := ask(h, "192.0.2.1:1", "/often", c).StatusCode; got != 200 {
			t.Fatalf("request %d: %d", i+1, got)
		}
	}
	r := ask(h, "192.0.2.1:1", "/often", c, "Accept", "application/json")
	wait, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if r.StatusCode != 429 || err != nil || wait != 10 || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d, Retry-After %q, %s", r.StatusCode, r.Header.Get("Retry-After"), r.Header.Get("Content-Type"))
	}
	if got := ask(h, "192.0.2.1:1", "/visit", c).StatusCode; got != 200 {
		t.Errorf("another address is refused too: %d", got)
	}
	now.t = now.t.Add(time.Duration(wait)*time.Second - time.Millisecond)
	if got := ask(h, "192.0.2.1:1", "/often", c).StatusCode; got != 429 {
		t.Errorf("before its time: %d", got)
	}
	now.t = now.t.Add(time.Millisecond)
	if got := ask(h, "192.0.2.1:1", "/often", c).StatusCode; got != 200 {
		t.Errorf("after waiting as told: %d", got)
	}
}

func TestAPersonIsCountedWhereverTheyAre(t *testing.T) {
	h, _ := limited(t)
	one := cookieOf(ask(h, "192.0.2.1:1", "/sign-in/ada", nil))
	two := cookieOf(ask(h, "192.0.2.2:1", "/sign-in/ada", nil))
	other := cookieOf(ask(h, "192.0.2.1:1", "/sign-in/grace", nil))
	for i, c := range []*http.Cookie{one, two, one} {
		if got := ask(h, fmt.Sprintf("192.0.2.%d:1", i), "/often", c).StatusCode; got != 200 {
			t.Fatal(got)
		}
	}
	if got := ask(h, "192.0.2.77:1", "/often", two).StatusCode; got != 429 {
		t.Errorf("in another window, from another address: %d", got)
	}
	if got := ask(h, "192.0.2.1:1", "/often", other).StatusCode; got != 200 {
		t.Errorf("somebody else from the same address: %d", got)
	}
}

// Who keeps no cookie is counted by address, and cannot claim another.
func TestAnAddressIsCountedWhateverItClaims(t *testing.T) {
	for _, c := range []struct {
		name string
		from func(i int) (address string, header []string)
	}{
		{"plainly", func(int) (string, []string) { return "192.0.2.1:1", nil }},
		{"from many ports", func(i int) (string, []string) { return fmt.Sprintf("192.0.2.1:%d", i), nil }},
		{"under many names", func(i int) (string, []string) {
			other := fmt.Sprintf("198.51.100.%d", i)
			return "192.0.2.1:1", []string{"X-Forwarded-For", other, "X-Real-Ip", other, "Forwarded", "for=" + other, "X_Forwarded_For", other, "User-Agent", other}
		}},
		{"from many addresses of one IPv6 line", func(i int) (string, []string) { return fmt.Sprintf("[2001:db8:1:2::%x]:1", i), nil }},
		{"through the proxy, claiming more hops", func(i int) (string, []string) {
			return "10.0.0.5:1", []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 192.0.2.1", i)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, _ := limited(t)
			for i := range 3*addressShare + 1 {
				address, header := c.from(i)
				want := 200
				if i == 3*addressShare {
					want = 429
				}
				if got := ask(h, address, "/often", nil, header...).StatusCode; got != want {
					t.Fatalf("request %d: %d, want %d", i+1, got, want)
				}
			}
			if got := ask(h, "192.0.2.200:1", "/often", nil).StatusCode; got != 200 {
				t.Errorf("another address: %d", got)
			}
		})
	}
}

func TestCountingTakesBoundedMemory(t *testing.T) {
	b := &buckets{most: mostBuckets}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l := Limit{Burst: 1, Every: time.Minute}
	before := heap()
	for i := range 100_000 {
		b.take(bucketKey{"POST /often", fmt.Sprintf("2001:db8:%x:%x::/64", i>>16, i&0xffff)}, l, now)
	}
	if grown := heap() - before; grown > 20<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if len(b.byKey) != mostBuckets || b.recent.Len() != mostBuckets {
		t.Errorf("%d and %d are kept, want %d", len(b.byKey), b.recent.Len(), mostBuckets)
	}
	if b.take(bucketKey{"POST /often", "2001:db8:1:869f::/64"}, l, now) == 0 {
		t.Error("the last to come is forgotten")
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestWhoeverWasAwayLongestIsForgottenFirst(t *testing.T) {
	b := &buckets{most: 2}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	full := func(who string) bool {
		return b.take(bucketKey{"r", who}, Limit{Burst: 1, Every: time.Hour}, now) > 0
	}
	full("a")
	full("b")
	if !full("a") {
		t.Fatal("a is not counted")
	}
	full("c") // b gives way
	if !full("a") || full("b") {
		t.Error("the wrong one gave way")
	}
}
