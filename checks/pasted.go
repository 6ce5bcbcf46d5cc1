package checks

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// comesAlong are the characters that come along when a value is copied from a
// page, a file or a terminal, by what a person would call them.
var comesAlong = []struct {
	is   func(rune) bool
	name string
}{
	{func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' }, "a line feed"},
	{func(r rune) bool { return r == '\t' }, "a tab"},
	{func(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u3000' }, "a blank"},
	{func(r rune) bool { return strings.ContainsRune("\"'`“”„‘’‚«»", r) }, "quotation marks"},
	{func(r rune) bool { return r == ',' || r == ';' }, "a comma or semicolon"},
	{func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) }, "an invisible character"},
}

func cameAlong(r rune) bool { return nameOfExtra(r) != "" }

func nameOfExtra(r rune) string {
	for _, e := range comesAlong {
		if e.is(r) {
			return e.name
		}
	}
	return ""
}

// trimPasted takes off what came along around a value, and invisible
// characters inside it. extras names what that was; empty means value is clean.
func trimPasted(value string) (clean, extras string) {
	clean = strings.TrimFunc(value, cameAlong)
	inside := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, clean)
	before, after, _ := strings.Cut(value, clean)
	var names []string
	for _, r := range before + after {
		names = appendNew(names, nameOfExtra(r))
	}
	if inside != clean {
		names = appendNew(names, "an invisible character")
	}
	return inside, strings.Join(names, " and ")
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// sampleText is what documentation and forms write where a value of one's own
// belongs: "Enter_the_Application_Id_Here", "YOUR_CLIENT_ID", "<client-id>",
// "{{tenant}}", "xxxxxxxx-xxxx-…", "client_id".
var sampleText = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`[<>{}\[\]]`, // brackets of a template
	`\$\(`,
	`^%\w+%$`,
	`\byour[-_ ]company`, // in one word it may be the name of a host
	`\byour[-_ ]?(azure|ad|entra|application|app|client|tenant|directory|secret|domain|organi[sz]ation|org|project|host|mcp|redirect|callback|value)`,
	`^(enter|insert|paste|put|replace|type|add)[-_ ]+(the|your|client|tenant|app|application|directory|secret|value)([-_ ]|$)`,
	`^(the[-_ ])?(azure[-_]?)?(ad[-_]?)?(client|tenant|app|application|directory)[-_ ]?(id|guid)([-_ ]here)?$`,
	`x{4,}`,
	`^\*{3,}$`, `^•+$`, `^\.{3}$|^…$`,
	`^0{8}-(0{4}-){3}0{12}$`,
	`^(changeme|change[-_]me|todo|tbd|null|undefined|none|n/a|redacted)$`,
}, "|"))

// isSample reports whether a value is a sample's text that nobody replaced.
func isSample(value string) bool { return sampleText.MatchString(value) }

// mostShown is how much of a value that was given is shown.
const mostShown = 300

// quoted shows a value as it was given, with what cannot be seen written out.
func quoted(value string) string {
	if runes := []rune(value); len(runes) > mostShown {
		value = string(runes[:mostShown-1]) + "…"
	}
	return strconv.Quote(value)
}
