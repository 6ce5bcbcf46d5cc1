// Package sandbox is one more Microsoft cloud: sign-in, Microsoft Graph and
// Azure DevOps for some invented tenants, on loopback ports of its
// own. Clients are told where it listens ([entra.Cloud]) and nothing else;
// what they would be refused by the public cloud they are refused here.
//
// # Addresses
//
// One plain http listener holds the services side by side (/login, /graph,
// /devops, /vssps) and the controls described below. Four TLS listeners hold
// one service each, at the root, with certificates of an authority made at
// start: SDKs refuse plain http and some drop the path of an authority host.
// Absolute URLs in answers follow X-Forwarded-Host and X-Forwarded-Proto, so
// behind a TLS proxy with the public host names it looks like the public
// cloud. [Ready] lists all addresses, people and clients.
//
// # Scenarios
//
// Each tenant is a situation. It has an administrator, a developer and a user,
// an Azure DevOps organization, and a connection: the values that an
// integration there was set up with. What somebody meets who connects it:
//
//	contoso          healthy                         the projects
//	adventure-works  single-tenant app               50194, sent to the integration
//	litware          expired secret                  7000222 from the token endpoint
//	proseware        expiring secret                 the projects, for five more days
//	tailspin         scope mismatch                  650053, sent to the integration
//	fabrikam         admin consent required          90095, a page to ask for approval
//	alpine           user consent off                90094, a page
//	wingtip          unverified publisher            90094, a page: contoso's app, at a customer
//	graphic-design   assignment required             50105, a page, but for the developer
//	lucerne          app disabled                    7000112, a page
//	woodgrove        secrets blocked by policy       7000222, and no new secret can be made
//	margies          lifetime policy                 the projects; no secret may outlive 90 days
//	humongous        Azure DevOps principal missing  650052, sent to the integration
//	northwind        organization of another tenant  TF400813 from Azure DevOps
//	vanarsdel        organization not connected      TF400813 from Azure DevOps
//	trey             conditional access              53003, a page; for others VS403463 from Azure DevOps
//	southridge       replication delay               the projects; what was just written is not there yet
//
// Azure DevOps's older host names, contoso.visualstudio.com and
// contoso.vssps.visualstudio.com, lead to the organization, too, when a proxy
// passes them on to the listeners of devops and vssps.
//
// # Seed file
//
// A seed file adds to the built-in tenants; those it names again by domain get
// more people and apps. Domains end in .invalid, passwords are no secrets.
//
//	{
//	  "tenants": [{
//	    "domain": "adatum.sandbox.invalid", "name": "Adatum", "scenario": "ninety days at most",
//	    "policies": {"users_may_register_apps": true, "users_may_consent": true, "secret_max_days": 90},
//	    "users": [
//	      {"name": "admin", "display_name": "Ada Admin", "password": "Sandbox-Admin-1!", "roles": ["Cloud Application Administrator"]},
//	      {"name": "user", "display_name": "Uma User", "password": "Sandbox-User-1!"}
//	    ],
//	    "apps": [{
//	      "name": "Reports", "owner": "user", "multitenant": true,
//	      "redirect_uris": ["https://reports.example.com/callback"],
//	      "delegated": ["User.Read"], "azure_devops": ["vso.work"], "consented_for_all": true,
//	      "secret": "rEp8Q~sandbox.known-by-heart.0123456789", "secret_days": 20,
//	      "secrets": [{"name": "of last year", "value": "oLd8Q~sandbox.known-by-heart.0123456789", "days": -40}],
//	      "assignment_required": true, "assigned": ["user"]
//	    }],
//	    "connection": {
//	      "integration": "custom", "app": "Reports", "scopes": ["499b84ac-1321-427f-aa17-267ca6975798/vso.work"],
//	      "tenant": "organizations", "organization": "adatum", "project": "Ledger"
//	    }
//	  }],
//	  "organizations": [{
//	    "slug": "adatum", "tenant": "adatum.sandbox.invalid", "policies": {"guests_refused": true},
//	    "projects": [{"name": "Ledger"}, {"name": "Website", "public": true}],
//	    "members": [{"user": "admin", "access": "basic", "admin": true}, {"user": "user", "access": "stakeholder"}]
//	  }]
//	}
//
// A tenant may have "without_principals", the client IDs of Microsoft's APIs
// that it has no service principal of. Its "connection" is what an integration
// was set up with; the ready line repeats it with the app's client ID, secret
// and redirect URIs. An app of another tenant is named with "app_tenant".
// "legacy_apps" are registrations of Azure DevOps's own, retired OAuth: name,
// company, integration, callback_url, scopes, secret_days.
//
// Policies left out altogether are those of a new tenant; where they are
// given, those not named are off. Further ones are admin_consent_workflow,
// risky_consent_allowed, multitenant_forbidden, secrets_forbidden, risky_apps
// with the client IDs that Microsoft's detection holds against consent (code
// 900941), and access_rules with what Conditional Access refuses at sign-in:
// [{"client_id": "…", "users": ["user"], "code": 53003}].
//
// An app without "multitenant" is of a single tenant. Days until a secret
// expires may be negative. Further fields of an app are client_id,
// public_client, co_owners, application_granted, verified_publisher (a name),
// property_lock, disabled (the registration), sign_in_disabled (its service
// principal in this tenant), consented (Graph permissions that everybody's use
// of is granted, in place of consented_for_all), optional_claims (of ID tokens;
// auth_time is the one that is kept to), app_roles ([{"value": "viewer",
// "name": "Viewer"}]) and role_assignments ([{"user": "user", "role":
// "viewer"}]). A tenant's "enterprise_apps" are multitenant apps of other
// tenants that it let in: client_id, consented, assignment_required and
// role_assignments.
//
// One app is there for consoles that several people share ([SharedConsoleClientID]);
// the ready line says who has which role there.
//
// An organization without "tenant" is not connected to any: personal accounts
// back it. A member is a "user", or with "app" the service principal of an app
// that is registered in the tenant. Its policies are third_party_oauth,
// guests_refused, and conditional_access, which refuses every call.
//
// A tenant's "legacy_apps" are apps of Azure DevOps's own, retired OAuth:
// [{"name": "Cyclr", "company": "Adatum", "integration": "cyclr",
// "callback_url": "https://yourcompany.cyclr.com/connector/callback",
// "scopes": ["vso.work"], "secret_days": 20}]. The ready line adds app_id and
// app_secret. Organizations let such apps in only with third_party_oauth.
//
// The scenarios themselves are such a file, data/scenarios.json.
//
// # Workloads
//
// One platform besides Microsoft's is there, [WorkloadIssuer], whose tokens
// prove an app that has a federated credential for it: GET
// /workload-token?subject=console answers with such a token for the subject
// named, as the file that a platform mounts would hold it ("audience" is
// api://AzureADTokenExchange unless given). Tokens of any other issuer get
// AADSTS50166: nobody outside is reached.
//
// # State
//
// DELETE /state puts everything back to what the sandbox started with, as a
// restart would: the same ids, secrets and dates, seed file and --apps
// included (only in a sandbox that has been running for days the dates move on
// with the days). DELETE /state?tenant=contoso.sandbox.invalid does so for one
// tenant, also named by its ID, and for the organizations connected to it; the
// other tenants notice nothing, but keep service principals of apps that are
// gone. Codes, refresh tokens, device codes and browser sessions of the tenant
// and open sign-ins to it or to its apps end. What stays: addresses,
// certificates and signing keys, so that an access token made before is good
// for those who still exist; the journal; the fault rules. Requests that are
// under way are answered from the state before or after, never from a mixture.
// The answer is 204 when the new state is in force.
//
// # Journal
//
// GET /journal is a JSON list of the requests that the services received,
// oldest first ([Request]); the newest 10,000 are kept. ?service=graph keeps
// one service, ?since=41 what came after number 41. DELETE /journal forgets
// them. Bodies and headers are not recorded, and values of parameters that
// could be secrets, codes or tokens are replaced.
//
// # Faults
//
// PUT /faults takes a JSON list of rules ([Fault]) and replaces all earlier
// ones; [] clears them. GET /faults lists them with how often each matched
// ("hits") and struck ("applied").
//
//	[{"service": "graph", "method": "POST", "path": "/v1.0/applications/*/addPassword",
//	  "nth": 2, "times": 1,
//	  "action": {"commit_then_drop": true}}]
//
// Service, method and path narrow the match; left out they match everything.
// The path is the one at the public host, without query; * stands for any
// text within a segment, ** for any text. "nth" is the first matching request
// that is struck, counted from 1; "times" is how many are from there on. With
// nth alone one request is struck, with neither all are. The first rule that
// strikes decides; the later ones still count.
//
// An action is a waiting, a lag, an outcome, or several of these:
//
//	"delay": "1.5s"           wait before the request is handled (also a number of milliseconds)
//	"hold": "before"          wait, before handling it, until the rules are replaced
//	"hold": "after"           handle it, then wait until the rules are replaced
//
//	"replica_lag": 3          handle it; the next 3 reads of what it wrote miss it, see below
//
//	"status": 503             answer so without handling the request; "headers" and "body"
//	                          (a JSON value, or a string for any text) go with it
//	"drop": "before"          close the connection without handling the request
//	"commit_then_drop": true  handle the request, close the connection instead of answering
//	"commit_then_status": 503 handle the request, answer with this status (headers, body as above)
//	"truncate_at": 97         handle the request, close the connection after so many bytes of the body
//	"bad_json": true          handle the request, answer with a body that is not JSON
//	"slow_bytes": 200         handle the request, send so many bytes of the body per second
//	"headers": {"Retry-After": "2"}  without status: handle the request, add these to its own answer
//
// A request whose client gave up while it waited before handling is not
// handled.
//
// Azure DevOps' rate limits are rules, too. It first slows requests down and
// says so in a good answer, then refuses them:
//
//	[{"service": "devops", "times": 3, "action": {"delay": "2s",
//	    "headers": {"Retry-After": "2", "X-RateLimit-Resource": "Core", "X-RateLimit-Delay": "2.000",
//	      "X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000"}}},
//	 {"service": "devops", "action": {"status": 429, "headers": {"Retry-After": "30"},
//	    "body": {"$id": "1", "innerException": null, "errorCode": 0, "eventId": 3000,
//	      "message": "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource Core in namespace User.",
//	      "typeName": "Microsoft.TeamFoundation.Framework.Server.RequestBlockedException, Microsoft.TeamFoundation.Framework.Server",
//	      "typeKey": "RequestBlockedException"}}}]
//
// # Replication
//
// A directory's servers hear of writes one after another. "replica_lag": n on
// a write to Microsoft Graph makes n reads of each object that it created,
// changed or deleted answer as before it: 404 Request_ResourceNotFound for
// what was created, the old properties for what was changed, the whole object
// for what was deleted. A read of an object is a GET that asks for it by id or
// by another key, or for anything below it, and every list and $count of its
// collection, whatever the filter; in a batch each request counts. Reads that
// are refused for the caller's permissions do not count. Writes find every
// object as it is. Objects are applications and their deleted items, service
// principals, delegated permission grants and app role assignments (people and
// policies are known everywhere at once): what POST /applications writes is
// the application; DELETE writes the application, its deleted item, its
// service principal and that one's grants and assignments.
//
// A tenant with "replication_reads": n in the seed file (southridge has 3) is
// like that for every write, whoever makes it, and further than reads:
//
//   - a write to an object that was created is refused for n lookups of it, as
//     any read is: 404, NoBackingApplicationObject for the service principal of
//     a new application, Directory_ObjectNotFound for a grant to a new service
//     principal (reads and these share the count);
//   - the sign-in service has a count of n of its own for each application and,
//     for an application's own tokens, for each service principal: 700016 for a
//     new application, 7000229 for a new service principal, 7000215 for a new
//     secret, 50011 for a new redirect URI. A deleted
//     application is gone there at once, and consent that it took itself it
//     knows.
//
// Writing an object again before its count has run out starts the count anew,
// and until it ends the object reads as before the first of these writes.
//
// # Parity
//
// PARITY.md, beside this file, says endpoint by endpoint what is as in the
// public cloud, what is in part and what is absent, each with the test that
// shows it, and what was chosen where the public answer is not known. It is
// made from comments above the tests, and the tests hold it to the truth.
package sandbox
