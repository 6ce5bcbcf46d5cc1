package azuredevops

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
)

// organizationPath checks a slug and returns it as a first path segment. What
// a person pasted has been read before: an address is refused here.
func organizationPath(slug string) (string, error) {
	name, _, err := entra.ParseOrganization(slug)
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(name, slug) {
		return "", fmt.Errorf("the organization %q is not a plain name: give the part after https://dev.azure.com/", slug)
	}
	return "/" + slug, nil
}

// projectSegment checks a project's name or id and returns it escaped, as one
// path segment. No valid name begins with a full stop, so none can climb up
// the path.
func projectSegment(nameOrID string) (string, error) {
	if err := entra.ValidateProject(nameOrID); err != nil {
		return "", err
	}
	return url.PathEscape(nameOrID), nil
}
