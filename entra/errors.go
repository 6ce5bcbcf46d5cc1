package entra

import (
	"fmt"
	"time"
)

// A ServiceError is an answer of a Microsoft service that says no. A request
// that got no answer at all is not a ServiceError: its outcome is unknown.
type ServiceError struct {
	Service   string // "Microsoft Graph", "sign-in", "Azure DevOps"
	Status    int    // HTTP status
	Code      string // Graph's error.code, OAuth's error, Azure DevOps' typeKey
	AADSTS    int    // number of the sign-in service's code; 0 when there is none
	SubError  string // sign-in only
	Message   string // the service's own text; for people, never for decisions
	RequestID string // request-id, trace id or ActivityId
	// Detail is the code of the first entry of error.details
	// ("NoBackingApplicationObject", "ObjectConflict").
	Detail string
	// RetryAfter is what the service asked for; zero when it did not.
	RetryAfter time.Duration
}

// Error names the service, the code and the text. It never holds a request
// or response body.
func (e *ServiceError) Error() string {
	code := e.Code
	if e.AADSTS != 0 {
		code = fmt.Sprintf("AADSTS%d", e.AADSTS)
	}
	return fmt.Sprintf("%s answered %d %s: %s", e.Service, e.Status, code, e.Message)
}
