package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
)

const ado = "499b84ac-1321-427f-aa17-267ca6975798/"

// typed puts one thing as it was typed into the facts.
func typedScopes(s string) func(*Facts)   { return given(func(g *Given) { g.Scopes = s }) }
func typedTenant(s string) func(*Facts)   { return given(func(g *Given) { g.Tenant = s }) }
func typedClient(s string) func(*Facts)   { return given(func(g *Given) { g.ClientID = s }) }
func typedRedirect(s string) func(*Facts) { return given(func(g *Given) { g.RedirectURI = s }) }
func typedOrg(s string) func(*Facts)      { return given(func(g *Given) { g.Organization = s }) }
func endpoint(s string) func(*Facts)      { return given(func(g *Given) { g.Endpoint = s }) }

func secretShape(shape SecretShape, length int) func(*Facts) {
	return given(func(g *Given) { g.Secret = SecretGiven{Given: true, Shape: shape, Length: length} })
}

// notReached: one service was reached up to a stage.
func notReached(service int, stage, problem, proxy string) func(*Facts) {
	return func(f *Facts) {
		r := healthyNetwork()
		r[service].Stage, r[service].Problem, r[service].Proxy = stage, problem, proxy
		f.Network = Known(r, "one request to each service")
	}
}

func signIn(p SignInProbe) func(*Facts) {
	return func(f *Facts) { f.SignIn = Known(p, "GET /{tenant}/oauth2/v2.0/authorize?prompt=none") }
}

func organization(o entra.DevOpsOrganization) func(*Facts) {
	return func(f *Facts) { f.Organization = Known(o, "HEAD https://vssps.dev.azure.com/"+o.Slug) }
}

// both makes two changes.
func both(a, b func(*Facts)) func(*Facts) { return func(f *Facts) { a(f); b(f) } }

