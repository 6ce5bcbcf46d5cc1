package advise

// An Area is one group of operations, as Azure DevOps speaks of it.
type Area struct {
	ID    string // first part of an operation's id: "work-items"
	Label string
	// words are what people call it besides, for the search.
	words string
	// Operations are its operations in the order of their paths.
	Operations []Operation
}

// areas in the order they are offered: what integrations do most comes first.
var areas = []Area{
	{ID: "work-items", Label: "Work items", words: "issue ticket bug task user story epic wit tracking"},
	{ID: "boards", Label: "Boards, backlogs and sprints", words: "kanban scrum sprint iteration planning"},
	{ID: "projects", Label: "Projects and teams", words: "core"},
	{ID: "git", Label: "Repositories and pull requests", words: "repo code source scm pr review branch tag clone pull fetch"},
	{ID: "build", Label: "Builds", words: "ci pipeline compile"},
	{ID: "pipelines", Label: "Pipelines", words: "ci cd yaml build workflow trigger"},
	{ID: "release", Label: "Releases", words: "cd deploy deployment"},
	{ID: "wiki", Label: "Wiki", words: "documentation page markdown"},
	{ID: "search", Label: "Search", words: "find full text"},
	{ID: "test-plans", Label: "Test plans", words: "qa quality manual testing"},
	{ID: "test-results", Label: "Test results", words: "qa quality coverage"},
	{ID: "test", Label: "Test runs (older addresses)", words: "qa quality coverage"},
	{ID: "hooks", Label: "Service hooks", words: "webhook event callback notify"},
	{ID: "packages", Label: "Packages", words: "artifacts npm nuget maven python pypi universal registry"},
	{ID: "feeds", Label: "Package feeds", words: "artifacts packaging registry"},
	{ID: "members", Label: "Users and licences", words: "access level entitlement member licence license invite"},
	{ID: "graph", Label: "Users and groups", words: "identity member directory"},
	{ID: "profile", Label: "Profile", words: "user person me mail name"},
	{ID: "account", Label: "Organizations", words: "account collection"},
	{ID: "approvals", Label: "Approvals and checks", words: "gate pipeline resource"},
	{ID: "audit", Label: "Audit log", words: "auditing compliance siem"},
	{ID: "dashboards", Label: "Dashboards", words: "widget chart"},
	{ID: "agents", Label: "Agents, environments, variable groups", words: "runner pool queue deployment variable task"},
	{ID: "extensions", Label: "Extensions", words: "marketplace plugin add-on"},
	{ID: "favourites", Label: "Favourites", words: "favorite star bookmark"},
	{ID: "identities", Label: "Identities", words: "user person directory lookup"},
	{ID: "notifications", Label: "Notifications", words: "mail subscription event alert"},
	{ID: "operations", Label: "Long-running operations", words: "job progress async"},
	{ID: "permissions-report", Label: "Permissions reports", words: "access rights audit"},
	{ID: "policy", Label: "Branch policies", words: "git review required protection"},
	{ID: "process-templates", Label: "Process templates", words: "xml import export"},
	{ID: "processes", Label: "Processes", words: "customize work item type field state rule"},
	{ID: "security", Label: "Permissions", words: "acl access control rights namespace"},
	{ID: "security-roles", Label: "Security roles", words: "permission rights"},
	{ID: "service-connections", Label: "Service connections", words: "endpoint credential cloud"},
	{ID: "status", Label: "Health of Azure DevOps", words: "status outage"},
	{ID: "symbols", Label: "Symbols", words: "debug pdb"},
	{ID: "tfvc", Label: "Team Foundation Version Control", words: "code changeset shelveset check-in"},
	{ID: "token-admin", Label: "Administration of tokens", words: "pat revoke"},
	{ID: "tokens", Label: "Personal access tokens", words: "pat"},
	{ID: "analytics", Label: "Analytics", words: "odata report power bi"},
	{ID: "connection", Label: "Connection", words: "who am i connectiondata"},
}
