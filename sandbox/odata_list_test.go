package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const eventual = "ConsistencyLevel: eventual"

// pagesWorld holds 25 apps of one tag among the seeded ones.
func pagesWorld(t *testing.T) *graphTest {
	g := contoso(t)
	for i := range 25 {
		a := newApplication(g.tenant, fmt.Sprintf("Page %02d", 25-i), audienceSingleTenant, graphNow.AddDate(0, 0, i))
		a.Tags = []string{"paged"}
		g.tenant.addApp(a)
	}
	return g
}

//parity:real graph GET /v1.0/applications
func TestPagesFollowEachOtherToTheEnd(t *testing.T) {
	g := pagesWorld(t)
	path := "/v1.0/applications?$filter=tags/any(t:t eq 'paged')&$select=id,displayName&$top=10"
	var names []string
	sizes := []int{}
	for path != "" {
		o := g.call(g.admin(), "GET", path, "").want(200)
		names, sizes = append(names, o.names("displayName")...), append(sizes, len(o.names("id")))
		next, _ := o.at("@odata.nextLink").(string)
		if next != "" && !strings.HasPrefix(next, "http://example.com/graph/v1.0/applications?") {
			t.Fatalf("next link %s is not absolute", next)
		}
		path = strings.TrimPrefix(next, "http://example.com/graph")
	}
	if !slices.Equal(sizes, []int{10, 10, 5}) {
		t.Errorf("pages of %v", sizes)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 25 {
		t.Errorf("%d different apps on the pages: %v", len(names), names)
	}
}

func TestAPageHoldsAHundredUnlessSaidOtherwise(t *testing.T) {
	g := contoso(t)
	g.w.plantMany(200)
	o := g.call(g.admin(), "GET", "/v1.0/applications", "").want(200)
	if len(o.names("id")) != 100 || o.at("@odata.nextLink") == nil {
		t.Errorf("%d on the first page", len(o.names("id")))
	}
	if n := len(g.call(g.admin(), "GET", "/v1.0/applications?$top=999", "").want(200).names("id")); n < 200 {
		t.Errorf("%d of 999", n)
	}
}

func TestThePageTokenOfAnObjectThatIsGoneHasExpired(t *testing.T) {
	g := pagesWorld(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications?$top=3", "").want(200)
	last := o.names("id")[2]
	g.call(g.admin(), "DELETE", "/v1.0/applications/"+last, "").want(204)
	g.call(g.admin(), "GET", strings.TrimPrefix(o.text("@odata.nextLink"), "http://example.com/graph"), "").refused(errPageToken)
	g.call(g.admin(), "GET", "/v1.0/applications?$skiptoken=!", "").refused(errPageToken)
}

//parity:choice graph $select: the id comes only when it is selected
func TestSelectShowsWhatWasAskedFor(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications?$select=appId,displayName&$top=1", "").want(200)
	item := o.at("value", 0).(map[string]any)
	if len(item) != 2 || item["appId"] == nil || item["displayName"] == nil {
		t.Errorf("selected: %v", item)
	}
	if got := o.text("@odata.context"); got != "http://example.com/graph/v1.0/$metadata#applications(appId,displayName)" {
		t.Errorf("context %s", got)
	}
	g.call(g.admin(), "GET", "/v1.0/applications?$select=nickname", "").refused(errSelect)
	g.call(g.admin(), "GET", "/v1.0/applications/"+g.tenant.appOrder[0]+"?$select=nickname", "").refused(errSelect)
	if n := len(g.call(g.admin(), "GET", "/v1.0/applications/"+g.tenant.appOrder[0]+"?$select=id", "").want(200).body); n != 2 {
		t.Errorf("%d properties instead of @odata.context and id", n)
	}
}

//parity:real graph GET /v1.0/applications
func TestAdvancedQueriesNeedHeaderAndCount(t *testing.T) {
	g := pagesWorld(t)
	for _, c := range []struct {
		name, query string
		want        graphError
	}{
		{"not equal", "$filter=displayName ne 'x'", errUnsupportedQuery},
		{"not", "$filter=not startswith(displayName,'x')", errUnsupportedQuery},
		{"endswith", "$filter=endswith(displayName,'1')", errUnsupportedQuery},
		{"sorted by time", "$orderby=createdDateTime desc", errSorting},
		{"sorted and filtered", "$filter=startswith(displayName,'Page')&$orderby=displayName", errSorting},
	} {
		t.Run(c.name, func(t *testing.T) {
			sub := &graphTest{t, g.w, g.tenant}
			path := "/v1.0/applications?" + strings.ReplaceAll(c.query, `"`, "%22")
			sub.call(sub.admin(), "GET", path, "").refused(c.want)
			sub.call(sub.admin(), "GET", path, "", eventual).refused(c.want)
			o := sub.call(sub.admin(), "GET", path+"&$count=true", "", eventual).want(200)
			if o.at("@odata.count") == nil {
				t.Errorf("no count: %s", o.raw[:200])
			}
		})
	}
	g.call(g.admin(), "GET", "/v1.0/applications?$count=true", "").refused(errUnsupportedQuery)
}

//parity:choice graph $search: needs ConsistencyLevel alone, as documented; lists of what needs $count=true as well have it, too
func TestASearchNeedsTheHeaderAndNoCount(t *testing.T) {
	g := pagesWorld(t)
	path := "/v1.0/applications?$search=%22displayName:page%22"
	for _, query := range []string{path, path + "&$count=true"} {
		g.call(g.admin(), "GET", query, "").refused(errSearchHeader)
		if o := g.call(g.admin(), "GET", query, "", eventual).want(200); len(o.names("id")) == 0 {
			t.Errorf("%s finds nothing: %s", query, o.raw)
		}
	}
	g.call(g.admin(), "GET", path+"&$filter=displayName ne 'x'", "", eventual).refused(errUnsupportedQuery)
}

func TestCountIsOfAllPages(t *testing.T) {
	g := pagesWorld(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications?$count=true&$top=2&$filter=tags/any(t:t eq 'paged')", "", eventual).want(200)
	if o.at("@odata.count") != 25.0 || len(o.names("id")) != 2 {
		t.Errorf("count %v", o.at("@odata.count"))
	}
}

//parity:real graph GET /v1.0/applications/$count
//parity:real graph GET /v1.0/servicePrincipals/$count
func TestTheCountAloneIsPlainText(t *testing.T) {
	g := pagesWorld(t)
	path := "/v1.0/applications/$count?$filter=tags/any(t:t eq 'paged')"
	g.call(g.admin(), "GET", path, "").refused(errUnsupportedQuery)
	o := g.call(g.admin(), "GET", path, "", eventual)
	if o.status != 200 || o.raw != "25" || o.header.Get("Content-Type") != "text/plain" {
		t.Errorf("answered %d %q as %s", o.status, o.raw, o.header.Get("Content-Type"))
	}
	if n := g.call(g.admin(), "GET", "/v1.0/servicePrincipals/$count", "", eventual).raw; n != strconv.Itoa(len(g.tenant.principals)) {
		t.Errorf("%s service principals, want %d", n, len(g.tenant.principals))
	}
	inside := g.batch(`{"id":"1","method":"GET","url":"/applications/$count","headers":{"ConsistencyLevel":"eventual"}}`).responses()["1"]
	if inside["body"] != strconv.Itoa(len(g.tenant.apps)) {
		t.Errorf("in a batch: %v", inside)
	}
}

//parity:real graph GET /v1.0/applications
func TestSortingAndSearching(t *testing.T) {
	g := pagesWorld(t)
	all := "/v1.0/applications?$count=true&$filter=startswith(displayName,'Page')&$top=2&$select=displayName&$orderby="
	for order, want := range map[string][]string{
		"displayName":          {"Page 01", "Page 02"},
		"displayName desc":     {"Page 25", "Page 24"},
		"createdDateTime":      {"Page 25", "Page 24"},
		"createdDateTime desc": {"Page 01", "Page 02"},
	} {
		if got := g.call(g.admin(), "GET", all+order, "", eventual).want(200).names("displayName"); !slices.Equal(got, want) {
			t.Errorf("by %s: %v", order, got)
		}
	}
	sorted := g.call(g.admin(), "GET", "/v1.0/applications?$orderby=displayName&$select=displayName", "").want(200).names("displayName")
	if !slices.IsSortedFunc(sorted, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		t.Errorf("not sorted: %v", sorted)
	}
	for search, want := range map[string]int{
		`"displayName:page"`:                     25,
		`"displayName:25"`:                       1,
		`"displayName:age"`:                      0, // not the beginning of a word
		`"displayName:page" AND "displayName:0"`: 9,
		`"displayName:page 07"`:                  1,
	} {
		path := "/v1.0/applications?$count=true&$search=" + url.QueryEscape(search)
		if got := len(g.call(g.admin(), "GET", path, "", eventual).want(200).names("id")); got != want {
			t.Errorf("%s finds %d, want %d", search, got, want)
		}
	}
}

func TestQueryOptionsThatAreRefused(t *testing.T) {
	g := contoso(t)
	for _, c := range []struct {
		query string
		want  graphError
	}{
		{"$top=0", errPageSize}, {"$top=1000", errPageSize}, {"$top=many", errPageSize}, {"$top=-1", errPageSize},
		{"$skip=5", errQueryOption}, {"$expand=members", errSelect},
		{"$orderby=notes", errSorting}, {"$orderby=displayName up", errSorting},
		{"$search=page", errUnsupportedQuery}, {"$search=%22notes:x%22", errUnsupportedQuery},
		{"$filter=notes eq 'x'", errFilterProperty}, {"$filter=(", errFilterSyntax},
	} {
		g.call(g.admin(), "GET", "/v1.0/applications?$count=true&"+c.query, "", eventual).refused(c.want)
	}
	g.call(g.admin(), "GET", "/v1.0/me?$filter=id eq 'x'", "").refused(errQueryOption)
	g.call(g.admin(), "GET", "/v1.0/applications?unknown=ignored", "").want(200)
}

func TestTagsFindOurAppAmongThousands(t *testing.T) {
	g := contoso(t)
	g.w.plantMany(10_000)
	id := g.create(g.admin(), wizardBody).text("id")
	got := g.call(g.admin(), "GET", "/v1.0/applications?$filter=tags/any(t:t eq 'consentry:prod')", "").want(200).names("id")
	if !slices.Equal(got, []string{id}) {
		t.Errorf("found %v", got)
	}
}
