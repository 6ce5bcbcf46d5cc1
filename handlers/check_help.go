package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/explain"
	"github.com/consentry/consentry/web"
)

// checksPage is the table of all checks, or of those that hold what is
// searched for.
type checksPage struct {
	web.Base
	Search web.Field
	Groups []helpGroup
	Found  int
	Causes []explain.Known // that hold what is searched for
}

// A helpGroup is what is decided from the same things.
type helpGroup struct {
	Words string // "without signing in"
	Rows  []helpRow
}

type helpRow struct {
	ID, Title, Why string
	Severity       state
	Codes          []explain.Code
}

// checkHelpPage is one check as its fields describe it.
type checkHelpPage struct {
	web.Base
	Check         *checks.Check
	Severity      state
	Codes         []explain.Code
	After, Behind []*checks.Check
	ByHand        []handWay
	Causes        []explain.Known // that it decides
}

func (h *Handlers) showCheckList(c *gin.Context) (web.Response, error) {
	return web.Page("checks.html", newChecksPage(strings.TrimSpace(c.Query("q")))), nil
}

func newChecksPage(query string) *checksPage {
	page := &checksPage{Search: searchField("Search the checks", query, "redirect, AADSTS50011, secret")}
	page.Title, page.Section = "All checks", "diagnose"
	for _, g := range checks.Groups {
		group := helpGroup{Words: g.Words()}
		for _, c := range checks.All {
			row := newHelpRow(c)
			if c.Group == g && holds(query, c.ID, c.Title, c.Why, codeNames(row.Codes)) {
				group.Rows = append(group.Rows, row)
			}
		}
		if len(group.Rows) > 0 {
			page.Groups = append(page.Groups, group)
			page.Found += len(group.Rows)
		}
	}
	if query != "" {
		page.Causes = causesThatHold(query)
	}
	return page
}

func searchField(label, query, example string) web.Field {
	return web.Field{Name: "q", Label: label, Type: "search", Value: query, Placeholder: example}
}

// holds reports whether every word of query stands in one of the texts.
func holds(query string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

func newHelpRow(c *checks.Check) helpRow {
	return helpRow{ID: c.ID, Title: c.Title, Why: c.Why, Severity: severityState(c.Severity), Codes: codesExplained(c.AADSTS)}
}

func severityState(s checks.Severity) state {
	kinds := map[checks.Severity]string{checks.Blocks: "bad", checks.Risks: "warn", checks.Advises: "idle"}
	return state{kinds[s], string(s)}
}

func codesExplained(numbers []int) []explain.Code {
	var out []explain.Code
	for _, n := range numbers {
		known, _ := entra.LookupAADSTS(n)
		out = append(out, explain.Code{Name: fmt.Sprintf("AADSTS%d", n), Explanation: known.Explanation})
	}
	return out
}

func codeNames(codes []explain.Code) string {
	var names []string
	for _, c := range codes {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func (h *Handlers) showCheckHelp(c *gin.Context) (web.Response, error) {
	check, ok := checks.Lookup(c.Param("id"))
	if !ok {
		return nil, unknownHelp("check")
	}
	return web.Page("check.html", newCheckHelpPage(check, h.Cloud)), nil
}

func newCheckHelpPage(check *checks.Check, cloud entra.Cloud) *checkHelpPage {
	page := &checkHelpPage{
		Check: check, Severity: severityState(check.Severity), Codes: codesExplained(check.AADSTS),
		After: lookups(check.After), Behind: lookups(check.Behind), ByHand: handWays(check, cloud),
	}
	page.Title, page.Section = "Check: "+check.Title, "diagnose"
	for _, cause := range explain.All() {
		if cause.Decides != nil && *cause.Decides == check.ID {
			page.Causes = append(page.Causes, cause)
		}
	}
	return page
}

func lookups(ids []string) []*checks.Check {
	var out []*checks.Check
	for _, id := range ids {
		if c, ok := checks.Lookup(id); ok && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// unknownHelp leads from an address of the help that is none to the list.
func unknownHelp(what string) error {
	return &web.Error{
		Status: http.StatusNotFound, Public: "There is no " + what + " of this name. It may have been misspelt; the list has all of them.",
		Next: web.Link{Label: "Show all " + what + "s", Href: "/" + what + "s"},
	}
}
