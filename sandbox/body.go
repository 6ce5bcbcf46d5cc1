package sandbox

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds request bodies, after decompression. Microsoft Graph takes
// no more in a plain POST either.
const maxBody = 4 << 20

// A bodyError says why a request body does not reach the service.
type bodyError struct {
	status int
	reason string
}

// readBody replaces the request's body by its decoded bytes, so that handlers
// need not know about content encodings and connections can be dropped
// cleanly.
func readBody(r *http.Request) ([]byte, *bodyError) {
	var in io.Reader = r.Body
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return nil, &bodyError{http.StatusBadRequest, "the request body is not gzip as Content-Encoding says"}
		}
		in = z
		r.Header.Del("Content-Encoding")
	default:
		return nil, &bodyError{http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Encoding %q is not accepted: send gzip or none", encoding)}
	}
	data, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	switch {
	case len(data) > maxBody:
		return nil, &bodyError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request body is larger than %d bytes", maxBody)}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &bodyError{http.StatusBadRequest, "the request body ends early or is damaged"}
	case err != nil:
		return nil, &bodyError{http.StatusBadRequest, "the request body could not be read"}
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	r.ContentLength = int64(len(data))
	return data, nil
}
