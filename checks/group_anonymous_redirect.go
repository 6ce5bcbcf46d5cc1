package checks

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

var redirectChecks = []*Check{
	{
		ID:       "redirect-uri-well-formed",
		Title:    "The redirect URI is one that Microsoft takes",
		Why:      "The sign-in page shows an error instead of signing anybody in, and the integration never hears of it.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{50011, 90102, 70004},
		Cites:    citeReplyURL,
		Asks:     []Input{InputRedirectURI},
		Evaluate: malformedRedirect,
		Shows:    showing("redirect URI, as given", func(f *Facts) string { return f.Given.RedirectURI }),
	},
	{
		ID:       "redirect-uri-as-documented",
		Title:    "The redirect URI is the one that the integration documents",
		Why:      "Microsoft compares letter for letter with what the integration really sends. With another address on the registration everybody sees an error on the sign-in page.",
		Group:    Anonymous,
		Severity: Risks,
		AADSTS:   []int{50011},
		Cites:    citeReplyURL,
		Asks:     []Input{InputRedirectURI},
		After:    []string{"redirect-uri-well-formed"},
		Applies:  func(f *Facts) bool { p, ok := f.Preset(); return ok && !strings.HasPrefix(p.RedirectURI, "{") },
		Evaluate: undocumentedRedirect,
	},
}

func malformedRedirect(f *Facts) []Finding {
	typed := f.Given.RedirectURI
	clean, extras := trimPasted(typed)
	decoded, err := url.PathUnescape(clean)
	problem := entra.RedirectURI{URI: clean, Platform: entra.Web}.Validate(entra.AnyOrganization)
	switch {
	case isSample(clean):
		return redirectFinding(f, "The redirect URI holds a sample's text that nobody replaced.", "")
	case extras != "":
		return redirectFinding(f, fmt.Sprintf("The redirect URI was pasted with %s.", extras), clean)
	case err == nil && decoded != clean && !strings.Contains(clean, "://") && strings.Contains(decoded, "://"):
		return redirectFinding(f, "The redirect URI is percent-encoded.", decoded)
	case problem != nil:
		return redirectFinding(f, sentence(problem), "")
	}
	return nil
}

// sentence writes an error of the vocabulary as one: a capital letter in
// front, a full stop behind.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

func redirectFinding(f *Facts, summary, want string) []Finding {
	say := "Use the redirect URI as the integration shows it, on the registration and here."
	if want != "" {
		say = fmt.Sprintf("Use %s, on the registration and in the integration.", want)
	} else {
		want = documentedExample(f)
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{{What: "redirect URI, as given", Got: quoted(f.Given.RedirectURI), Want: want, Portal: f.portal(entra.PortalAuthentication)}},
		Mend: Remedy{
			Say: say, Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps: []string{"Copy the redirect URI (also called callback or redirect URL) from the integration.", "Under Authentication add it to the platform Web, or correct the one there.", "Run the checks again with the same address."},
		},
	}}
}

// documentedExample is what the integration documents as its redirect URI, as
// far as its inputs are known.
func documentedExample(f *Facts) string {
	if p, ok := f.Preset(); ok && !strings.HasPrefix(p.RedirectURI, "{") {
		return strings.Join(documented(p, f.Given.Inputs), " or ")
	}
	return "https://, a host, and the path that the integration names"
}

// documented are the redirect URIs of an integration: filled from its inputs,
// or the template itself where they are missing or wrong.
func documented(p preset.Preset, inputs map[string]string) []string {
	uris, errs := p.RedirectURIs(inputs)
	if len(errs) > 0 {
		return []string{p.RedirectURI}
	}
	var out []string
	for _, u := range uris {
		out = append(out, u.URI)
	}
	return out
}

func undocumentedRedirect(f *Facts) []Finding {
	p, _ := f.Preset()
	sent, want := strings.TrimSpace(f.Given.RedirectURI), documented(p, f.Given.Inputs)
	if slices.ContainsFunc(want, func(w string) bool { return fits(w, sent) }) {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The redirect URI is not the one of %s: %s.", p.Name, redirectDifference(want[0], sent)),
		Shown:   []Evidence{{What: "redirect URI", Got: sent, Want: strings.Join(want, " or ")}},
		Mend: Remedy{
			Say: fmt.Sprintf("Use %s as the redirect URI, unless %s itself shows you another.", want[0], p.Name), Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps: []string{fmt.Sprintf("Compare with the address that %s shows under %s.", p.Name, strings.Join(p.Place(f.Given.Inputs), ", ")), "Register exactly that one under the platform Web."},
		},
	}}
}

// leftOpen is "{host}" in a documented redirect URI.
var leftOpen = regexp.MustCompile(`\{[^{}]*\}`)

// openHost is what may stand in its place.
const openHost = `[A-Za-z0-9.-]+(:\d+)?`

// fits reports whether an address is the documented one; what a template
// leaves open may be any host.
func fits(template, sent string) bool {
	if !strings.Contains(template, "{") {
		return entra.RedirectURI{URI: template, Platform: entra.Web}.Matches(sent)
	}
	var fixed []string
	for _, part := range leftOpen.Split(template, -1) {
		fixed = append(fixed, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile("^" + strings.Join(fixed, openHost) + "$").MatchString(sent)
}

// redirectDifference says in which part two addresses differ first, in the
// words of a browser's address line. The host of a template stands open.
func redirectDifference(want, got string) string {
	open := strings.Contains(want, "://{")
	w, errW := url.Parse(leftOpen.ReplaceAllString(want, "open"))
	g, errG := url.Parse(got)
	switch {
	case errW != nil || errG != nil:
		return "it is another address"
	case !strings.EqualFold(w.Scheme, g.Scheme):
		return fmt.Sprintf("it begins with %s:// instead of %s://", g.Scheme, w.Scheme)
	case !open && !strings.EqualFold(w.Hostname(), g.Hostname()):
		return fmt.Sprintf("its host is %s instead of %s", g.Hostname(), w.Hostname())
	case !open && w.Port() != g.Port():
		return fmt.Sprintf("its port is %q instead of %q", g.Port(), w.Port())
	}
	return partDifference(w, g)
}

// partDifference compares what follows the host.
func partDifference(w, g *url.URL) string {
	switch {
	case w.Path == g.Path && w.RawQuery != g.RawQuery:
		return fmt.Sprintf("what follows the question mark is %q instead of %q", g.RawQuery, w.RawQuery)
	case strings.TrimSuffix(w.Path, "/") == strings.TrimSuffix(g.Path, "/") && strings.HasSuffix(g.Path, "/"):
		return "it ends with a slash"
	case strings.TrimSuffix(w.Path, "/") == strings.TrimSuffix(g.Path, "/"):
		return "the slash at its end is missing"
	case strings.EqualFold(w.Path, g.Path):
		return fmt.Sprintf("its path is written %s instead of %s: capital letters count", g.Path, w.Path)
	}
	return fmt.Sprintf("its path is %q instead of %q", g.Path, w.Path)
}
