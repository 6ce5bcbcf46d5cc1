package sandbox

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
)

const (
	parityFile    = "PARITY.md"
	parityCommand = "go test ./sandbox -run TestParity -update"
)

var updateParity = flag.Bool("update", false, "write "+parityFile+" anew from the directives above the tests")

func parityRows(t *testing.T) ([]*row, []directive) {
	t.Helper()
	all, err := directives()
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(all), all
}

// TestParityFileIsWhatTheTestsSay holds the committed table to the directives.
func TestParityFileIsWhatTheTestsSay(t *testing.T) {
	rows, all := parityRows(t)
	want := renderParity(rows, choices(all))
	if *updateParity {
		if err := os.WriteFile(parityFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(parityFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what the directives above the tests say; write it anew with\n\t%s", parityFile, parityCommand)
	}
}

// TestParityHasARowForEveryRoute keeps the table whole, and free of what is
// not served.
func TestParityHasARowForEveryRoute(t *testing.T) {
	rows, _ := parityRows(t)
	shown := map[endpoint]bool{}
	for _, r := range rows {
		served, ok := r.endpoint.route()
		if !ok {
			t.Errorf("%s: %s is not served: mend the path, or move it to absentEndpoints", r.tests[0].at(), r.endpoint)
		}
		shown[served] = true
	}
	for _, r := range routes() {
		if !shown[r] {
			t.Errorf("%s is served and no test says that it shows it; write above one that does\n\t%s%s %s", r, directivePrefix, levelReal, orGet(r))
		}
	}
}

// orGet gives a method to a route that takes every one.
func orGet(e endpoint) endpoint {
	if e.method == "" {
		e.method = http.MethodGet
	}
	return e
}

// The checks rest on routes that are found by their own paths.
func TestParityFindsEveryRouteByItsPath(t *testing.T) {
	for _, r := range routes() {
		if found, ok := orGet(r).route(); !ok || found != r {
			t.Errorf("%s is found as %s", r, found)
		}
	}
}

func TestParityDirectivesThatSayNothingAreRefused(t *testing.T) {
	for text, word := range map[string]string{
		"//parity:real graph":                                        "are needed",
		"//parity:fully graph GET /v1.0/me":                          "none of real, partly and choice",
		"//parity:absent graph GET /v1.0/groups":                     "none of real, partly and choice",
		"//parity:real msgraph GET /v1.0/me":                         "none of login, graph, devops and vssps",
		"//parity:real graph get /v1.0/me":                           "method",
		"//parity:real graph GET /me":                                "begin with a version",
		"//parity:real graph GET /v1.0/me as documented":             "one method and one path",
		"//parity:real devops GET {organization}/_apis":              "as at the public host",
		"//parity:real devops GET /{organization}/_apis/":            "as at the public host",
		"//parity:real devops GET /{organization}/_apis?api-version": "as at the public host",
		"//parity:real devops GET /{organization/_apis":              "as at the public host",
		"//parity:partly graph GET /v1.0/me":                         "needs a note",
		"//parity:partly graph GET /v1.0/me:no blank":                "needs a note",
		"//parity:choice login token":                                "needs a note",
	} {
		for where, source := range map[string]string{
			text: "package p\n\n" + text + "\nfunc TestX(t *T) {}\n",
		} {
			if _, err := directivesOf("x_test.go", []byte(source)); err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v; want a word about %q", where, err, word)
			}
		}
	}
}

func TestParityDirectivesStandAboveTests(t *testing.T) {
	const text = "//parity:partly graph PATCH /v1.0/applications(uniqueName='{uniqueName}'): its note: with a colon\n"
	for source, ok := range map[string]bool{
		"package p\n\n// TestX does.\n//\n" + text + "func TestX(t *T) {}\n":    true,
		"package p\n\n" + text + "\nfunc TestX(t *T) {}\n":                      false,
		"package p\n\n" + text + "func helper(t *T) {}\n":                       false,
		"package p\n\nfunc TestX(t *T) {\n\t" + text + "\tt.Error()\n}\n":       false,
		"package p\n\n" + text + "var x = 1\n\nfunc TestX(t *T) {}\n":           false,
		"package p\n\n" + text + text + "func TestX(t *T) {}\n\n" + text + "\n": false,
	} {
		found, err := directivesOf("x_test.go", []byte(source))
		if (err == nil) != ok {
			t.Errorf("%q: %v", source, err)
		}
		if ok && (len(found) != 1 || found[0].test != "TestX" || found[0].note != "its note: with a colon" || found[0].path != "/v1.0/applications(uniqueName='{uniqueName}')") {
			t.Errorf("read as %+v", found)
		}
	}
}

func TestParityIsRealWhenNoTestSaysWhatIsLeftOut(t *testing.T) {
	e := endpoint{serviceGraph, "GET", "/v1.0/users/{id}"}
	other := endpoint{serviceGraph, "GET", "/v1.0/users/{userId}"}
	a := directive{level: levelReal, endpoint: e, test: "TestA"}
	b := directive{level: levelReal, endpoint: other, test: "TestB"}
	rows := rowsOf([]directive{a, b, a})
	if len(rows) != 1 || len(rows[0].tests) != 2 || rows[0].level != levelReal {
		t.Errorf("rows %v; want one real one with two tests", rows)
	}
	b.level, b.note = levelPartly, "without photo"
	if rows = rowsOf([]directive{a, b, b}); rows[0].level != levelPartly || len(rows[0].notes) != 1 {
		t.Errorf("row %+v; want a part", rows[0])
	}
}

func TestParityTellsRequestsApart(t *testing.T) {
	for _, c := range []struct {
		row, request endpoint
		want         bool
	}{
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/v1.0/applications/17"}, true},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/v1.0/applications('17')"}, true},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/v1.0/applications(appId='17')"}, true},
		{endpoint{serviceGraph, "GET", "/v1.0/applications(appId='{appId}')"}, endpoint{serviceGraph, "GET", "/v1.0/applications(appId='17')"}, true},
		{endpoint{serviceGraph, "GET", "/v1.0/applications(appId='{appId}')"}, endpoint{serviceGraph, "GET", "/v1.0/applications/17"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications(appId='{appId}')"}, endpoint{serviceGraph, "GET", "/v1.0/applications(uniqueName='17')"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/v1.0/applications/$count"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/beta/applications/17"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "PATCH", "/v1.0/applications/17"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}"}, endpoint{serviceGraph, "GET", "/v1.0/myorganization/applications/17"}, false},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}/{property}"}, endpoint{serviceGraph, "GET", "/v1.0/applications/17/web"}, true},
		{endpoint{serviceGraph, "GET", "/v1.0/applications/{id}/{property}"}, endpoint{serviceGraph, "GET", "/v1.0/applications/17/owners"}, false},
		{endpoint{serviceLogin, "POST", "/{tenant}/oauth2/v2.0/token"}, endpoint{serviceLogin, "POST", "/common/oauth2/v2.0/token"}, true},
		{endpoint{serviceLogin, "POST", "/{tenant}/oauth2/v2.0/token"}, endpoint{serviceLogin, "POST", "/common/oauth2/token"}, false},
		{endpoint{serviceDevOps, "GET", "/{organization}/_apis/projects/{project}"}, endpoint{serviceDevOps, "GET", "/contoso/_apis/projects/Web%20Shop"}, true},
		{endpoint{serviceDevOps, "GET", "/{organization}/_apis/projects/{project}"}, endpoint{serviceDevOps, "HEAD", "/contoso/_apis/projects/Mobile"}, false},
		{endpoint{serviceVSSPS, "GET", "/_apis/accounts"}, endpoint{serviceVSSPS, "GET", "/contoso/_apis/accounts"}, false},
		{endpoint{serviceVSSPS, "HEAD", "/{organization}"}, endpoint{serviceVSSPS, "HEAD", "/contoso"}, true},
		{endpoint{serviceVSSPS, "GET", "/{organization}"}, endpoint{serviceVSSPS, "GET", "/_signin"}, false},
	} {
		a, known := c.row.identity()
		b, served := c.request.identity()
		if !known {
			t.Errorf("%s is not served", c.row)
		}
		if got := served && a.takes(b); got != c.want {
			t.Errorf("%s is a request to %s: %v", c.request, c.row, got)
		}
	}
}

func TestParityNoticesWhatNoTestShows(t *testing.T) {
	me := endpoint{serviceGraph, "GET", "/v1.0/me"}
	r := rowsOf([]directive{{level: levelReal, endpoint: me, test: "TestMe"}})[0]
	made := func(test string, e endpoint, status int) map[string][]identified {
		id, _ := e.identity()
		return map[string][]identified{test: {{id, sighting{e.service, e.method, e.path, status}}}}
	}
	for name, c := range map[string]struct {
		made map[string][]identified
		want string
	}{
		"nothing was requested": {nil, "TestMe never requested"},
		"by another test":       {made("TestOther", me, 200), "TestMe never requested"},
		"another endpoint":      {made("TestMe", endpoint{serviceGraph, "GET", "/v1.0/me/memberOf"}, 200), "TestMe never requested"},
		"refused":               {made("TestMe", me, 403), "was refused in every test"},
		"dropped":               {made("TestMe", me, 0), "was refused in every test"},
		"answered":              {made("TestMe", me, 200), ""},
	} {
		if got := strings.Join(r.unshown(c.made), "\n"); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
