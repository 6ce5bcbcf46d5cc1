package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

var registeredURIChecks = []*Check{
	ofVisible(&Check{
		ID:       "redirect-uri-registered",
		Title:    "The redirect URI is registered, letter for letter",
		Why:      "The sign-in page shows an error and sends nobody back; the integration never hears of it.",
		Severity: Blocks,
		AADSTS:   []int{50011, 500113, 900971},
		Cites:    citeReplyURL,
		Asks:     []Input{InputRedirectURI},
		After:    []string{"redirect-uri-well-formed"},
		Open: func(f *Facts) *Gap {
			if len(f.visible().RedirectURIs) > 0 {
				return nil
			}
			return registeredElsewhere(f) // that it shows none here means nothing there
		},
		Evaluate: unregisteredURI,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seeApp(entra.PortalAuthentication, "redirect URIs of the app", uriWords(f.visible().RedirectURIs), f.Given.RedirectURI)}
		},
	}),
	ofRegistration(&Check{
		ID:       "redirect-uri-on-web",
		Title:    "The redirect URI is registered under the platform Web",
		Why:      "The platform decides how the integration may come for the token. Under any other it is refused: with its secret, or for the lack of one.",
		Severity: Blocks,
		AADSTS:   []int{7000218, 700025, 9002325, 9002326, 9002327, 700084},
		Cites:    citeReplyURL,
		Asks:     []Input{InputRedirectURI},
		After:    []string{"redirect-uri-registered"},
		Evaluate: uriOffWeb,
	}),
}

// platformWords are the portal's names of the platforms.
var platformWords = map[entra.Platform]string{
	entra.Web: "Web", entra.SPA: "Single-page application", entra.PublicClient: "Mobile and desktop applications",
}

func uriWords(uris []entra.RedirectURI) string {
	words := make([]string, len(uris))
	for i, u := range uris {
		words[i] = u.URI
		if u.Platform != "" {
			words[i] += " (" + platformWords[u.Platform] + ")"
		}
	}
	return orNone(words)
}

// sentURI is the address that the integration sends.
func (f *Facts) sentURI() string { return strings.TrimSpace(f.Given.RedirectURI) }

func unregisteredURI(f *Facts) []Finding {
	sent, uris := f.sentURI(), f.visible().RedirectURIs
	if slices.ContainsFunc(uris, func(r entra.RedirectURI) bool { return r.Matches(sent) }) {
		return nil
	}
	summary := fmt.Sprintf("%s is not registered: the app has no redirect URI at all.", sent)
	if near, ok := nearestURI(uris, sent); ok {
		summary = fmt.Sprintf("%s is not registered. The nearest one is %s: %s.", sent, near, redirectDifference(sent, near))
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{f.seeApp(entra.PortalAuthentication, "redirect URIs of the app", uriWords(uris), sent+" (Web)")},
		Mend: Remedy{
			Say: fmt.Sprintf("Register %s under the platform Web.", sent), Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps: []string{
				"Under Authentication, Web, Redirect URIs, add the address exactly as it is sent: scheme, host, port, path, capital letters and the slash at the end count.",
				"For http://localhost the port alone does not count.",
				"It can take a minute until the sign-in page knows it.",
			},
			Change: f.withURI(sent),
		},
	}}
}

// nearestURI is the registered address that differs in the fewest letters.
func nearestURI(uris []entra.RedirectURI, sent string) (string, bool) {
	all := make([]string, len(uris))
	for i, u := range uris {
		all[i] = u.URI
	}
	return entra.Closest(sent, all)
}

// withURI puts an address under Web. One that differs in capital letters only
// makes room, because Microsoft takes no two such addresses; nil when the list
// would not be taken, or the registration is in another tenant.
func (f *Facts) withURI(uri string) entra.Change {
	app := f.app()
	if app == nil {
		return nil
	}
	uris := slices.DeleteFunc(slices.Clone(app.RedirectURIs), func(r entra.RedirectURI) bool { return strings.EqualFold(r.URI, uri) })
	uris = append(uris, entra.RedirectURI{URI: uri, Platform: entra.Web})
	if entra.ValidateRedirectURIs(uris, app.Audience) != nil {
		return nil
	}
	return entra.UpdateApplication{App: app.ID, RedirectURIs: uris}
}

func uriOffWeb(f *Facts) []Finding {
	sent, app := f.sentURI(), f.app()
	matching := func(r entra.RedirectURI) bool { return r.Matches(sent) }
	if slices.ContainsFunc(app.RedirectURIs, func(r entra.RedirectURI) bool { return matching(r) && r.Platform == entra.Web }) {
		return nil
	}
	at := slices.IndexFunc(app.RedirectURIs, matching)
	if at < 0 {
		return nil // it is not registered, which is another finding
	}
	on := app.RedirectURIs[at]
	moved := slices.Clone(app.RedirectURIs)
	moved[at].Platform = entra.Web
	return []Finding{{
		Summary: fmt.Sprintf("%s is registered under %s.", on.URI, platformWords[on.Platform]),
		Shown:   []Evidence{f.seeApp(entra.PortalAuthentication, "platform of the redirect URI", platformWords[on.Platform], platformWords[entra.Web])},
		Mend: Remedy{
			Say: "Move the redirect URI to the platform Web.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps:  []string{fmt.Sprintf("Under Authentication remove the address from %s.", platformWords[on.Platform]), "Add the same address under Web: an address can be on one platform only."},
			Change: entra.UpdateApplication{App: app.ID, RedirectURIs: moved},
		},
	}}
}
