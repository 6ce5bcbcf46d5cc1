package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// through adds the headers of a TLS proxy under a public host name.
func through(host string, header ...string) []string {
	return append(header, "X-Forwarded-Host", host, "X-Forwarded-Proto", "https")
}

func TestOrganizationsAnswerUnderTheirOlderHostNames(t *testing.T) {
	s := start(t, Options{})
	bearer := []string{"Authorization", "Bearer " + tokenFor(t, s, contosoDeveloper, everything)}
	for name, c := range map[string]struct {
		base, host, path string
		status           int
	}{
		"projects":                          {s.Ready().DevOps, "contoso.visualstudio.com", "/_apis/projects", 200},
		"in capitals":                       {s.Ready().DevOps, "CONTOSO.VisualStudio.com", "/_apis/projects", 200},
		"through TLS, on a port":            {s.Ready().TLS.DevOps, "contoso.visualstudio.com:8443", "/_apis/projects", 200},
		"with the collection":               {s.Ready().DevOps, "contoso.visualstudio.com", "/DefaultCollection/_apis/projects", 200},
		"below a project":                   {s.Ready().DevOps, "contoso.visualstudio.com", "/Mobile/_apis/git/repositories", 200},
		"its page":                          {s.Ready().DevOps, "contoso.visualstudio.com", "/", 200},
		"missing":                           {s.Ready().DevOps, "no-such.visualstudio.com", "/_apis/projects", 404},
		"profile":                           {s.Ready().VSSPS, "contoso.vssps.visualstudio.com", "/_apis/profile/profiles/me", 200},
		"connectionData":                    {s.Ready().VSSPS, "contoso.vssps.visualstudio.com", "/_apis/connectionData", 200},
		"tenant probe":                      {s.Ready().VSSPS, "contoso.vssps.visualstudio.com", "/", 404},
		"profile, organization in the path": {s.Ready().VSSPS, "vssps.dev.azure.com", "/contoso/_apis/profile/profiles/me", 200},
		"profile without organization":      {s.Ready().VSSPS, "app.vssps.visualstudio.com", "/_apis/profile/profiles/me", 200},
		"sign-in page":                      {s.Ready().VSSPS, "spsprodcus1.vssps.visualstudio.com", "/_signin", 203},
	} {
		got := send(t, s, "GET", c.base+c.path, "", through(c.host, bearer...)...)
		if got.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", name, got.StatusCode, got.body, c.status)
		}
	}
}

func TestAddressesInAnswersKeepTheOlderHostName(t *testing.T) {
	s := start(t, Options{})
	bearer := []string{"Authorization", "Bearer " + tokenFor(t, s, contosoDeveloper, everything)}
	projects := send(t, s, "GET", s.Ready().DevOps+"/_apis/projects", "", through("contoso.visualstudio.com", bearer...)...)
	if !strings.Contains(string(projects.body), `"url":"https://contoso.visualstudio.com/_apis/projects/`) {
		t.Errorf("projects %s", projects.body)
	}
	const core, profile = "79134c72-4a58-4b42-976c-04e7115f32bf", "8ccfef3d-2b87-4e99-8ccb-66e343d2daa8"
	for id, want := range map[string]string{core: "https://contoso.visualstudio.com:8443/", profile: "https://contoso.vssps.visualstudio.com:8443/"} {
		area := send(t, s, "GET", s.Ready().DevOps+"/_apis/resourceAreas/"+id, "", through("contoso.visualstudio.com:8443", bearer...)...).json(t)
		if area["locationUrl"] != want {
			t.Errorf("area at %v, want %s", area["locationUrl"], want)
		}
	}
	refused := send(t, s, "GET", s.Ready().DevOps+"/_apis/projects", "", through("contoso.visualstudio.com", "X-TFS-FedAuthRedirect", "Suppress")...)
	if got := refused.Header.Get("X-VSS-AuthorizationEndpoint"); refused.StatusCode != 401 || got != "https://contoso.vssps.visualstudio.com/" {
		t.Errorf("%d, X-VSS-AuthorizationEndpoint %q", refused.StatusCode, got)
	}
	if got := refused.Header.Get("X-TFS-FedAuthIssuer"); got != "https://contoso.visualstudio.com/" {
		t.Errorf("X-TFS-FedAuthIssuer %q", got)
	}
}

