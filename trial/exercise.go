package trial

import "github.com/consentry/consentry/azuredevops"

// An Exercise is one harmless call that a scope of the token allows, and what
// came of it, so that pages need not know the client that made it.
type Exercise = azuredevops.Exercise
