// Package templates embeds the html/template files and parses them: one set
// for each page, made of the layout, the partials and that page.
package templates

import (
	"embed"
	"fmt"
	"html/template"
	"path"
	"regexp"
)

//go:embed layout.html pages/*.html partials/*.html
var files embed.FS

// Parse returns a template set for each file of pages/, by its base name.
// Execute "layout.html" of a set for the whole page. It fails on the first
// template that does not parse, so a mistake stops the start.
func Parse(funcs template.FuncMap) (map[string]*template.Template, error) {
	shared := template.New("layout.html").Option("missingkey=error").Funcs(funcs)
	partials, err := files.ReadDir("partials")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if err := add(shared, funcs, "layout.html"); err != nil {
		return nil, err
	}
	for _, p := range partials {
		if err := add(shared, funcs, path.Join("partials", p.Name())); err != nil {
			return nil, err
		}
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
		if err := add(set, funcs, path.Join("pages", p.Name())); err != nil {
			return nil, err
		}
		sets[p.Name()] = set
	}
	return sets, nil
}

// add parses a file into a set under its base name.
func add(set *template.Template, funcs template.FuncMap, file string) error {
	text, err := files.ReadFile(file)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	known, err := withPaths(string(text), funcs)
	if err != nil {
		return fmt.Errorf("templates: %s: %w", file, err)
	}
	if name := path.Base(file); name != set.Name() { // New would empty the set's own
		set = set.New(name)
	}
	if _, err := set.Parse(known); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	return nil
}

var staticCall = regexp.MustCompile(`\{\{static "([^"]+)"\}\}`)

// withPaths writes the paths of static files into the text. They stand on
// every page, some for each row of a table, and calling for them each time
// cost more than all else on it.
func withPaths(text string, funcs template.FuncMap) (string, error) {
	static, ok := funcs["static"].(func(string) (string, error))
	if !ok {
		return text, nil
	}
	var failed error
	text = staticCall.ReplaceAllStringFunc(text, func(call string) string {
		path, err := static(staticCall.FindStringSubmatch(call)[1])
		if err != nil {
			failed = err
		}
		return path
	})
	return text, failed
}
