package web

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// fetched is what a client gets of a download, over a real connection.
func fetched(t *testing.T, fill func(io.Writer) error) (resp *http.Response, text string, err error) {
	t.Helper()
	base := "http://" + listening(t, short(), func(s *Shell, e *gin.Engine) {
		e.GET("/file", s.Handle(func(*gin.Context) (Response, error) {
			return LongDownload("log.csv", "text/csv; charset=utf-8", fill), nil
		}))
	})
	resp, err = http.Get(base + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func TestALongDownloadComesWholeOrIsCutOff(t *testing.T) {
	long := strings.Repeat("0123456789", 3*attachmentBuffer/10)
	broken := errors.New("the connection to the database was lost")
	for name, c := range map[string]struct {
		fill  func(io.Writer) error
		whole string // empty for one that must not pass for whole
	}{
		"short": {func(w io.Writer) error { _, err := io.WriteString(w, "a,b\n"); return err }, "a,b\n"},
		"long":  {func(w io.Writer) error { _, err := io.WriteString(w, long); return err }, long},
		"broken after much went out": {func(w io.Writer) error {
			if _, err := io.WriteString(w, long); err != nil {
				return err
			}
			return broken
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			resp, text, err := fetched(t, c.fill)
			if resp.Header.Get("Content-Disposition") != `attachment; filename="log.csv"` || resp.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
				t.Errorf("header %v", resp.Header)
			}
			if c.whole != "" && (err != nil || text != c.whole) {
				t.Errorf("%d bytes, %v; want %d", len(text), err, len(c.whole))
			}
			if c.whole == "" && err == nil {
				t.Errorf("%d bytes pass for the whole", len(text))
			}
		})
	}
}

func TestALongDownloadThatFailsAtOnceIsAnErrorPage(t *testing.T) {
	resp, text, err := fetched(t, func(w io.Writer) error {
		_, _ = io.WriteString(w, "a,b\n") // held back
		return errors.New("a secret detail")
	})
	if err != nil || resp.StatusCode != http.StatusInternalServerError || resp.Header.Get("Content-Disposition") != "" || strings.Contains(text, "a,b") || strings.Contains(text, "secret detail") {
		t.Errorf("%d, %v, %v: %s", resp.StatusCode, resp.Header, err, text)
	}
}
