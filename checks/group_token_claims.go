package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

var tokenClaimChecks = []*Check{
	{
		ID:       "token-audience",
		Title:    "The token is for Azure DevOps",
		Why:      "Azure DevOps refuses a token for another service, whatever it may do there: the integration sees a sign-in page or 401.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeAccessTokens,
		Needs:    []Need{NeedToken},
		After:    []string{"scopes-have-resource", "scopes-for-devops"},
		Evaluate: wrongTokenAudience,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{claim("aud", f.Token.Get().Audience, "")}
		},
	},
	{
		ID:       "token-of-person",
		Title:    "The token is a person's",
		Why:      "An application's own token carries no delegated permissions: Azure DevOps takes it only of a service principal that was added to the organization as a member.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeDevOpsEntra,
		Needs:    []Need{NeedToken},
		After:    []string{"token-audience"},
		Evaluate: appOnlyToken,
	},
	{
		ID:       "token-tenant",
		Title:    "The token is of the tenant that the organization is connected to",
		Why:      "Azure DevOps knows the accounts of the organization's tenant only. The same person with a token of another tenant is a stranger there and gets 401, although sign-in and consent went well.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeOrgEntraAccess,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedToken, NeedOrganization},
		After:    []string{"organization-connected", "organization-in-tenant", "token-audience"},
		Evaluate: wrongTokenTenant,
	},
	{
		ID:       "token-scopes",
		Title:    "The token has the scopes that were asked for",
		Why:      "Calls that need a missing scope are refused with 401 or 403, although the person may do it in the browser.",
		Group:    WithToken,
		Severity: Blocks,
		Cites:    citeConsent,
		Asks:     []Input{InputScopes},
		Needs:    []Need{NeedToken},
		Wants:    []Need{NeedApplication, NeedPrincipal, NeedResources, NeedGrants, NeedOperator},
		After:    []string{"scopes-known", "token-audience", "token-of-person", "permissions-declared", "consent-covers-scopes"},
		Evaluate: tokenFallsShort,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{claim("scp", strings.Join(f.Token.Get().Scopes, " "), strings.Join(f.askedInEffect(), " "))}
		},
	},
	{
		ID:       "token-lifetime",
		Title:    "An access token lives 90 minutes at most",
		Why:      "A token cannot be called back: whoever gets hold of it may use it until it ends.",
		Group:    WithToken,
		Severity: Advises,
		Cites:    citeAccessTokens,
		Needs:    []Need{NeedToken},
		After:    []string{"token-audience"},
		Evaluate: longToken,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{{What: "lifetime of the access token (expires_in)", Got: f.Token.Get().Lifetime.String(), Want: "at most " + MaxTokenLifetime.String()}}
		},
	},
	{
		ID:       "refresh-works",
		Title:    "The connection outlives its first token",
		Why:      "Without a refresh token that works the connection ends after an hour or so, and everybody has to sign in again.",
		Group:    WithToken,
		Severity: Risks,
		AADSTS:   []int{700082, 700084, 50173, 70000, 70008, 65001},
		Cites:    citeRefresh,
		Needs:    []Need{NeedToken},
		After:    []string{"offline-access-asked", "token-of-person"},
		Behind:   []string{"secret-present", "secret-is-registered", "secret-not-expired", "secret-accepted", "redirect-uri-on-web", "conditional-access-passed"},
		Evaluate: noRefresh,
	},
}

// claim is evidence out of the token.
func claim(name, got, want string) Evidence {
	return Evidence{
		What: "claim " + name + " of the access token", Got: orElse(got, "none"), Want: want,
		Command: `printf %s "$TOKEN" | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null`,
	}
}

// audienceOf is the resource that a token is for.
func audienceOf(audience string) entra.ClientID {
	return entra.ParseScope(strings.TrimSuffix(audience, "/") + "/" + StaticScope).Resource
}

func wrongTokenAudience(f *Facts) []Finding {
	t := f.Token.Get()
	resource := audienceOf(t.Audience)
	if resource == entra.AzureDevOps {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The token is for %s.", resourceWords(resource)),
		Shown:   []Evidence{claim("aud", t.Audience, string(entra.AzureDevOps))},
		Mend: Remedy{
			Say: fmt.Sprintf("Ask for scopes with %s/ in front.", entra.AzureDevOps), Who: entra.AppOwner,
			Steps: []string{
				"Put the resource in front of each scope of the integration, such as " + entra.ScopeName(entra.AzureDevOps, "vso.work") + ".",
				"Leave out scopes of other services: the token is for one service.",
				"Connect again; a refreshed token stays as it was.",
			},
		},
	}}
}

func appOnlyToken(f *Facts) []Finding {
	if !f.Token.Get().AppOnly {
		return nil
	}
	return []Finding{{
		Summary: "The token is the application's own, without a person.",
		Shown:   []Evidence{claim("idtyp", "app", "absent, with scp and upn instead")},
		Mend: Remedy{
			Say: "Let a person sign in: the integration must use the authorization code flow.", Who: entra.AppOwner,
			Steps: []string{
				"In the integration choose the kind of connection in which a user signs in, not client credentials.",
				"Where an application's own token is what is wanted, an organization administrator adds its service principal under Organization settings, Users.",
			},
		},
	}}
}

