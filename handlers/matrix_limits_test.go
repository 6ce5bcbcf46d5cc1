package handlers_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/consentry/consentry/store"
)

// A viewer may do little, but asking counts all the same: what is asked for
// too often is refused before anybody looks at roles.
func TestWhatIsLimitedIsRefusedOnceItIsTooMuch(t *testing.T) {
	s := newSharedScene(t)
	for _, r := range s.handlers.Table() {
		if r.Limit.Burst == 0 {
			continue
		}
		route := r.Method + " " + r.Path
		b := s.enter("viewer", true)
		for i := range r.Limit.Burst {
			if p := b.asked(s, route); p.status == http.StatusTooManyRequests {
				t.Errorf("%s: the %d. of %d is refused", route, i+1, r.Limit.Burst)
				break
			}
		}
		p := b.asked(s, route, "Accept", "application/json")
		wait, err := strconv.Atoi(p.header.Get("Retry-After"))
		if err != nil || wait < 1 {
			t.Errorf("%s: Retry-After is %q", route, p.header.Get("Retry-After"))
		}
		wantProblem(t, route, p, http.StatusTooManyRequests)
		if other := s.enter("support", true).asked(s, route); other.status == http.StatusTooManyRequests {
			t.Errorf("%s: somebody else is refused with them", route)
		}
		s.later(time.Duration(wait) * time.Second)
		if p := b.asked(s, route); p.status == http.StatusTooManyRequests {
			t.Errorf("%s: still refused after waiting as told", route)
		}
	}
}

// The audit log has the address that the connection came from, whatever
// the request says.
func TestTheAuditLogIsNotToldWhereFrom(t *testing.T) {
	s := newSharedScene(t)
	b := s.enter("viewer", true)
	for _, header := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "X-Client-IP", "True-Client-IP"} {
		b.asked(s, "GET /setup", header, "198.51.100.7").want(http.StatusForbidden)
	}
	rows, _, err := s.store.AuditPage(t.Context(), store.AuditFilter{Action: "access-denied"}, "", 100)
	if err != nil || len(rows) < 6 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		if row.IP != "127.0.0.1" {
			t.Errorf("the row says %q", row.IP)
		}
	}
}
