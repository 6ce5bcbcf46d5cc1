package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// fromPage sends a request as a script of another origin's page does.
func fromPage(t *testing.T, method, url string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://app.example.com")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

//parity:partly graph OPTIONS /v1.0/{path}: from a browser, for a script of any origin
//parity:real devops OPTIONS /{organization}/{path}
//parity:real vssps OPTIONS /{organization}/{path}
//parity:choice graph CORS preflight: 200 for every path, with the method and the headers that it asks for
func TestABrowserMayAskBeforeItHasAToken(t *testing.T) {
	r := start(t, Options{}).Ready()
	for url, want := range map[string]struct{ methods, headers string }{
		r.Graph + "/v1.0/me":                               {"PATCH", "content-type,consistencylevel"},
		r.DevOps + "/contoso/_apis/projects":               {devopsCrossOrigin.methods, "content-type,consistencylevel, authorization"},
		r.DevOps + "/contoso/Mobile/_apis/wit/workitems/1": {devopsCrossOrigin.methods, "content-type,consistencylevel, authorization"},
		r.VSSPS + "/_apis/profile/profiles/me":             {devopsCrossOrigin.methods, "content-type,consistencylevel, authorization"},
	} {
		answer := fromPage(t, http.MethodOptions, url, "Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: content-type,consistencylevel")
		h := answer.Header
		if answer.StatusCode != http.StatusOK || h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Access-Control-Allow-Methods") != want.methods || h.Get("Access-Control-Allow-Headers") != want.headers || h.Get("Access-Control-Max-Age") != "3600" {
			t.Errorf("%s: %d %v", url, answer.StatusCode, h)
		}
	}
}

func TestAPageMayReadTheAnswerAndWhatItExposes(t *testing.T) {
	r := start(t, Options{}).Ready()
	for url, exposed := range map[string]string{
		r.Graph + "/v1.0/me":                    "request-id",
		r.DevOps + "/contoso/_apis/projects":    "X-MS-ContinuationToken",
		r.VSSPS + "/_apis/profile/profiles/me":  "ActivityId",
		r.VSSPS + "/contoso/_apis/graph/users":  "ETag",
		r.DevOps + "/none-such/_apis/projects":  "ActivityId",
		r.Graph + "/v1.0/applications?$top=bad": "Retry-After",
	} {
		h := fromPage(t, http.MethodGet, url).Header
		if h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), exposed) {
			t.Errorf("%s: %v", url, h)
		}
	}
	h := fromPage(t, http.MethodGet, r.DevOps+"/contoso/_apis/projects").Header
	if h.Get("Access-Control-Allow-Methods") != devopsCrossOrigin.methods || h.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("Azure DevOps tells what it permits with every answer: %v", h)
	}
}

func TestProgramsAreToldNothingOfOrigins(t *testing.T) {
	r := start(t, Options{}).Ready()
	for _, url := range []string{r.Graph + "/v1.0/me", r.DevOps + "/contoso/_apis/projects", r.VSSPS + "/_apis/accounts"} {
		if h := fromPage(t, http.MethodGet, url, "Origin: ").Header; h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", url, h)
		}
	}
	answer := fromPage(t, http.MethodOptions, r.DevOps+"/contoso/_apis")
	if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Content-Type"), "json") {
		t.Errorf("OPTIONS that is no preflight: %d %v", answer.StatusCode, answer.Header)
	}
}