func wrongTokenTenant(f *Facts) []Finding {
	t, o := f.Token.Get(), f.Organization.Get()
	var out []Finding
	if o.Tenant != "" && t.Tenant != o.Tenant {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The token is of the tenant %s, and the organization %s belongs to %s.", t.Tenant, o.Slug, o.Tenant),
			Shown:   append([]Evidence{claim("tid", string(t.Tenant), string(o.Tenant))}, seenAt(f, "tenant of the organization", string(o.Tenant), string(t.Tenant))...),
			Mend: Remedy{
				Say: "Sign in with an account of the organization's tenant.", Who: entra.EndUser, Portal: settingsOf(f, entra.SettingsEntra),
				Steps: []string{
					fmt.Sprintf("Let the integration sign in at %s instead of organizations, or sign in with an account of that tenant.", o.Tenant),
					"A guest of that tenant has to sign in there too: their own tenant's token does not count.",
					"Or connect the organization to the other tenant, if it should belong there: Organization settings, Microsoft Entra.",
				},
			},
		})
	}
	if t.Issuer != "" && !strings.Contains(t.Issuer, string(t.Tenant)) {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The token names %s as its issuer, which is not its tenant %s.", t.Issuer, t.Tenant),
			Shown:   []Evidence{claim("iss", t.Issuer, "https://sts.windows.net/"+string(t.Tenant)+"/")},
			Mend: Remedy{
				Say: "Find out where the token comes from.", Who: entra.AppOwner,
				Steps: []string{"Look at the address that the integration fetches its token from: it must be Microsoft's sign-in service.", "Connect again."},
			},
		})
	}
	return out
}

func tokenFallsShort(f *Facts) []Finding {
	t := f.Token.Get()
	missing := uncovered(t.Scopes, f.askedInEffect())
	if len(missing) == 0 {
		return nil
	}
	shown := []Evidence{claim("scp", strings.Join(t.Scopes, " "), strings.Join(f.askedInEffect(), " "))}
	for _, r := range f.ScopePlaces().Matrix() {
		if named(missing, r.Scope) {
			shown = append(shown, Evidence{What: r.Scope, Got: r.Note, Want: "asked for, registered, consented to and in the token", Portal: f.portal(entra.PortalPermissions)})
		}
	}
	return []Finding{{
		Summary: fmt.Sprintf("The token lacks %s; it has %s.", list(missing), orNone(t.Scopes)),
		Shown:   shown,
		Mend: Remedy{
			Say: "Consent to the whole list and connect again.", Who: entra.EndUser, Portal: f.enterprisePage(),
			Steps: []string{
				"See that the app's API permissions list what is missing.",
				"Disconnect the integration and connect it again, and accept the whole list on the page; where it does not come up, an administrator has to consent.",
				"A token that was given out before the consent does not change: wait for the next one.",
			},
		},
	}}
}

// MaxTokenLifetime is the longest an access token lives by Microsoft's
// documentation: a random 60 to 90 minutes [MicrosoftDocs/entra-docs/docs/identity-platform/access-tokens.md].
const MaxTokenLifetime = 90 * time.Minute

func longToken(f *Facts) []Finding {
	life := f.Token.Get().Lifetime
	if life <= MaxTokenLifetime {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The access token lives %s.", about(life)),
		Shown:   []Evidence{{What: "lifetime of the access token (expires_in)", Got: life.String(), Want: "at most " + MaxTokenLifetime.String()}},
		Mend: Remedy{
			Say: "Ask why tokens of this app live longer than usual.", Who: entra.TenantAdmin,
			Steps: []string{"Look for a token lifetime policy that is assigned to the app or to the whole tenant.", "With continuous access evaluation longer lives are meant: the service then asks whether the token still counts."},
		},
	}}
}

// conditions are the codes by which Conditional Access refuses.
var conditions = []int{50072, 50074, 50076, 50079, 50158, 53000, 53001, 53002, 53003, 530002, 530003, 530032, 530035}

func noRefresh(f *Facts) []Finding {
	r := f.Token.Get().Refresh
	if r.Came && r.Worked {
		return nil
	}
	evidence := Evidence{What: "refresh token", Got: "none came", Want: "one that brings the next access token"}
	mend := Remedy{Say: "Add offline_access to the scopes and connect again.", Who: entra.AppOwner, Steps: []string{"Replace the scopes in the integration by the same with offline_access behind.", "Connect again and accept “Maintain access to data you have given it access to”."}}
	var summary string
	switch {
	case !r.Came && !r.Asked:
		summary = "No refresh token came, because offline_access was not asked for."
	case !r.Came:
		summary = "offline_access was asked for, and no refresh token came."
		mend.Say = "Look at how the integration signs in, then connect again."
		mend.Steps = []string{"See that the redirect URI is on the platform Web and that a code is asked for (response_type=code).", "Connect again and accept the whole list."}
	default:
		why := explain(r.AADSTS, "")
		evidence.Got = refusalWords(r.AADSTS, "") + " when it was used"
		summary = fmt.Sprintf("The refresh token was refused (%s): %s", refusalWords(r.AADSTS, ""), why.Cause)
		mend = f.mendOf(r.AADSTS, why)
	}
	return []Finding{{Summary: summary, AADSTS: r.AADSTS, Shown: []Evidence{evidence}, Mend: mend}}
}
