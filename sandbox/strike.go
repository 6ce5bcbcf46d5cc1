package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A strike is a fault that one request met.
type strike struct {
	action  Action
	release <-chan struct{}
}

// run does to the request what the action says. It panics with
// http.ErrAbortHandler where the connection is to be closed; committed hears
// the status of an answer that the caller does not get.
func (s *strike) run(w http.ResponseWriter, r *http.Request, h http.Handler, done <-chan struct{}, committed func(int)) {
	a := s.action
	if !pause(r.Context(), done, time.Duration(a.Delay)) || a.Hold == "before" && !wait(r.Context(), done, s.release) {
		panic(http.ErrAbortHandler)
	}
	if a.ReplicaLag > 0 {
		r = withReplicaLag(r, a.ReplicaLag)
	}
	switch {
	case a.Drop == "before":
		panic(http.ErrAbortHandler)
	case a.Status != 0:
		a.write(w, a.Status)
		return
	case !a.commits() && len(a.Headers) == 0:
		h.ServeHTTP(w, r)
		return
	}
	rec := record(h, r)
	a.addHeaders(rec.header)
	if !a.commits() {
		rec.send(w, rec.body.Bytes())
		return
	}
	committed(rec.status)
	if a.Hold == "after" && !wait(r.Context(), done, s.release) {
		panic(http.ErrAbortHandler)
	}
	if a.SlowBytes > 0 {
		sendSlowly(w, rec, a.SlowBytes, func(d time.Duration) bool { return pause(r.Context(), done, d) })
		return
	}
	a.spoil(w, rec)
}

// commits reports whether the request is to be handled before the caller's
// answer is settled.
func (a Action) commits() bool {
	return a.Hold == "after" || a.CommitThenDrop || a.CommitThenStatus != 0 || a.TruncateAt != nil || a.BadJSON || a.SlowBytes > 0
}

// spoil answers a request that has been handled.
func (a Action) spoil(w http.ResponseWriter, rec *recording) {
	body := rec.body.Bytes()
	switch {
	case a.CommitThenDrop:
		panic(http.ErrAbortHandler)
	case a.CommitThenStatus != 0:
		a.write(w, a.CommitThenStatus)
	case a.TruncateAt != nil && *a.TruncateAt < len(body):
		truncate(w, rec, body[:*a.TruncateAt])
	case a.BadJSON:
		rec.header.Del("Content-Length")
		rec.send(w, []byte(`{"value":[{"id":`))
	default:
		rec.send(w, body)
	}
}

// truncate sends the beginning of an answer whose header promised all of it.
func truncate(w http.ResponseWriter, rec *recording, beginning []byte) {
	rec.header.Set("Content-Length", strconv.Itoa(rec.body.Len()))
	rec.send(w, beginning)
	_ = http.NewResponseController(w).Flush() // the connection ends next, either way
	panic(http.ErrAbortHandler)
}

// slowSteps is in how many pieces a second's bytes are sent.
const slowSteps = 10

// sendSlowly sends the body at so many bytes a second. The connection is
// closed when waiting ends early: nobody reads on.
func sendSlowly(w http.ResponseWriter, rec *recording, perSecond int, wait func(time.Duration) bool) {
	body := rec.body.Bytes()
	rec.header.Set("Content-Length", strconv.Itoa(len(body)))
	rec.send(w, nil)
	for piece := range slices.Chunk(body, max(perSecond/slowSteps, 1)) {
		_ = http.NewResponseController(w).Flush() // what a caller that left has no use for
		if !wait(time.Second * time.Duration(len(piece)) / time.Duration(perSecond)) {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(piece)
	}
}

// write answers in the fault's own words. A body that is a JSON string is
// sent as the text it holds, any other as JSON.
func (a Action) write(w http.ResponseWriter, status int) {
	body, kind := []byte(a.Body), "application/json; charset=utf-8"
	var text string
	if len(body) > 0 && json.Unmarshal(body, &text) == nil {
		body, kind = []byte(text), "text/plain; charset=utf-8"
	}
	if len(body) > 0 {
		w.Header().Set("Content-Type", kind)
	}
	a.addHeaders(w.Header())
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that left has no use for it
}

func (a Action) addHeaders(h http.Header) {
	for name, value := range a.Headers {
		h.Set(name, value)
	}
}
