package entra

import (
	"regexp"
	"slices"
)

// A DevOpsRefusal is one way in which Azure DevOps says no.
type DevOpsRefusal struct {
	Code    string // "TF400813", as its message begins; empty when there is none
	TypeKey string // "UnauthorizedRequestException"; empty when not sourced
	Explanation
}

// refusals come from answers of the live service that public repositories
// recorded. A type that stands for many refusals is no key and left out.
var refusals = []DevOpsRefusal{
	{"TF400813", "UnauthorizedRequestException", Explanation{
		"Azure DevOps does not let this person in: no member of the organization, an account of another tenant than the organization's, or no access level.",
		"Compare the tenant of the token with the organization's. When they are the same, add the person under Organization settings, Users, with at least Basic access.", OrganizationAdmin}},
	{"VS403463", "", Explanation{
		"A Conditional Access policy of the tenant blocks the use of Azure DevOps.",
		"The administrator finds the policy in the sign-in log and exempts the app or the person, where that is wanted.", TenantAdmin}},
	{"VS800075", "ProjectDoesNotExistException", Explanation{
		"There is no such project, or this person may not see it.",
		"Check the project, and make the person a member of it.", OrganizationAdmin}},
	{"TF200016", "ProjectDoesNotExistWithNameException", Explanation{
		"There is no project of this name in the organization, or this person may not see it.",
		"Copy the name from Azure DevOps, and make the person a member of the project.", OrganizationAdmin}},
	{"TF401019", "", Explanation{
		"There is no such Git repository, or this person may not read it.",
		"Check the repository's name and the person's rights on it.", OrganizationAdmin}},
	{"TF401232", "WorkItemUnauthorizedAccessException", Explanation{
		"There is no such work item, or this person may not read it.",
		"Check its number, and the person's rights on its area.", OrganizationAdmin}},
	{"TF400733", "", Explanation{
		"Azure DevOps slowed this person down: too much was asked in five minutes.",
		"Wait as long as Retry-After says, and ask less often.", AppOwner}},
	{"TF400898", "", Explanation{
		"Azure DevOps failed inside.",
		"Try again; if it lasts, see Azure DevOps' status page.", Microsoft}},
	{"VS403283", "", Explanation{
		"The person could not be added to the organization. It says nothing about rights.",
		"Check that the account belongs to the organization's tenant, or is a guest of it, then add it again.", OrganizationAdmin}},
	{"VS850015", "", Explanation{
		"This organization name is reserved.",
		"Choose another name.", OrganizationAdmin}},
	{"VS30063", "", Explanation{
		"Azure DevOps refused the sign-in.",
		"Sign in again with an account of the organization's tenant.", EndUser}},
	{"", "VssInvalidPreviewVersionException", Explanation{
		"The call exists as a preview only and was asked for without saying so.",
		"Ask for it with -preview after the version.", AppOwner}},
}

// ExplainDevOps explains a refusal of Azure DevOps by the typeKey of its body
// or the code its message begins with; the typeKey is the surer sign.
func ExplainDevOps(typeKeyOrCode string) (DevOpsRefusal, bool) {
	if typeKeyOrCode == "" {
		return DevOpsRefusal{}, false
	}
	i := slices.IndexFunc(refusals, func(r DevOpsRefusal) bool {
		return r.TypeKey == typeKeyOrCode || r.Code == typeKeyOrCode
	})
	if i < 0 {
		return DevOpsRefusal{}, false
	}
	return refusals[i], true
}

// devOpsCode is a message code of Azure DevOps.
var devOpsCode = regexp.MustCompile(`\b(?:TF\d{5,6}|VS\d{5,6})\b`)

// FindDevOpsCodes lists the codes of Azure DevOps in a text, each once, in
// the order they appear.
func FindDevOpsCodes(text string) []string {
	var out []string
	for _, code := range devOpsCode.FindAllString(text, -1) {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}
