package handlers_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// walk collects where the links of a list lead, page by page.
func walk(t *testing.T, b *browser, path, links string) (got []string) {
	t.Helper()
	for more := true; more; {
		page := b.get(path)
		page.doc().Find(links).Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
		path, more = page.doc().Find(`a[rel="next"]`).Attr("href")
	}
	return got
}

var ada = entra.Person{Tenant: "5a1e3b8c-7f4d-4e0a-9b2c-6d1f0e9a8b7c", ID: "6b1e3b8c-7f4d-4e0a-9b2c-6d1f0e9a8b7c", UPN: "ada@contoso.example"}

func TestWhatHappenedIsListedPageByPage(t *testing.T) {
	c := newConsole(t)
	env, err := c.store.CreateEnvironment(t.Context(), store.Environment{Spec: setup.Spec{Name: "shop", Integration: "custom"}, State: store.Connected})
	if err != nil {
		t.Fatal(err)
	}
	var changes, runs, others []string
	for range 2*25 + 5 {
		o, err := c.store.StartOperation(t.Context(), env.ID, store.SetupOperation, ada, setup.Plan{})
		if err != nil {
			t.Fatal(err)
		}
		o.State = store.OperationDone
		if err := c.store.FinishOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, "/operations/"+o.ID)
		for of, list := range map[string]*[]string{env.ID: &runs, "": &others} {
			r, err := c.store.StartRun(t.Context(), store.Run{Environment: of})
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, "/runs/"+r.ID)
		}
	}
	b, base := c.browser(), "/environments/"+env.ID
	for _, l := range []struct {
		name, from, whole, links string
		want                     []string
		ordered                  bool
	}{
		{"changes", base, base + "/changes", "main a[href^='/operations/']", changes, true},
		{"runs", base, base + "/runs", "main a[href^='/runs/']", runs, false},
		{"runs of no environment", "/diagnose", "/diagnose/runs", "main a[href^='/runs/']", others, false},
	} {
		t.Run(l.name, func(t *testing.T) {
			page := b.get(l.from)
			if n := page.doc().Find(l.links).Length(); n != 10 || page.doc().Find("main a[href='"+l.whole+"']").Length() != 1 {
				t.Errorf("%s lists %d of them, and leads to all %d times", l.from, n, page.doc().Find("main a[href='"+l.whole+"']").Length())
			}
			got, want := walk(t, b, l.whole, l.links), slices.Clone(l.want)
			slices.Reverse(want)
			if !l.ordered { // several began in the same millisecond
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d are listed, want %d, newest first", len(got), len(want))
			}
			if p := b.get(l.whole + "?place=made-up"); p.status != http.StatusBadRequest {
				t.Errorf("a place that was made up: %d", p.status)
			}
		})
	}
}

// A list that is empty says of what, and leads to what fills it.
func TestAnEmptyHistoryLeadsOn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	b.get(path+"/changes").want(200, "Nothing was changed in the tenant for this environment yet")
	b.get("/diagnose/runs").want(200, "The checks have not been run outside of an environment yet")
	runs := b.get(path+"/runs").want(200, "The checks have not been run for this environment yet")
	if to := runs.doc().Find("main a.btn-primary").AttrOr("href", ""); to != path+"/checks" {
		t.Errorf("the way to the first run leads to %q", to)
	}
}
