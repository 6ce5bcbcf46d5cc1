package web

import (
	"container/list"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// A Limit is how often one person may ask for an address: Burst times at
// once, and then once more after each Every. An IP address, behind which
// there may be several people, may ask for it addressShare times as often.
// The zero Limit is none.
type Limit struct {
	Burst int
	Every time.Duration
}

// addressShare is how many people's worth of requests one address may send.
const addressShare = 5

func (l Limit) ofAddress() Limit {
	return Limit{Burst: l.Burst * addressShare, Every: l.Every / addressShare}
}

// mostBuckets bounds the memory that counting takes, about 300 bytes for each:
// the one unused for longest gives way.
const mostBuckets = 32_768

// bucketKey is whose requests for which address are counted together.
type bucketKey struct{ route, who string }

type bucket struct {
	key     bucketKey
	limiter *rate.Limiter
}

// buckets counts requests in token buckets, of which there are never more
// than most.
type buckets struct {
	most int

	mu     sync.Mutex
	byKey  map[bucketKey]*list.Element
	recent list.List // of *bucket, the last used first
}

// take counts one request and says how long to wait when it is one too many;
// that one is not counted.
func (b *buckets) take(key bucketKey, l Limit, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	limiter := b.of(key, l)
	if limiter.AllowN(now, 1) {
		return 0
	}
	r := limiter.ReserveN(now, 1)
	defer r.CancelAt(now)
	return r.DelayFrom(now)
}

func (b *buckets) of(key bucketKey, l Limit) *rate.Limiter {
	if e, ok := b.byKey[key]; ok {
		b.recent.MoveToFront(e)
		return e.Value.(*bucket).limiter
	}
	if b.byKey == nil {
		b.byKey = map[bucketKey]*list.Element{}
	}
	if last := b.recent.Back(); b.recent.Len() >= b.most {
		delete(b.byKey, b.recent.Remove(last).(*bucket).key)
	}
	fresh := &bucket{key, rate.NewLimiter(rate.Every(l.Every), l.Burst)}
	b.byKey[key] = b.recent.PushFront(fresh)
	return fresh.limiter
}

// Limit bounds how often the route may be asked for. It must be called before
// the engine answers.
func (s *Shell) Limit(method, pattern string, l Limit) {
	if l != (Limit{}) {
		s.limits[method+" "+pattern] = l
	}
}

// limitAddress counts by where requests come from, before anything is read
// for them.
func (s *Shell) limitAddress(c *gin.Context) {
	route := c.Request.Method + " " + c.FullPath()
	l, ok := s.limits[route]
	from := stateOf(c).client.address
	if !ok || !from.IsValid() {
		c.Next()
		return
	}
	s.count(c, bucketKey{route, network(from)}, l.ofAddress())
}

// limitPerson counts by session, or by the person it is of.
func (s *Shell) limitPerson(c *gin.Context) {
	route := c.Request.Method + " " + c.FullPath()
	l, ok := s.limits[route]
	who := s.who(c)
	if !ok || who == "" {
		c.Next()
		return
	}
	s.count(c, bucketKey{route, who}, l)
}

func (s *Shell) count(c *gin.Context, key bucketKey, l Limit) {
	if wait := s.buckets.take(key, l, s.now()); wait > 0 {
		s.fail(c, &Error{Status: http.StatusTooManyRequests, RetryAfter: wait,
			Public: "This was asked for too often in a short time, so nothing was done. Wait " + waited(wait) + ", then try again."})
		return
	}
	c.Next()
}

// waited is a time to wait in whole seconds, as Retry-After has it, or minutes.
func waited(d time.Duration) string {
	switch s := int(math.Ceil(d.Seconds())); {
	case s == 1:
		return "a second"
	case s < 120:
		return fmt.Sprintf("%d seconds", s)
	default:
		return fmt.Sprintf("%d minutes", (s+59)/60)
	}
}

// who is the person or session whose requests are counted together; empty for
// a browser without either.
func (s *Shell) who(c *gin.Context) string {
	sess := sessionOf(c)
	if sess == nil {
		return ""
	}
	if s.config.Who != nil {
		if person := s.config.Who(sess); person != "" {
			return person
		}
	}
	return sess.Mark()
}

// network is what addresses of one place have in common: an IPv6 line has 2^64
// of them.
func network(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