//parity:partly vssps GET /_apis/resourceAreas: the areas that are served here
//parity:partly vssps GET /_apis/resourceAreas/{areaId}: the areas that are served here
//parity:partly vssps GET /{organization}/_apis/resourceAreas: the areas that are served here
//parity:partly vssps GET /{organization}/_apis/resourceAreas/{areaId}: the areas that are served here
func TestResourceAreasWithoutAnOrganizationAreThoseOfPeople(t *testing.T) {
	s := start(t, Options{})
	bearer := []string{"Authorization", "Bearer " + tokenFor(t, s, contosoDeveloper, "vso.profile")}
	const core, profile = "79134c72-4a58-4b42-976c-04e7115f32bf", "8ccfef3d-2b87-4e99-8ccb-66e343d2daa8"
	for path, want := range map[string]int{
		"/_apis/resourceAreas": 200, "/_apis/resourceAreas/" + profile: 200, "/_apis/resourceAreas/" + core: 404,
		"/contoso/_apis/resourceAreas": 200, "/contoso/_apis/resourceAreas/" + core: 200,
	} {
		got := send(t, s, "GET", s.Ready().VSSPS+path, "", bearer...)
		if got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	area := send(t, s, "GET", s.Ready().VSSPS+"/_apis/resourceAreas/"+profile, "", bearer...).json(t)
	if area["locationUrl"] != s.Ready().VSSPS+"/" {
		t.Errorf("profiles stand at %v", area["locationUrl"])
	}
}

// Headers that every answer has, and those of the situation.
func TestHeadersOfAzureDevOps(t *testing.T) {
	s := start(t, Options{})
	contoso := s.world.tenantOf("contoso.sandbox.invalid").ID
	const session = "8f1d2c3b-4a59-4e6f-8a7b-9c0d1e2f3a4b"
	got := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "",
		"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, everything), "X-TFS-Session", session)
	h := got.Header
	if h.Get("X-VSS-UserData") != identityID(stableID("user", contosoDeveloper))+":"+contosoDeveloper {
		t.Errorf("X-VSS-UserData %q", h.Get("X-VSS-UserData"))
	}
	if h.Get("X-TFS-Session") != session || h.Get("X-VSS-E2EID") != h.Get("ActivityId") || !isGUID(h.Get("ActivityId")) || !isGUID(h.Get("X-TFS-ProcessId")) {
		t.Errorf("session and activity %v", h)
	}
	if h.Get("X-VSS-ResourceTenant") != contoso || h.Get("Server") != "Microsoft-IIS/10.0" || h.Get("P3P") == "" || h.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("headers %v", h)
	}
	refused := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", "X-TFS-FedAuthRedirect", "Suppress")
	if h := refused.Header; h.Get("X-VSS-UserData") != "" || !isGUID(h.Get("X-TFS-Session")) ||
		h.Get("X-TFS-ServiceError") != "TF400813%3A%20The%20user%20%27"+anonymousID+"%27%20is%20not%20authorized%20to%20access%20this%20resource." ||
		!strings.Contains(h.Get("X-TFS-SoapException"), "UnauthorizedRequestException") || h.Get("X-TFS-FedAuthRealm") != devopsRealm {
		t.Errorf("headers of a refusal %v", refused.Header)
	}
	if message := refused.json(t)["message"]; message != "TF400813: The user '"+anonymousID+"' is not authorized to access this resource." {
		t.Errorf("message %v", message)
	}
	for path, want := range map[string]string{s.Ready().VSSPS + "/_apis/profile/profiles/me": "", s.Ready().DevOps + "/personal-projects/_apis/projects": noTenant} {
		refused := send(t, s, "GET", path, "", "X-TFS-FedAuthRedirect", "Suppress")
		if refused.StatusCode != http.StatusUnauthorized || refused.Header.Get("X-VSS-ResourceTenant") != want {
			t.Errorf("%s: %d, tenant %q", path, refused.StatusCode, refused.Header.Get("X-VSS-ResourceTenant"))
		}
	}
}
