package azuredevops

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// slugPattern is what an organization may be called
// [MicrosoftDocs/azure-devops-docs/docs/organizations/settings/naming-restrictions.md].
var slugPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?$`)

// organizationPath checks a slug and returns it as a first path segment.
func organizationPath(slug string) (string, error) {
	if !slugPattern.MatchString(slug) {
		return "", fmt.Errorf("the organization %q is not a valid name: give the part after https://dev.azure.com/, letters, digits and hyphens only", slug)
	}
	return "/" + slug, nil
}

// projectSegment checks a project's name or id and returns it escaped, as one
// path segment. The service knows no name that begins with a full stop, so
// none can climb up the path.
func projectSegment(nameOrID string) (string, error) {
	switch {
	case nameOrID == "":
		return "", fmt.Errorf("the project is missing: give its name or id")
	case len([]rune(nameOrID)) > 64, strings.HasPrefix(nameOrID, "."), strings.ContainsAny(nameOrID, `/:\~&%;@'"?<>|#$*}{,+=[]`):
		return "", fmt.Errorf("the project %q is not a valid name: copy it from the project's address", nameOrID)
	}
	return url.PathEscape(nameOrID), nil
}
