package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// forms is a console with a form of plain fields, one to tick and one to paste
// into.
func forms(t *testing.T) http.Handler {
	s, e := consoleWith(t, func(*Config) {})
	s.Inputs(map[string]Input{"tick": {Several: true}, "paste": {Text: true}})
	read := s.Handle(func(c *gin.Context) (Response, error) {
		return Text("name=" + c.PostForm("name") + " query=" + c.Query("name")), nil
	})
	e.POST("/form", read)
	e.GET("/form", read)
	return e
}

func send(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost:8080"+path, strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept", "application/json")
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFieldsHoldWhatAPersonCanMean(t *testing.T) {
	h := forms(t)
	for _, c := range []struct {
		name, value string
		says        string // empty: it is taken
	}{
		{"plain", "Contoso GmbH & Söhne 🙂\twith a tab", ""},
		{"empty", "", ""},
		{"a mark out of a Windows dialog", "\u200eabc", ""},
		{"NUL", "a\x00b", "NUL"},
		{"a line feed", "a\nb", "line break"},
		{"another header", "a\r\nSet-Cookie: x=y", "line break"},
		{"a line separator", "a\u2028b", "line break"},
		{"reversed text", "abc\u202etxt.exe", "direction"},
		{"an isolate", "abc\u2066txt", "direction"},
		{"an escape sequence", "a\x1b[31mb", "control"},
		{"delete", "a\x7fb", "control"},
		{"no UTF-8", "a\xffb", "no text"},
	} {
		for _, where := range []string{"body", "query"} {
			w := send(h, "POST", "/form", url.Values{"name": {c.value}}.Encode())
			if where == "query" {
				w = send(h, "GET", "/form?"+url.Values{"name": {c.value}}.Encode(), "")
			}
			switch {
			case c.says == "" && w.Code != 200:
				t.Errorf("%s in the %s: %d %s", c.name, where, w.Code, w.Body)
			case c.says != "" && (w.Code != 400 || !strings.Contains(w.Body.String(), c.says) || !strings.Contains(w.Body.String(), `\"name\"`)):
				t.Errorf("%s in the %s: %d %s", c.name, where, w.Code, w.Body)
			}
		}
	}
}

func TestWhatIsPastedMayHoldAnything(t *testing.T) {
	h := forms(t)
	if w := send(h, "POST", "/form", url.Values{"paste": {"AADSTS50011:\r\n\x1b[31m\u202eTrace ID\xff\x00"}}.Encode()); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAFieldComesOnceUnlessItIsToTick(t *testing.T) {
	h := forms(t)
	for sent, want := range map[string]int{"name=a&name=b": 400, "name=a&other=b": 200, "tick=a&tick=b": 200, "paste=a&paste=b": 400, "new=a&new=a": 400} {
		if w := send(h, "POST", "/form", sent); w.Code != want {
			t.Errorf("POST %s: %d, want %d", sent, w.Code, want)
		}
		if w := send(h, "GET", "/form?"+sent, ""); w.Code != want {
			t.Errorf("GET %s: %d, want %d", sent, w.Code, want)
		}
	}
}

func TestSoManyFieldsAndNoMore(t *testing.T) {
	h := forms(t)
	for n, want := range map[int]int{maxFields: 200, maxFields + 1: 400, 10_001: 400} {
		sent := strings.TrimSuffix(strings.Repeat("tick&", n), "&")
		if w := send(h, "POST", "/form", sent); w.Code != want {
			t.Errorf("%d fields: %d, want %d", n, w.Code, want)
		}
		if w := send(h, "GET", "/form?"+sent, ""); w.Code != want {
			t.Errorf("%d parameters: %d, want %d", n, w.Code, want)
		}
	}
}

func TestTheAddressOfAFormBringsNoValues(t *testing.T) {
	h := forms(t)
	if w := send(h, "POST", "/form?name=address&name=twice", "other=x"); w.Code != 200 || w.Body.String() != "name= query=" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", "/form?name=address", "name=typed"); w.Body.String() != "name=typed query=" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(h, "GET", "/form?name=%zz", ""); w.Code != 400 {
		t.Errorf("an address that cannot be read: %d", w.Code)
	}
}

// What a header or a field says of the method counts for nothing.
func TestTheMethodIsTheRequestsOwn(t *testing.T) {
	h, _, _ := testConsole(t)
	for _, header := range []map[string]string{
		{"X-HTTP-Method-Override": "POST"}, {"X-Method-Override": "POST"}, {"X-HTTP-Method": "POST"},
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE"} {
			header["Sec-Fetch-Site"] = "same-origin"
			r := do(t, h, method, "/change?_method=POST&x=1", header)
			if r.StatusCode != 405 || r.Header.Get("Allow") != "POST" {
				t.Errorf("%s: %d, Allow %q", method, r.StatusCode, r.Header.Get("Allow"))
			}
		}
	}
}
