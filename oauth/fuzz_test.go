package oauth

import (
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
)

func FuzzServiceError(f *testing.F) {
	f.Add(400, "7", []byte(`{"error":"invalid_grant","error_description":"AADSTS50011: x\r\nTrace ID: y","error_codes":[50011],"trace_id":"t","suberror":"s"}`))
	f.Add(500, "", []byte("<html>AADSTS900144</html>"))
	f.Add(401, "tomorrow", []byte(`{"error_codes":[-1]}`))
	f.Fuzz(func(t *testing.T, status int, wait string, body []byte) {
		e := serviceError(&http.Response{StatusCode: status, Header: http.Header{"Retry-After": {wait}}}, body)
		if e.Status != status || e.Message == "" || e.RetryAfter < 0 {
			t.Errorf("%+v", e)
		}
		for _, s := range []string{e.Code, e.SubError, e.Message, e.RequestID} {
			if utf8.RuneCountInString(s) > entra.ForeignTextLimit || !utf8.ValidString(s) {
				t.Errorf("a text of %d characters, or none: %q", utf8.RuneCountInString(s), s)
			}
		}
	})
}
