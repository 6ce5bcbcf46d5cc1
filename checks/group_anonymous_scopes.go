package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

var scopeChecks = []*Check{
	{
		ID:       "scopes-well-formed",
		Title:    "The scopes are separated by single blanks, each once",
		Why:      "Microsoft reads the whole text as one scope, or as scopes that do not exist, and refuses the sign-in.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{70011, 650053, 28002},
		Cites:    citeScopes,
		Asks:     []Input{InputScopes},
		Evaluate: malformedScopes,
		Shows:    showing("scopes, as given", func(f *Facts) string { return f.Given.Scopes }),
	},
	{
		ID:       "scopes-have-resource",
		Title:    "Every scope of Azure DevOps has its resource in front",
		Why:      "A bare name such as vso.work is looked up on Microsoft Graph, where it does not exist, and the sign-in is refused.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{650053, 500011, 65005, 70011},
		Cites:    citeDevOpsEntra,
		Asks:     []Input{InputScopes},
		After:    []string{"legacy-sign-in-unused", "scopes-well-formed"},
		Evaluate: bareScopes,
	},
	{
		ID:       "scopes-for-devops",
		Title:    "A scope of Azure DevOps is asked for",
		Why:      "People sign in and accept, but the token is for another service, and Azure DevOps refuses it.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeDevOpsEntra,
		Asks:     []Input{InputScopes},
		After:    []string{"legacy-sign-in-unused"},
		Evaluate: noDevOpsScope,
	},
	{
		ID:       "scopes-of-one-resource",
		Title:    "The scopes are of one resource",
		Why:      "A token is for one service. People can accept scopes of two, but the integration is refused when it comes for the token.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{28000, 28003, 70011},
		Cites:    citeScopes,
		Asks:     []Input{InputScopes},
		Evaluate: twoResources,
	},
	{
		ID:       "scopes-not-mixed-with-default",
		Title:    "The scope .default stands alone",
		Why:      ".default asks for everything that is registered. Beside a single permission Microsoft refuses the request.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{70011},
		Cites:    citeScopes,
		Asks:     []Input{InputScopes},
		Evaluate: mixedDefault,
	},
	{
		ID:       "scopes-known",
		Title:    "Every scope of Azure DevOps exists",
		Why:      "Microsoft refuses the sign-in when a single scope does not exist.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{650053, 65005, 70011},
		Cites:    citeDevOpsScopes,
		Asks:     []Input{InputScopes},
		Evaluate: unknownScopes,
	},
	{
		ID:       "scopes-by-id",
		Title:    "Azure DevOps is named by its ID in front of each scope",
		Why:      "Its address ends in a slash, so that two have to stand before the name. Where one is lost the sign-in is refused; with the ID nothing can get lost.",
		Group:    Anonymous,
		Severity: Advises,
		AADSTS:   []int{500011},
		Cites:    citeScopes,
		Asks:     []Input{InputScopes},
		After:    []string{"scopes-well-formed", "scopes-have-resource"},
		Evaluate: scopesByAddress,
	},
	{
		ID:       "offline-access-asked",
		Title:    "A refresh token is asked for",
		Why:      "Without offline_access the connection works for an hour or so; then everybody has to sign in again.",
		Group:    Anonymous,
		Severity: Risks,
		Cites:    citeScopes,
		Asks:     []Input{InputScopes},
		Evaluate: noOfflineAccess,
	},
}

// scopeFinding shows the scopes as given beside want, and says what to do.
func scopeFinding(f *Facts, summary, say, want string, steps ...string) Finding {
	return Finding{
		Summary: summary,
		Shown:   []Evidence{{What: "scopes, as given", Got: quoted(f.Given.Scopes), Want: want}},
		Mend:    Remedy{Say: say, Who: entra.AppOwner, Steps: append(steps, "Run the checks again with the scopes as they are then.")},
	}
}

func malformedScopes(f *Facts) []Finding {
	r := readScopes(f.Given.Scopes)
	if isSample(r.clean()) {
		return []Finding{scopeFinding(f, "A sample's text stands among the scopes.", "Replace it by the scopes that the integration needs.", entra.ScopeName(entra.AzureDevOps, "vso.work")+" "+entra.ScopeOfflineAccess)}
	}
	var out []Finding
	for _, fault := range r.faults {
		out = append(out, scopeFinding(f, fmt.Sprintf("The scopes %s.", fault), "Write the scopes with single blanks between them: "+r.clean(), r.clean(),
			"Replace the scopes in the integration by the text above.", "Paste it as it is: percent-encoding is done when it is sent."))
	}
	return out
}

func bareScopes(f *Facts) []Finding {
	var bare, right []string
	elsewhere := "on Microsoft Graph, not on Azure DevOps"
	for _, piece := range readScopes(f.Given.Scopes).pieces {
		ref := entra.ParseScope(piece)
		if ref.Resource != entra.AzureDevOps && ofDevOps(ref) {
			bare = append(bare, piece)
			if ref.Resource != entra.MicrosoftGraph {
				elsewhere = "on another service than Azure DevOps"
			}
			piece = entra.ScopeName(entra.AzureDevOps, ref.Name)
		}
		right = append(right, piece)
	}
	if len(bare) == 0 {
		return nil
	}
	want := strings.Join(right, " ")
	return []Finding{scopeFinding(f,
		fmt.Sprintf("%s would be looked up %s.", list(bare), elsewhere),
		fmt.Sprintf("Put %s/ in front of each scope of Azure DevOps.", entra.AzureDevOps), want,
		"Replace the scopes in the integration by: "+want)}
}

