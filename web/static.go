package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// serveStatic serves an embedded file under its hashed name, compressed once
// at first use. Any other name is not found: nothing personal can be put into
// a cache under the guise of a file.
func (s *Shell) serveStatic(c *gin.Context) {
	for _, f := range s.files {
		if f.Path != c.Request.URL.Path {
			continue
		}
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
		c.Writer.Header()["Vary"] = []string{"Accept-Encoding"}
		if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			c.Header("Content-Encoding", "gzip")
			c.Data(http.StatusOK, f.ContentType, s.gzipped(f.Path, f.Content))
			return
		}
		c.Data(http.StatusOK, f.ContentType, f.Content)
		return
	}
	s.fail(c, NotFound("file"))
}

func (s *Shell) gzipped(path string, content []byte) []byte {
	if z, ok := s.compressed.Load(path); ok {
		return z.([]byte)
	}
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write(content) // a bytes.Buffer does not fail
	_ = z.Close()
	s.compressed.Store(path, buf.Bytes())
	return buf.Bytes()
}
