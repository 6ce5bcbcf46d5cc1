package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

const emptyList = `{"value":[]}`

func status(code int, header ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			rw.Header().Set(header[i], header[i+1])
		}
		respond(rw, code, `{"error":{"code":"x","message":"y"}}`)
	}
}

func read(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.ApplicationsByTag(t.Context(), "consentry:prod")
	return err
}

func TestReadsAreRepeated(t *testing.T) {
	ok := always(200, emptyList)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		tries  int
		fails  bool
	}{
		{"answered at once", ok, 1, false},
		{"503 then fine", inTurn(status(503), ok), 2, false},
		{"500, 502 and 504 then fine", inTurn(status(500), status(502), status(504), ok), 4, false},
		{"503 for ever", status(503), 4, true},
		{"connection dropped, then fine", inTurn(drop, drop, ok), 3, false},
		{"429 then fine", inTurn(status(429, "Retry-After", "7"), ok), 2, false},
		{"404 is an answer", status(404), 1, true},
		{"403 is an answer", status(403), 1, true},
		{"501 does not pass", status(501), 1, true},
		{"503 that asks for more patience than there is", status(503, "Retry-After", "60"), 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, c := newWire(t, tt.answer)
			if err := read(t, c); (err != nil) != tt.fails {
				t.Errorf("error %v, want one: %v", err, tt.fails)
			}
			// Go's transport repeats a GET by itself when a kept connection
			// turns out closed, so tries are counted where we decide them.
			if got := w.calls[len(w.calls)-1].Try; got != tt.tries {
				t.Errorf("%d tries, want %d", got, tt.tries)
			}
		})
	}
}

// TestWritesAreSentOnce is the guard against two secrets where one was
// wanted: the stock retry handlers resend in each of these cases.
func TestWritesAreSentOnce(t *testing.T) {
	writes := []entra.Change{
		entra.CreateApplication{DisplayName: "x"},
		entra.AddSecret{App: appID, Secret: entra.NewSecret{Name: "n", End: secretEnd}},
		entra.UpdateApplication{App: appID, DisplayName: new("y")},
		entra.DeleteApplication{App: appID},
	}
	faults := []struct {
		name    string
		answer  http.HandlerFunc
		unknown bool
	}{
		{"500", status(500), true},
		{"502", status(502), true},
		{"503", status(503), true},
		{"503 with Retry-After", status(503, "Retry-After", "1"), true},
		{"504", status(504), true},
		{"408", status(408), true},
		{"connection dropped", drop, true},
		{"409", status(409), false},
		{"404", status(404), false},
		{"401 with a claims challenge", status(401, "WWW-Authenticate", `Bearer realm="", claims="eyJhIjoxfQ=="`), false},
		{"401 with a challenge that is cut off", status(401, "WWW-Authenticate", `Bearer claims=`), false},
		{"307", status(307, "Location", "/v1.0/elsewhere"), false},
	}
	for _, f := range faults {
		for _, ch := range writes {
			t.Run(f.name+" on "+ch.Request().Method+" "+ch.Request().Path, func(t *testing.T) {
				w, c := newWire(t, f.answer)
				_, err := c.Do(t.Context(), ch)
				if err == nil {
					t.Fatal("no error")
				}
				if got := entra.OutcomeUnknown(err); got != f.unknown {
					t.Errorf("outcome unknown = %v, want %v (%v)", got, f.unknown, err)
				}
				w.expect(ch.Request().Method + " /v1.0" + ch.Request().Path)
			})
		}
	}
}

func TestThrottledWriteIsSentAgain(t *testing.T) {
	w, c := newWire(t, inTurn(status(429, "Retry-After", "2.128"), always(201, createdApplication)))
	if _, err := c.Do(t.Context(), changes[0].change); err != nil {
		t.Fatal(err)
	}
	w.expect("POST /v1.0/applications", "POST /v1.0/applications")
	sameBody(t, w.got[1], changes[0].change.Request().Body)
	if want := []time.Duration{2128 * time.Millisecond}; !slices.Equal(w.waits, want) {
		t.Errorf("waited %v, want %v", w.waits, want)
	}
	if first, second := w.got[0].header.Get("client-request-id"), w.got[1].header.Get("client-request-id"); first == second || first == "" {
		t.Errorf("client-request-id %q then %q; want one for each request", first, second)
	}
	if w.calls[0].RetryIn != 2128*time.Millisecond || w.calls[1].RetryIn != 0 || w.calls[1].Try != 2 {
		t.Errorf("observed %+v", w.calls)
	}
}

