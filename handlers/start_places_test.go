package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

func TestManyEnvironmentsAreListedPageByPage(t *testing.T) {
	c := newConsole(t)
	var want []string
	for i := range 60 {
		name := fmt.Sprintf("env-%02d", i)
		if _, err := c.store.CreateEnvironment(t.Context(), store.Environment{Spec: setup.Spec{Name: name, Integration: "custom"}}); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	b := c.browser()
	var got []string
	page := b.get("/")
	for {
		page.doc().Find("tbody strong").Each(func(_ int, s *goquery.Selection) { got = append(got, s.Text()) })
		next, ok := page.doc().Find(`a[rel="next"]`).Attr("href")
		if !ok {
			break
		}
		page = b.get(next)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %q", got)
	}
}

func TestAPlaceInTheListThatWasChangedIsABadRequest(t *testing.T) {
	c := newConsole(t)
	for _, place := range []string{"x", "W10.abc", strings.Repeat("A", 2000)} {
		if p := c.browser().get("/?place=" + place); p.status != http.StatusBadRequest {
			t.Errorf("%.20q: %d", place, p.status)
		}
	}
}
