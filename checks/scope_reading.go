package checks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A scopeReading is a scope parameter, read as it was probably meant.
type scopeReading struct {
	// pieces are the scopes, each once, in order.
	pieces []string
	// faults say what is wrong with the writing, as ends of a sentence that
	// begins with "The scopes".
	faults []string
	// labels are scopes that stand there by the label of a form instead of
	// their name.
	labels []entra.DevOpsScope
}

// clean is the parameter as it should be written.
func (r scopeReading) clean() string { return strings.Join(r.pieces, " ") }

// refs are the scopes taken apart.
func (r scopeReading) refs() []entra.ScopeRef { return entra.ParseScopes(r.clean()) }

// longestScopes is how much of a scope parameter is read: more than any
// address can carry.
const longestScopes = 8 << 10

// readScopes takes a scope parameter apart whatever stands between its names.
func readScopes(raw string) scopeReading {
	var r scopeReading
	if len(raw) > longestScopes {
		r.fault("are longer than an address can be")
		raw = strings.ToValidUTF8(raw[:longestScopes], "")
	}
	text, extras := trimPasted(raw)
	if extras != "" {
		r.fault("were pasted with " + extras)
	}
	text = r.named(r.decoded(text))
	r.add(r.separated(text))
	return r
}

func (r *scopeReading) fault(says string) { r.faults = append(r.faults, says) }

// decoded undoes percent-encoding, which the sending library does by itself.
func (r *scopeReading) decoded(text string) string {
	times := 0
	for times < 4 && strings.Contains(text, "%") {
		once, err := url.PathUnescape(text)
		if err != nil || once == text {
			break
		}
		text = once
		times++
	}
	switch {
	case times == 1:
		r.fault("are percent-encoded already, so that they arrive encoded twice")
	case times > 1:
		r.fault(fmt.Sprintf("are percent-encoded %d times over", times))
	}
	return text
}

// named replaces labels of forms ("Work items (read)") by names.
func (r *scopeReading) named(text string) string {
	for _, s := range longestLabels() {
		at := strings.Index(lowerASCII(text), lowerASCII(s.Name))
		if at < 0 {
			continue
		}
		r.labels = append(r.labels, s)
		text = text[:at] + entra.ScopeName(entra.AzureDevOps, s.Value) + text[at+len(s.Name):]
	}
	return text
}

// lowerASCII keeps every byte in its place, which strings.ToLower does not.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// longestLabels are the scopes whose label is no single word, longest first:
// "Work items (read and write)" before "Work items (read)".
func longestLabels() []entra.DevOpsScope {
	out := slices.DeleteFunc(entra.DevOpsScopes(), func(s entra.DevOpsScope) bool { return !strings.Contains(s.Name, " ") })
	slices.SortStableFunc(out, func(a, b entra.DevOpsScope) int { return len(b.Name) - len(a.Name) })
	return out
}

// separators are what stands between scopes besides one blank.
var separators = []struct{ text, name string }{
	{",", "commas"}, {";", "semicolons"}, {"|", "bars"}, {"\t", "tabs"}, {"\n", "line feeds"}, {"\r", "line feeds"}, {"+", "plus signs"},
	{"\u00a0", "non-breaking blanks"}, {"\"", "quotation marks"}, {"'", "quotation marks"}, {"[", "brackets"}, {"]", "brackets"},
}

// separated splits at blanks and at whatever else stands between.
func (r *scopeReading) separated(text string) []string {
	var names []string
	for _, s := range separators {
		if strings.Contains(text, s.text) {
			names = appendNew(names, s.name)
			text = strings.ReplaceAll(text, s.text, " ")
		}
	}
	switch {
	case len(names) > 0:
		r.fault("are separated by " + strings.Join(names, " and ") + " instead of single blanks")
	case strings.Contains(text, "  "):
		r.fault("are separated by more than one blank")
	}
	return strings.Fields(text)
}

// add takes the pieces in, each once.
func (r *scopeReading) add(pieces []string) {
	var slashes, twice []string
	seen := map[string]bool{}
	for _, piece := range pieces {
		if before, after, found := strings.Cut(piece, "//"); found && entra.IsGUID(before) {
			slashes = appendNew(slashes, piece)
			piece = before + "/" + strings.TrimLeft(after, "/")
		}
		key := strings.ToLower(piece)
		if seen[key] {
			twice = appendNew(twice, piece)
			continue
		}
		seen[key] = true
		r.pieces = append(r.pieces, piece)
	}
	if len(slashes) > 0 {
		r.fault(fmt.Sprintf("have two slashes in %s, where the ID of a resource takes one", list(slashes)))
	}
	if len(twice) > 0 {
		r.fault(fmt.Sprintf("name %s twice", list(twice)))
	}
}

// ofDevOps reports whether a scope is, or was meant to be, one of Azure
// DevOps: by its resource, or by a name that no other resource has.
func ofDevOps(ref entra.ScopeRef) bool {
	return ref.Resource == entra.AzureDevOps || devOpsName(ref.Name) && (ref.Resource == entra.MicrosoftGraph || devOpsAddress(ref.Resource))
}

// devOpsName: names that begin with vso. belong to Azure DevOps; so does
// user_impersonation where no resource is named.
func devOpsName(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "vso.") || lower == entra.UserImpersonation
}

// devOpsAddress: addresses of Azure DevOps that are not its resource.
func devOpsAddress(resource entra.ClientID) bool {
	lower := strings.ToLower(string(resource))
	return strings.Contains(lower, "dev.azure.com") || strings.Contains(lower, "visualstudio.com")
}
