package checks

import (
	"fmt"
	"strings"
)

// Table renders checks as a table in Markdown, a row each in the order of
// display: what the README and the help page show.
func Table(checks []*Check) string {
	var b strings.Builder
	b.WriteString("| Check | The good state | Decided | If not | Explains |\n|---|---|---|---|---|\n")
	for _, c := range checks {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.ID, cell(c.Title), groupWords[c.Group], severityWords[c.Severity], codeWords(c.AADSTS))
	}
	return b.String()
}

// groupWords say from what a group's checks are decided.
var groupWords = map[Group]string{
	Anonymous:  "without signing in",
	WithSecret: "with the client secret",
	WithGraph:  "signed in to the directory",
	WithToken:  "with a test consent",
}

var severityWords = map[Severity]string{
	Blocks:  "nobody can connect",
	Risks:   "some cannot, or all at a known time",
	Advises: "it works, and could be kept better",
}

func codeWords(codes []int) string {
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = fmt.Sprintf("AADSTS%d", code)
	}
	return strings.Join(words, ", ")
}

// cell escapes what would end a cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
