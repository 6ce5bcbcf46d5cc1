package bootstrap

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/consentry/consentry/entra"
)

// A StepError is a step that could not be done. Its text is for people.
type StepError struct {
	Title string
	Say   string
	Who   string // who can do it; empty for nobody in particular
	Err   error
}

// Error says which step, why, and who can.
func (e *StepError) Error() string {
	text := e.Title + ": " + e.Say
	if e.Who != "" {
		text += " Who can: " + e.Who + "."
	}
	return text
}

// Unwrap gives the directory's answer.
func (e *StepError) Unwrap() error { return e.Err }

// policies are refusals that another choice avoids, by code.
var policies = map[string]string{
	"CredentialTypeNotAllowedAsPerAppPolicy":  "The tenant's policy forbids this kind of credential. Choose another with --credential: certificate or federated.",
	"CredentialInvalidLifetimeAsPerAppPolicy": "The tenant's policy does not let a credential last so long. Give fewer days with --credential-days.",
	"SignInAudienceNotAllowedAsPerAppPolicy":  "The tenant's policy forbids apps of several tenants. Leave out --multitenant.",
	"Directory_QuotaExceeded":                 "The account that runs this has made as many objects as it may. Another account can go on, or delete what is not needed any more.",
	"ServiceManagementReference":              "The tenant asks for a service management reference on every app registration. Register the app in the portal.",
}

func stepError(s Step, err error) error {
	e := &StepError{Title: s.Title, Err: err}
	var no *entra.ServiceError
	switch {
	case errors.As(err, &no) && policies[no.Code] != "":
		e.Say = policies[no.Code]
	case errors.As(err, &no) && (no.Status == http.StatusForbidden || no.Status == http.StatusUnauthorized):
		e.Say, e.Who = "The identity that runs this may not do it: it lacks a permission or a role.", s.Who
	default:
		e.Say = fmt.Sprintf("Microsoft Graph refused it: %v.", err)
	}
	return e
}

// passes reports whether what was answered may be otherwise a little later: a
// replica has not heard of what was made, somebody else is at work on it, it
// is there already, or no answer came.
func passes(err error, tried bool) bool {
	if entra.OutcomeUnknown(err) {
		return true
	}
	var no *entra.ServiceError
	if !errors.As(err, &no) || policies[no.Code] != "" {
		return false
	}
	switch {
	case no.Detail == "NoBackingApplicationObject", no.Status == http.StatusNotFound, no.Status == http.StatusConflict,
		no.Status == http.StatusTooManyRequests, no.Status >= http.StatusInternalServerError:
		return true
	}
	// "It is there already" is a 400, as much else is: one more look tells.
	return no.Status == http.StatusBadRequest && !tried
}
