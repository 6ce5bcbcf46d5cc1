package checks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// reachChecks go from the tenant's rules over the organization's to the
// project: each says why the ones below it do not get through.
var reachChecks = []*Check{
	{
		ID:       "conditional-access-passed",
		Title:    "Conditional Access lets the token be used",
		Why:      "The tenant's rules about place, device or second factor are applied again when the token is used, and where it is refreshed. The integration's servers seldom meet them.",
		Group:    WithToken,
		Severity: Blocks,
		AADSTS:   conditions,
		Cites:    citeConditional,
		Needs:    []Need{NeedToken},
		Wants:    []Need{NeedConnection},
		After:    []string{"token-audience"},
		Evaluate: conditionFailed,
	},
	{
		ID:       "organization-policies",
		Title:    "The organization's policies let this person in",
		Why:      "With “External guest access” off, guests of the tenant are refused. “Third-party application access via OAuth” is no obstacle: it is about Azure DevOps' own retired OAuth and does not block apps of Microsoft Entra.",
		Group:    WithToken,
		Severity: Risks,
		Cites:    citeOrgPolicies,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedToken, NeedConnection},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-exists", "organization-connected", "token-tenant", "token-of-person", "conditional-access-passed"},
		Evaluate: guestRefused,
	},
	{
		ID:       "user-is-member",
		Title:    "The person is a member of the organization",
		Why:      "The organization lets its members in, each with an access level. Consent does not make anybody one.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeOrgMembers,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedToken, NeedConnection},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-exists", "organization-connected", "token-tenant", "token-of-person", "conditional-access-passed", "organization-policies"},
		Evaluate: noMember,
	},
	{
		ID:       "organization-reached",
		Title:    "The organization answers the token",
		Why:      "The integration gets nothing of Azure DevOps, although people can sign in.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeDevOpsEntra,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedConnection},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-exists", "organization-connected", "token-audience", "token-tenant", "conditional-access-passed", "organization-policies", "user-is-member"},
		Evaluate: unansweredToken,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seeConnection("an answer to a person it knows")}
		},
	},
	{
		ID:       "access-level",
		Title:    "The person's access level is enough for the integration",
		Why:      "A stakeholder sees work items, but neither code nor the pull requests in it, whatever the token may do.",
		Group:    WithToken,
		Severity: Risks,
		Cites:    citeAccessLevels,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedAccessLevel},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-reached"},
		Evaluate: levelTooLow,
	},
	{
		ID:       "project-exists",
		Title:    "The project exists and the person may see it",
		Why:      "The integration finds nothing in a project that is not there, was renamed, or is closed to the person.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeProjects,
		Asks:     []Input{InputOrganization, InputProject},
		Needs:    []Need{NeedProject},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-reached"},
		Open:     projectOpen,
		Evaluate: noProject,
	},
}

// organization is the slug of the given one; empty when it is none.
func (f *Facts) organizationSlug() string {
	slug, _, _ := entra.ParseOrganization(f.Given.Organization)
	return slug
}

// organizationPage is a page of the organization's settings.
func (f *Facts) organizationPage(p entra.SettingsPage) string {
	if f.organizationSlug() == "" {
		return ""
	}
	return entra.OrganizationSettings(f.Cloud, f.organizationSlug(), p)
}

// seeConnection is what the organization said to the token.
func (f *Facts) seeConnection(want string) Evidence {
	return f.seeDevOpsCall("/_apis/connectionData", connectionWords(f.Connection.Get()), want)
}

// seeDevOpsCall is evidence from a call in the organization.
func (f *Facts) seeDevOpsCall(path, got, want string) Evidence {
	e := Evidence{What: "GET /" + f.organizationSlug() + path, Got: got, Want: want}
	if f.organizationSlug() != "" {
		e.Command = `curl -s -H "Authorization: Bearer $TOKEN" -H "X-TFS-FedAuthRedirect: Suppress" "` + f.Cloud.DevOps + "/" + f.organizationSlug() + path + `"`
	}
	return e
}

func connectionWords(c Connection) string {
	switch {
	case c.OK:
		return "answered as to " + orElse(c.As, "a person it knows")
	case c.Anonymous:
		return "answered as to nobody: the token was not looked at"
	}
	words := fmt.Sprintf("status %d", c.Status)
	for _, s := range []string{c.Code, entra.ForeignText(c.Text)} {
		if s != "" {
			words += ", " + s
		}
	}
	return words
}

// said reports whether a refusal carries one of the codes, as its type or in
// front of its text.
func (c Connection) said(codes ...string) bool {
	if c.OK {
		return false
	}
	return slices.Contains(codes, c.Code) || slices.ContainsFunc(entra.FindDevOpsCodes(c.Text), func(code string) bool { return slices.Contains(codes, code) })
}

