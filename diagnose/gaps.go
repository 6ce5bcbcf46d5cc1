package diagnose

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// notGiven is the gap of a fact that was not asked for, because what it takes
// was not given or nothing here reads it. Nothing went wrong.
func notGiven(why, would string) error {
	return &checks.GapError{Gap: checks.Gap{Why: why, Would: would, NotGiven: true}}
}

// gap is one of a fact that was asked for, or could not be, because something
// is wrong.
func gap(why, would string) error { return &checks.GapError{Gap: checks.Gap{Why: why, Would: would}} }

// unanswered explains why a service did not tell what; permission is what a
// sign-in to the directory needs for it, empty for the other services.
func unanswered(what, permission string, err error) error {
	var no *entra.ServiceError
	if errors.As(err, &no) {
		if refused := no.Status == http.StatusForbidden || no.Status == http.StatusUnauthorized; refused && permission != "" {
			return gap(fmt.Sprintf("Whoever is signed in may not read %s: %s answered %d.", what, no.Service, no.Status),
				"Sign in with the permission "+permission+", which an administrator consents to.")
		}
		return gap(fmt.Sprintf("%s did not tell %s: it answered %d %s.", no.Service, what, no.Status, no.Code), "Run the checks again in a few minutes.")
	}
	var lost *entra.NoAnswerError
	if errors.As(err, &lost) {
		return gap(fmt.Sprintf("%s gave no usable answer when asked for %s.", lost.Service, what),
			"Look at the network path from here to "+lost.Service+", then run the checks again.")
	}
	return gap(fmt.Sprintf("%s could not be found out: %v.", what, err), "Run the checks again.")
}

// Ways to have what was not given.
const (
	signInWould = "Sign in to the directory with permission to read app registrations (Application.Read.All, DelegatedPermissionGrant.Read.All, Policy.Read.All)."
	tokenWould  = "Run a test consent: sign in once as a person who uses the integration."
	secretWould = "Give the client secret."
)

var (
	errNobody  = notGiven("Nobody is signed in to the directory.", signInWould)
	errNoToken = notGiven("There is no token of a test consent.", tokenWould)
)
