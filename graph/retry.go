package graph

import (
	"context"
	"encoding/json"
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
	throttleTries    = 12                // however short the waits that it asks for
	throttleDefault  = 10 * time.Second  // a 429 that does not say how long
	throttleLeast    = time.Second       // a 429 that says "now"
	// A directory that is at work on the same object is done in this time
	// [nais/azurerator waits as long between two changes].
	contentionLeast, contentionMost = 5 * time.Second, 10 * time.Second
	contentionPatience              = 60 * time.Second
)

// A repetition is how often and how long one kind of answer is borne.
type repetition struct {
	wait, patience time.Duration
	tries          int
}

// repeat decides whether the request may be sent again, and after which wait.
// Throttling (429) refuses before anything is done, and so does a directory
// that is at work on the same object: every method may be repeated after them.
// Anything else that failed is repeated for reads alone: a POST may have been
// carried out although its answer is a 503 or was lost.
func repeat(req *http.Request, a answer, try int, start, now time.Time) (time.Duration, bool) {
	r, known := repetitionOf(req.Method, a, try, now)
	if !known || try >= r.tries {
		return 0, false
	}
	next := now.Add(r.wait)
	if next.Sub(start) > r.patience {
		return 0, false
	}
	if deadline, ok := req.Context().Deadline(); ok && next.After(deadline) {
		return 0, false
	}
	return r.wait, true
}

func repetitionOf(method string, a answer, try int, now time.Time) (repetition, bool) {
	asked, said := outbound.RetryAfter(a.Header.Get("Retry-After"), now)
	switch {
	case a.Status == http.StatusTooManyRequests && said:
		return repetition{max(asked, throttleLeast), throttlePatience, throttleTries}, true
	case a.Status == http.StatusTooManyRequests:
		return repetition{throttleDefault, throttlePatience, throttleTries}, true
	case contended(a):
		return repetition{max(asked, contention()), contentionPatience, maxTries}, true
	case method == http.MethodGet && (mayPass(a.Status) || broke(a)):
		return repetition{max(asked, backoff(try)), readPatience, maxTries}, true
	}
	return repetition{}, false
}

// contended: another change of the same object is under way, and this one was
// not begun. Graph says so with 409 and with 503.
func contended(a answer) bool {
	if a.Err != nil || a.Status != http.StatusConflict && a.Status != http.StatusServiceUnavailable {
		return false
	}
	var body odataError
	return json.Unmarshal(a.Body, &body) == nil && body.Error.Code == "Directory_ConcurrencyViolation"
}

// contention is spread so that those who met do not meet again.
func contention() time.Duration {
	return contentionLeast + rand.N(contentionMost-contentionLeast)
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
