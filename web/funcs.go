package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Funcs are what templates may call; everything else is a field of the page.
func (s *Shell) Funcs() template.FuncMap {
	return template.FuncMap{
		"static": s.staticPath,
		"date":   func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
		"exact":  exact,
		"when":   func(t time.Time) string { return When(t, s.now()) },
		"moment": func(t time.Time) moment { return moment{t.UTC().Format(time.RFC3339), exact(t), When(t, s.now())} },
		"join":   strings.Join,
		"add":    func(a, b int) int { return a + b },
	}
}

func exact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// A moment is a time as pages show it: for programs, in full, and in words.
type moment struct{ ISO, Exact, Words string }

func (s *Shell) staticPath(name string) (string, error) {
	f, ok := s.files[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return f.Path, nil
}

// When says a time relative to now and then its date: "in 12 days (3 Dec
// 2026)", "5 minutes ago (…)". The date is left out within one day.
func When(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := t.Sub(now)
	future := d > 0
	if !future {
		d = -d
	} else if d > 24*time.Hour {
		d = d.Round(24 * time.Hour) // what was just made for 180 days has 180
	}
	words := span(d)
	switch {
	case words == "":
		return "just now"
	case future:
		words = "in " + words
	default:
		words += " ago"
	}
	if d < 24*time.Hour {
		return words
	}
	return words + " (" + t.UTC().Format("2 Jan 2006") + ")"
}

// span rounds a duration down to its largest unit in words; under a minute it
// says nothing.
func span(d time.Duration) string {
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.length); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return ""
}

// A Field is one field of a form: what was typed stays, the error names the
// mend.
type Field struct {
	Name, Label, Help, Value, Error, Placeholder string
	Type                                         string // "text", "select", "textarea", "number", "radio", "password"
	Options                                      []Option
	Required                                     bool
	Autofocus                                    bool
	Autocomplete                                 string
}

// An Option is one choice of a select or radio field.
type Option struct {
	Value, Label, Help string
	Selected           bool
}

// A Copyable is a value with a copy button. Label names it for people who
// cannot see it.
type Copyable struct{ Label, Value string }
