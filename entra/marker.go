package entra

import (
	"regexp"
	"strings"
)

// markerPrefix begins the tag that says which environment made an app
// registration. Changing it would orphan every registration made before.
const markerPrefix = "consentry:environment:"

// EnterpriseAppTag lists a service principal under Enterprise applications in
// the portal, as it does those that the portal makes.
const EnterpriseAppTag = "WindowsAzureActiveDirectoryIntegratedApp"

// MaxSecretName is how long the display name of a secret may get here;
// longer descriptions are cut.
const MaxSecretName = 120

// Marker is the tag an environment's app registration carries. It is the same
// from every machine, so that any of them finds the registration again.
func Marker(environment string) string { return markerPrefix + environment }

// MarkedEnvironment reads a tag that Marker made.
func MarkedEnvironment(tag string) (environment string, ok bool) {
	environment, ok = strings.CutPrefix(tag, markerPrefix)
	return environment, ok && environment != ""
}

// ours is the end of a display name that SecretName made.
var ours = regexp.MustCompile(`(?:^| )\[consentry ([^\s\[\]]+) ([^\s\[\]]+)\]$`)

// SecretName is the display name of a client secret: its description, cut
// where needed, and a marker that says which environment and which operation
// asked for it, so that a secret whose answer was lost can be found.
// Environment and operation hold neither blanks nor brackets.
func SecretName(description, environment, operation string) string {
	mark := "[consentry " + environment + " " + operation + "]"
	description = strings.TrimSpace(description)
	if room := MaxSecretName - len(mark) - 1; len(description) > room {
		description = strings.TrimSpace(cut(description, room))
	}
	return strings.TrimSpace(description + " " + mark)
}

// ByHand stands where other secrets name the operation that made them: with
// the marker a secret made in the portal counts as the environment's own.
const ByHand = "by-hand"

// MarkedSecret reads a name that SecretName made: for which environment, and
// in which operation.
func MarkedSecret(name string) (environment, operation string, ok bool) {
	m := ours.FindStringSubmatch(name)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// IsOurSecret reports whether SecretName made the name for this environment,
// and which operation it was.
func IsOurSecret(name, environment string) (operation string, ok bool) {
	marked, operation, ok := MarkedSecret(name)
	if !ok || marked != environment {
		return "", false
	}
	return operation, true
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	end := 0
	for i := range s {
		if i > n {
			break
		}
		end = i
	}
	return s[:end]
}
