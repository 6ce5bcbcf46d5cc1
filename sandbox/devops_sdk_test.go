package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/accounts"
	pipelines "github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/profile"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/webapi"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/workitemtracking"
)

// Microsoft's Go client for Azure DevOps, as it is: it finds each resource by
// asking where it stands, and negotiates the version.

// signedInToken is an access token for Azure DevOps from a sign-in with PKCE.
func signedInToken(t *testing.T, s *Sandbox, name, tenant string) string {
	t.Helper()
	const redirect = "http://localhost:8400"
	l := &loginTest{T: t, w: s.world, base: s.Ready().Login}
	q := url.Values{
		"client_id": {ConsoleClientID}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {devopsScope},
		"code_challenge": {testChallenge}, "code_challenge_method": {pkceS256},
	}
	code := l.visitor().open(l.base+"/organizations/oauth2/v2.0/authorize?"+q.Encode()).signIn(name, tenant).code()
	return l.token("organizations", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {ConsoleClientID}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {testVerifier},
	}).ok().string("access_token")
}

// connect is the client's connection with a bearer token, through TLS.
func connect(t *testing.T, s *Sandbox, organization, token string) *azuredevops.Connection {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	connection := azuredevops.NewAnonymousConnection(s.Ready().TLS.DevOps + "/" + organization)
	connection.AuthorizationString = "Bearer " + token
	connection.TlsConfig = &tls.Config{RootCAs: pool}
	return connection
}

func pointer[T any](v T) *T { return &v }

// must ends the test when a client says no.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

//parity:partly devops OPTIONS /{organization}/_apis: the resources that are served here
//parity:partly devops GET /{organization}/_apis/resourceAreas: the areas that are served here
//parity:partly devops GET /{organization}/_apis/connectionData: the list of service definitions is empty
//parity:partly vssps OPTIONS /{organization}/_apis: the resources that are served here
//parity:partly vssps GET /{organization}/_apis/profile/profiles/{id}: the caller's own
//parity:partly vssps GET /{organization}/_apis/accounts: the caller's own
func TestTheGoClientFindsWhoItIs(t *testing.T) {
	s := start(t, Options{})
	ctx, connection := t.Context(), connect(t, s, "contoso", signedInToken(t, s, "developer", "contoso"))
	data := must[*location.ConnectionData](t)(location.NewClient(ctx, connection).GetConnectionData(ctx, location.GetConnectionDataArgs{
		ConnectOptions: pointer(webapi.ConnectOptions("includeServices")),
	}))
	if *data.AuthenticatedUser.ProviderDisplayName != "Dev Developer" || data.LocationServiceData.AccessMappings == nil || data.InstanceId == nil {
		t.Errorf("connection data %+v", data)
	}
	me := must[*profile.Profile](t)(must[profile.Client](t)(profile.NewClient(ctx, connection)).GetProfile(ctx, profile.GetProfileArgs{Id: pointer("me")}))
	if *me.Id != *data.AuthenticatedUser.Id {
		t.Errorf("profile %v, connection data %v", me.Id, data.AuthenticatedUser.Id)
	}
	list := must[*[]accounts.Account](t)(must[accounts.Client](t)(accounts.NewClient(ctx, connection)).GetAccounts(ctx, accounts.GetAccountsArgs{MemberId: me.Id}))
	if !slices.ContainsFunc(*list, func(a accounts.Account) bool { return *a.AccountName == "contoso" }) {
		t.Errorf("accounts %v", *list)
	}
}

