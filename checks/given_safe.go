package checks

import "strings"

// hidden stands in the place of a secret that was typed into a field of
// something else.
const hidden = "(hidden: it has the form of a client secret)"

// looksLikeSecret reports whether a value has the form of a client secret of
// Entra, or of a token, or stood for one.
func looksLikeSecret(value string) bool {
	entraSecret := len(value) >= shortestSecret && strings.Contains(value, "~") && !strings.ContainsAny(value, " /")
	return value == hidden || entraSecret || isJWT(value)
}

// Safe is g as it may be kept and shown: without secrets that were typed into
// the wrong field, and without what follows the path of the sign-in address,
// where codes and secrets can stand.
func (g Given) Safe() Given {
	for _, field := range []*string{&g.ClientID, &g.Tenant, &g.Organization, &g.Project} {
		if looksLikeSecret(strings.TrimFunc(*field, cameAlong)) {
			*field = hidden
		}
	}
	if end := strings.IndexAny(g.Endpoint, "?#"); end >= 0 {
		g.Endpoint = g.Endpoint[:end]
	}
	return g
}
