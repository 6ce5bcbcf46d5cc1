package sandbox

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A section is one table of the file.
type section struct {
	title, host string // host: where the endpoints stand
	holds       func(endpoint) bool
}

var sections = []section{
	{"Sign-in", "login.microsoftonline.com", func(e endpoint) bool { return e.service == serviceLogin }},
	{"Microsoft Graph", "graph.microsoft.com", func(e endpoint) bool { return e.service == serviceGraph }},
	{"Azure DevOps", "dev.azure.com and {organization}.visualstudio.com. The hosts of single services are absent altogether: vsrm, feeds, pkgs, analytics, auditservice, vsaex and extmgmt.dev.azure.com",
		func(e endpoint) bool { return e.service == serviceDevOps }},
	{"Profiles, accounts and identities", "app.vssps.visualstudio.com, and vssps.dev.azure.com where the path begins with an organization",
		func(e endpoint) bool { return e.service == serviceVSSPS && !legacy(e) }},
	{"Azure DevOps's own sign-in and its retired OAuth", "app.vssps.visualstudio.com", legacy},
}

// legacy reports whether the endpoint is one of the pages of Azure DevOps's
// own sign-in, which share a host with the profile.
func legacy(e endpoint) bool {
	_, page := vsspsPages[e.path]
	return e.service == serviceVSSPS && page
}

const parityIntro = `# What the sandbox does as the Microsoft cloud does

The sandbox is held to what the public clients of the Microsoft cloud need: they run against it unchanged, and what the
public service would refuse, the sandbox refuses in the same form.

- **real**: status, headers and body are those of the public service, as far as these are known.
- **partly**: the answer has the right form; the note says what is left out.
- **absent**: not served. It is refused as the public service refuses a path or a method that it does not know, which
  [` + "`" + absentTest + "`](" + absentFile + `) shows for each.

This file is made from the tests of this package, so do not edit it. A comment above a test says what the test shows:

    //parity:real graph POST /v1.0/applications
    //parity:partly login GET /{tenant}/oauth2/v2.0/logout: what is left out
    //parity:choice login error pages: what the sandbox does where nothing is known

After a change, write the file anew with

    ` + parityCommand + `

The tests fail while the file differs from the comments, while something is served that has no line here, and, once
all of them ran, while a test that is named here did not request what it is said to show.
`

// renderParity writes the whole file.
func renderParity(rows []*row, uncertain []directive) []byte {
	var b bytes.Buffer
	b.WriteString(parityIntro)
	b.WriteString("\n| service | real | partly | absent |\n|---|---:|---:|---:|\n")
	for _, s := range sections {
		mine, missing := s.rows(rows), s.absent()
		real := count(mine, levelReal)
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d | %d |\n", s.title, anchor(s.title), real, len(mine)-real, len(missing))
	}
	fmt.Fprintf(&b, "\nWhere nothing is known of the public service, the answer that most clients survive was chosen: see [%s](#%s), of which there are %d.\n", strings.ToLower(choicesTitle), anchor(choicesTitle), len(uncertain))
	for _, s := range sections {
		s.render(&b, rows)
	}
	renderChoices(&b, uncertain)
	return b.Bytes()
}

func (s section) render(b *bytes.Buffer, rows []*row) {
	fmt.Fprintf(b, "\n## %s\n\nAt %s.\n", s.title, s.host)
	if mine := s.rows(rows); len(mine) > 0 {
		b.WriteString("\n| endpoint | level | note | shown by |\n|---|---|---|---|\n")
		for _, r := range mine {
			fmt.Fprintf(b, "| `%s %s` | %s | %s | %s |\n", r.method, r.path, r.level, cell(strings.Join(r.notes, "; ")), links(r.tests))
		}
	}
	if missing := s.absent(); len(missing) > 0 {
		b.WriteString("\n| absent | why |\n|---|---|\n")
		for _, a := range missing {
			fmt.Fprintf(b, "| `%s %s` | %s |\n", a.method, a.path, cell(a.why))
		}
	}
}

const choicesTitle = "Uncertain choices"

func renderChoices(b *bytes.Buffer, uncertain []directive) {
	fmt.Fprintf(b, "\n## %s\n\nWhat could not be sourced, what the sandbox does, and the test that holds it there.\n\n", choicesTitle)
	b.WriteString("| service | about | what the sandbox does | held by |\n|---|---|---|---|\n")
	for _, d := range uncertain {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", serviceTitles[d.service], cell(d.subject), cell(d.note), links([]directive{d}))
	}
}

var serviceTitles = map[string]string{
	serviceLogin: "Sign-in", serviceGraph: "Microsoft Graph", serviceDevOps: "Azure DevOps", serviceVSSPS: "Azure DevOps",
}

// rows are those of the section in the order of the sandbox's own tables.
func (s section) rows(all []*row) []*row {
	position := map[endpoint]int{}
	for i, r := range routes() {
		position[r] = i
	}
	mine := slices.DeleteFunc(slices.Clone(all), func(r *row) bool { return !s.holds(r.endpoint) })
	slices.SortStableFunc(mine, func(a, b *row) int {
		x, _ := a.endpoint.route()
		y, _ := b.endpoint.route()
		return cmp.Or(cmp.Compare(position[x], position[y]), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return mine
}

// rank puts the usual way to an operation of Graph before the others.
func (r *row) rank() int {
	id, _ := r.identity()
	return strings.Count(r.path, "(") + 2*strings.Count(id.form, " ") + 4*strings.Count(id.form, "beta")
}

func (s section) absent() []absentEndpoint {
	return slices.DeleteFunc(slices.Clone(absentEndpoints), func(a absentEndpoint) bool { return !s.holds(a.endpoint) })
}

func count(rows []*row, level string) (n int) {
	for _, r := range rows {
		if r.level == level {
			n++
		}
	}
	return n
}

func links(tests []directive) string {
	var list []string
	for _, d := range tests {
		list = append(list, "["+d.test+"]("+d.file+")")
	}
	return strings.Join(list, ", ")
}

// cell is a text that does not end its cell, as a sentence without its dot.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, `\`, `\\`).Replace(strings.TrimSuffix(text, "."))
}

// anchor is where a heading is found within the file.
func anchor(title string) string {
	return strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(strings.ToLower(title))
}
