package outbound

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A Crowd carries requests to services whose addresses begin with a tenant or
// an organization, such as sign-in and Azure DevOps, and lets no more than
// four of each be under way at once: the rest wait in turn, within their own
// time limit. Microsoft Graph has a [Budget], since its addresses name no
// tenant. It is safe for concurrent use.
type Crowd struct {
	next  http.RoundTripper
	turns *Budget
}

// NewCrowd makes one around a transport.
func NewCrowd(next http.RoundTripper) *Crowd {
	return &Crowd{next: next, turns: NewBudget(time.Now, nil)} // nothing but writes to applications is ever paced
}

// RoundTrip implements http.RoundTripper. A request keeps its place until its
// answer's body was read or closed.
func (c *Crowd) RoundTrip(req *http.Request) (*http.Response, error) {
	leave, err := c.turns.Enter(req.Context(), Spending{Tenant: crowdOf(req)})
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper's duty; there is nobody to tell
		}
		return nil, fmt.Errorf("%w: %w", errWaited, err)
	}
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		leave()
		return nil, err
	}
	resp.Body = &watched{body: resp.Body, end: func(error) { leave() }}
	return resp, nil
}

// crowdOf is the host and the first part of the path.
func crowdOf(req *http.Request) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	return req.URL.Host + "/" + first
}