// stranger: the organization knows what the token is and not who it is.
func (c Connection) stranger() bool { return c.said("TF400813", "UnauthorizedRequestException") }

func conditionFailed(f *Facts) []Finding {
	mend := Remedy{
		Say: "Exempt the app or the person from the rule, or meet it.", Who: entra.TenantAdmin,
		Steps: []string{
			"In the Entra sign-in log open the failed sign-in of the person to this app; the tab Conditional Access names the policy.",
			"Decide whether it should hold for this app: an address or device of its own is what an integration's servers rarely have.",
			"Exclude the app or the person from the policy, or add the integration's addresses as a named location.",
		},
		Portal: entra.PortalConditionalAccess(f.Cloud),
	}
	var out []Finding
	if c := f.Connection.Or(Connection{OK: true}); c.said("VS403463") {
		out = append(out, Finding{
			Summary: "Azure DevOps refuses the token because of a Conditional Access policy of the tenant (VS403463).",
			Shown:   []Evidence{f.seeDevOpsCall("/_apis/connectionData", connectionWords(c), "an answer")},
			Mend:    mend,
		})
	}
	if r := f.Token.Get().Refresh; !r.Worked && slices.Contains(conditions, r.AADSTS) {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The token could not be refreshed because of a Conditional Access policy (AADSTS%d): %s", r.AADSTS, explain(r.AADSTS, "").Cause),
			AADSTS:  r.AADSTS,
			Shown:   []Evidence{{What: "answer to the refresh token", Got: refusalWords(r.AADSTS, ""), Want: "the next access token"}},
			Mend:    mend,
		})
	}
	return out
}

// guest: the person's account is of another tenant than the token's.
func guest(p entra.Person) bool { return strings.Contains(strings.ToUpper(p.UPN), "#EXT#") }

// guestRefused: a guest who is refused is either kept out by the policy or no
// member; the answer is the same, and so is where to look first.
func guestRefused(f *Facts) []Finding {
	c, p := f.Connection.Get(), f.Token.Get().Person
	if !c.stranger() || !guest(p) {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The organization refuses %s, who is a guest of its tenant.", orElse(p.UPN, "the person")),
		Shown:   []Evidence{f.seeConnection("an answer to a person it knows")},
		Mend: Remedy{
			Say: "Allow external guest access, and make the guest a member of the organization.", Who: entra.OrganizationAdmin, Portal: f.organizationPage(entra.SettingsPolicies),
			Steps: []string{
				"Under Organization settings, Policies, look at “External guest access” and turn it on if guests are welcome.",
				"Under Users add the guest with at least Basic access.",
				"Or connect with an account of the organization's own tenant.",
			},
		},
	}}
}

func noMember(f *Facts) []Finding {
	c, p := f.Connection.Get(), f.Token.Get().Person
	if !c.stranger() {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The organization %s does not let %s in (TF400813).", f.organizationSlug(), orElse(orElse(p.UPN, p.DisplayName), "the person")),
		Shown:   []Evidence{f.seeConnection("an answer to a person it knows")},
		Mend: Remedy{
			Say: "Add the person to the organization with at least Basic access.", Who: entra.OrganizationAdmin, Portal: f.organizationPage(entra.SettingsUsers),
			Steps: []string{
				"Under Organization settings, Users, look the person up: by this very account, with an access level that is not None.",
				"Missing: Add users, with the access level Basic and the project.",
				"Let the person open the organization in the browser once, then connect again.",
			},
		},
	}}
}

func unansweredToken(f *Facts) []Finding {
	c := f.Connection.Get()
	if c.OK {
		return nil
	}
	finding := Finding{
		Summary: fmt.Sprintf("The organization %s does not take the token (status %d).", f.organizationSlug(), c.Status),
		Shown:   []Evidence{f.seeConnection("an answer to a person it knows")},
		Mend: Remedy{
			Say: "Connect again, and see that the token is sent as Bearer.", Who: entra.AppOwner, Portal: f.organizationPage(entra.SettingsOverview),
			Steps: []string{
				"A token is good for an hour or so: connect again and run the checks with the new one.",
				"It has to travel as “Authorization: Bearer”; Basic is for personal access tokens.",
				"A sign-in page (203 or 302) instead of data means that the token did not count.",
			},
		},
	}
	if c.Anonymous {
		finding.Summary = fmt.Sprintf("The organization %s answers, but as it would to anybody: it did not know the token.", f.organizationSlug())
	}
	if known, ok := c.refusal(); ok {
		finding.Summary = fmt.Sprintf("The organization %s refuses the token (%s): %s", f.organizationSlug(), orElse(known.Code, c.Code), known.Cause)
		finding.Mend.Say, finding.Mend.Who, finding.Mend.Steps = known.Next, known.Who, []string{known.Next, "Run the checks again."}
	}
	return []Finding{finding}
}

