package setup

import (
	"errors"
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A ConflictError says that more than one application carries the
// environment's marker. Nothing is changed until a person decides.
type ConflictError struct {
	Environment string
	Apps        []entra.Application
}

// Error names the applications and the mend.
func (e *ConflictError) Error() string {
	names := make([]string, len(e.Apps))
	for i, a := range e.Apps {
		names[i] = fmt.Sprintf("%q (client ID %s)", a.DisplayName, a.ClientID)
	}
	return fmt.Sprintf("%d app registrations carry the marker of the environment %s: %s. Nothing was changed. Choose one as the existing application (adopt), or delete the others in the portal.",
		len(e.Apps), e.Environment, strings.Join(names, ", "))
}

func (a Actual) conflict(name string) error {
	if len(a.Others) == 0 {
		return nil
	}
	return &ConflictError{Environment: name, Apps: append([]entra.Application{*a.App}, a.Others...)}
}

// A NotFoundError says that the application to adopt is not in the tenant.
type NotFoundError struct {
	ClientID entra.ClientID
	Err      error
}

// Error names the client ID and the mend.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("The tenant has no app registration with the client ID %s: check it in the portal, where it is called \"Application (client) ID\", and check the tenant.", e.ClientID)
}

// Unwrap gives the directory's answer.
func (e *NotFoundError) Unwrap() error { return e.Err }

// A NoApplicationError says that an environment has no application whose
// credentials could be changed.
type NoApplicationError struct{ Environment string }

// A NoSecretError says that there is no client secret to rotate, because the
// application proves itself with something else.
type NoSecretError struct {
	Environment string
	Kind        entra.CredentialKind
}

// Error names the mend.
func (e *NoSecretError) Error() string {
	return fmt.Sprintf("The environment %s proves itself with %s, so there is no client secret to rotate: give it another one in its setup, and remove the old one once the new one is in use.", e.Environment, credentialWords[e.Kind])
}

// Error names the mend.
func (e *NoApplicationError) Error() string {
	return fmt.Sprintf("The environment %s has no app registration in this tenant: set it up first.", e.Environment)
}

// A NewGoneError says that the secret that was to take the old one's place is
// not there any more, so the old one stays.
type NewGoneError struct{ Key entra.KeyID }

// Error names the mend.
func (e *NewGoneError) Error() string {
	return fmt.Sprintf("The new client secret is not there any more (ID %s), so the old one stays: add another one.", e.Key)
}

// A StepError is a step that could not be done. Its text is for people.
type StepError struct {
	Step  StepID
	Title string
	// Say is what happened and the mend.
	Say string
	// Who may do it, or must act first; empty when nobody in particular.
	Who string
	// RequestID is what Microsoft's support would ask for.
	RequestID string
	Err       error
}

// Error says which step, why, who can act, and the request ID.
func (e *StepError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Title, e.Say)
	if e.Who != "" {
		text += " Who can: " + e.Who + "."
	}
	if e.RequestID != "" {
		text += " Request ID " + e.RequestID + "."
	}
	return text
}

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Err }

// A refusedChange is a StepError as it stands beside its step, whose title and
// request ID are there already.
type refusedChange struct{ *StepError }

// Error says why, who can act, and the service's own code.
func (e refusedChange) Error() string {
	text := e.Say
	if e.Who != "" {
		text += " Who can: " + e.Who + "."
	}
	var no *entra.ServiceError
	if errors.As(e.Err, &no) && !strings.Contains(text, no.Code) {
		text += fmt.Sprintf(" (%s answered %d %s.)", no.Service, no.Status, no.Code)
	}
	return text
}

// stepError says in words why a step was refused.
func stepError(s Step, err error) *StepError {
	e := &StepError{Step: s.ID, Title: s.Title, RequestID: requestID(err), Err: err}
	e.Say, e.Who = reason(err, s.Who)
	return e
}

// reason goes by status and code, never by the service's text.
func reason(err error, who string) (say, whoCan string) {
	var no *entra.ServiceError
	if !errors.As(err, &no) {
		return sentence(err), ""
	}
	if known, ok := refusals[no.Code]; ok {
		if known.who == "" {
			return known.say, who
		}
		return known.say, known.who
	}
	if no.Status == 401 {
		return "The sign-in is no longer valid. Sign in again and repeat; what was done stays.", ""
	}
	return fmt.Sprintf("%s answered %d %s: %s", no.Service, no.Status, no.Code, sentence(errors.New(entra.ForeignText(no.Message)))), ""
}

type refusal struct{ say, who string }

const policyOwner = "an administrator who may change the tenant's app management policies"

// refusals are Graph's codes that call for a person; an empty who stands for
// whoever may do the step
// [learn: tenantAppManagementPolicy; OfficeDev/TeamsFx].
var refusals = map[string]refusal{
	"Authorization_RequestDenied":             {say: "Whoever is signed in may not do this: a directory role, or the permission of the tool that signed in, is missing."},
	"CredentialTypeNotAllowedAsPerAppPolicy":  {"A policy of the tenant forbids client secrets for applications. Ask for an exception for this application, then repeat.", policyOwner},
	"CredentialInvalidLifetimeAsPerAppPolicy": {"A policy of the tenant allows only shorter lived client secrets. Give a shorter secret lifetime and repeat, or ask for an exception.", policyOwner},
	"SignInAudienceNotAllowedAsPerAppPolicy":  {"A policy of the tenant forbids multitenant applications. Choose the audience AzureADMyOrg (this tenant only) if the integration can do with it, or ask for an exception.", policyOwner},
	"Directory_QuotaExceeded":                 {"The signed-in person has reached the number of directory objects one may create. Delete registrations that are not needed (they count for 30 days more), or let an administrator do this.", whoAddsResources},
}

// requestID finds what support would ask for.
func requestID(err error) string {
	var no *entra.ServiceError
	if errors.As(err, &no) {
		return no.RequestID
	}
	var lost *entra.NoAnswerError
	if errors.As(err, &lost) {
		return lost.RequestID
	}
	return ""
}
