package advise

import "github.com/consentry/consentry/entra"

// A Reason is something else than a scope that makes Azure DevOps refuse.
type Reason struct {
	Text string
	Who  entra.Fixer
	// Check is the id of the check that decides; empty where none does.
	Check string
}

// A refusal is what a status means.
type refusal struct {
	from, to int
	// scope: a missing scope is answered so.
	scope    bool
	headline string // when the scope is not the reason
	reasons  []Reason
}

// Reasons that several statuses share.
var (
	notMember   = Reason{"The person is not a member of the organization (TF400813).", entra.OrganizationAdmin, "user-is-member"}
	otherTenant = Reason{"The organization belongs to another tenant than the one the token is from.", entra.OrganizationAdmin, "organization-in-tenant"}
	badToken    = Reason{"The token has expired, is for another service, or was sent as Basic in place of Bearer.", entra.AppOwner, "token-audience"}
	noRight     = Reason{"The person lacks the right in the project: a token can do no more than its person.", entra.OrganizationAdmin, "person-has-rights"}
)

// refusals by status; the first that fits counts
// [MicrosoftDocs/azure-devops-docs, live captures of TF400813 and VS403463].
var refusals = []refusal{
	{200, 202, false, "The call was answered, so no scope was missing.", []Reason{
		{"An answer that is a page of HTML is no answer: it is the sign-in page, and the token was not taken.", entra.AppOwner, "token-audience"},
	}},
	{203, 203, false, "Azure DevOps answered with its sign-in page: it did not take the token at all, so no scope was looked at.", []Reason{badToken, otherTenant}},
	{300, 399, false, "Azure DevOps sent the call to its sign-in page: it did not take the token at all, so no scope was looked at.", []Reason{badToken, otherTenant}},
	{400, 400, false, "Azure DevOps did not understand the call, or one of its values does not exist; a missing scope is answered 401 or 403.", []Reason{
		{"A preview API was called without -preview in api-version.", entra.AppOwner, ""},
		{"Some services answer 400 where a project does not exist or is out of sight.", entra.AppOwner, "project-exists"},
	}},
	{401, 401, true, "The token was refused although its scopes cover the call.", []Reason{notMember, otherTenant, badToken}},
	{403, 403, true, "The call was refused although the token's scopes cover it.", []Reason{
		{"Conditional Access: a policy of the tenant is not met (VS403463).", entra.TenantAdmin, "conditional-access-passed"},
		noRight,
		{"The access level is too low: Stakeholders see no code, and need Basic for most of the rest.", entra.OrganizationAdmin, "access-level"},
		{"A policy of the organization is in the way.", entra.OrganizationAdmin, "organization-policies"},
	}},
	{404, 404, false, "What was asked for does not exist, or the person may not see it. A missing scope is answered 401 or 403.", []Reason{
		{"The organization's name in the address is wrong.", entra.AppOwner, "organization-exists"},
		{"The project's name in the address is wrong, or the person is not in the project (TF200016, VS800075).", entra.OrganizationAdmin, "project-exists"},
		{"The repository or the work item does not exist, or the person may not see it (TF401019, TF401232).", entra.OrganizationAdmin, "person-has-rights"},
	}},
	{405, 405, false, "This address does not take this method.", nil},
	{409, 409, false, "Somebody or something else changed the same thing: read it again and repeat the call.", nil},
	{429, 429, false, "Too many calls: Azure DevOps slows the person or the integration down. Wait as long as Retry-After says.", nil},
	{400, 499, false, "The call itself was refused; a missing scope is answered 401 or 403.", []Reason{noRight}},
	{500, 599, false, "Azure DevOps failed: no scope mends that. Try again, and look at its status page.", nil},
}

func refusalOf(status int) (refusal, bool) {
	for _, r := range refusals {
		if status >= r.from && status <= r.to {
			return r, true
		}
	}
	return refusal{}, false
}
