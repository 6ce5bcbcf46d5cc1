package setup

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// mergeRedirectURIs adds what is missing and takes nothing away. A redirect
// URI may stand on one platform only, letter case ignored
// [MicrosoftDocs/entra-docs/docs/identity-platform/reply-url.md]: one that
// stands elsewhere, or in another letter case, is put right in its place.
func mergeRedirectURIs(have, want []entra.RedirectURI) (merged []entra.RedirectURI, diffs []Diff) {
	merged = slices.Clone(have)
	for _, w := range want {
		at := slices.IndexFunc(merged, func(h entra.RedirectURI) bool { return strings.EqualFold(withSlash(h.URI), withSlash(w.URI)) })
		switch {
		case at >= 0 && withSlash(merged[at].URI) == withSlash(w.URI) && merged[at].Platform == w.Platform:
		case at < 0:
			merged = append(merged, w)
			diffs = append(diffs, Diff{Field: "redirect URI", New: uriText(w)})
		default:
			diffs = append(diffs, Diff{Field: "redirect URI", Old: uriText(merged[at]), New: uriText(w)})
			merged[at] = w
		}
	}
	return merged, diffs
}

// withSlash is an address as the service keeps it when it has no path.
func withSlash(uri string) string {
	if _, rest, ok := strings.Cut(uri, "://"); ok && !strings.ContainsAny(rest, "/?") {
		return uri + "/"
	}
	return uri
}

func uriText(u entra.RedirectURI) string { return u.URI + " (" + string(u.Platform) + ")" }

// mergePermissions adds what is missing and takes nothing away.
func mergePermissions(have []entra.Permission, want []permission) (merged []entra.Permission, diffs []Diff) {
	merged = slices.Clone(have)
	for _, w := range want {
		if slices.ContainsFunc(merged, func(h entra.Permission) bool {
			return h.Resource == w.Resource && h.Kind == w.Kind && strings.EqualFold(h.ID, w.ID)
		}) {
			continue
		}
		merged = append(merged, w.Permission)
		diffs = append(diffs, Diff{Field: "API permission", New: w.name})
	}
	return merged, diffs
}

// mergeScopes adds what is missing to a grant and takes nothing away. Scope
// names are compared without letter case, as sign-in does.
func mergeScopes(have, want []string) (merged []string, added bool) {
	merged = slices.Clone(have)
	for _, w := range want {
		if !slices.ContainsFunc(merged, func(h string) bool { return strings.EqualFold(h, w) }) {
			merged, added = append(merged, w), true
		}
	}
	return merged, added
}

// accounts says which kinds of accounts an audience takes.
type accounts struct{ own, organizations, personal bool }

var audiences = map[entra.Audience]accounts{
	entra.SingleTenant:    {own: true},
	entra.AnyOrganization: {own: true, organizations: true},
	entra.AnyAccount:      {own: true, organizations: true, personal: true},
	entra.PersonalOnly:    {personal: true},
}

// widen returns the narrowest audience that takes everyone have and want take:
// nobody who can sign in today is shut out.
func widen(have, want entra.Audience) entra.Audience {
	h, w := audiences[have], audiences[want]
	need := accounts{h.own || w.own, h.organizations || w.organizations, h.personal || w.personal}
	for _, a := range []entra.Audience{entra.SingleTenant, entra.AnyOrganization, entra.PersonalOnly} {
		if audiences[a] == need {
			return a
		}
	}
	return entra.AnyAccount
}
