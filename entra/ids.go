package entra

import (
	"fmt"
	"regexp"
	"strings"
)

// ClientID is an application's appId, shown in the portal as "Application
// (client) ID". It is the same in every tenant.
type ClientID string

// ObjectID is the id of one directory object (application, service principal,
// user) in one tenant.
type ObjectID string

// TenantID is a directory's id, shown as "Directory (tenant) ID".
type TenantID string

// KeyID is the id of one client secret ("Secret ID" in the portal). It is not
// the secret and never works in its place.
type KeyID string

// The client IDs of the two resources every integration needs.
const (
	AzureDevOps    ClientID = "499b84ac-1321-427f-aa17-267ca6975798"
	MicrosoftGraph ClientID = "00000003-0000-0000-c000-000000000000"
)

var (
	guidPattern   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	domainPattern = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`)
)

// IsGUID reports whether s is a GUID in its usual form, letter case ignored.
func IsGUID(s string) bool { return guidPattern.MatchString(strings.ToLower(s)) }

// ParseClientID reads an Application (client) ID: a GUID, blanks around it
// ignored. The error names the mend.
func ParseClientID(s string) (ClientID, error) {
	id, err := parseGUID(s, "client ID", "Application (client) ID")
	return ClientID(id), err
}

// ParseObjectID reads an object ID: a GUID, blanks around it ignored.
func ParseObjectID(s string) (ObjectID, error) {
	id, err := parseGUID(s, "object ID", "Object ID")
	return ObjectID(id), err
}

func parseGUID(s, name, portal string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", fmt.Errorf("the %s is missing: copy it from the portal, where it is called %q", name, portal)
	}
	if !guidPattern.MatchString(s) {
		return "", fmt.Errorf("the %s must look like 11111111-2222-3333-4444-555555555555: copy it from the portal, where it is called %q", name, portal)
	}
	return s, nil
}

// ParseTenant reads a tenant as a person types it: its GUID or one of its
// verified domains. The result is safe as one path segment of a sign-in URL.
// The words "common", "organizations" and "consumers" are refused: they name
// no tenant.
func ParseTenant(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "":
		return "", fmt.Errorf("the tenant is missing: give its Directory (tenant) ID or a domain of it such as contoso.onmicrosoft.com")
	case guidPattern.MatchString(s):
		return s, nil
	case len(s) <= 253 && domainPattern.MatchString(s):
		return s, nil
	}
	return "", fmt.Errorf("the tenant %q is neither a Directory (tenant) ID nor a domain such as contoso.onmicrosoft.com", s)
}