func TestThrottlingWaits(t *testing.T) {
	date := epoch.Add(30 * time.Second).Format(http.TimeFormat)
	tests := []struct {
		name, header string
		waits        []time.Duration
	}{
		{"seconds", "7", slices.Repeat([]time.Duration{7 * time.Second}, 11)},
		{"an HTTP date, past after the first wait", date, append([]time.Duration{30 * time.Second}, slices.Repeat([]time.Duration{throttleLeast}, 10)...)},
		{"zero: no busy loop", "0", slices.Repeat([]time.Duration{throttleLeast}, 11)},
		{"absent: the default", "", slices.Repeat([]time.Duration{throttleDefault}, 11)},
		{"not a number: the default", "a", slices.Repeat([]time.Duration{throttleDefault}, 11)},
		{"negative: the default", "-3", slices.Repeat([]time.Duration{throttleDefault}, 11)},
		{"50 s: as often as 120 s allow", "50", []time.Duration{50 * time.Second, 50 * time.Second}},
		{"longer than 120 s: not at all", "100000", nil},
		{"beyond any number", "1e300", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, c := newWire(t, status(429, "Retry-After", tt.header))
			_, err := c.Do(t.Context(), entra.DeleteApplication{App: appID})
			if no := serviceError(t, err); no.Status != 429 {
				t.Errorf("error %v, want 429", err)
			}
			if !slices.Equal(w.waits, tt.waits) {
				t.Errorf("waited %v, want %v", w.waits, tt.waits)
			}
		})
	}
}

func TestTheRefusalTellsHowLongToWait(t *testing.T) {
	_, c := newWire(t, status(429, "Retry-After", "3600"))
	_, err := c.Do(t.Context(), entra.DeleteApplication{App: appID})
	if no := serviceError(t, err); no.RetryAfter != time.Hour {
		t.Errorf("RetryAfter = %v, want an hour", no.RetryAfter)
	}
}

func TestNoWaitBeyondTheDeadline(t *testing.T) {
	now := time.Now()
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(10*time.Second))
	defer cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	for wait, want := range map[string]bool{"9": true, "11": false} {
		a := answer{outbound.Answer{Status: 429, Header: http.Header{"Retry-After": {wait}}}}
		if _, got := repeat(req, a, 1, now, now); got != want {
			t.Errorf("10 s left, asked to wait %s s: repeated = %v, want %v", wait, got, want)
		}
	}
}

func TestBackoffIsSpreadAndBounded(t *testing.T) {
	for try := 1; try < maxTries; try++ {
		base := 500 * time.Millisecond << (try - 1)
		different := map[time.Duration]bool{}
		for range 100 {
			d := backoff(try)
			if d < base/2 || d > base*3/2 {
				t.Fatalf("try %d: %v is not within 50 %% of %v", try, d, base)
			}
			different[d] = true
		}
		if len(different) < 50 {
			t.Errorf("try %d: only %d different waits in 100", try, len(different))
		}
	}
}

func TestBroke(t *testing.T) {
	tests := []struct {
		name string
		a    answer
		want bool
	}{
		{"nothing wrong", answer{outbound.Answer{Sent: true, Status: 200}}, false},
		{"connection lost", answer{outbound.Answer{Sent: true, Lost: true, Err: io.ErrUnexpectedEOF}}, true},
		{"never sent", answer{outbound.Answer{Lost: true, Err: errors.New("no such host")}}, false},
		{"time ran out", answer{outbound.Answer{Sent: true, Lost: true, Err: context.DeadlineExceeded}}, false},
		{"given up by the caller", answer{outbound.Answer{Sent: true, Lost: true, Err: context.Canceled}}, false},
		{"an answer that is no JSON", answer{outbound.Answer{Sent: true, Status: 200, Err: errors.New("text/html")}}, false},
	}
	for _, tt := range tests {
		if got := broke(tt.a); got != tt.want {
			t.Errorf("%s: broke = %v, want %v", tt.name, got, tt.want)
		}
	}
}
