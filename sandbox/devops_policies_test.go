package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// fourthCoffee has an organization for each policy, with a guest in it.
const fourthCoffee = `{
 "tenants": [{"domain": "fourth-coffee.sandbox.invalid", "name": "Fourth Coffee", "scenario": "tests",
  "users": [{"name": "basic", "password": "Sandbox-1!"}, {"name": "guest", "password": "Sandbox-1!", "guest": true}]}],
 "organizations": [
  {"slug": "open-house", "tenant": "fourth-coffee.sandbox.invalid", "projects": [{"name": "Beans"}],
   "members": [{"user": "basic", "access": "basic"}, {"user": "guest", "access": "basic"}]},
  {"slug": "no-guests", "tenant": "fourth-coffee.sandbox.invalid", "projects": [{"name": "Beans"}], "policies": {"guests_refused": true},
   "members": [{"user": "basic", "access": "basic"}, {"user": "guest", "access": "basic"}]},
  {"slug": "guarded", "tenant": "fourth-coffee.sandbox.invalid", "projects": [{"name": "Beans"}], "policies": {"conditional_access": true},
   "members": [{"user": "basic", "access": "basic"}]}]
}`

func TestPoliciesKeepGuestsOut(t *testing.T) {
	s := start(t, Options{Seed: []byte(fourthCoffee)})
	for name, c := range map[string]struct {
		user, org string
		status    int
	}{
		"guest, as delivered":    {"guest", "open-house", 200},
		"guest, refused":         {"guest", "no-guests", 401},
		"member, guests refused": {"basic", "no-guests", 200},
	} {
		token := tokenFor(t, s, c.user+"@fourth-coffee.sandbox.invalid", everything)
		got := send(t, s, "GET", s.Ready().DevOps+"/"+c.org+"/_apis/projects", "", "Authorization", "Bearer "+token)
		if got.StatusCode != c.status || c.status == 401 && got.json(t)["typeKey"] != "UnauthorizedRequestException" {
			t.Errorf("%s: %d %s, want %d", name, got.StatusCode, got.body, c.status)
		}
	}
}

//parity:choice devops Conditional Access: VS403463 as JSON, and as a page to whoever accepts HTML
func TestConditionalAccessRefusesProgramsAndBrowsers(t *testing.T) {
	s := start(t, Options{Seed: []byte(fourthCoffee)})
	bearer := "Bearer " + tokenFor(t, s, "basic@fourth-coffee.sandbox.invalid", everything)
	const words = "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed."
	for _, path := range []string{"/guarded/_apis/projects", "/guarded/_apis/connectionData", "/guarded/"} {
		got := send(t, s, "GET", s.Ready().DevOps+path, "", "Authorization", bearer, "Accept", "application/json;api-version=7.1-preview")
		if got.StatusCode != http.StatusForbidden {
			t.Fatalf("%s: %d %s", path, got.StatusCode, got.body)
		}
		if body := got.json(t); body["message"] != words || body["typeKey"] != "VssServiceException" || body["typeName"] != "Microsoft.VisualStudio.Services.Common.VssServiceException, Microsoft.VisualStudio.Services.Common" || body["eventId"] != 3000.0 {
			t.Errorf("%s: %v", path, body)
		}
		page := send(t, s, "GET", s.Ready().DevOps+path, "", "Authorization", bearer, "Accept", "text/html,application/xhtml+xml")
		if page.StatusCode != http.StatusForbidden || !strings.Contains(string(page.body), "<title>"+words+"</title>") || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, page.StatusCode, page.body)
		}
	}
	if got := send(t, s, "GET", s.Ready().DevOps+"/guarded/_apis/projects", "", "X-TFS-FedAuthRedirect", "Suppress"); got.StatusCode != 401 {
		t.Errorf("without a token: %d", got.StatusCode)
	}
}

// A slowed answer comes with its headers although it succeeds, a blocked one
// is 429. Both are fault rules.
func TestRateLimitsAreFaultRules(t *testing.T) {
	s := start(t, Options{})
	url := s.Ready().DevOps + "/contoso/_apis/projects"
	bearer := "Bearer " + tokenFor(t, s, contosoDeveloper, everything)
	limits := map[string]string{
		"Retry-After": "2", "X-RateLimit-Resource": "Core", "X-RateLimit-Delay": "1.250",
		"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000",
	}
	if err := s.SetFaults(Fault{Service: serviceDevOps, Times: 1, Action: Action{Delay: 1, Headers: limits}}); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]Action{
		"no answer": {Drop: "before", Headers: limits}, "an answer withheld": {CommitThenDrop: true, Headers: limits}, "a body without status": {Headers: limits, Body: []byte(`{}`)},
	} {
		if err := s.SetFaults(Fault{Action: a}); err == nil {
			t.Errorf("%s: the rule was taken", name)
		}
	}
	slowed, usual := send(t, s, "GET", url, "", "Authorization", bearer), send(t, s, "GET", url, "", "Authorization", bearer)
	if slowed.StatusCode != 200 || string(slowed.body) != string(usual.body) {
		t.Errorf("slowed: %d %s", slowed.StatusCode, slowed.body)
	}
	for name, value := range limits {
		if slowed.Header.Get(name) != value || usual.Header.Get(name) != "" {
			t.Errorf("%s: %q on the slowed answer, %q on the next", name, slowed.Header.Get(name), usual.Header.Get(name))
		}
	}
}
