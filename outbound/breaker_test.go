package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

var (
	epoch   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	errSick = errors.New("connection reset")
)

// A patient is a transport whose health a test decides.
type patient struct {
	err   error
	body  io.Reader
	asked int
}

func (p *patient) RoundTrip(*http.Request) (*http.Response, error) {
	p.asked++
	if p.err != nil {
		return nil, p.err
	}
	return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(p.body)}, nil
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

type bench struct {
	*Breaker
	*patient
	t   *testing.T
	now time.Time
}

func newBench(t *testing.T) *bench {
	p := &patient{body: strings.NewReader("")}
	b := &bench{Breaker: NewBreaker(p), patient: p, t: t, now: epoch}
	b.Breaker.now = func() time.Time { return b.now }
	return b
}

// ask sends one request and reads its answer.
func (b *bench) ask(host string) Answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, "https://"+host+"/", strings.NewReader("x"))
	if err != nil {
		b.t.Fatal(err)
	}
	return Send(b.Breaker, req, 1<<10)
}

func (b *bench) fail(times int) {
	b.t.Helper()
	for range times {
		if a := b.ask("graph.example"); !errors.Is(a.Err, errSick) {
			b.t.Fatalf("%v, want the cause", a.Err)
		}
	}
}

func TestAHostThatNeverAnswersIsLeftAlone(t *testing.T) {
	b := newBench(t)
	b.err = errSick
	b.fail(tripsAfter)
	for range 3 {
		a := b.ask("graph.example")
		paused, ok := errors.AsType[*entra.PausedError](a.Err)
		if !ok || a.Sent || paused.Host != "graph.example" || !paused.Until.Equal(epoch.Add(restsFor)) || !errors.Is(a.Err, errSick) {
			t.Fatalf("%+v", a)
		}
	}
	if b.asked != tripsAfter {
		t.Errorf("asked %d times, want %d", b.asked, tripsAfter)
	}
	if a := b.ask("login.example"); !errors.Is(a.Err, errSick) {
		t.Errorf("another host: %v", a.Err)
	}
}

func TestOneRequestTriesWhetherItAnswersAgain(t *testing.T) {
	b := newBench(t)
	b.err = errSick
	b.fail(tripsAfter)
	b.now = b.now.Add(restsFor)
	b.fail(1) // the one that tries
	if a := b.ask("graph.example"); errors.As(a.Err, new(*entra.PausedError)) == false {
		t.Errorf("it failed, so the host rests again: %v", a.Err)
	}
	b.now = b.now.Add(restsFor)
	b.err = nil
	for range tripsAfter + 1 {
		if a := b.ask("graph.example"); a.Err != nil || a.Status != 503 {
			t.Fatalf("it answers again: %+v", a)
		}
	}
	b.err = errSick
	b.fail(tripsAfter) // counted anew
}

func TestOnlyOneTriesAtATime(t *testing.T) {
	b := newBench(t)
	b.err = errSick
	b.fail(tripsAfter)
	b.now = b.now.Add(restsFor)
	if err := b.enter("graph.example"); err != nil {
		t.Fatal(err)
	}
	if err := b.enter("graph.example"); err == nil {
		t.Error("two at once")
	}
	b.leave("graph.example", context.Canceled) // given up: it says nothing
	if err := b.enter("graph.example"); err != nil {
		t.Errorf("nobody tries now: %v", err)
	}
}

func TestWhatCountsAsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		body   io.Reader
		counts bool
	}{
		"the connection fails":         {errSick, nil, true},
		"time runs out":                {context.DeadlineExceeded, nil, true},
		"given up by who asked":        {context.Canceled, nil, false},
		"an answer, even a refusal":    {nil, strings.NewReader("x"), false},
		"a body that breaks off":       {nil, failingReader{errSick}, true},
		"a body given up":              {nil, failingReader{context.Canceled}, false},
		"a body longer than the limit": {nil, strings.NewReader(strings.Repeat("x", 2<<10)), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			for range tripsAfter {
				b.err, b.body = c.err, c.body
				if r, ok := c.body.(*strings.Reader); ok {
					r.Seek(0, io.SeekStart)
				}
				b.ask("graph.example")
			}
			if paused := b.enter("graph.example") != nil; paused != c.counts {
				t.Errorf("left alone: %v, want %v", paused, c.counts)
			}
		})
	}
}

func TestAnAnswerInBetweenEndsTheRow(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.err = errSick
		b.fail(tripsAfter - 1)
		b.err = nil
		b.ask("graph.example")
	}
}
