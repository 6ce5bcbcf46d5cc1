package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnlyJSONIsTakenForData(t *testing.T) {
	for _, c := range []struct {
		name        string
		status      int
		contentType string
		body        string
		message     string // of the failure; empty: taken
		code        string
	}{
		{"data", 200, "application/json; charset=utf-8; api-version=7.1", `{"count":0,"value":[]}`, "", ""},
		{"nothing", 204, "", "", "", ""},
		{"the redirect to sign-in", 302, "text/html", "<h2>Object moved</h2>", "Not authenticated: sent to https://spsprod.example.com/_signin", ""},
		{"the sign-in page", 203, "text/html", "<title>Azure DevOps Services | Sign In</title>", "Not authenticated: a page came", ""},
		{"203 with data", 203, "application/json", `{}`, "Not authenticated", ""},
		{"a page with 200", 200, "text/html; charset=utf-8", "<title>Sign In</title>", "Not authenticated: a page came", ""},
		{"no JSON", 200, "application/json", "{", "not JSON", ""},
		{"an error of Azure DevOps", 401, "application/json", `{"message":"TF400813: no","typeKey":"UnauthorizedRequestException"}`, "TF400813: no", "UnauthorizedRequestException"},
		{"a wrapped error", 400, "application/json", `{"count":1,"value":{"Message":"bad patch"}}`, "bad patch", ""},
		{"an error of Entra", 401, "application/json", `{"error":"invalid_client","error_description":"AADSTS7000215: no"}`, "AADSTS7000215: no", "invalid_client"},
		{"an error of the retired OAuth", 400, "application/json", `{"Error":"invalid_client","ErrorDescription":"bad"}`, "bad", "invalid_client"},
		{"an error in words", 404, "text/plain", "The resource cannot be found.", "404 Not Found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", c.contentType)
				rw.Header().Set("Location", "https://spsprod.example.com/_signin")
				rw.WriteHeader(c.status)
				_, _ = rw.Write([]byte(c.body))
			}))
			defer srv.Close()
			w := newWire(http.DefaultTransport, "test/1.0")
			_, err := w.send(t.Context(), request{purpose: "look", method: "GET", url: srv.URL + "/x?code=1&state=2&a=b", auth: "none"})
			var f *failure
			if errors.As(err, &f); f == nil != (c.message == "") {
				t.Fatalf("error %v", err)
			}
			if f != nil && (!strings.Contains(f.Message, c.message) || f.Code != c.code || f.Status != c.status || !strings.Contains(f.Raw, c.body)) {
				t.Errorf("failure %+v", f)
			}
			if all := w.list(); len(all) != 1 || all[0].Status != c.status || !strings.Contains(all[0].URL, "code=%5Bleft+out%5D") {
				t.Errorf("records %+v", all)
			}
		})
	}
}

func TestARequestThatGetsNoAnswerIsToldToo(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	w := newWire(http.DefaultTransport, "test/1.0")
	_, err := w.send(t.Context(), request{purpose: "look", method: "GET", url: srv.URL, auth: "none"})
	var f *failure
	if !errors.As(err, &f) || !strings.HasPrefix(f.Message, "No answer came: ") || f.Status != 0 {
		t.Errorf("error %v", err)
	}
	if all := w.list(); len(all) != 1 || all[0].Status != 0 {
		t.Errorf("records %+v", all)
	}
}

func TestTheRecordsDoNotGrowWithoutEnd(t *testing.T) {
	w := newWire(http.DefaultTransport, "test/1.0")
	for range mostRecords + 5 {
		w.note(record{})
	}
	if n := len(w.list()); n != mostRecords {
		t.Errorf("%d records", n)
	}
}

func TestLifetimesAreNumbersOrTexts(t *testing.T) {
	for text, want := range map[string]seconds{`3599`: 3599, `"3599"`: 3599} {
		var s seconds
		if err := s.UnmarshalJSON([]byte(text)); err != nil || s != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
	}
	if err := new(seconds).UnmarshalJSON([]byte(`"soon"`)); err == nil {
		t.Error("no number is taken")
	}
}
