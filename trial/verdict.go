package trial

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/preset"
)

// judge writes the verdict: the first thing that keeps the integration from
// working, or that it works.
func (r *Report) judge(t Trial) {
	for _, problem := range []func(Report, Trial) (string, string){
		wrongAudience, missingScopes, unreachedOrganization, unreachedProject, missingRefresh, refusedExercises, unequalScopes,
	} {
		if verdict, next := problem(*r, t); verdict != "" {
			r.Verdict, r.Next = verdict, next
			return
		}
	}
	r.OK, r.Verdict = true, success(*r, t)
}

func success(r Report, t Trial) string {
	if !r.HasToken {
		return "An administrator consented for the whole tenant."
	}
	var reached []string
	for _, where := range []Reach{r.Organization, r.Project} {
		if where.OK {
			reached = append(reached, where.Name)
		}
	}
	if len(reached) == 0 {
		return "It works: the token holds everything that was asked for. No organization was named, so it was not put to use."
	}
	return fmt.Sprintf("It works: the token reaches %s and holds everything that was asked for.", strings.Join(reached, " and "))
}

func wrongAudience(r Report, t Trial) (string, string) {
	if r.AudienceOK || !r.HasToken {
		return "", ""
	}
	return fmt.Sprintf("Signed in, but the token is for %s, not for the service that was asked for.", firstNonEmpty(r.ResourceName, r.Audience, "another service")),
		"Put the resource in front of each scope: 499b84ac-1321-427f-aa17-267ca6975798/vso.work, not vso.work."
}

// missingScopes looks at the token, and where none comes at the consent.
func missingScopes(r Report, t Trial) (string, string) {
	var missing []string
	for _, row := range r.Scopes {
		there := row.InToken
		if !r.HasToken {
			there = row.Consented || !r.ConsentedKnown
		}
		if row.Differs && row.Asked && !there {
			missing = append(missing, row.Scope)
		}
	}
	switch {
	case len(missing) == 0:
		return "", ""
	case !r.HasToken:
		return "An administrator consented, but not to " + strings.Join(missing, ", ") + ".", "See the rows that differ: each says what to do."
	}
	return "Signed in, but the token lacks " + strings.Join(missing, ", ") + ".", "See the rows that differ: each says what to do."
}

func unreachedOrganization(r Report, t Trial) (string, string) {
	if !r.Organization.Tried || r.Organization.OK {
		return "", ""
	}
	return fmt.Sprintf("Consent works, but the token does not reach the organization %s. %s", r.Organization.Name, r.Organization.Cause), r.Organization.Next
}

func unreachedProject(r Report, t Trial) (string, string) {
	if !r.Project.Tried || r.Project.OK {
		return "", ""
	}
	return fmt.Sprintf("The token reaches the organization, but not the project %s. %s", r.Project.Name, r.Project.Cause), r.Project.Next
}

func missingRefresh(r Report, t Trial) (string, string) {
	switch {
	case !r.HasToken || !r.RefreshAsked || r.RefreshWorks:
		return "", ""
	case r.RefreshCame:
		return "The token works, but the refresh token does not: access ends with it. " + r.RefreshNote, "Test again; look at Conditional Access policies when it stays."
	}
	return "The token works, but no refresh token came although offline_access was asked for: access ends with it.", "Consent again and accept the whole list."
}

func refusedExercises(r Report, t Trial) (string, string) {
	var refused []string
	for _, e := range r.Exercises {
		if e.Exercised && !e.OK {
			refused = append(refused, e.Scope)
		}
	}
	if len(refused) == 0 {
		return "", ""
	}
	return "The token reaches the organization, but Azure DevOps refused what needs " + strings.Join(refused, ", ") + ".",
		"A scope never gives more than the person may do: check their permissions in the project and their access level."
}

// unequalScopes matters only to integrations that compare exactly.
func unequalScopes(r Report, t Trial) (string, string) {
	if t.Compare != preset.Exact {
		return "", ""
	}
	for _, row := range r.Scopes {
		if row.Differs {
			return "The token works, but asked and registered scopes are not equal, which this integration demands.", row.Note
		}
	}
	return "", ""
}

func firstNonEmpty(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
