package graph

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/consentry/consentry/outbound"
)

const (
	maxTries         = 4
	readPatience     = 30 * time.Second  // from the first try of a read to its last
	throttlePatience = 120 * time.Second // the same while Graph throttles
	throttleDefault  = 10 * time.Second  // a 429 that does not say how long
	throttleLeast    = time.Second       // a 429 that says "now"
)

// repeat decides whether the request may be sent again, and after which wait.
// Throttling (429) refuses before anything is done, so every method may be
// repeated after it. Anything else that failed is repeated for reads alone:
// a POST may have been carried out although its answer is a 503 or was lost.
func repeat(req *http.Request, a answer, try int, start, now time.Time) (time.Duration, bool) {
	wait, patience := time.Duration(0), readPatience
	asked, said := outbound.RetryAfter(a.Header.Get("Retry-After"), now)
	switch {
	case try >= maxTries:
		return 0, false
	case a.Status == http.StatusTooManyRequests && said:
		wait, patience = max(asked, throttleLeast), throttlePatience
	case a.Status == http.StatusTooManyRequests:
		wait, patience = throttleDefault, throttlePatience
	case req.Method == http.MethodGet && (mayPass(a.Status) || broke(a)):
		wait = max(asked, backoff(try))
	default:
		return 0, false
	}
	next := now.Add(wait)
	if next.Sub(start) > patience {
		return 0, false
	}
	if deadline, ok := req.Context().Deadline(); ok && next.After(deadline) {
		return 0, false
	}
	return wait, true
}

// mayPass lists the statuses that a later try can do without.
func mayPass(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// broke reports a connection that was lost after sending. Time that ran out
// is not repeated: the next try would only double the wait.
func broke(a answer) bool {
	if !a.Lost || !a.Sent || errors.Is(a.Err, context.Canceled) {
		return false
	}
	timeout, ok := errors.AsType[net.Error](a.Err)
	return !ok || !timeout.Timeout()
}

// backoff doubles from half a second, spread by ±50 % so that clients that
// failed together do not return together.
func backoff(try int) time.Duration {
	base := 500 * time.Millisecond << (try - 1)
	return time.Duration(float64(base) * (0.5 + rand.Float64()))
}
