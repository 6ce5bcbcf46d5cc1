package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// streamWriteTimeout bounds each write of an event stream, which otherwise
// has none: a reader that stopped reading must not hold a goroutine.
const streamWriteTimeout = 15 * time.Second

// streamHeartbeat keeps proxies and readers from closing an idle stream.
const streamHeartbeat = 20 * time.Second

// streamLife is how long one stream lasts. Its reader comes back by itself,
// and is asked anew who they are and what they may do.
const streamLife = 4 * time.Minute

// An Event is one server-sent event. Either Template of Page's set is
// executed with Data, or Data is sent as it is when Template is empty.
type Event struct {
	Name     string
	Page     string
	Template string
	Data     any
}

type stream struct {
	run func(ctx context.Context, send func(Event) error) error
}

// Stream answers with server-sent events until run returns or the reader is
// gone. Pages work without it: an event only brings what a reload would.
func Stream(run func(ctx context.Context, send func(Event) error) error) Response {
	return stream{run}
}

func (r stream) write(c *gin.Context, s *Shell) error {
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	rc := http.NewResponseController(c.Writer)
	ctx, cancel := context.WithTimeout(c.Request.Context(), streamLife)
	defer cancel()
	if streams, ok := ctx.Value(streamsKey{}).(context.Context); ok {
		defer context.AfterFunc(streams, cancel)()
	}

	out := make(chan []byte)
	done := make(chan error, 1)
	go func() {
		done <- r.run(ctx, func(e Event) error {
			b, err := s.encodeEvent(e)
			if err != nil {
				return err
			}
			select {
			case out <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	return pump(ctx, cancel, rc, c.Writer, out, done)
}

// pump writes events and heartbeats from one goroutine only.
func pump(ctx context.Context, cancel func(), rc *http.ResponseController, w http.ResponseWriter, out <-chan []byte, done <-chan error) error {
	beat := time.NewTicker(streamHeartbeat)
	defer beat.Stop()
	send := func(b []byte) {
		_ = rc.SetWriteDeadline(time.Now().Add(streamWriteTimeout)) // unsupported only in tests' recorders
		if _, err := w.Write(b); err != nil {
			cancel()
			return
		}
		if err := rc.Flush(); err != nil {
			cancel()
		}
	}
	send([]byte(": open\n\n"))
	for {
		select {
		case b := <-out:
			send(b)
		case <-beat.C:
			send([]byte(": still here\n\n"))
		case err := <-done:
			if ctx.Err() != nil {
				return nil // the reader left; run ended because of it
			}
			return err
		}
	}
}

func (s *Shell) encodeEvent(e Event) ([]byte, error) {
	data := []byte(fmt.Sprint(e.Data))
	if e.Template != "" {
		var err error
		if data, err = s.execute(e.Page, e.Template, e.Data); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", e.Name)
	for line := range bytes.Lines(data) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
