package handlers

import (
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jba/templatecheck"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/static"
	"github.com/consentry/consentry/templates"
	"github.com/consentry/consentry/web"
)

func galleryShell(t *testing.T) *web.Shell {
	t.Helper()
	s, err := web.New(web.Config{
		Hosts: []string{"localhost:1"}, Sessions: &web.MemorySessions{Now: time.Now}, Person: Line,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return galleryTime },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func galleryOf() []galleryPage {
	return (&Handlers{Cloud: entra.Public(), BaseURL: "http://localhost:8080"}).gallery()
}

func TestEveryPageRendersInEveryStateAndIsWellMade(t *testing.T) {
	shell := galleryShell(t)
	for _, g := range galleryOf() {
		t.Run(g.Name, func(t *testing.T) {
			html, err := shell.RenderPage(g.Template, g.Page)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(html)))
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, doc)
		})
	}
}

// checkPage holds what every page owes: one heading, a title, labels, ids
// that are one of a kind, no inline script or style.
func checkPage(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1 elements", n)
	}
	if title := doc.Find("title").Text(); strings.HasPrefix(title, " ·") {
		t.Errorf("title is %q", title)
	}
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if ids[id] {
			t.Errorf("id %q stands twice", id)
		}
		ids[id] = true
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if s.Closest("label").Length() == 0 && doc.Find(`label[for="`+id+`"]`).Length() == 0 {
			t.Errorf("field %q has no label", s.AttrOr("name", id))
		}
	})
	if doc.Find("[style], style, [onclick], [onload], script:not([src])").Length() > 0 {
		t.Error("inline style or script")
	}
	doc.Find("a[href], form[action], link[href], img[src]").Each(func(_ int, s *goquery.Selection) {
		for _, a := range []string{"href", "action", "src"} {
			if v := s.AttrOr(a, ""); strings.Contains(v, "ZgotmplZ") {
				t.Errorf("an address was blocked by the template engine: %s", v)
			}
		}
	})
}

func TestEveryPageTemplateHasAnExampleInTheGallery(t *testing.T) {
	shown := map[string]bool{"gallery.html": true}
	for _, g := range galleryOf() {
		shown[g.Template] = true
	}
	files, err := os.ReadDir("../templates/pages")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !shown[f.Name()] {
			t.Errorf("%s is in no state of the gallery", f.Name())
		}
	}
}

func TestTemplatesAgreeWithTheirPages(t *testing.T) {
	files, err := static.Files()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(slices.Collect(maps.Keys(files)), "app.js") {
		t.Fatal("static files are not what this test thinks")
	}
	sets, err := templates.Parse(galleryShell(t).Funcs())
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]any{}
	for _, g := range galleryOf() {
		types[g.Template] = g.Page
	}
	types["gallery.html"] = &galleryIndex{}
	for name, page := range types {
		if err := templatecheck.CheckHTML(sets[name].Lookup("layout.html"), page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
