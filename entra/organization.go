package entra

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxProjectName is how many characters a project's name may have.
const MaxProjectName = 64

// slugPattern and the rules of ValidateProject are Azure DevOps' own
// [MicrosoftDocs/azure-devops-docs/docs/organizations/settings/naming-restrictions.md].
var slugPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?$`)

const projectForbidden = `/:\~&%;@'"?<>|#$*}{,+=[]`

// notOrganizations are first labels of *.visualstudio.com hosts that name a
// service of Microsoft's.
var notOrganizations = map[string]bool{"app": true, "www": true, "vs-ssh": true, "marketplace": true, "my": true}

// ParseOrganization reads an Azure DevOps organization as a person gives it:
// its plain name, or the address of any of its pages, services or
// repositories, in the new and the old form. It returns the name in lower
// case (letter case counts for nothing) and the project the address names, if
// any. Only the name is taken from an address: no host is ever called because
// it was pasted.
func ParseOrganization(input string) (slug, project string, err error) {
	s := strings.TrimSpace(input)
	if s == "" {
		return "", "", fmt.Errorf("the organization is missing: give its name, or paste its address such as https://dev.azure.com/mycompany/")
	}
	a := splitAddress(s)
	if slug, a.segments, err = organizationIn(a); err != nil {
		return "", "", err
	}
	if !slugPattern.MatchString(slug) {
		return "", "", fmt.Errorf("the organization %q is not a valid name: give the part after https://dev.azure.com/, which has letters, digits and hyphens only, at most 50", slug)
	}
	return strings.ToLower(slug), projectIn(a.segments), nil
}

// address is a pasted address taken apart; host is empty when there is none,
// as in "mycompany" and "mycompany/Shop".
type address struct {
	user, host string
	segments   []string
}

func splitAddress(s string) address {
	if !strings.Contains(s, "://") {
		// git@ssh.dev.azure.com:v3/mycompany/Shop/shop
		s = strings.Replace(s, ":v3/", "/v3/", 1)
		if first, _, _ := strings.Cut(s, "/"); !strings.ContainsAny(first, ".:@") {
			return address{segments: segmentsOf(s)}
		}
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return address{host: s}
	}
	return address{u.User.Username(), strings.ToLower(u.Hostname()), segmentsOf(strings.TrimPrefix(u.Path, "/v3/"))}
}

func segmentsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// errNoOrganization answers addresses of pages that belong to none.
var errNoOrganization = errors.New("this address of Azure DevOps names no organization: open the organization and paste its address, such as https://dev.azure.com/mycompany/")

// organizationIn finds the organization in an address: first path segment
// under dev.azure.com (or, in a bare clone address, the user), first label
// under visualstudio.com.
func organizationIn(a address) (slug string, rest []string, err error) {
	switch {
	case a.host == "" && len(a.segments) > 0:
		return a.segments[0], a.segments[1:], nil
	case a.host == "dev.azure.com", strings.HasSuffix(a.host, ".dev.azure.com"), a.host == "vs-ssh.visualstudio.com":
		if len(a.segments) > 0 {
			return a.segments[0], a.segments[1:], nil
		}
		if a.user == "" {
			return "", nil, errNoOrganization
		}
		return a.user, nil, nil
	case strings.HasSuffix(a.host, ".visualstudio.com"):
		slug, _, _ = strings.Cut(a.host, ".")
		if notOrganizations[slug] {
			return "", nil, errNoOrganization
		}
		rest = a.segments
		if len(rest) > 0 && strings.EqualFold(rest[0], "DefaultCollection") {
			rest = rest[1:]
		}
		return slug, rest, nil
	}
	return "", nil, errors.New("the organization's address must be on dev.azure.com or visualstudio.com: paste it from Azure DevOps, or give the organization's name alone")
}

// projectIn is the first segment below the organization, unless it is one of
// Azure DevOps' own pages, which begin with an underscore.
func projectIn(segments []string) string {
	if len(segments) == 0 || ValidateProject(segments[0]) != nil {
		return ""
	}
	return segments[0]
}

// ValidateProject checks the name or the id of a project. The error names the
// mend.
func ValidateProject(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("the project is missing: give its name as Azure DevOps shows it")
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("the project's name holds a character that cannot be shown: type it by hand")
	case utf8.RuneCountInString(name) > MaxProjectName:
		return fmt.Errorf("the project's name is longer than %d characters: give it as Azure DevOps shows it", MaxProjectName)
	case strings.ContainsAny(name, projectForbidden):
		return fmt.Errorf("the project's name %q holds %q, which no project's name can: give the name, not an address", name, name[strings.IndexAny(name, projectForbidden)])
	case strings.HasPrefix(name, "_"), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."):
		return fmt.Errorf("the project's name %q begins with _ or . or ends with a full stop, which no project's name does: give it as Azure DevOps shows it", name)
	}
	return nil
}
