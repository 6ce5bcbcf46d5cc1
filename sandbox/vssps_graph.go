package sandbox

import (
	"cmp"
	"encoding/base64"
	"slices"
)

// descriptor is the handle of a member in the graph operations.
func (m *member) descriptor() string {
	kind := "aad."
	if m.AppID != "" {
		kind = "aadsp."
	}
	return kind + base64.RawURLEncoding.EncodeToString([]byte(m.ID))
}

// sortedMembers are the organization's members in a stable order.
func (o *organization) sortedMembers() []*member {
	members := make([]*member, 0, len(o.members))
	for _, m := range o.members {
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b *member) int { return cmp.Compare(a.Mail+a.ID, b.Mail+b.ID) })
	return members
}

// A graphSubject is a member on the wire.
type graphSubject struct {
	SubjectKind   string `json:"subjectKind"`
	Domain        string `json:"domain"`
	PrincipalName string `json:"principalName"`
	MailAddress   string `json:"mailAddress,omitempty"`
	ApplicationID string `json:"applicationId,omitempty"`
	Origin        string `json:"origin"`
	OriginID      string `json:"originId"`
	DisplayName   string `json:"displayName"`
	Descriptor    string `json:"descriptor"`
}

func listGraphUsers(c *devopsCall) (devopsReply, *devopsError) {
	var users []graphSubject
	for _, m := range c.org.sortedMembers() {
		if m.AppID == "" {
			users = append(users, graphSubject{
				SubjectKind: "user", Domain: c.org.TenantID, PrincipalName: m.Mail, MailAddress: m.Mail,
				Origin: "aad", OriginID: m.ObjectID, DisplayName: m.DisplayName, Descriptor: m.descriptor(),
			})
		}
	}
	return devopsListOf(users), nil
}

func listGraphPrincipals(c *devopsCall) (devopsReply, *devopsError) {
	var apps []graphSubject
	for _, m := range c.org.sortedMembers() {
		if m.AppID != "" {
			apps = append(apps, graphSubject{
				SubjectKind: "servicePrincipal", Domain: c.org.TenantID, PrincipalName: m.ObjectID, ApplicationID: m.AppID,
				Origin: "aad", OriginID: m.ObjectID, DisplayName: m.DisplayName, Descriptor: m.descriptor(),
			})
		}
	}
	return devopsListOf(apps), nil
}

func listGraphGroups(c *devopsCall) (devopsReply, *devopsError) {
	type graphGroup struct {
		SubjectKind   string `json:"subjectKind"`
		PrincipalName string `json:"principalName"`
		DisplayName   string `json:"displayName"`
		Origin        string `json:"origin"`
		OriginID      string `json:"originId"`
	}
	name := "Project Collection Administrators"
	return devopsListOf([]graphGroup{{
		SubjectKind: "group", PrincipalName: `[` + c.org.Slug + `]\` + name, DisplayName: name,
		Origin: "vsts", OriginID: stableID("group", c.org.ID),
	}}), nil
}

// findIdentities needs something to look for; the sandbox looks in mail
// addresses and display names.
func findIdentities(c *devopsCall) (devopsReply, *devopsError) {
	wanted := c.r.URL.Query().Get("filterValue")
	if wanted == "" {
		return devopsReply{}, errDevOpsArgument.with("The request is missing descriptors, identityIds, subjectDescriptors or a search filter.")
	}
	var found []map[string]any
	for _, m := range c.org.sortedMembers() {
		if containsText(m.Mail, wanted) || containsText(m.DisplayName, wanted) {
			found = append(found, map[string]any{
				"id": m.ID, "providerDisplayName": m.DisplayName, "isActive": true,
				"subjectDescriptor": m.descriptor(),
			})
		}
	}
	return devopsListOf(found), nil
}
