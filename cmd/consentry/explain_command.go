package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/explain"
)

// checkCommand is the command line that asks a check about what was found in
// a paste. What the check asks for and the paste does not hold stands there
// in capitals, to be filled in.
func checkCommand(c *checks.Check, e explain.Entities) string {
	line := []string{"consentry check --check " + c.ID}
	asked := slices.Concat(groupAsks[c.Group], c.Asks)
	for _, f := range []struct {
		flag, value string
		asks        checks.Input
	}{
		{"--client-id", e.ClientID, checks.InputClientID},
		{"--tenant", e.Tenant, checks.InputTenant},
		{"--secret-env", "", checks.InputSecret},
		{"--redirect-uri", e.RedirectURI, checks.InputRedirectURI},
		{"--scope", strings.Join(e.Scopes, " "), checks.InputScopes},
		{"--organization", e.Organization, checks.InputOrganization},
		{"--project", e.Project, checks.InputProject},
		{"--sign-in-url", "", checks.InputSignIn},
	} {
		if f.value != "" {
			line = append(line, f.flag+separator(f.value)+shellQuoted(f.value))
		} else if slices.Contains(asked, f.asks) {
			line = append(line, f.flag+" "+strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(f.flag, "--"), "-", "_")))
		}
	}
	if c.Group == checks.WithGraph {
		line = append(line, "--sign-in auto")
	}
	return strings.Join(line, " ")
}

// groupAsks are what all checks of a group hang on.
var groupAsks = map[checks.Group][]checks.Input{
	checks.WithSecret: {checks.InputClientID, checks.InputSecret},
	checks.WithGraph:  {checks.InputClientID},
}

// separator keeps a value that begins with a hyphen from being a flag.
func separator(value string) string {
	if strings.HasPrefix(value, "-") {
		return "="
	}
	return " "
}

var needsNoQuotes = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellQuoted makes one word of a value for a POSIX shell. The value comes from
// whoever wrote the paste.
func shellQuoted(value string) string {
	value = checks.Visible(value)
	if needsNoQuotes.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
