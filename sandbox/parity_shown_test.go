package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// unshown compares what the directives say with what the tests requested. It
// lists the directives whose test never made the request, the endpoints that
// no test was served, and the answers that came from no known route.
func unshown() []string {
	all, err := directives()
	if err != nil {
		return nil // a test has said so
	}
	sightings.Lock()
	defer sightings.Unlock()
	made := map[string][]identified{}
	var faults []string
	for test, requests := range sightings.of {
		for s := range requests {
			id, known := endpoint{s.service, s.method, s.path}.identity()
			if known {
				made[test] = append(made[test], identified{id, s})
			} else if s.served() {
				faults = append(faults, fmt.Sprintf("parity: %s was answered %d to %s %s %s, which is no known route: outsideTables lacks it", test, s.status, s.service, s.method, s.path))
			}
		}
	}
	for _, r := range rowsOf(all) {
		faults = append(faults, r.unshown(made)...)
	}
	slices.Sort(faults)
	return faults
}

// identified is a request to something that the sandbox serves.
type identified struct {
	identity
	sighting
}

func (r *row) unshown(made map[string][]identified) []string {
	id, known := r.identity()
	if !known {
		return nil // a test has said so
	}
	var faults []string
	served := false
	for _, d := range r.tests {
		requested := false
		for _, m := range made[d.test] {
			hit := id.takes(m.identity)
			requested, served = requested || hit, served || hit && m.served()
		}
		if !requested {
			faults = append(faults, fmt.Sprintf("parity: %s: %s never requested %s; a test that starts a sandbox itself calls RecordRequests", d.at(), d.test, d.endpoint))
		}
	}
	if !served && len(faults) == 0 && !refuses[r.endpoint] {
		faults = append(faults, fmt.Sprintf("parity: %s: %s was refused in every test that is said to show it", r.tests[0].at(), r.endpoint))
	}
	return faults
}

// refuses lists what is real just because it never does what it is asked.
var refuses = map[endpoint]bool{
	{serviceVSSPS, "HEAD", "/{organization}"}: true, // 404, with the answer in a header
	{serviceVSSPS, "POST", "/app/register"}:   true, // retired

	// 404: nobody has a manager
	{serviceGraph, "GET", "/v1.0/me/manager"}:         true,
	{serviceGraph, "GET", "/v1.0/users/{id}/manager"}: true,

	// 404: nobody has a photo
	{serviceGraph, "GET", "/v1.0/me/photo"}:                      true,
	{serviceGraph, "GET", "/v1.0/me/photo/$value"}:               true,
	{serviceGraph, "GET", "/v1.0/me/photos/{id}/$value"}:         true,
	{serviceGraph, "GET", "/v1.0/users/{id}/photo"}:              true,
	{serviceGraph, "GET", "/v1.0/users/{id}/photo/$value"}:       true,
	{serviceGraph, "GET", "/v1.0/users/{id}/photos/{id}/$value"}: true,
}

// served reports whether the service did what it was asked. Azure DevOps
// sends those it does not know to a page, with 302 and 203.
func (s sighting) served() bool {
	if strings.Contains(s.path, "/_apis") {
		return s.status >= 200 && s.status < 300 && s.status != 203
	}
	return s.status >= 200 && s.status < 400
}
