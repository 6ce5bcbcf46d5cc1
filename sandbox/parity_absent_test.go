package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An absentEndpoint is one that clients might call and that is not served.
type absentEndpoint struct {
	endpoint
	why string // what it is, and why a setup of an integration gets by without
}

func absent(service, method, path, why string) absentEndpoint {
	return absentEndpoint{endpoint{service, method, path}, why}
}

var absentEndpoints = []absentEndpoint{
	absent(serviceLogin, "GET", "/{tenant}/openid/userinfo", "Where the old discovery document of the public service finds the person; the sandbox's names Microsoft Graph's /oidc/userinfo."),
	absent(serviceLogin, "POST", "/common/GetCredentialType", "What the script of Entra's sign-in page asks; the pages here work without script."),
	absent(serviceLogin, "GET", "/{tenant}/kerberos", "Named by the discovery document, for seamless sign-in within a company's network."),
	absent(serviceLogin, "GET", "/common/oauth2/nativeclient", "An empty page that desktop apps may be redirected to; the code stands in the address all the same."),
	absent(serviceLogin, "GET", "/{tenant}/federationmetadata/2007-06/federationmetadata.xml", "Metadata for SAML and WS-Federation, which no integration with Azure DevOps uses."),
	absent(serviceLogin, "POST", "/{tenant}/saml2", "Sign-in by SAML."),
	absent(serviceLogin, "GET", "/{tenant}/wsfed", "Sign-in by WS-Federation."),

	absent(serviceGraph, "GET", "/v1.0/$metadata", "The schema. SDKs are generated from it and do not read it."),
	absent(serviceGraph, "POST", "/v1.0/applications/{id}/addKey", "Certificates are set with the application; to add one with proof of an earlier one is left out."),
	absent(serviceGraph, "POST", "/v1.0/applications/{id}/removeKey", "The same."),
	absent(serviceGraph, "POST", "/v1.0/applications/{id}/setVerifiedPublisher", "Publisher verification needs a partner account; which apps are verified is seeded."),
	absent(serviceGraph, "GET", "/v1.0/applications/delta", "Changes since the last time."),
	absent(serviceGraph, "GET", "/v1.0/applicationTemplates", "The gallery of apps."),
	absent(serviceGraph, "GET", "/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal", "Deleted service principals are gone at once here."),
	absent(serviceGraph, "GET", "/v1.0/applications/{id}/extensionProperties", "Properties that an app adds to directory objects."),
	absent(serviceGraph, "GET", "/v1.0/applications/{id}/appManagementPolicies", "Policies of single apps: the tenants have no policy but the default."),
	absent(serviceGraph, "POST", "/v1.0/policies/appManagementPolicies", "Policies of single apps, as above."),
	absent(serviceGraph, "GET", "/v1.0/me/oauth2PermissionGrants", "Grants are listed for the tenant and for a service principal, with a filter for the person."),
	absent(serviceGraph, "GET", "/v1.0/users/{id}/oauth2PermissionGrants", "Grants, as above."),
	absent(serviceGraph, "POST", "/v1.0/users", "People are seeded."),
	absent(serviceGraph, "POST", "/v1.0/invitations", "Guests are seeded."),
	absent(serviceGraph, "GET", "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')", "The tenant of a domain; the discovery document of sign-in names it."),
	absent(serviceGraph, "GET", "/v1.0/groups", "Groups: there are none."),
	absent(serviceGraph, "GET", "/v1.0/domains", "Domains are listed with the organization."),
	absent(serviceGraph, "GET", "/v1.0/directoryRoles", "Roles are listed as what a person is a member of."),
	absent(serviceGraph, "GET", "/v1.0/policies/permissionGrantPolicies", "The conditions of the built-in consent policies are kept by the sandbox itself."),
	absent(serviceGraph, "GET", "/v1.0/identityGovernance/appConsent/appConsentRequests", "Requests for an administrator's consent are confirmed on the page and not kept."),
	absent(serviceGraph, "GET", "/v1.0/auditLogs/directoryAudits", "Audit logs. What the sandbox was asked is in its journal."),
	absent(serviceGraph, "GET", "/v1.0/auditLogs/signIns", "Sign-in logs, as above."),

	absent(serviceDevOps, "POST", "/{organization}/_apis/projects", "Projects are seeded; making one takes a queued operation."),
	absent(serviceDevOps, "GET", "/{organization}/_apis/operations/{id}", "The state of a queued operation; nothing is queued."),
	absent(serviceDevOps, "GET", "/{organization}/_apis/process/processes", "Every project is of the Agile process."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/{team}/_apis/work/teamsettings/iterations", "Sprints and boards."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/_apis/wit/classificationnodes", "Areas and iterations: each project has the one of its own name."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/_apis/wit/workItems/{id}/comments", "Comments; the field System.History is kept."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/_apis/wit/workItems/{id}/updates", "The history of a work item; its revision counts."),
	absent(serviceDevOps, "POST", "/{organization}/{project}/_apis/wit/attachments", "Files of work items."),
	absent(serviceDevOps, "POST", "/{organization}/{project}/_apis/git/repositories", "Repositories are seeded."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/_apis/git/repositories/{repository}/items", "Repositories have no content."),
	absent(serviceDevOps, "GET", "/{organization}/{project}/_apis/git/repositories/{repository}/commits", "Repositories have no content."),
	absent(serviceDevOps, "POST", "/{organization}/{project}/_apis/git/repositories/{repository}/pullrequests", "Repositories have no content."),
	absent(serviceDevOps, "POST", "/{organization}/{project}/_apis/build/builds", "Builds are seeded."),
	absent(serviceDevOps, "POST", "/{organization}/{project}/_apis/pipelines/{id}/runs", "Builds are seeded."),
	absent(serviceDevOps, "POST", "/{organization}/_apis/hooks/subscriptions", "Service hooks: nothing here would call out."),

	absent(serviceVSSPS, "GET", "/{organization}/_apis/graph/memberships/{subject}", "Groups have no members here."),
	absent(serviceVSSPS, "POST", "/{organization}/_apis/graph/users", "Members are seeded."),
	absent(serviceVSSPS, "GET", "/{organization}/_apis/tokens/pats", "Personal access tokens, which are not taken here."),
}

const (
	absentTest = "TestAbsentEndpointsAreRefusedInTheServicesOwnForm"
	absentFile = "parity_absent_test.go"
)

func TestAbsentEndpointsAreRefusedInTheServicesOwnForm(t *testing.T) {
	s := start(t, Options{})
	bases := map[string]string{serviceLogin: s.Ready().Login, serviceGraph: s.Ready().Graph, serviceDevOps: s.Ready().DevOps, serviceVSSPS: s.Ready().VSSPS}
	tokens := map[string]string{
		serviceGraph:  tokenFor(t, s, "admin@contoso.sandbox.invalid", strings.Join(allScopes, " "), func(c *accessClaims) { c.Audience = graphAppID }),
		serviceDevOps: tokenFor(t, s, contosoDeveloper, everything),
		serviceVSSPS:  tokenFor(t, s, contosoDeveloper, everything),
	}
	names := strings.NewReplacer("{organization}", "contoso", "{project}", "Mobile", "{team}", "Mobile%20Team", "{repository}", "Mobile",
		"{tenant}", "organizations", "{id}", stableID("absent"), "{user}", contosoDeveloper, "{subject}", "aad.abc", "{domain}", "contoso.sandbox.invalid")
	for _, a := range absentEndpoints {
		if err := a.check(); err != nil {
			t.Errorf("%s: %v", a.endpoint, err)
		}
		served, known := a.route()
		if known && !a.takenForKey(served) {
			t.Errorf("%s is served: say so above a test that shows it, and take it out here", a.endpoint)
		}
		path := names.Replace(a.path)
		var header []string
		if token := tokens[a.service]; token != "" {
			header = []string{"Authorization", "Bearer " + token}
		}
		got := send(t, s, a.method, bases[a.service]+path, "", header...)
		if !notFound[a.service](t, got) {
			t.Errorf("%s: %d %s", a.endpoint, got.StatusCode, got.body)
		}
	}
}

// TestAbsentEndpointsOfAzureDevOpsAreDocumented keeps the list to what a client
// may call.
func TestAbsentEndpointsOfAzureDevOpsAreDocumented(t *testing.T) {
	var contract struct {
		Operations []struct{ Method, Path string }
	}
	readShared(t, "../../shared/contracts/devops-operations-7.1.json", &contract)
	documented := map[string]bool{}
	for _, o := range contract.Operations {
		documented[o.Method+" "+pathShape(o.Path)] = true
	}
	for _, a := range absentEndpoints {
		if (a.service == serviceDevOps || a.service == serviceVSSPS) && !documented[a.method+" "+pathShape(a.path)] {
			t.Errorf("%s is in none of Microsoft's documents", a.endpoint)
		}
	}
}

// takenForKey reports whether a name at the end of the path is read as the
// key of an object, which then does not exist.
func (a absentEndpoint) takenForKey(served endpoint) bool {
	return strings.HasSuffix(served.path, "/{id}") && !strings.HasSuffix(a.path, "}")
}

// notFound are the forms in which the services refuse what they do not know:
// the path, or the method where another one is served.
var notFound = map[string]func(*testing.T, response) bool{
	serviceLogin: func(_ *testing.T, r response) bool {
		return r.StatusCode == http.StatusNotFound && len(r.body) == 0 && r.Header.Get("x-ms-request-id") != ""
	},
	serviceGraph: func(t *testing.T, r response) bool {
		e, _ := r.json(t)["error"].(map[string]any)
		return slices.ContainsFunc([]graphError{errSegment, errMethod, errNotFound}, func(known graphError) bool {
			return r.StatusCode == known.Status && e["code"] == known.Code
		})
	},
	serviceDevOps: devopsNotFound,
	serviceVSSPS:  devopsNotFound,
}

func devopsNotFound(t *testing.T, r response) bool {
	kind := r.json(t)["typeKey"]
	return r.StatusCode == http.StatusNotFound && kind == "HttpException" ||
		r.StatusCode == http.StatusMethodNotAllowed && kind == "VssServiceResponseException"
}
