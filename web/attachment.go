package web

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// attachmentBuffer is how much is kept back before the first byte goes out:
// what fails until then has an error page.
const attachmentBuffer = 64 << 10

type longDownload struct {
	name, contentType string
	fill              func(io.Writer) error
}

// LongDownload is Download for a file of any length, which fill writes. Each
// write has a time limit of its own instead of the whole answer. When fill
// fails after something went out, the connection is cut, so that nobody takes
// the part for the whole.
func LongDownload(name, contentType string, fill func(io.Writer) error) Response {
	return longDownload{name, contentType, fill}
}

func (r longDownload) write(c *gin.Context, s *Shell) error {
	header := http.Header{"Content-Disposition": {`attachment; filename="` + r.name + `"`}, "Content-Type": {r.contentType}}
	out := bufio.NewWriterSize(&patient{c.Writer, http.NewResponseController(c.Writer), header}, attachmentBuffer)
	err := r.fill(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && c.Writer.Written() {
		s.config.Log.ErrorContext(c.Request.Context(), "a download was cut off", slog.String("file", r.name), slog.String("error", err.Error()))
		panic(http.ErrAbortHandler)
	}
	return err
}

// patient gives each write its own time, and the answer its header with the
// first one.
type patient struct {
	w      gin.ResponseWriter
	rc     *http.ResponseController
	header http.Header
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	if !p.w.Written() {
		for name, values := range p.header {
			p.w.Header()[name] = values
		}
	}
	_ = p.rc.SetWriteDeadline(time.Now().Add(streamWriteTimeout)) // unsupported only in tests' recorders
	return p.w.Write(b)
}
