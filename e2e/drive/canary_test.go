package drive

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// A sweep that cannot find anything proves nothing: it finds each kind of
// credential in each form, wherever in a text it stands.
func TestEachCredentialIsFoundInEachForm(t *testing.T) {
	credentials := []string{"abc8Q~SANDBOXdefghij", "1.ASANDBOXqwertz/+", "1.DSANDBOX123", "a cookie~of ours"}
	forms := map[string]func(string) string{
		"as it is":     func(s string) string { return s },
		"in JSON":      func(s string) string { return fmt.Sprintf("%q", s) },
		"in a query":   url.QueryEscape,
		"base64":       func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64 later": func(s string) string { return base64.URLEncoding.EncodeToString([]byte("id:" + s + ":x")) },
		"base64 again": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("ab" + s)) },
		"hexadecimal":  func(s string) string { return hex.EncodeToString([]byte("…" + s)) },
		"PostgreSQL":   func(s string) string { return `\x` + strings.ToUpper(hex.EncodeToString([]byte(s))) },
	}
	for name, form := range forms {
		for _, c := range credentials {
			if Leaks(map[string]string{"log": "before " + form(c) + " after"}, "a cookie~of ours") == nil {
				t.Errorf("%s %s is not found", c, name)
			}
		}
	}
	if leaks := Leaks(map[string]string{"log": "the sandbox says SANDBOX, 8Q and eyJhbGciOiJub25lIn0"}, "a cookie~of ours"); leaks != nil {
		t.Errorf("nothing is taken for a credential: %s", leaks)
	}
	if Leaks(map[string]string{"log": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.c2ln"}) == nil {
		t.Error("a token is not found")
	}
}
