package handlers

import (
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// A handWay is how a person sees a fact without this program. Words in angle
// brackets in Command are to be replaced.
type handWay struct {
	What    string // "the app registration"
	Look    string // what to look at there
	Portal  string // address; empty where no portal shows it
	Command string // empty where none does
}

// handWays are the ways to the facts that a check needs; where it needs none,
// to those that it uses.
func handWays(c *checks.Check, cloud entra.Cloud) []handWay {
	var out []handWay
	needs := c.Needs
	if len(needs) == 0 {
		needs = c.Wants
	}
	for _, n := range needs {
		if way, ok := byHandOf[n]; ok {
			out = append(out, way(cloud))
		}
	}
	if len(out) == 0 {
		out = append(out, handWay{What: "what the integration is given", Look: "Compare the value in the integration's settings, letter for letter, with the page this check cites."})
	}
	return out
}

// byHandOf says of every fact where it is seen.
var byHandOf = map[checks.Need]func(entra.Cloud) handWay{
	checks.NeedNetwork: func(c entra.Cloud) handWay {
		return handWay{"the network path", "Each address answers, with any status.", "", "curl -sI " + c.Login + "; curl -sI " + c.Graph + "; curl -sI " + c.DevOps}
	},
	checks.NeedClock: func(c entra.Cloud) handWay {
		return handWay{"this machine's clock", "Both lines name the same time, to the minute.", "", "date -u; curl -sI " + c.Login + " | grep -i ^date"}
	},
	checks.NeedTenant: func(c entra.Cloud) handWay {
		return handWay{"the tenant", "The answer has an issuer, which names the tenant's ID; a tenant that does not exist is refused.", portalPage(c, tenantOverviewPage), "curl -s " + c.Login + "/<tenant>/v2.0/.well-known/openid-configuration"}
	},
	checks.NeedSignIn: func(c entra.Cloud) handWay {
		return handWay{"the sign-in page's answer", "login_required means that the page takes the request; any other error is what people see.", "",
			`curl -s -D - -o /dev/null "` + c.Authorize + `/<tenant>/oauth2/v2.0/authorize?response_type=code&prompt=none&client_id=<client ID>&redirect_uri=<redirect URI>&scope=<scopes>"`}
	},
	checks.NeedOrganization: func(c entra.Cloud) handWay {
		return handWay{"the Azure DevOps organization", "The header X-VSS-ResourceTenant names its tenant; zeros mean that it is connected to none.", "", "curl -sI " + c.DevOps + "/<organization>/ | grep -i tenant"}
	},
	checks.NeedSecretTrial: func(c entra.Cloud) handWay {
		return handWay{"what the sign-in service says to the client secret", "A token or AADSTS700016 and its like: the number says what is wrong.", "",
			`read -rs SECRET; printf %s "$SECRET" | curl -s ` + c.Login + "/<tenant>/oauth2/v2.0/token -d grant_type=client_credentials -d client_id=<client ID> -d scope=" + entra.ScopeName(entra.AzureDevOps, ".default") + " --data-urlencode client_secret@-"}
	},
	checks.NeedOperator: func(c entra.Cloud) handWay {
		return handWay{"who is signed in", "The account and its directory roles.", "", graphRead(c, "me/transitiveMemberOf")}
	},
	checks.NeedApplication: func(c entra.Cloud) handWay {
		return handWay{"the app registration", "Open it by its client ID; each setting has a page of its own there.", entra.PortalApp(c, "", entra.PortalList), graphRead(c, "applications(appId='<client ID>')")}
	},
	checks.NeedOwners: func(c entra.Cloud) handWay {
		return handWay{"the owners of the app registration", "The page Owners of the app.", entra.PortalApp(c, "", entra.PortalList), graphRead(c, "applications(appId='<client ID>')/owners")}
	},
	checks.NeedPrincipal: func(c entra.Cloud) handWay {
		return handWay{"the enterprise application", "It is listed in the tenant where people sign in, and enabled under Properties.", portalPage(c, enterpriseAppsPage), graphRead(c, "servicePrincipals(appId='<client ID>')")}
	},
	checks.NeedResources: func(c entra.Cloud) handWay {
		return handWay{"Azure DevOps as an enterprise application", "It is listed with the filter Microsoft applications, and enabled.", portalPage(c, enterpriseAppsPage), graphRead(c, "servicePrincipals(appId='"+string(entra.AzureDevOps)+"')")}
	},
	checks.NeedGrants: func(c entra.Cloud) handWay {
		return handWay{"the consents", "The page Permissions of the enterprise application: which scopes, and for whom.", portalPage(c, enterpriseAppsPage), graphRead(c, "servicePrincipals(appId='<client ID>')/oauth2PermissionGrants")}
	},
	checks.NeedAssignments: func(c entra.Cloud) handWay {
		return handWay{"who is assigned to the app", "The page Users and groups of the enterprise application.", portalPage(c, enterpriseAppsPage), graphRead(c, "servicePrincipals(appId='<client ID>')/appRoleAssignedTo")}
	},
	checks.NeedPolicies: func(c entra.Cloud) handWay {
		return handWay{"the tenant's policies", "What users may consent to, and whether they may ask an administrator.", entra.PortalUserConsent(c), graphRead(c, "policies/authorizationPolicy")}
	},
	checks.NeedConsents: func(c entra.Cloud) handWay {
		return handWay{"the audit log", "Entries of the activity “Consent to application”.", portalPage(c, auditLogPage), graphRead(c, "auditLogs/directoryAudits?$filter=activityDisplayName%20eq%20'Consent%20to%20application'")}
	},
	checks.NeedRestrictions: func(c entra.Cloud) handWay {
		return handWay{"the tenants that may sign in", "The page Authentication of the app, under Supported accounts; no command shows it.", entra.PortalApp(c, "", entra.PortalList), ""}
	},
	checks.NeedToken: func(entra.Cloud) handWay {
		return handWay{"the access token", "Its middle part decoded: aud, iss, tid, scp and exp. Do it on your own machine; a token opens doors.", "", `printf %s "$TOKEN" | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null`}
	},
	checks.NeedConnection: func(c entra.Cloud) handWay {
		return handWay{"the organization's answer to the token", "authenticatedUser names who the token is for.", "", devOpsRead(c, "/_apis/connectionData")}
	},
	checks.NeedProject: func(c entra.Cloud) handWay {
		return handWay{"the project", "The project's own answer; who may not see it is told that it does not exist.", "", devOpsRead(c, "/_apis/projects/<project>")}
	},
	checks.NeedAccessLevel: func(c entra.Cloud) handWay {
		return handWay{"the person's access level", "Organization settings, Users: the column Access level.", c.DevOps + "/", ""}
	},
	checks.NeedExercises: func(c entra.Cloud) handWay {
		return handWay{"a call for each scope", "200, or the code that says which scope is missing.", "", devOpsRead(c, "/_apis/projects")}
	},
}

// Pages of the Entra admin centre that belong to no app.
const (
	tenantOverviewPage = "/#view/Microsoft_AAD_IAM/TenantOverview.ReactView"
	enterpriseAppsPage = "/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview"
	auditLogPage       = "/#view/Microsoft_AAD_IAM/AuditLogList.ReactView"
)

func portalPage(c entra.Cloud, page string) string {
	if c.Portal == "" {
		return ""
	}
	return c.Portal + page
}

// graphRead reads something of Microsoft Graph v1.0: with the Azure CLI in the
// public cloud, with a token in TOKEN elsewhere.
func graphRead(c entra.Cloud, path string) string {
	address := `"` + c.Graph + "/v1.0/" + strings.ReplaceAll(path, "$", `\$`) + `"`
	if c.Graph == entra.Public().Graph {
		return "az rest --method get --url " + address
	}
	return `curl -s -H "Authorization: Bearer $TOKEN" ` + address
}

func devOpsRead(c entra.Cloud, path string) string {
	return `curl -s -H "Authorization: Bearer $TOKEN" -H "X-TFS-FedAuthRedirect: Suppress" "` + c.DevOps + "/<organization>" + path + `"`
}