// refusal explains the answer by its type or the code in its text.
func (c Connection) refusal() (entra.DevOpsRefusal, bool) {
	for _, code := range append([]string{c.Code}, entra.FindDevOpsCodes(c.Text)...) {
		if known, ok := entra.ExplainDevOps(code); ok {
			return known, true
		}
	}
	return entra.DevOpsRefusal{}, false
}

// Access levels that matter here.
const (
	levelNone        = "none"
	levelStakeholder = "stakeholder"
)

// needsCode reports whether the integration reads code: by its calls, or by
// what it asks for; where neither tells, it may.
func (f *Facts) needsCode() bool {
	p, _ := f.Preset()
	var scopes []string
	for _, op := range p.Operations {
		scopes = append(scopes, op.Scope)
	}
	if len(scopes) == 0 {
		scopes = f.askedByName()
	}
	code := func(s string) bool {
		return strings.HasPrefix(strings.ToLower(s), "vso.code") || s == entra.UserImpersonation
	}
	return len(scopes) == 0 || slices.ContainsFunc(scopes, code)
}

func levelTooLow(f *Facts) []Finding {
	level := strings.ToLower(f.AccessLevel.Get())
	var summary string
	switch {
	case level == levelNone:
		summary = "The person has no access level in the organization."
	case level == levelStakeholder && f.needsCode():
		summary = "The person is a stakeholder, and stakeholders cannot read code."
	default:
		return nil
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{{What: "access level of the person", Got: level, Want: "basic", Portal: f.organizationPage(entra.SettingsUsers)}},
		Mend: Remedy{
			Say: "Give the person the access level Basic.", Who: entra.OrganizationAdmin, Portal: f.organizationPage(entra.SettingsUsers),
			Steps: []string{"Under Organization settings, Users, change the access level to Basic; five are free.", "Or connect with the account of somebody who has it."},
		},
	}}
}

// projectOpen: only "not found" says something about the project.
func projectOpen(f *Facts) *Gap {
	p := f.Project.Get()
	if p.Found || p.Status == 404 || slices.Contains([]string{"TF200016", "VS800075", "ProjectDoesNotExistWithNameException", "ProjectDoesNotExistException"}, p.Code) {
		return nil
	}
	return &Gap{Why: fmt.Sprintf("Azure DevOps did not say whether the project exists: it answered %d %s. Reading projects takes the scope vso.project or vso.profile.", p.Status, p.Code), Would: "Open the project in the browser as the person who connects."}
}

func noProject(f *Facts) []Finding {
	p := f.Project.Get()
	if p.Found {
		return nil
	}
	summary := fmt.Sprintf("The person finds no project %s in the organization.", f.Given.Project)
	if near, ok := nearestProject(f.Given.Project, p.Others); ok {
		summary = fmt.Sprintf("The person finds no project %s in the organization; %s may be meant.", f.Given.Project, near)
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{f.seeDevOpsCall("/_apis/projects/"+pathSegment(f.Given.Project), fmt.Sprintf("status %d %s; the person sees: %s", p.Status, p.Code, orNone(p.Others)), "the project")},
		Mend: Remedy{
			Say: "Copy the project's name from Azure DevOps, or make the person a member of it.", Who: entra.OrganizationAdmin,
			Steps: []string{
				"Open the organization as the person who connects: projects that do not show there are closed to them.",
				"Copy the name as it is shown; blanks and accents count, capital letters do not.",
				"Otherwise a project administrator adds the person under Project settings, Teams or Permissions.",
			},
			Portal: f.projectsPage(),
		},
	}}
}

// pathSegment escapes a name for an address that is pasted into a shell.
func pathSegment(name string) string { return strings.ReplaceAll(url.PathEscape(name), "$", "%24") }

func (f *Facts) projectsPage() string {
	if f.organizationSlug() == "" {
		return ""
	}
	return f.Cloud.DevOps + "/" + f.organizationSlug() + "/_settings/projects"
}

// nearestProject is a project whose name is nearly the given one.
func nearestProject(name string, others []string) (string, bool) {
	near, ok := entra.Closest(name, others)
	if !ok {
		return "", false
	}
	a, b := strings.ToLower(name), strings.ToLower(near)
	return near, entra.Distance(a, b) <= 1+len(name)/3 || strings.Contains(a, b) || strings.Contains(b, a)
}
