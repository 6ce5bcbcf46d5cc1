package sandbox

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodiesReachTheServiceDecoded(t *testing.T) {
	s := start(t, Options{})
	patch := `[{"op":"add","path":"/fields/System.Title","value":"zipped"}]`
	zip := zipped(t, patch)
	for name, c := range map[string]struct {
		body, encoding string
		status         int
	}{
		"plain":               {patch, "", http.StatusOK},
		"identity":            {patch, "identity", http.StatusOK},
		"gzip":                {zip, "gzip", http.StatusOK},
		"not gzip":            {patch, "gzip", http.StatusBadRequest},
		"gzip cut short":      {zip[:len(zip)-10], "gzip", http.StatusBadRequest},
		"gzip with bad sum":   {zip[:len(zip)-8] + strings.Repeat("\x00", 8), "gzip", http.StatusBadRequest},
		"another encoding":    {patch, "br", http.StatusUnsupportedMediaType},
		"too large":           {strings.Repeat(" ", maxBody+1), "", http.StatusRequestEntityTooLarge},
		"too large unpacked":  {zipped(t, strings.Repeat(" ", maxBody+1)), "gzip", http.StatusRequestEntityTooLarge},
		"as large as allowed": {patch + strings.Repeat(" ", maxBody-len(patch)), "", http.StatusOK},
	} {
		header := []string{"Authorization", "Bearer " + tokenFor(t, s, contosoDeveloper, everything), "Content-Type", "application/json-patch+json"}
		if c.encoding != "" {
			header = append(header, "Content-Encoding", c.encoding)
		}
		got := send(t, s, "POST", s.Ready().DevOps+"/contoso/Mobile/_apis/wit/workitems/$Task?api-version=7.1&validateOnly=true", c.body, header...)
		if got.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %.200s", name, got.StatusCode, c.status, got.body)
		}
	}
}
