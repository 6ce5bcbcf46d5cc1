package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/advise"
	"github.com/consentry/consentry/checks"
)

// ticked is the advisor's address with operations chosen.
func ticked(more string, ids ...string) string {
	return "/advisor?" + url.Values{"op": ids}.Encode() + more
}

func TestTheAdvisorLeadsFromOperationsToScopes(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get("/advisor").want(200, "Which scopes does it need?", "What integrations often do")
	if p.doc().Find("#advice").Length() > 0 || p.doc().Find("input[name=op]").Length() < 20 {
		t.Error("advice before anything is chosen, or nothing to choose from")
	}
	p = b.get(ticked("", "work-items.work-items.create", "git.repositories.list", "git.statuses.create")).
		want(200, "3 scopes do", "Needed for: “Create a work item”.", "vso.code_write would do too", "It is to do (3)").
		without("far-reaching")
	const r = "499b84ac-1321-427f-aa17-267ca6975798/"
	want := r + "vso.code " + r + "vso.code_status " + r + "vso.work_write offline_access"
	if got := p.doc().Find("#advice [data-copy]").First().AttrOr("data-copy", ""); got != want {
		t.Errorf("to copy: %q, want %q", got, want)
	}
}

func TestWhatIsTickedStaysTickedWhileSearching(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get(ticked("&q=pull+request", "work-items.work-items.create")).want(200, "Found for “pull request”", "1 scope does")
	boxes := p.doc().Find("input[name=op]")
	if v := boxes.First().AttrOr("value", ""); v != "work-items.work-items.create" {
		t.Errorf("first box is %s", v)
	}
	if n := p.doc().Find("input[name=op][checked]").Length(); n != 1 {
		t.Errorf("%d ticked, want 1", n)
	}
	if p.field("q") != "pull request" {
		t.Errorf("searched for %q", p.field("q"))
	}
}

func TestSearchesNarrowByArea(t *testing.T) {
	b := newConsole(t).browser()
	all := b.get("/advisor?area=git").want(200, "Everything in this area", "more. Add a word")
	if n := all.doc().Find("input[name=op]").Length(); n != 60 {
		t.Errorf("%d operations, want 60", n)
	}
	p := b.get("/advisor?q=create&area=wiki").want(200, "Create a wiki")
	p.doc().Find("input[name=op]").Each(func(_ int, s *goquery.Selection) {
		if v := s.AttrOr("value", ""); !strings.HasPrefix(v, "wiki.") {
			t.Errorf("%s is of another area", v)
		}
	})
	b.get("/advisor?q=weather").want(200, "Nothing.")
}

func TestTheAdvisorSaysWhenEverythingIsBetter(t *testing.T) {
	b := newConsole(t).browser()
	b.get(ticked("", "security.permissions.has-permissions")).want(200, "Only user_impersonation is sure", "user_impersonation is the better choice")
	b.get(ticked("", "git.repositories.delete", "git.repositories.list")).want(200, "far-reaching", "only vso.code would be needed")
}

func TestUnknownOperationsAreLeftOut(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get(ticked("", "<script>alert(1)</script>", "nothing", "work-items.work-items.create", "work-items.work-items.create")).want(200, "1 scope does", "It is to do (1)")
	p.without("<script>alert")
}

func TestScopesOfTheAdvisorReachTheEnvironment(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	p := b.get(ticked("", "work-items.work-items.create", "git.repositories.list"))
	href := p.doc().Find("#advice a:contains('Frontegg')").AttrOr("href", "")
	p = b.get(href).want(200, "Permissions brought along", "vso.work_write")
	b.submit(p, "Continue", url.Values{"environment": {"advised"}, "inputs.host": {"gateway.example.com"}}).want(200, "step 2 of 7")
	env, err := c.store.EnvironmentByName(t.Context(), "advised")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(env.Spec.Scopes, " "); got != "vso.code vso.work_write" {
		t.Errorf("permissions %q", got)
	}
	b.get("/environments/" + env.ID + "/setup/permissions").doc().Find("input[name=scopes][checked]").Each(func(_ int, s *goquery.Selection) {
		if v := s.AttrOr("value", ""); v != "vso.code" && v != "vso.work_write" {
			t.Errorf("%s is ticked", v)
		}
	})
}

