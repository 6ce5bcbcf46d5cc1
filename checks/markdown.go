package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Markdown writes the report for a ticket or a chat.
func (r Report) Markdown() string {
	w := &markdown{}
	w.line("# Checks: %s", r.Summary.Sentence)
	w.line("")
	w.line("- When: %s", r.Facts.Now.UTC().Format(time.RFC3339))
	for _, row := range givenRows(r.Facts.Given) {
		w.line("- %s: %s", row[0], code(row[1]))
	}
	if r.Masked {
		w.line("\n%s", MaskedWords)
	}
	w.roots(r)
	w.unknown(r)
	w.matrix(r)
	w.all(r)
	return w.String()
}

type markdown struct{ strings.Builder }

func (w *markdown) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// givenRows are what was given, label and value.
func givenRows(g Given) [][2]string {
	rows := [][2]string{
		{"Integration", g.Integration}, {"Client ID", g.ClientID}, {"Tenant", g.Tenant}, {"Redirect URI", g.RedirectURI}, {"Scopes", g.Scopes},
		{"Organization", g.Organization}, {"Project", g.Project},
	}
	return slices.DeleteFunc(rows, func(r [2]string) bool { return r[1] == "" })
}

func (w *markdown) roots(r Report) {
	for _, root := range r.Summary.Roots {
		i := slices.IndexFunc(r.Results, func(x Result) bool { return x.ID == root.ID })
		if i < 0 {
			continue
		}
		w.line("\n## Not so: %s", escape(titleOf(root.ID)))
		if c := r.Results[i].Check(); c != nil {
			w.line("\n%s (`%s`)", severityWords[c.Severity], c.ID)
		}
		for _, f := range r.Results[i].Findings {
			w.finding(f)
		}
		for _, id := range root.Follows {
			w.line("- follows from it: %s (`%s`)", escape(titleOf(id)), id)
		}
	}
}

func (w *markdown) finding(f Finding) {
	w.line("\n**%s**\n", escape(f.Summary))
	for _, e := range f.Shown {
		want := ""
		if e.Want != "" {
			want = ", wanted: " + code(e.Want)
		}
		w.line("- %s: %s%s", escape(e.What), code(e.Got), want)
	}
	w.line("\nTo do: %s", escape(f.Mend.Say))
	for i, s := range f.Mend.Steps {
		w.line("%d. %s", i+1, escape(s))
	}
}

func (w *markdown) unknown(r Report) {
	would := Undecidable(r.Results)
	if len(would) == 0 {
		return
	}
	w.line("\n## Not known")
	for _, words := range would {
		w.line("\n%s\n", escape(words))
		for _, x := range r.Results {
			if x.Outcome == Unknown && x.Would == words {
				w.line("- %s (`%s`): %s", escape(titleOf(x.ID)), x.ID, escape(x.Because))
			}
		}
	}
}

func (w *markdown) matrix(r Report) {
	p := r.Facts.ScopePlaces()
	rows := p.Matrix()
	if len(rows) == 0 {
		return
	}
	w.line("\n## Scopes\n\n| Scope | Asked | Registered | Consented | In the token | |\n|---|---|---|---|---|---|")
	for _, row := range rows {
		w.line("| `%s` | %s | %s | %s | %s | %s |", cell(row.Scope), tick(row.Asked, true), tick(row.Registered, p.RegisteredKnown),
			tick(row.Consented, p.ConsentedKnown), tick(row.InToken, p.TokenKnown), escape(row.Note))
	}
}

func tick(yes, known bool) string {
	switch {
	case !known:
		return "not known"
	case yes:
		return "yes"
	}
	return "no"
}

func (w *markdown) all(r Report) {
	w.line("\n## All checks\n\n| Outcome | Check |\n|---|---|")
	for _, x := range r.Results {
		w.line("| %s | %s (`%s`) |", x.Outcome, escape(titleOf(x.ID)), cell(x.ID))
	}
}

// titleOf is the check's title, or its id where this version has none.
func titleOf(id string) string {
	if c := byID[id]; c != nil {
		return c.Title
	}
	return id
}

var special = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "|", `\|`, "!", `\!`, "\r", " ", "\n", " ")

// escape keeps text of others from being taken for markup.
func escape(s string) string { return special.Replace(s) }

// code shows a value as it is.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "\n", " ", "\r", " ", "|", `\|`).Replace(s) + "`"
}
