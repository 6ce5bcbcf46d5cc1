package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// route is where a location stands when only what must be given is given.
func route(l resourceLocation) string {
	fill := strings.NewReplacer("{area}", l.Area, "{resource}", l.ResourceName, "{*projectId}", "", "{projectId}", "Mobile",
		"{project}", "Mobile", "{team}", "", "${type}", "$Task", "{type}", "")
	var segments []string
	for _, s := range strings.Split(fill.Replace(l.RouteTemplate), "/") {
		if s != "" && !strings.HasPrefix(s, "{") {
			segments = append(segments, s)
		}
	}
	return strings.Join(segments, "/")
}

func TestWhatLocationsNameIsThere(t *testing.T) {
	for host, c := range map[string]struct {
		locations  []resourceLocation
		operations []devopsOperation
	}{
		serviceDevOps: {devopsLocations, devopsOperations},
		serviceVSSPS:  {vsspsLocations, vsspsOperations},
	} {
		for _, l := range c.locations {
			path := route(l)
			i := slices.IndexFunc(c.operations, func(op devopsOperation) bool {
				_, ok := matchPath(op.path, path)
				_, withID := matchPath(op.path, path+"/me")
				return op.method != http.MethodOptions && (ok || withID)
			})
			if i < 0 {
				t.Errorf("%s: nothing stands at %s of %s", host, path, l.ID)
			} else if op := c.operations[i]; op.preview != (l.ReleasedVersion == "0.0") {
				t.Errorf("%s: %s is released as %s, the operation's preview is %v", host, path, l.ReleasedVersion, op.preview)
			}
		}
	}
}

//parity:partly devops OPTIONS /{organization}/_apis: the resources that are served here
//parity:partly devops OPTIONS /{organization}/_apis/{area}: the resources that are served here
//parity:partly vssps OPTIONS /{organization}/_apis: the resources that are served here
//parity:partly vssps OPTIONS /_apis/{area}: the resources that are served here
//parity:choice devops OPTIONS on _apis: answered without a token
func TestAnybodyIsToldWhereResourcesStand(t *testing.T) {
	s := start(t, Options{})
	r := s.Ready()
	for url, want := range map[string]int{
		r.DevOps + "/contoso/_apis":      len(devopsLocations),
		r.DevOps + "/contoso/_apis/Core": 4,
		r.DevOps + "/contoso/_apis/none": 0,
		r.VSSPS + "/contoso/_apis":       len(vsspsLocations),
		r.VSSPS + "/_apis/profile":       1,
	} {
		got := send(t, s, http.MethodOptions, url, "")
		if list, _ := got.json(t)["value"].([]any); got.StatusCode != 200 || len(list) != want || got.json(t)["count"] != float64(want) {
			t.Errorf("%s: %d with %d locations, want %d", url, got.StatusCode, len(list), want)
		}
	}
	for url, want := range map[string]int{
		r.DevOps + "/no-such-organization/_apis":   404,
		r.DevOps + "/contoso/":                     302,
		r.DevOps + "/contoso/Mobile/_apis/wit":     302,
		r.VSSPS + "/_signin_or_else/_apis/Profile": 404,
	} {
		if got := send(t, s, http.MethodOptions, url, ""); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", url, got.StatusCode, want)
		}
	}
}

//parity:partly devops GET /{organization}/_apis/resourceAreas: the areas that are served here
//parity:partly devops GET /{organization}/_apis/resourceAreas/{areaId}: the areas that are served here
func TestResourceAreasNameTheHostOfEach(t *testing.T) {
	s := start(t, Options{})
	bearer := "Bearer " + tokenFor(t, s, contosoDeveloper, "vso.profile")
	core, profile := "79134c72-4a58-4b42-976c-04e7115f32bf", "8ccfef3d-2b87-4e99-8ccb-66e343d2daa8"
	base := s.Ready().DevOps + "/contoso/_apis/resourceAreas"
	for id, want := range map[string]string{core: s.Ready().DevOps + "/contoso/", profile: s.Ready().VSSPS + "/contoso/"} {
		if got := send(t, s, "GET", base+"/"+id, "", "Authorization", bearer).json(t); got["locationUrl"] != want || got["id"] != id {
			t.Errorf("%v, want %s", got, want)
		}
	}
	public := send(t, s, "GET", base+"/"+profile, "", "Authorization", bearer, "X-Forwarded-Host", "dev.azure.com").json(t)
	if public["locationUrl"] != "https://vssps.dev.azure.com/contoso/" {
		t.Errorf("behind a proxy: %v", public)
	}
	all := send(t, s, "GET", base+"?api-version=7.1-preview.1", "", "Authorization", bearer).json(t)
	if list, _ := all["value"].([]any); len(list) != len(resourceAreas) {
		t.Errorf("%d areas, want %d", len(list), len(resourceAreas))
	}
	if got := send(t, s, "GET", base+"/"+newGUID(), "", "Authorization", bearer); got.StatusCode != 404 {
		t.Errorf("an unknown area: %d", got.StatusCode)
	}
	if got := send(t, s, "GET", base, ""); got.StatusCode != 302 {
		t.Errorf("areas for nobody: %d", got.StatusCode)
	}
}

//parity:partly vssps GET /{organization}/_apis/profile/profiles/{id}: the caller's own
func TestTheProfileStandsBelowAnOrganizationToo(t *testing.T) {
	s := start(t, Options{})
	bearer := "Bearer " + tokenFor(t, s, contosoDeveloper, "vso.profile")
	alone := send(t, s, "GET", s.Ready().VSSPS+"/_apis/profile/profiles/me", "", "Authorization", bearer).json(t)
	below := send(t, s, "GET", s.Ready().VSSPS+"/contoso/_apis/profile/profiles/me", "", "Authorization", bearer).json(t)
	if alone["id"] == nil || below["id"] != alone["id"] {
		t.Errorf("profile %v, below an organization %v", alone, below)
	}
}
