package checks

import "slices"

// graphChecks need a sign-in that may read the directory.
var graphChecks = slices.Concat(
	registrationChecks, registeredURIChecks, principalChecks, permissionChecks,
	consentChecks, consentRuleChecks, registeredSecretChecks, careChecks,
)
