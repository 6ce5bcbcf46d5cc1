package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// What a single request can have the services do is bounded by its length.
func TestInputsThatWouldGrowWithoutBoundsAreRefused(t *testing.T) {
	g := contoso(t)
	for _, query := range []string{
		"$filter=" + strings.Repeat("id ne 'x' and ", 1000) + "id ne 'x'", "$select=" + strings.Repeat("id,", 4000) + "id",
		"$search=%22displayName:" + strings.Repeat("x", maxOption) + "%22",
	} {
		g.call(g.admin(), "GET", "/v1.0/applications?$count=true&"+query, "", eventual).refused(errOptionLength)
	}
	g.call(g.admin(), "GET", "/v1.0/me?$select="+strings.Repeat("id,", 4000)+"id", "").refused(errOptionLength)

	s := start(t, Options{})
	if got := work(t, s, "POST", "wiql", `{"query":`+strconv.Quote("SELECT [System.Id] FROM WorkItems WHERE "+strings.Repeat("(", maxWIQL))+`}`); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a WIQL query: %d", got.StatusCode)
	}
	l := signInTo(t, s)
	l.token("contoso.sandbox.invalid", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {automationApp("contoso.sandbox.invalid").ClientID},
		"client_secret": {automationApp("contoso.sandbox.invalid").Secret}, "scope": {strings.Repeat("a ", maxScope)},
	}).refused(9002313, "invalid_request", 400)
	if got := send(t, s, "GET", s.Ready().DevOps+"/contoso?"+strings.Repeat("x", maxHeader+8192), ""); got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long address: %d", got.StatusCode)
	}
}

func TestWhatWasReadCanBeSentBack(t *testing.T) {
	g := contoso(t)
	id := g.create(g.admin(), wizardBody).text("id")
	read := g.call(g.admin(), "GET", "/v1.0/applications/"+id, "").want(200)
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+id, read.raw).want(204)
	if after := g.call(g.admin(), "GET", "/v1.0/applications/"+id, "").want(200); after.raw != read.raw {
		t.Errorf("read\n%s, then\n%s", read.raw, after.raw)
	}
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+id, `{"verifiedPublisher":{"displayName":"Mine"}}`).refused(errReadOnly)
}
