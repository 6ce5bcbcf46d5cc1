package handlers_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

type ginRoute = gin.RouteInfo

// methodsAt are those that an address takes, by whichever pattern: a run may be
// called as another address is.
func (s scene) methodsAt(address string) (out []string) {
	for _, r := range s.engine.Routes() {
		if matches(r.Path, address) {
			out = append(out, r.Method)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func matches(pattern, address string) bool {
	is, at := strings.Split(pattern, "/"), strings.Split(address, "/")
	if len(is) != len(at) {
		return false
	}
	for i := range is {
		if is[i] != at[i] && !strings.HasPrefix(is[i], ":") {
			return false
		}
	}
	return true
}

func TestAnyOtherMethodIsRefusedAndTheRightOnesNamed(t *testing.T) {
	s := newScene(t)
	before, mark := s.dump(), s.mark()
	for _, r := range s.engine.Routes() {
		path, takes := s.address(r.Path), s.methodsAt(s.address(r.Path))
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(takes, method) {
				continue
			}
			p := s.b.send(method, path, nil, "X-HTTP-Method-Override", takes[0])
			allow := strings.Split(p.header.Get("Allow"), ", ")
			slices.Sort(allow)
			if p.status != http.StatusMethodNotAllowed || !slices.Equal(allow, takes) {
				t.Errorf("%s %s: %d, Allow %q; want 405 and %q", method, path, p.status, allow, takes)
			}
		}
	}
	s.wantUnchanged(before, mark)
}

// wantUnchanged: neither the database, but for tokens that were renewed, nor
// the cloud knows of anything since.
func (s scene) wantUnchanged(before string, mark int) {
	s.t.Helper()
	was, is := strings.Split(before, "\n"), strings.Split(s.dump(), "\n")
	for _, line := range is {
		if !slices.Contains(was, line) && !strings.HasPrefix(line, "operators ") {
			s.t.Errorf("something was changed or added: %s", line)
		}
	}
	if len(is) != len(was) {
		s.t.Errorf("there were %d rows, now there are %d", len(was), len(is))
	}
	for _, r := range s.since(mark) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.Path, "/token") {
			s.t.Errorf("the cloud was asked to %s %s", r.Method, r.Path)
		}
	}
}

// A form is a form: as anything else, with nothing, or in the address, it
// changes nothing.
func TestAFormIsSentAsOneOrNotAtAll(t *testing.T) {
	s := newScene(t)
	before, mark := s.dump(), s.mark()
	for _, route := range routes() {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodPost {
			continue
		}
		for kind, body := range map[string]string{
			"text/plain": "name=x", "application/json": `{"name":"x"}`, "application/xml": "<name>x</name>", "multipart/mixed; boundary=x": "--x--", "nonsense": "x", "": "x",
		} {
			if path == "/csp-report" && kind == "application/json" {
				continue // takes reports in it
			}
			if p := s.sendAs(path, kind, body); p != http.StatusUnsupportedMediaType {
				t.Errorf("%s as %q: %d, want 415", route, kind, p)
			}
		}
	}
	s.wantUnchanged(before, mark)
}

func (s scene) sendAs(path, kind, body string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+s.address(path), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := s.b.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode
}

// What another site's page may load into itself holds nothing of ours.
func TestNoPageIsAPartOfAnotherSites(t *testing.T) {
	s := newScene(t)
	for _, route := range routes() {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || matrix[route].least == 0 && !strings.HasPrefix(path, "/sign-in") {
			continue
		}
		for _, h := range [][]string{
			{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, {"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
			{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "script"}, {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
			{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "empty", "Accept", "application/json"},
		} {
			if p := s.b.send(method, s.address(path), nil, append(h, "Sec-Fetch-Site", "cross-site")...); p.status != http.StatusForbidden {
				t.Errorf("%s with %v: %d, want 403", route, h, p.status)
			}
		}
	}
}
