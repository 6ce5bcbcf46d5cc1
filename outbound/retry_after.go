package outbound

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest bounds what a header may ask for, in seconds, so that it can be
// counted with.
const longest = 1e6

// RetryAfter reads the header of that name in its two forms: seconds, which
// Microsoft Graph also sends with a fraction ("2.128"), and an HTTP date, of
// which the wait from now is told. Said is false when there is no usable
// value; a wait is never negative.
func RetryAfter(header string, now time.Time) (wait time.Duration, said bool) {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		if math.IsNaN(seconds) || seconds < 0 {
			return 0, false
		}
		return time.Duration(min(seconds, longest) * float64(time.Second)), true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	return min(max(0, at.Sub(now)), longest*time.Second), true
}
