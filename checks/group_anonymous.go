package checks

import "slices"

// anonymousChecks need nothing but what is given and what anybody may learn.
var anonymousChecks = slices.Concat(
	networkChecks, endpointChecks, tenantChecks, identityChecks,
	redirectChecks, scopeChecks, organizationChecks, signInChecks,
)

// showing is the evidence of a passed check that is one value.
func showing(what string, got func(*Facts) string) func(*Facts) []Evidence {
	return func(f *Facts) []Evidence { return []Evidence{{What: what, Got: got(f)}} }
}