var failingAnonymous = []fixture{
	{Check: "services-reachable", Name: "a name is not resolved", Change: notReached(2, "dns", "lookup dev.azure.com: no such host", ""), Summary: "Azure DevOps (dev.azure.com) cannot be reached: its name is not found."},
	{Check: "services-reachable", Name: "a firewall drops connections", Change: notReached(1, "connect", "i/o timeout", ""), Summary: "no connection comes about"},
	{Check: "services-reachable", Name: "a proxy inspects TLS", Change: notReached(0, "tls", "certificate signed by unknown authority", "proxy.contoso.example:8080"), Summary: "through the proxy proxy.contoso.example:8080: its certificate is not trusted"},
	{Check: "services-reachable", Name: "something else answers", Change: notReached(0, "answer", "a page of the hotel's network", ""), Summary: "it does not answer as it should"},

	{Check: "clock-in-step", Name: "the clock is seven minutes ahead", Change: func(f *Facts) { f.Clock = Known(7*time.Minute, "Date") }, Summary: "7 minutes ahead of Microsoft's"},
	{Check: "clock-in-step", Name: "the clock is a day behind", Change: func(f *Facts) { f.Clock = Known(-26*time.Hour, "Date") }, Summary: "1 day behind Microsoft's"},

	{Check: "legacy-sign-in-unused", Name: "people are sent to Azure DevOps' own OAuth", Change: endpoint("https://app.vssps.visualstudio.com/oauth2/authorize?client_id=x&response_type=Assertion"), Summary: "retired"},
	{Check: "legacy-sign-in-unused", Name: "the same, under the name of an organization", Change: endpoint("https://contoso.vssps.visualstudio.com/oauth2/token"), Summary: "retired"},
	{Check: "legacy-sign-in-unused", Name: "the secret is a token of Azure DevOps' own OAuth", Change: secretShape(LegacyShape, 1044), Summary: "retired"},

	{Check: "sign-in-endpoint-current", Name: "the v1.0 endpoint is used", Change: endpoint("https://login.microsoftonline.com/organizations/oauth2/authorize"), Summary: "v1.0"},
	{Check: "sign-in-endpoint-current", Name: "the v1.0 endpoint is used under an old name", Change: endpoint("https://login.windows.net/common/oauth2/token"), Summary: "v1.0"},

	{Check: "tenant-well-formed", Name: "a template was not filled in", Change: typedTenant("{tenant}"), Summary: "sample"},
	{Check: "tenant-well-formed", Name: "a sample in capital letters", Change: typedTenant("YOUR_TENANT_ID"), Summary: "sample"},
	{Check: "tenant-well-formed", Name: "Microsoft's own sample text", Change: typedTenant("Enter_the_Tenant_Info_Here"), Summary: "sample"},
	{Check: "tenant-well-formed", Name: "a GUID of zeros", Change: typedTenant("00000000-0000-0000-0000-000000000000"), Summary: "sample"},
	{Check: "tenant-well-formed", Name: "a line feed came along", Change: typedTenant(string(contoso) + "\n"), Summary: "a line feed"},
	{Check: "tenant-well-formed", Name: "quotation marks came along", Change: typedTenant(`"` + string(contoso) + `"`), Summary: "quotation marks"},
	{Check: "tenant-well-formed", Name: "a zero-width blank is inside", Change: typedTenant("contoso\u200b.example"), Summary: "an invisible character"},
	{Check: "tenant-well-formed", Name: "a whole address was pasted", Change: typedTenant("https://login.microsoftonline.com/" + string(contoso) + "/oauth2/v2.0/token"), Summary: "as an address"},
	{Check: "tenant-well-formed", Name: "personal accounts only", Change: typedTenant("consumers"), Summary: "personal Microsoft accounts"},
	{Check: "tenant-well-formed", Name: "the client ID once more", Change: typedTenant(string(paragonID)), Summary: "the same ID"},
	{Check: "tenant-well-formed", Name: "a company's name", Change: typedTenant("Contoso Ltd"), Summary: "neither a tenant ID nor a domain"},

	{Check: "tenant-for-work-accounts", Name: "everybody is asked", Change: typedTenant("common"), Summary: "common"},

	{Check: "tenant-exists", Name: "no such tenant", Change: func(f *Facts) {
		f.Tenant = Known(TenantLookup{AADSTS: 90002}, "GET /{tenant}/v2.0/.well-known/openid-configuration")
	}, Summary: "Microsoft knows no tenant " + string(contoso)},

	{Check: "client-id-well-formed", Name: "Microsoft's own sample text", Change: typedClient("Enter_the_Application_Id_here"), Summary: "sample"},
	{Check: "client-id-well-formed", Name: "a sample in brackets", Change: typedClient("<client-id>"), Summary: "sample"},
	{Check: "client-id-well-formed", Name: "a sample of crosses", Change: typedClient("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"), Summary: "sample"},
	{Check: "client-id-well-formed", Name: "the name of the field", Change: typedClient("client_id"), Summary: "sample"},
	{Check: "client-id-well-formed", Name: "a blank came along", Change: typedClient(" " + string(paragonID)), Summary: "a blank"},
	{Check: "client-id-well-formed", Name: "a comma of a JSON file came along", Change: typedClient(`"` + string(paragonID) + `",`), Summary: "quotation marks and a comma"},
	{Check: "client-id-well-formed", Name: "the ID of Azure DevOps", Change: typedClient(string(entra.AzureDevOps)), Summary: "Azure DevOps itself"},
	{Check: "client-id-well-formed", Name: "the secret in the wrong field", Change: typedClient("abc8Q~0123456789012345678901234567890123"), Summary: "form of a client secret"},
	{Check: "client-id-well-formed", Name: "the app's name", Change: typedClient("Paragon Integration"), Summary: "is not a client ID"},

	{Check: "secret-well-formed", Name: "the secret's ID", Change: secretShape(IDShape, 36), Summary: "not its value"},
	{Check: "secret-well-formed", Name: "a sample's text", Change: secretShape(PlaceholderShape, 18), Summary: "sample"},
	{Check: "secret-well-formed", Name: "a line feed came along", Change: secretShape(SpacedShape, 41), Summary: "blanks or line feeds"},
	{Check: "secret-well-formed", Name: "quotation marks came along", Change: secretShape(QuotedShape, 42), Summary: "quotation marks"},
	{Check: "secret-well-formed", Name: "percent-encoded", Change: secretShape(EncodedShape, 44), Summary: "percent-encoded"},
	{Check: "secret-well-formed", Name: "half of it", Change: secretShape(OddShape, 9), Summary: "has not the form of one"},

	{Check: "redirect-uri-well-formed", Name: "a sample's host", Change: typedRedirect("https://YOUR_MCP_GATEWAY_URL/integration-callback"), Summary: "sample"},
	{Check: "redirect-uri-well-formed", Name: "a blank came along", Change: typedRedirect(paragonURI + " "), Summary: "a blank"},
	{Check: "redirect-uri-well-formed", Name: "percent-encoded", Change: typedRedirect("https%3A%2F%2Fpassport.useparagon.com%2Foauth"), Summary: "percent-encoded"},
	{Check: "redirect-uri-well-formed", Name: "plain http", Change: typedRedirect("http://passport.useparagon.com/oauth"), Summary: "must use https"},
	{Check: "redirect-uri-well-formed", Name: "a wildcard", Change: typedRedirect("https://*.useparagon.com/oauth"), Summary: "wildcard"},
	{Check: "redirect-uri-well-formed", Name: "a fragment", Change: typedRedirect(paragonURI + "#done"), Summary: "# part"},
	{Check: "redirect-uri-well-formed", Name: "no scheme", Change: typedRedirect("passport.useparagon.com/oauth"), Summary: "not a whole address"},
	{Check: "redirect-uri-well-formed", Name: "a forbidden character", Change: typedRedirect("https://passport.useparagon.com/oauth(1)"), Summary: "does not allow"},

	{Check: "redirect-uri-as-documented", Name: "a slash too many", Change: typedRedirect(paragonURI + "/"), Summary: "it ends with a slash"},
	{Check: "redirect-uri-as-documented", Name: "capital letters", Change: typedRedirect("https://passport.useparagon.com/OAuth"), Summary: "capital letters count"},
	{Check: "redirect-uri-as-documented", Name: "another host", Change: typedRedirect("https://passport.example.com/oauth"), Summary: "its host is passport.example.com"},
	{Check: "redirect-uri-as-documented", Name: "another path", Change: typedRedirect("https://passport.useparagon.com/callback"), Summary: "its path is"},
	{Check: "redirect-uri-as-documented", Name: "a path that is not Cyclr's, its host unknown", Change: both(given(func(g *Given) { g.Integration = "cyclr" }), typedRedirect("https://contoso.cyclr.com/callback")), Summary: `its path is "/callback" instead of "/connector/callback"`},
	{Check: "redirect-uri-as-documented", Name: "something behind a question mark", Change: typedRedirect(paragonURI + "?a=b"), Summary: "question mark"},

	{Check: "scopes-well-formed", Name: "commas", Change: typedScopes(ado + "vso.work," + ado + "vso.code,offline_access"), Summary: "commas"},
	{Check: "scopes-well-formed", Name: "semicolons", Change: typedScopes(ado + "vso.work;offline_access"), Summary: "semicolons"},
	{Check: "scopes-well-formed", Name: "plus signs", Change: typedScopes(ado + "vso.work+offline_access"), Summary: "plus signs"},
	{Check: "scopes-well-formed", Name: "a tab", Change: typedScopes(ado + "vso.work\toffline_access"), Summary: "tabs"},
	{Check: "scopes-well-formed", Name: "line feeds", Change: typedScopes(ado + "vso.work\r\noffline_access"), Summary: "line feeds"},
	{Check: "scopes-well-formed", Name: "doubled blanks", Change: typedScopes(ado + "vso.work  offline_access"), Summary: "more than one blank"},
	{Check: "scopes-well-formed", Name: "a line feed at the end", Change: typedScopes(paragonScope + "\n"), Summary: "a line feed"},
	{Check: "scopes-well-formed", Name: "a list out of a program", Change: typedScopes(`["` + ado + `vso.work", "offline_access"]`), Summary: "quotation marks and brackets"},
	{Check: "scopes-well-formed", Name: "percent-encoded before sending", Change: typedScopes("499b84ac-1321-427f-aa17-267ca6975798%2Fvso.work%20offline_access"), Summary: "encoded twice"},
	{Check: "scopes-well-formed", Name: "percent-encoded twice before sending", Change: typedScopes("499b84ac-1321-427f-aa17-267ca6975798%252Fvso.work%2520offline_access"), Summary: "2 times over"},
	{Check: "scopes-well-formed", Name: "a scope twice", Change: typedScopes(ado + "vso.work " + ado + "VSO.Work offline_access"), Summary: "twice"},
	{Check: "scopes-well-formed", Name: "two slashes behind the ID", Change: typedScopes(ado + "/vso.work offline_access"), Summary: "two slashes"},
	{Check: "scopes-well-formed", Name: "a sample's text", Change: typedScopes(ado + "{scope} offline_access"), Summary: "sample"},

	{Check: "scopes-have-resource", Name: "bare names", Change: typedScopes("vso.work vso.code offline_access"), Summary: "vso.work and vso.code would be looked up on Microsoft Graph, not on Azure DevOps."},
	{Check: "scopes-have-resource", Name: "bare user_impersonation", Change: typedScopes("user_impersonation offline_access"), Summary: "user_impersonation would"},
	{Check: "scopes-have-resource", Name: "the address of Azure DevOps instead of its resource", Change: typedScopes("https://dev.azure.com/vso.work offline_access"), Summary: "https://dev.azure.com/vso.work would be looked up on another service"},

	{Check: "scopes-for-devops", Name: "Microsoft Graph only", Change: typedScopes("User.Read offline_access"), Summary: "None of the scopes"},
	{Check: "scopes-for-devops", Name: "the sign-in only", Change: typedScopes("openid profile offline_access"), Summary: "None of the scopes"},

	{Check: "scopes-of-one-resource", Name: "Azure DevOps and Microsoft Graph", Change: typedScopes(ado + "vso.work User.Read offline_access"), Summary: "Azure DevOps and Microsoft Graph"},

	{Check: "scopes-not-mixed-with-default", Name: ".default beside a name", Change: typedScopes(ado + ".default " + ado + "vso.work offline_access"), Summary: "stands beside"},

	{Check: "scopes-known", Name: "a letter off", Change: typedScopes(ado + "vso.wrok offline_access"), Summary: "vso.wrok is no scope of Azure DevOps."},
	{Check: "scopes-known", Name: "a name of former times", Change: typedScopes(ado + "preview_api_all offline_access"), Summary: "any more"},
	{Check: "scopes-known", Name: "a scope that was dropped", Change: typedScopes(ado + "vso.threads_full offline_access"), Summary: "any more"},
	{Check: "scopes-known", Name: "the label of a form", Change: typedScopes("Work items (read) offline_access"), Summary: "is the label of a scope"},

	{Check: "scopes-by-id", Name: "the address with two slashes", Change: typedScopes("https://app.vssps.visualstudio.com//.default offline_access"), Summary: "by an address"},

	{Check: "offline-access-asked", Name: "not among the scopes", Change: typedScopes(ado + "vso.work openid profile"), Summary: "offline_access is not among"},

	{Check: "organization-well-formed", Name: "a template was not filled in", Change: typedOrg("{organization}"), Summary: "sample"},
	{Check: "organization-well-formed", Name: "a sample's name", Change: typedOrg("your-organization"), Summary: "sample"},
	{Check: "organization-well-formed", Name: "a name with a blank", Change: typedOrg("Contoso Shop"), Summary: "not a valid name"},
	{Check: "organization-well-formed", Name: "quotation marks came along", Change: typedOrg(`"contoso-shop"`), Summary: "quotation marks"},
	{Check: "organization-well-formed", Name: "the address of another product", Change: typedOrg("https://github.com/contoso"), Summary: "dev.azure.com"},

	{Check: "organization-exists", Name: "no such organization", Change: organization(entra.DevOpsOrganization{Slug: "contoso-shop"}), Summary: "knows no organization contoso-shop"},

	{Check: "organization-connected", Name: "one of personal accounts", Change: organization(entra.DevOpsOrganization{Slug: "contoso-shop", Exists: true}), Summary: "personal Microsoft accounts"},

	{Check: "organization-in-tenant", Name: "the organization is another tenant's", Change: organization(entra.DevOpsOrganization{Slug: "contoso-shop", Exists: true, Connected: true, Tenant: fabrikam}), Summary: "belongs to the tenant " + string(fabrikam)},

	{Check: "sign-in-accepted", Name: "an address that is not registered", Change: signIn(SignInProbe{OnPage: true, AADSTS: 50011, OAuth: "invalid_request", Text: "AADSTS50011: The redirect URI …"}), Summary: "AADSTS50011"},
	{Check: "sign-in-accepted", Name: "an app of another tenant", Change: signIn(SignInProbe{OnPage: true, AADSTS: 700016}), Summary: "AADSTS700016"},
	{Check: "sign-in-accepted", Name: "Azure DevOps is not in the tenant", Change: signIn(SignInProbe{AADSTS: 650052, OAuth: "invalid_client"}), Summary: "AADSTS650052"},
	{Check: "sign-in-accepted", Name: "no number in the answer", Change: signIn(SignInProbe{OAuth: "invalid_scope"}), Summary: "invalid_scope"},
	{Check: "sign-in-accepted", Name: "nothing that is known in the answer", Change: signIn(SignInProbe{OnPage: true}), Summary: "a refusal without a code"},
}