//parity:partly devops GET /{organization}/_apis/projects: a member sees every project; rights within one are not kept
//parity:real devops GET /{organization}/_apis/projects/{project}
//parity:partly devops GET /{organization}/_apis/projects/{project}/teams: the default team of the project
//parity:real devops GET /{organization}/{project}/_apis/git/repositories
//parity:partly devops GET /{organization}/{project}/_apis/git/repositories/{repository}: the repository, without its content
//parity:partly devops GET /{organization}/_apis/git/repositories/{repository}: the repository, without its content
//parity:partly devops GET /{organization}/{project}/_apis/build/builds: the seeded builds; nothing is built
//parity:partly devops GET /{organization}/{project}/_apis/build/builds/{buildId}: the seeded builds; nothing is built
//parity:partly devops GET /{organization}/{project}/_apis/build/definitions: one pipeline in each project
//parity:partly devops GET /{organization}/{project}/_apis/build/definitions/{definitionId}: one pipeline in each project
func TestTheGoClientReadsProjectsCodeAndBuilds(t *testing.T) {
	s := start(t, Options{})
	ctx, connection := t.Context(), connect(t, s, "contoso", signedInToken(t, s, "user", "contoso"))
	projects := must[core.Client](t)(core.NewClient(ctx, connection))
	var names []string
	page := must[*core.GetProjectsResponseValue](t)(projects.GetProjects(ctx, core.GetProjectsArgs{Top: pointer(1)}))
	for ; page.ContinuationToken != ""; page = must[*core.GetProjectsResponseValue](t)(projects.GetProjects(ctx, core.GetProjectsArgs{Top: pointer(1), ContinuationToken: pointer(continuation(t, page.ContinuationToken))})) {
		names = append(names, *page.Value[0].Name)
	}
	names = append(names, *page.Value[0].Name)
	if !slices.Equal(names, []string{"Web Shop", "Mobile"}) {
		t.Errorf("projects %v", names)
	}
	shop := must[*core.TeamProject](t)(projects.GetProject(ctx, core.GetProjectArgs{ProjectId: pointer("Web Shop"), IncludeCapabilities: pointer(true)}))
	if (*shop.Capabilities)["versioncontrol"]["sourceControlType"] != "Git" {
		t.Errorf("project %+v", shop)
	}
	if teams := must[*[]core.WebApiTeam](t)(projects.GetTeams(ctx, core.GetTeamsArgs{ProjectId: pointer("Mobile")})); *(*teams)[0].Name != "Mobile Team" {
		t.Errorf("teams %v", *teams)
	}
	code := must[git.Client](t)(git.NewClient(ctx, connection))
	repos := must[*[]git.GitRepository](t)(code.GetRepositories(ctx, git.GetRepositoriesArgs{Project: pointer("Web Shop")}))
	byName := must[*git.GitRepository](t)(code.GetRepository(ctx, git.GetRepositoryArgs{Project: pointer("Web Shop"), RepositoryId: (*repos)[0].Name}))
	byID := must[*git.GitRepository](t)(code.GetRepository(ctx, git.GetRepositoryArgs{RepositoryId: pointer((*repos)[0].Id.String())}))
	if *byName.Id != *byID.Id || *byID.Project.Id != *shop.Id {
		t.Errorf("repository by name %v, by ID %v", byName.Id, byID.Id)
	}
	ci := must[pipelines.Client](t)(pipelines.NewClient(ctx, connection))
	builds := must[*pipelines.GetBuildsResponseValue](t)(ci.GetBuilds(ctx, pipelines.GetBuildsArgs{Project: pointer("Mobile")}))
	one := must[*pipelines.Build](t)(ci.GetBuild(ctx, pipelines.GetBuildArgs{Project: pointer("Mobile"), BuildId: builds.Value[0].Id}))
	if *one.BuildNumber != *builds.Value[0].BuildNumber {
		t.Errorf("build %v", *one.BuildNumber)
	}
	definition := must[*pipelines.BuildDefinition](t)(ci.GetDefinition(ctx, pipelines.GetDefinitionArgs{Project: pointer("Mobile"), DefinitionId: one.Definition.Id}))
	all := must[*pipelines.GetDefinitionsResponseValue](t)(ci.GetDefinitions(ctx, pipelines.GetDefinitionsArgs{Project: pointer("Mobile")}))
	if *definition.Name != "Mobile CI" || *all.Value[0].Name != "Mobile CI" {
		t.Errorf("definition %v of %v", *definition.Name, all.Value)
	}
}

// continuation is the number that the client makes of the token.
func continuation(t *testing.T, token string) int {
	t.Helper()
	n := 0
	for _, c := range token {
		n = 10*n + int(c-'0')
	}
	return n
}

