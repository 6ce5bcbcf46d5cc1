package oauth

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/consentry/consentry/outbound"
)

// clockSkew is how far the sign-in service's clock and ours may be apart.
const clockSkew = 5 * time.Minute

// A ClockError says that a token's times do not fit this machine's clock.
type ClockError struct {
	// Ahead is how far this machine's clock is ahead of the sign-in service's,
	// going by the Date header of its last answer; negative: behind. Zero where
	// no answer had one.
	Ahead time.Duration
	// What of the token does not fit.
	What string
}

// Error implements error.
func (e *ClockError) Error() string {
	return fmt.Sprintf("ID token refused: %s; this machine's clock is %v ahead of the sign-in service's", e.What, e.Ahead.Round(time.Second))
}

// skew is how far our clock was ahead at the last answer that told.
type skew struct{ ahead atomic.Int64 }

// A dateReader notes the Date of each answer; it changes nothing.
type dateReader struct {
	next http.RoundTripper
	skew *skew
	now  func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (d dateReader) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		d.skew.ahead.Store(int64(d.now().Sub(date)))
	}
	return resp, nil
}

// carrier is the client's transport, noting the sign-in service's time.
func (c *Client) carrier() http.RoundTripper {
	return dateReader{next: outbound.CarrierOf(c.HTTP), skew: &c.skew, now: c.now}
}

// checkTimes holds a token's times against the clock.
func (c *Client) checkTimes(t tokenTimes) error {
	now := c.now()
	what := ""
	switch {
	case t.Expires == 0 || now.After(t.at(t.Expires).Add(clockSkew)):
		what = "it has expired"
	case t.NotBefore != 0 && t.at(t.NotBefore).After(now.Add(clockSkew)):
		what = "it is not valid yet"
	case t.Issued == 0 || t.at(t.Issued).After(now.Add(clockSkew)):
		what = "it was issued in the future"
	default:
		return nil
	}
	return &ClockError{Ahead: time.Duration(c.skew.ahead.Load()), What: what}
}

// tokenTimes are claims in seconds since 1970, which may have fractions.
type tokenTimes struct {
	Expires   float64 `json:"exp"`
	NotBefore float64 `json:"nbf"`
	Issued    float64 `json:"iat"`
}

func (tokenTimes) at(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }
