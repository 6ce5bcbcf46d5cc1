package checks

import "slices"

// tokenChecks need the token of a test consent.
var tokenChecks = slices.Concat(tokenClaimChecks, reachChecks, operationChecks)
