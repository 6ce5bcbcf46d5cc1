package outbound_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/consentry/consentry/outbound"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]struct {
		wait time.Duration
		said bool
	}{
		"7": {7 * time.Second, true}, " 2.128 ": {2128 * time.Millisecond, true}, "0": {0, true},
		"100000": {100000 * time.Second, true}, "1e300": {1e6 * time.Second, true}, "+Inf": {1e6 * time.Second, true},
		noon.Add(90 * time.Second).Format(http.TimeFormat): {90 * time.Second, true},
		noon.Add(-time.Hour).Format(http.TimeFormat):       {0, true},
		"Fri, 31 Dec 9999 23:59:59 GMT":                    {1e6 * time.Second, true},
		"":                                                 {}, "a": {}, "-3": {}, "NaN": {}, "7 seconds": {}, "tomorrow": {},
	} {
		if wait, said := outbound.RetryAfter(header, noon); wait != want.wait || said != want.said {
			t.Errorf("%q: %v, %v; want %v, %v", header, wait, said, want.wait, want.said)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"7", "2.128", "a", "100000", "-1", "NaN", "0x1p-2", noon.Format(http.TimeFormat), "Sat, 01 Jan 0000 00:00:00 GMT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		wait, said := outbound.RetryAfter(header, noon)
		if wait < 0 || wait > 1e6*time.Second || !said && wait != 0 {
			t.Errorf("%q: %v, %v", header, wait, said)
		}
	})
}
