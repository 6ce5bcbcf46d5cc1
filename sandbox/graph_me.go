package sandbox

import (
	"reflect"
	"strings"
	"time"
)

// textOrNull is how Graph writes a text that is not there.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// wireTime is a time as Graph writes it.
func wireTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

func getMe(q *graphRequest) (reply, *graphError) {
	return one(q, userSet, q.user.wire())
}

// A directoryRole is an activated role, with what memberships show of it.
type directoryRole struct {
	ID              string  `json:"id"`
	DeletedDateTime *string `json:"deletedDateTime"`
	Description     *string `json:"description"`
	DisplayName     *string `json:"displayName"`
	RoleTemplateID  *string `json:"roleTemplateId"`
}

var roleSet = &entitySet{
	name: "directoryRoles", typeName: "microsoft.graph.directoryRole", resource: "DirectoryRole",
	of: reflect.TypeFor[directoryRole](), filterable: []string{"displayName", "roleTemplateId"}, sortable: []string{"displayName"},
}

// rolesOf are a user's directory roles. A token that may not read the
// directory learns that they exist, and nothing else about them.
func (q *graphRequest) rolesOf(u *user) []*directoryRole {
	readable := q.caller.appOnly() || q.caller.hasScope("Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All", "RoleManagement.Read.Directory")
	var list []*directoryRole
	for _, template := range u.Roles {
		role := &directoryRole{ID: q.tenant.roleID(template)}
		if readable {
			name := directoryRoleNames[template]
			role.DisplayName, role.Description, role.RoleTemplateID = textOrNull(name), textOrNull(name), &template
		}
		list = append(list, role)
	}
	return list
}

// roleID is the object id of a role in a tenant, which differs from its
// template's: the two ids in one.
func (t *tenant) roleID(template string) string {
	if len(template) < 8 || len(t.ID) < 36 {
		return template
	}
	return template[:8] + t.ID[8:]
}

func listDirectoryRoles(q *graphRequest, u *user) (reply, *graphError) {
	return listOf(q, roleSet.typedItems(), q.rolesOf(u))
}

// listMemberships lists what the user belongs to: here, directory roles.
func listMemberships(q *graphRequest, u *user) (reply, *graphError) {
	set := roleSet.typedItems()
	set.name = directoryObjects
	return listOf(q, set, q.rolesOf(u))
}

// A verifiedDomain is a domain that the tenant proved to own.
type verifiedDomain struct {
	Capabilities string `json:"capabilities"`
	IsDefault    bool   `json:"isDefault"`
	IsInitial    bool   `json:"isInitial"`
	Name         string `json:"name"`
	Type         string `json:"type"`
}

// A graphOrganization is a tenant on the wire.
type graphOrganization struct {
	ID                     string           `json:"id"`
	DeletedDateTime        *string          `json:"deletedDateTime"`
	BusinessPhones         []string         `json:"businessPhones"`
	City                   *string          `json:"city"`
	Country                *string          `json:"country"`
	CountryLetterCode      *string          `json:"countryLetterCode"`
	CreatedDateTime        string           `json:"createdDateTime"`
	DefaultUsageLocation   *string          `json:"defaultUsageLocation"`
	DisplayName            string           `json:"displayName"`
	OnPremisesSyncEnabled  *bool            `json:"onPremisesSyncEnabled"`
	PostalCode             *string          `json:"postalCode"`
	PreferredLanguage      *string          `json:"preferredLanguage"`
	State                  *string          `json:"state"`
	Street                 *string          `json:"street"`
	TechnicalNotifications []string         `json:"technicalNotificationMails"`
	TenantType             string           `json:"tenantType"`
	AssignedPlans          []struct{}       `json:"assignedPlans"`
	ProvisionedPlans       []struct{}       `json:"provisionedPlans"`
	VerifiedDomains        []verifiedDomain `json:"verifiedDomains"`
}

var organizationSet = &entitySet{
	name: "organization", typeName: "microsoft.graph.organization", resource: "Organization",
	of: reflect.TypeFor[graphOrganization](), sortable: []string{""},
}

func (t *tenant) wire() *graphOrganization {
	return normalized(&graphOrganization{
		ID: t.ID, CreatedDateTime: wireTime(t.Created), DisplayName: t.DisplayName, TenantType: "AAD",
		VerifiedDomains: []verifiedDomain{{
			Capabilities: "Email, OfficeCommunicationsOnline", IsDefault: true, IsInitial: true, Name: t.Domain, Type: "Managed",
		}},
	})
}

func listOrganization(q *graphRequest) (reply, *graphError) {
	return listOf(q, organizationSet, []*graphOrganization{q.tenant.wire()})
}

func getOrganization(q *graphRequest) (reply, *graphError) {
	if !strings.EqualFold(q.keys[0].text, q.tenant.ID) {
		return reply{}, errNotFound.with(q.keys[0].text)
	}
	return one(q, organizationSet, q.tenant.wire())
}
