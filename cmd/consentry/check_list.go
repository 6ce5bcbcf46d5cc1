package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/consentry/consentry/checks"
)

// list prints the checks, as a table by what they are decided from or as JSON.
func (c *CheckCmd) list(out io.Writer, some []*checks.Check) error {
	switch {
	case c.JSON:
		return listJSON(out, some)
	case c.Markdown:
		_, err := io.WriteString(out, checks.Table(some))
		return err
	case c.JUnit || c.SARIF:
		return fmt.Errorf("--list prints text, --json or --markdown")
	}
	var group checks.Group
	for _, check := range some {
		if check.Group != group {
			group = check.Group
			if _, err := fmt.Fprintf(out, "\nDecided %s:\n", group.Words()); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(out, "  %-30s %-8s %s\n", check.ID, check.Severity, check.Title); err != nil {
			return err
		}
	}
	return nil
}

// A listedCheck is one check in the JSON of --list.
type listedCheck struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Why      string          `json:"why"`
	Group    checks.Group    `json:"group"`
	Severity checks.Severity `json:"severity"`
	AADSTS   []int           `json:"aadsts"`
	Cites    string          `json:"cites"`
	After    []string        `json:"after"`
}

func listJSON(out io.Writer, some []*checks.Check) error {
	list := make([]listedCheck, len(some))
	for i, c := range some {
		list[i] = listedCheck{c.ID, c.Title, c.Why, c.Group, c.Severity, append([]int{}, c.AADSTS...), c.Cites, append([]string{}, c.After...)}
	}
	return printJSON(out, list)
}

// printJSON indents, and leaves & < > readable.
func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
