// Package templates embeds the html/template files and parses them: one set
// for each page, made of the layout, the partials and that page.
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"path"
)

//go:embed layout.html pages/*.html partials/*.html
var files embed.FS

// Parse returns a template set for each file of pages/, by its base name.
// Execute "layout.html" of a set for the whole page. It fails on the first
// template that does not parse, so a mistake stops the start.
func Parse(funcs template.FuncMap) (map[string]*template.Template, error) {
	shared, err := template.New("layout.html").Option("missingkey=error").Funcs(funcs).
		ParseFS(files, "layout.html", "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	pages, err := files.ReadDir("pages")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	sets := make(map[string]*template.Template, len(pages))
	for _, p := range pages {
		set, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if sets[p.Name()], err = set.ParseFS(files, path.Join("pages", p.Name())); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	return sets, nil
}