//parity:partly devops POST /{organization}/{project}/_apis/wit/workitems/${type}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:partly devops POST /{organization}/{project}/_apis/wit/wiql: flat queries with comparisons, and, or, order by; no links, no trees
//parity:real devops GET /{organization}/{project}/_apis/wit/workitems/{id}
//parity:partly devops PATCH /{organization}/{project}/_apis/wit/workitems/{id}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:real devops DELETE /{organization}/{project}/_apis/wit/workitems/{id}
//parity:real devops POST /{organization}/{project}/_apis/wit/workitemsbatch
//parity:real devops GET /{organization}/{project}/_apis/wit/recyclebin/{id}
//parity:real devops PATCH /{organization}/{project}/_apis/wit/recyclebin/{id}
//parity:real devops DELETE /{organization}/{project}/_apis/wit/recyclebin/{id}
func TestTheGoClientWorksOnWorkItems(t *testing.T) {
	s := start(t, Options{})
	ctx, connection := t.Context(), connect(t, s, "contoso", signedInToken(t, s, "user", "contoso"))
	items := must[workitemtracking.Client](t)(workitemtracking.NewClient(ctx, connection))
	project := pointer("Mobile")
	made := must[*workitemtracking.WorkItem](t)(items.CreateWorkItem(ctx, workitemtracking.CreateWorkItemArgs{
		Project: project, Type: pointer("User Story"), Document: patch("add", "/fields/System.Title", "From the client"),
	}))
	found := must[*workitemtracking.WorkItemQueryResult](t)(items.QueryByWiql(ctx, workitemtracking.QueryByWiqlArgs{
		Project: project, Wiql: &workitemtracking.Wiql{Query: pointer("SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'From the client' AND [System.CreatedBy] = @Me")},
	}))
	if len(*found.WorkItems) != 1 || *(*found.WorkItems)[0].Id != *made.Id {
		t.Fatalf("found %v, made %v", *found.WorkItems, *made.Id)
	}
	changed := must[*workitemtracking.WorkItem](t)(items.UpdateWorkItem(ctx, workitemtracking.UpdateWorkItemArgs{
		Project: project, Id: made.Id, Document: patch("test", "/rev", *made.Rev, "replace", "/fields/System.State", "Active"),
	}))
	if *changed.Rev != *made.Rev+1 || (*changed.Fields)["System.State"] != "Active" {
		t.Errorf("changed %v %v", *changed.Rev, *changed.Fields)
	}
	_, err := items.UpdateWorkItem(ctx, workitemtracking.UpdateWorkItemArgs{Project: project, Id: made.Id, Document: patch("test", "/rev", *made.Rev)})
	refusedBy(t, err, http.StatusPreconditionFailed, "TestPatchOperationFailedException")
	batch := must[*[]workitemtracking.WorkItem](t)(items.GetWorkItemsBatch(ctx, workitemtracking.GetWorkItemsBatchArgs{
		Project: project, WorkItemGetRequest: &workitemtracking.WorkItemBatchGetRequest{Ids: &[]int{*made.Id}, Fields: &[]string{"System.Title"}},
	}))
	if (*(*batch)[0].Fields)["System.Title"] != "From the client" {
		t.Errorf("batch %v", *batch)
	}
	gone := must[*workitemtracking.WorkItemDelete](t)(items.DeleteWorkItem(ctx, workitemtracking.DeleteWorkItemArgs{Project: project, Id: made.Id}))
	_, err = items.GetWorkItem(ctx, workitemtracking.GetWorkItemArgs{Project: project, Id: gone.Id})
	refusedBy(t, err, http.StatusNotFound, "WorkItemUnauthorizedAccessException")
	binned := must[*workitemtracking.WorkItemDelete](t)(items.GetDeletedWorkItem(ctx, workitemtracking.GetDeletedWorkItemArgs{Project: project, Id: made.Id}))
	if *binned.Name != "From the client" || *binned.Type != "User Story" {
		t.Errorf("in the bin %+v", binned)
	}
	must[*workitemtracking.WorkItemDelete](t)(items.RestoreWorkItem(ctx, workitemtracking.RestoreWorkItemArgs{
		Project: project, Id: made.Id, Payload: &workitemtracking.WorkItemDeleteUpdate{IsDeleted: pointer(false)},
	}))
	back := must[*workitemtracking.WorkItem](t)(items.GetWorkItem(ctx, workitemtracking.GetWorkItemArgs{Project: project, Id: made.Id, Expand: &workitemtracking.WorkItemExpandValues.All}))
	if (*back.Fields)["System.State"] != "Active" {
		t.Errorf("restored %v", *back.Fields)
	}
	must[*workitemtracking.WorkItemDelete](t)(items.DeleteWorkItem(ctx, workitemtracking.DeleteWorkItemArgs{Project: project, Id: made.Id}))
	if err := items.DestroyWorkItem(ctx, workitemtracking.DestroyWorkItemArgs{Project: project, Id: made.Id}); err != nil {
		t.Error(err)
	}
}