func noDevOpsScope(f *Facts) []Finding {
	refs := readScopes(f.Given.Scopes).refs()
	if slices.ContainsFunc(refs, ofDevOps) {
		return nil
	}
	want := entra.ScopeName(entra.AzureDevOps, entra.UserImpersonation)
	if p, ok := f.Preset(); ok {
		want = strings.Join(p.AskedScopes(f.Given.Registered), " ")
	}
	return []Finding{scopeFinding(f, "None of the scopes is one of Azure DevOps.", "Ask for a scope of Azure DevOps.", want, "Add the scopes that the integration needs, each with "+string(entra.AzureDevOps)+"/ in front.")}
}

// resourceWords are the resources people know by name.
func resourceWords(id entra.ClientID) string {
	switch id {
	case entra.AzureDevOps:
		return "Azure DevOps"
	case entra.MicrosoftGraph:
		return "Microsoft Graph"
	}
	return string(id)
}

func twoResources(f *Facts) []Finding {
	var resources, keep []string
	for _, ref := range readScopes(f.Given.Scopes).refs() {
		resource := ref.Resource
		if ofDevOps(ref) {
			resource = entra.AzureDevOps
		}
		if resource != "" {
			resources = appendNew(resources, resourceWords(resource))
		}
		if resource == "" || resource == entra.AzureDevOps {
			keep = append(keep, ref.String())
		}
	}
	if len(resources) < 2 {
		return nil
	}
	return []Finding{scopeFinding(f,
		fmt.Sprintf("The scopes are of %s, and one token is for one of them.", list(resources)),
		"Ask for the scopes of Azure DevOps alone.", strings.Join(keep, " "),
		"Take the scopes of other services out of the list; User.Read belongs on the registration, not in the request.",
		"Where the integration needs another service too, it has to ask for a second token.")}
}

func mixedDefault(f *Facts) []Finding {
	var all, named, rest []string
	for _, ref := range readScopes(f.Given.Scopes).refs() {
		if ref.Name == ".default" {
			all = append(all, ref.String())
			continue
		}
		rest = append(rest, ref.String())
		if ref.Resource != "" {
			named = append(named, ref.String())
		}
	}
	if len(all) == 0 || len(named) == 0 {
		return nil
	}
	return []Finding{scopeFinding(f,
		fmt.Sprintf("%s stands beside %s.", list(all), list(named)),
		"Take out .default and name each permission, or keep .default alone.", strings.Join(rest, " "),
		"Take "+list(all)+" out of the list: the names beside it say what is wanted.")}
}

func unknownScopes(f *Facts) []Finding {
	r := readScopes(f.Given.Scopes)
	var out []Finding
	for _, s := range r.labels {
		name := entra.ScopeName(entra.AzureDevOps, s.Value)
		out = append(out, scopeFinding(f, fmt.Sprintf("%q is the label of a scope, not its name.", s.Name), "Write "+name+" instead.", name, "Replace the label by the name."))
	}
	for _, ref := range r.refs() {
		if ofDevOps(ref) && ref.Name != ".default" && !isSample(ref.Name) {
			out = append(out, unknownScope(f, ref.Name)...)
		}
	}
	return out
}

// outOfUse are names of the preview APIs, which Azure DevOps gave up, with
// what covers them now
// [MicrosoftDocs/azure-devops-docs/docs/integrate/get-started/authentication/azure-devops-oauth.md].
var outOfUse = map[string]string{"preview_api_all": entra.UserImpersonation}

func unknownScope(f *Facts, name string) []Finding {
	s, known := entra.LookupScope(name)
	if known && s.Status != entra.Dropped {
		return nil
	}
	near, found := outOfUse[strings.ToLower(name)]
	summary := fmt.Sprintf("%s is no scope of Azure DevOps any more.", name)
	if !known && !found {
		near, found = entra.Nearest(name)
		summary = fmt.Sprintf("%s is no scope of Azure DevOps.", name)
	}
	want, say := "a name out of Microsoft's table of scopes", "Replace it by a scope that exists, or take it out."
	if found {
		want = entra.ScopeName(entra.AzureDevOps, near)
		say = fmt.Sprintf("Write %s instead, if that is what is meant.", near)
	}
	return []Finding{scopeFinding(f, summary, say, want, "Look the name up in Microsoft's table: "+citeDevOpsScopes)}
}

func scopesByAddress(f *Facts) []Finding {
	var addressed, right []string
	for _, piece := range readScopes(f.Given.Scopes).pieces {
		if ref := entra.ParseScope(piece); ref.Resource == entra.AzureDevOps && piece != ref.String() && strings.Contains(piece, "://") {
			addressed = append(addressed, piece)
			piece = ref.String()
		}
		right = append(right, piece)
	}
	if len(addressed) == 0 {
		return nil
	}
	want := strings.Join(right, " ")
	return []Finding{scopeFinding(f, fmt.Sprintf("%s names Azure DevOps by an address.", list(addressed)), "Name Azure DevOps by its ID in each scope.", want, "Replace the scopes in the integration by: "+want)}
}

func noOfflineAccess(f *Facts) []Finding {
	r := readScopes(f.Given.Scopes)
	if slices.ContainsFunc(r.pieces, func(s string) bool { return strings.EqualFold(s, entra.ScopeOfflineAccess) }) {
		return nil
	}
	want := r.clean() + " " + entra.ScopeOfflineAccess
	return []Finding{scopeFinding(f, "offline_access is not among the scopes.", "Add offline_access to the scopes.", want, "Replace the scopes in the integration by: "+want)}
}

// list joins words the way a sentence does: "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
