package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// identityID is a person's ID in Azure DevOps: the same in every
// organization, and not the object ID in Entra.
func identityID(objectID string) string { return stableID("identity", objectID) }

// A profileBody is a profile on the wire.
type profileBody struct {
	DisplayName  string    `json:"displayName"`
	PublicAlias  string    `json:"publicAlias"`
	EmailAddress string    `json:"emailAddress"`
	CoreRevision int       `json:"coreRevision"`
	TimeStamp    time.Time `json:"timeStamp"`
	ID           string    `json:"id"`
	Revision     int       `json:"revision"`
}

// getProfile answers "me" and the caller's own ID.
func getProfile(c *devopsCall) (devopsReply, *devopsError) {
	id := identityID(c.caller.ObjectID)
	if wanted := c.params["id"]; !strings.EqualFold(wanted, "me") && !strings.EqualFold(wanted, id) {
		return devopsReply{}, errDevOpsUnauthorized.with(c.caller.ObjectID)
	}
	return ok(profileBody{
		DisplayName: c.caller.DisplayName, PublicAlias: id, EmailAddress: c.caller.UserPrincipalName,
		CoreRevision: 1, TimeStamp: c.world.now().UTC().Truncate(time.Second), ID: id, Revision: 1,
	}), nil
}

// An accountBody is an organization as its members' accounts list has it.
type accountBody struct {
	AccountID   string         `json:"accountId"`
	AccountURI  string         `json:"accountUri"`
	AccountName string         `json:"accountName"`
	Properties  map[string]any `json:"properties"`
}

// listAccounts lists the organizations of the token's tenant in which the
// caller, who must be the member asked about, is one.
func listAccounts(c *devopsCall) (devopsReply, *devopsError) {
	q := c.r.URL.Query()
	member, owner := q.Get("memberId"), q.Get("ownerId")
	if member == "" && owner == "" {
		return devopsReply{}, errDevOpsArgument.with("Either memberId or ownerId must be specified.")
	}
	if !strings.EqualFold(cmp.Or(member, owner), identityID(c.caller.ObjectID)) {
		return devopsReply{}, errDevOpsUnauthorized.with(c.caller.ObjectID)
	}
	var accounts []accountBody
	for _, org := range c.world.orgs {
		m := org.members[c.caller.ObjectID]
		if m == nil || org.TenantID != c.caller.TenantID || member == "" && !m.Admin {
			continue
		}
		accounts = append(accounts, accountBody{
			AccountID: org.ID, AccountName: org.Slug, Properties: map[string]any{},
			AccountURI: organizationURL(c.r, serviceVSSPSOrganizations, org),
		})
	}
	slices.SortFunc(accounts, func(a, b accountBody) int { return cmp.Compare(a.AccountName, b.AccountName) })
	return devopsListOf(accounts), nil
}