// patch is a JSON patch from operation, path and value triples.
func patch(steps ...any) *[]webapi.JsonPatchOperation {
	var list []webapi.JsonPatchOperation
	for i := 0; i < len(steps); i += 3 {
		op := webapi.Operation(steps[i].(string))
		list = append(list, webapi.JsonPatchOperation{Op: &op, Path: pointer(steps[i+1].(string)), Value: steps[i+2]})
	}
	return &list
}

// refusedBy checks the error that the client made of a refusal.
func refusedBy(t *testing.T, err error, status int, typeKey string) {
	t.Helper()
	var wrapped azuredevops.WrappedError
	var pointed *azuredevops.WrappedError
	if errors.As(err, &pointed) {
		wrapped = *pointed
	} else if !errors.As(err, &wrapped) {
		t.Errorf("error %v, want %d %s", err, status, typeKey)
		return
	}
	if wrapped.StatusCode == nil || *wrapped.StatusCode != status || typeKey != "" && (wrapped.TypeKey == nil || *wrapped.TypeKey != typeKey) {
		t.Errorf("error %+v, want %d %s", wrapped, status, typeKey)
	}
}

func TestTheGoClientUnderstandsRefusals(t *testing.T) {
	s := start(t, Options{})
	ctx := t.Context()
	stranger := connect(t, s, "fabrikam", signedInToken(t, s, "user", "contoso"))
	_, err := core.NewClient(ctx, stranger)
	refusedBy(t, err, http.StatusUnauthorized, "UnauthorizedRequestException")

	missing := connect(t, s, "no-such-organization", signedInToken(t, s, "user", "contoso"))
	_, err = core.NewClient(ctx, missing)
	refusedBy(t, err, http.StatusNotFound, "")

	blocked := connect(t, s, "trey", signedInToken(t, s, "developer", "trey"))
	_, err = core.NewClient(ctx, blocked)
	refusedBy(t, err, http.StatusForbidden, "VssServiceException")

	narrow := connect(t, s, "contoso", tokenFor(t, s, contosoDeveloper, "vso.build"))
	items := must[workitemtracking.Client](t)(workitemtracking.NewClient(ctx, narrow))
	_, err = items.GetWorkItem(ctx, workitemtracking.GetWorkItemArgs{Id: pointer(1)})
	refusedBy(t, err, http.StatusUnauthorized, "UnauthorizedRequestException")

	pat := azuredevops.NewPatConnection(s.Ready().TLS.DevOps+"/contoso", "a personal access token")
	pat.TlsConfig = stranger.TlsConfig
	_, err = core.NewClient(ctx, pat)
	refusedBy(t, err, http.StatusUnauthorized, "")

	if err := s.SetFaults(Fault{Service: serviceDevOps, Path: "/*/_apis/projects", Action: Action{
		Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "30", "X-RateLimit-Resource": "Core", "X-RateLimit-Remaining": "0"},
		Body: []byte(`{"$id":"1","innerException":null,"message":"TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Core' in namespace 'User'.","typeName":"Microsoft.TeamFoundation.Framework.Server.RequestBlockedException, Microsoft.TeamFoundation.Framework.Server","typeKey":"RequestBlockedException","errorCode":0,"eventId":3000}`),
	}}); err != nil {
		t.Fatal(err)
	}
	projects := must[core.Client](t)(core.NewClient(ctx, connect(t, s, "contoso", signedInToken(t, s, "user", "contoso"))))
	_, err = projects.GetProjects(ctx, core.GetProjectsArgs{})
	refusedBy(t, err, http.StatusTooManyRequests, "RequestBlockedException")
	if err != nil && !strings.Contains(err.Error(), "TF400733") {
		t.Errorf("the message is lost: %v", err)
	}
}