func TestABadLinkToTheSetUpSaysWhatCannotBeRegistered(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get("/setup/frontegg?scopes=vso.work+vso.wrok+vso.hooks+vso.work&inputs.host=gateway.example.com").want(200, "did you mean vso.work?", "vso.hooks cannot be registered")
	if n := p.doc().Find("input[name=scopes]").Length(); n != 1 || p.field("inputs.host") != "gateway.example.com" {
		t.Errorf("%d permissions, host %q", n, p.field("inputs.host"))
	}
	b.post("/setup/frontegg", url.Values{"environment": {"bad-scopes"}, "inputs.host": {"gateway.example.com"}, "scopes": {"vso.wrok", "vso.code"}}).
		want(422, "did you mean vso.work?")
}

func TestAFailingCallLeadsToItsScope(t *testing.T) {
	b := newConsole(t).browser()
	for _, tt := range []struct {
		name string
		form url.Values
		says []string
	}{
		{"the scope is missing", url.Values{"method": {"POST"}, "url": {"https://dev.azure.com/contoso/Shop/_apis/wit/workitems/$Bug?api-version=7.1"}, "status": {"403"}, "have": {"vso.work"}},
			[]string{"“Create a work item” needs vso.work_write, the token has vso.work.", "scope missing", "Consent and connect again"}},
		{"as a log writes it", url.Values{"url": {"PATCH https://contoso.visualstudio.com/Shop/_apis/wit/workitems/5 HTTP/1.1"}, "status": {"401"}},
			[]string{"“Update a work item” needs vso.work_write", "look at the token", "not a member of the organization"}},
		{"it is there already", url.Values{"url": {"/contoso/_apis/projects"}, "status": {"401"}, "have": {"user_impersonation"}},
			[]string{"although its scopes cover", "not the scope", "another tenant"}},
		{"not found", url.Values{"method": {"GET"}, "url": {"https://dev.azure.com/contoso/Nowhere/_apis/git/repositories"}, "status": {"404"}, "have": {"vso.code"}},
			[]string{"does not exist, or the person may not see it", "not the scope"}},
		{"no API", url.Values{"url": {"https://dev.azure.com/contoso"}}, []string{"no address of Azure DevOps' REST API"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := b.get("/advisor/call?"+tt.form.Encode()).want(200, tt.says...)
			p.without("Please correct this")
		})
	}
}

func TestAFailingCallNamesWhatNeedsMending(t *testing.T) {
	b := newConsole(t).browser()
	token := "eyJhbGciOiJSUzI1NiJ9.eyJzY3AiOiJ2c28ud29yayJ9.c2ln"
	b.get("/advisor/call?status=403").want(200, "Give the address of the call")
	b.get("/advisor/call?url=/_apis/projects&status=forbidden").want(200, "A status is a number from 100 to 599")
	b.get("/advisor/call?url=/_apis/projects&have="+token).want(200, "This looks like a token").without(token, "is covered")
	b.get("/advisor/call?url=/_apis/projects?access_token="+token).want(200, "A token stands in this address").without(token)
	b.get("/advisor/call").want(200).without("Please correct this")
}

func TestReasonsLeadToChecksThatExist(t *testing.T) {
	for status := 200; status < 600; status++ {
		for _, r := range advise.Missing("GET", "/contoso/_apis/projects", status, nil).Reasons {
			if _, ok := checks.Lookup(r.Check); r.Check != "" && !ok {
				t.Errorf("%d: no check %q", status, r.Check)
			}
		}
	}
}
