package sandbox

import (
	"encoding/json"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestBuiltInTenantsAreAsDescribed(t *testing.T) {
	s := start(t, Options{})
	scenarios := map[string]string{}
	for _, tenant := range s.Ready().Tenants {
		scenarios[tenant.Domain] = tenant.Scenario
		people := 3
		if tenant.Scenario == "healthy" {
			people = 4 // one more, without a role at the shared console
		}
		if len(tenant.Users) != people || tenant.Users[0].UserPrincipalName != "admin@"+tenant.Domain || !reflect.DeepEqual(tenant.Users[0].Roles, []string{"Global Administrator"}) {
			t.Errorf("%s: users %+v", tenant.Domain, tenant.Users)
		}
		if a := tenant.Automation; a.ClientID == "" || len(a.ClientSecret) != 40 || a.ClientSecret[3:6] != "8Q~" || !reflect.DeepEqual(a.RedirectURIs, []string{"http://localhost:8080/callback"}) {
			t.Errorf("%s: automation %+v", tenant.Domain, a)
		}
	}
	want := map[string]string{
		"contoso.sandbox.invalid": "healthy", "adventure-works.sandbox.invalid": "single-tenant app",
		"litware.sandbox.invalid": "expired secret", "proseware.sandbox.invalid": "expiring secret",
		"tailspin.sandbox.invalid": "scope mismatch", "fabrikam.sandbox.invalid": "admin consent required",
		"alpine.sandbox.invalid": "user consent off", "wingtip.sandbox.invalid": "unverified publisher",
		"graphic-design.sandbox.invalid": "assignment required", "lucerne.sandbox.invalid": "app disabled",
		"woodgrove.sandbox.invalid": "secrets blocked by policy", "margies.sandbox.invalid": "lifetime policy",
		"humongous.sandbox.invalid": "Azure DevOps principal missing", "northwind.sandbox.invalid": "organization of another tenant",
		"vanarsdel.sandbox.invalid": "organization not connected", "trey.sandbox.invalid": "conditional access",
		"southridge.sandbox.invalid": "replication delay",
	}
	if !reflect.DeepEqual(scenarios, want) {
		t.Errorf("tenants %v, want %v", scenarios, want)
	}
	rules := func(domain string) policies { return s.world.tenantOf(domain).policies }
	if p := rules("contoso.sandbox.invalid"); !p.AllowedToCreateApps || len(p.PermissionGrantPolicies) != 1 || p.PasswordAdditionForbidden {
		t.Errorf("contoso: %+v", p)
	}
	if p := rules("fabrikam.sandbox.invalid"); p.AllowedToCreateApps || len(p.PermissionGrantPolicies) != 0 {
		t.Errorf("fabrikam: %+v", p)
	}
	if p := rules("woodgrove.sandbox.invalid"); !p.PasswordAdditionForbidden {
		t.Errorf("woodgrove: %+v", p)
	}
}

func TestTheDocumentationTellsEveryScenario(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "// # Scenarios\n")
	section, _, _ = strings.Cut(section, "// # ")
	var told, built []string
	for line := range strings.Lines(section) {
		if row, indented := strings.CutPrefix(line, "//\t"); indented {
			name, situation, _ := strings.Cut(row, " ")
			situation, _, _ = strings.Cut(strings.TrimSpace(situation), "  ")
			told = append(told, name+".sandbox.invalid: "+situation)
		}
	}
	for _, tenant := range builtin().Tenants {
		built = append(built, tenant.Domain+": "+tenant.Scenario)
	}
	if !slices.Equal(told, built) {
		t.Errorf("doc.go tells\n%s\nthere are\n%s", strings.Join(told, "\n"), strings.Join(built, "\n"))
	}
}

func TestOrganizationOfAnotherTenantAndOneOfNone(t *testing.T) {
	s := start(t, Options{})
	tenants := map[string]string{}
	for _, o := range s.Ready().Organizations {
		tenants[o.Slug] = o.TenantID
		if len(o.Projects) == 0 {
			t.Errorf("%s has no project", o.Slug)
		}
	}
	if tenants["northwind"] == "" || tenants["northwind"] != tenants["contoso"] || tenants["northwind"] == s.world.tenantOf("northwind.sandbox.invalid").ID {
		t.Errorf("northwind is of %q", tenants["northwind"])
	}
	if id, exists := tenants["personal-projects"]; !exists || id != "" {
		t.Errorf("personal-projects is of %q", id)
	}
}

func TestTwoSandboxesHaveTheSameIDs(t *testing.T) {
	one, other := start(t, Options{Apps: 3}), start(t, Options{Apps: 3})
	if !reflect.DeepEqual(one.Ready().Tenants, other.Ready().Tenants) || !reflect.DeepEqual(one.Ready().Organizations, other.Ready().Organizations) {
		t.Error("the ready line lists other tenants or organizations")
	}
	first, second := one.world, other.world
	for id, a := range first.tenants {
		b := second.tenants[id]
		if b == nil || !reflect.DeepEqual(a.appOrder, b.appOrder) || !reflect.DeepEqual(a.spOrder, b.spOrder) || !reflect.DeepEqual(a.grantOrder, b.grantOrder) || !reflect.DeepEqual(a.users, b.users) {
			t.Errorf("%s differs", a.Domain)
		}
	}
	a, b := first.organization("contoso"), second.organization("contoso")
	if a.ID != b.ID || a.projects[0].ID != b.projects[0].ID {
		t.Error("the organization differs")
	}
}

func TestSeededAppsListPermissionsThatExist(t *testing.T) {
	s := start(t, Options{})
	for _, tenant := range s.world.tenants {
		for _, a := range tenant.apps {
			for _, r := range a.RequiredResourceAccess {
				for _, access := range r.ResourceAccess {
					if access.ID == "" {
						t.Errorf("%s in %s lists a permission without ID", a.DisplayName, tenant.Domain)
					}
				}
			}
			if home, found := s.world.findApp(a.AppID); home != tenant || found != a {
				t.Errorf("%s is not found by its client ID", a.DisplayName)
			}
		}
	}
}

func TestSeededAppsLookAsThoseMadeOverTheWire(t *testing.T) {
	g := contoso(t)
	for _, a := range g.w.tenantOf(consoleHome.Domain).apps {
		g.tenant.addApp(a) // a public client, shown as one of the tenant's own
	}
	apps, _ := g.call(g.admin(), "GET", "/v1.0/applications", "").want(200).at("value").([]any)
	for _, v := range apps {
		a := v.(map[string]any)
		web := a["web"].(map[string]any)
		if len(web["redirectUriSettings"].([]any)) != len(web["redirectUris"].([]any)) {
			t.Errorf("%v: settings %v for %v", a["displayName"], web["redirectUriSettings"], web["redirectUris"])
		}
		if a["publicClient"].(map[string]any)["redirectUris"] == nil {
			t.Errorf("%v: null where a collection belongs", a["displayName"])
		}
	}
}

func TestConsoleClientIsConsentedInEachTenant(t *testing.T) {
	s := start(t, Options{})
	for _, ready := range s.Ready().Tenants {
		tenant := s.world.tenants[ready.ID]
		client, api := tenant.principalOf(ConsoleClientID), tenant.principalOf(graphAppID)
		if client == nil || api == nil {
			t.Fatalf("%s: service principals %v, %v", ready.Domain, client, api)
		}
		g := tenant.grantOf(client.ID, api.ID, nil)
		if g == nil || g.ConsentType != "AllPrincipals" || !strings.Contains(g.Scope, "Application.ReadWrite.All") {
			t.Errorf("%s: grant %+v", ready.Domain, g)
		}
	}
}

func TestManyAppsFillTheHealthyTenant(t *testing.T) {
	few, many := start(t, Options{}), start(t, Options{Apps: 250})
	count := func(s *Sandbox) (apps, principals int) {
		contoso := s.world.tenantOf("contoso.sandbox.invalid")
		return len(contoso.apps), len(contoso.principals)
	}
	a0, p0 := count(few)
	a1, p1 := count(many)
	if a1-a0 != 250 || p1-p0 != 250 {
		t.Errorf("%d apps and %d service principals more, want 250", a1-a0, p1-p0)
	}
}

func TestSeedFileAddsToTenants(t *testing.T) {
	s := start(t, Options{Seed: []byte(`{
	 "tenants": [
	  {"domain": "contoso.sandbox.invalid",
	   "users": [{"name": "eve", "display_name": "Eve Extra", "password": "Sandbox-Eve-1!", "roles": ["cloud application administrator"]}],
	   "apps": [{"name": "Eve's app", "owner": "eve", "multitenant": true, "redirect_uris": ["https://e.example.com/cb"], "secret": "abc8Q~0123456789", "delegated": ["User.Read"]}]},
	  {"domain": "adatum.sandbox.invalid", "name": "Adatum", "scenario": "mine", "policies": {"users_may_consent": true, "secret_max_days": 90}}],
	 "organizations": [
	  {"slug": "contoso", "tenant": "contoso.sandbox.invalid", "projects": [{"name": "Third"}], "members": [{"user": "eve", "access": "stakeholder"}]},
	  {"slug": "mine", "projects": [{"name": "Mine", "public": true}]}]
	}`)})
	contoso := s.world.tenantOf("contoso.sandbox.invalid")
	eve := contoso.userNamed("eve")
	if eve == nil || !reflect.DeepEqual(eve.Roles, []string{roleCloudAppAdministrator}) || eve.GivenName != "Eve" || len(contoso.users) != 5 {
		t.Fatalf("eve %+v", eve)
	}
	app := contoso.apps[stableID("app", contoso.Domain, "Eve's app")]
	if app == nil || app.owners[0] != eve.ID || app.SignInAudience != audienceMultitenant || app.PasswordCredentials[0].Hint != "abc" {
		t.Errorf("app %+v", app)
	}
	org := s.world.organization("contoso")
	if len(org.projects) != 3 || org.members[eve.ID].AccessLevel != accessStakeholder || len(org.members) != 4 {
		t.Errorf("organization %+v", org)
	}
	adatum := s.world.tenantOf("adatum.sandbox.invalid")
	if adatum.policies.AllowedToCreateApps || adatum.policies.PasswordMaxLifetime.Hours() != 90*24 || adatum.principalOf(ConsoleClientID) == nil {
		t.Errorf("adatum %+v", adatum.policies)
	}
	if mine := s.world.organization("mine"); mine.TenantID != "" || !mine.hasPublicProject() {
		t.Errorf("organization mine %+v", mine)
	}
}

// connectionWith is a connection that is in order but for one field, which is
// given twice: JSON takes the last.
func connectionWith(field string) string {
	return `"connection":{"integration":"custom","app":"Paragon of Contoso","scopes":["openid"],"tenant":"organizations","organization":"contoso","project":"Mobile",` + field + `}`
}

func TestAConnectionInOrderIsTaken(t *testing.T) {
	seed := `{"tenants":[{"domain":"contoso.sandbox.invalid",` + connectionWith(`"tenant":"contoso.sandbox.invalid"`) + `}]}`
	if _, err := parseSeed([]byte(seed)); err != nil {
		t.Error(err)
	}
}

func TestTheScenariosAreAValidSeedFile(t *testing.T) {
	f := builtin()
	if err := f.check(seedFile{}); err != nil {
		t.Error(err)
	}
}

func TestSeedFileSaysWhatAnAdministratorAndAnOwnerDecided(t *testing.T) {
	s := start(t, Options{Seed: []byte(`{"tenants": [{"domain": "litware.sandbox.invalid", "without_principals": ["` + graphAppID + `"],
	 "policies": {"users_may_consent": true, "access_rules": [{"users": ["user"], "code": 50076}]},
	 "apps": [{"name": "All at once", "owner": "developer", "co_owners": ["admin", "developer"], "delegated": ["User.Read"], "azure_devops": ["vso.work"], "consented_for_all": true,
	  "verified_publisher": "Litware Ltd.", "property_lock": true, "disabled": true, "sign_in_disabled": true,
	  "assignment_required": true, "assigned": ["user"],
	  "secret": "one8Q~0123456789abc", "secret_days": -400, "secrets": [{"name": "the next", "value": "two8Q~0123456789abc", "days": 1}]}]}],
	 "organizations": [{"slug": "litware", "tenant": "litware.sandbox.invalid", "policies": {"third_party_oauth": true, "guests_refused": true}}]}`)})
	home := s.world.tenantOf("litware.sandbox.invalid")
	a := home.apps[stableID("app", home.Domain, "All at once")]
	if got := a.VerifiedPublisher; *got.DisplayName != "Litware Ltd." || len(*got.VerifiedPublisherID) != 7 || got.AddedDateTime == nil {
		t.Errorf("publisher %+v", got)
	}
	if !isTrue(a.IsDisabled) || !a.PrincipalLock.IsEnabled || !isTrue(a.PrincipalLock.AllProperties) {
		t.Errorf("disabled %v, lock %+v", a.IsDisabled, a.PrincipalLock)
	}
	if want := []string{home.userNamed("developer").ID, home.userNamed("admin").ID}; !slices.Equal(a.owners, want) || a.createdBy != want[0] {
		t.Errorf("owners %v, created by %s; want %v", a.owners, a.createdBy, want)
	}
	first, second := a.PasswordCredentials[0], a.PasswordCredentials[1]
	if !first.EndDateTime.Before(s.world.now().AddDate(-1, 0, 0)) || !first.StartDateTime.Before(first.EndDateTime) || *second.DisplayName != "the next" || first.KeyID == second.KeyID {
		t.Errorf("secrets %+v", a.PasswordCredentials)
	}
	sp := home.principalOf(a.AppID)
	if sp.AccountEnabled || !sp.AppRoleAssignmentRequired || !home.isAssigned(home.userNamed("user").ID, sp.ID) || *sp.VerifiedPublisher.DisplayName != "Litware Ltd." {
		t.Errorf("service principal %+v, assigned %v", sp, home.assignments[sp.ID])
	}
	if home.principalOf(graphAppID) != nil || home.grantOf(sp.ID, home.principalOf(devopsAppID).ID, nil) == nil {
		t.Error("Microsoft Graph is there, or consent to Azure DevOps is not")
	}
	for name, code := range map[string]int{"user": 50076, "developer": 0} {
		e := home.blocked(client{a, home}, home.userNamed(name), nil)
		if (e == nil) != (code == 0) || e != nil && e.code != code {
			t.Errorf("%s: %+v, want AADSTS%d", name, e, code)
		}
	}
	if e := home.blocked(client{a, home}, nil, nil); e != nil {
		t.Errorf("the app by itself: %+v", e)
	}
	if got := s.world.organization("litware").policies; got != (organizationPolicies{ThirdPartyOAuth: true, GuestsRefused: true}) {
		t.Errorf("organization %+v", got)
	}
}

func TestConnectionOfASeedFileIsInTheReadyLine(t *testing.T) {
	s := start(t, Options{Seed: seedExample(t)})
	all := s.Ready().Tenants
	got := all[len(all)-1].Connection
	_, app := s.world.findApp(got.ClientID)
	want := ReadyConnection{
		Integration: "custom", Scopes: []string{devopsAppID + "/vso.work"}, Tenant: "organizations", Organization: "adatum", Project: "Ledger",
		ReadyClient: ReadyClient{ClientID: app.AppID, ClientSecret: "rEp8Q~sandbox.known-by-heart.0123456789", RedirectURIs: []string{"https://reports.example.com/callback"}},
	}
	if app.DisplayName != "Reports" || !reflect.DeepEqual(*got, want) {
		t.Errorf("connection %+v", got)
	}
}

// seedExample is the seed file that the package's documentation shows.
func seedExample(t *testing.T) []byte {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(doc), "// # Seed file\n")
	section, _, _ = strings.Cut(section, "// # ")
	var example strings.Builder
	for line := range strings.Lines(section) {
		if code, indented := strings.CutPrefix(line, "//\t"); indented {
			example.WriteString(code)
		}
	}
	if !found || example.Len() == 0 {
		t.Fatal("doc.go shows no seed file")
	}
	return []byte(example.String())
}

func TestTheDocumentedSeedFileIsOne(t *testing.T) {
	s := start(t, Options{Seed: seedExample(t)})
	r := s.Ready()
	i := slices.IndexFunc(r.Tenants, func(t ReadyTenant) bool { return t.Domain == "adatum.sandbox.invalid" })
	if i < 0 {
		t.Fatal("Adatum is not among the tenants")
	}
	client := seedApp{}
	for _, a := range s.world.tenantOf("adatum.sandbox.invalid").apps {
		if a.DisplayName == "Reports" {
			client.ClientID, client.Secret = a.AppID, a.PasswordCredentials[0].value
		}
	}
	answer := send(t, s, "POST", r.Login+"/"+r.Tenants[i].ID+"/oauth2/v2.0/token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {client.ClientID}, "client_secret": {client.Secret}, "scope": {devopsAppID + "/.default"}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
	if answer.StatusCode != 200 {
		t.Errorf("the example's app cannot sign in: %d %s", answer.StatusCode, answer.body)
	}
	if got := send(t, s, "GET", r.DevOps+"/adatum/_apis/projects", "").json(t); got["count"] != 1.0 {
		t.Errorf("projects that anybody sees: %v", got)
	}
}

func TestSeedFileErrorsNameThePlaceAndTheMend(t *testing.T) {
	tenant := func(rest string) string {
		return `{"tenants":[{"domain":"contoso.sandbox.invalid",` + rest + `}]}`
	}
	org := func(rest string) string { return `{"organizations":[{"slug":"x",` + rest + `}]}` }
	for seed, words := range map[string][]string{
		`[]`:                                     {"JSON"},
		`{"tenant":[]}`:                          {"tenant"},
		`{"tenants":[]} {}`:                      {"more after"},
		`{"tenants":[{"domain":"contoso.com"}]}`: {"tenants[0]", `"domain"`, ".invalid"},
		`{"tenants":[{"domain":"microsoft.sandbox.invalid"}]}`:                                                    {"tenants[0]", `"domain"`},
		`{"tenants":[{"domain":"new.sandbox.invalid"}]}`:                                                          {"tenants[0]", `"name"`, `"scenario"`},
		tenant(`"users":[{"name":"A B","password":"x"}]`):                                                         {"users[0]", `"name"`},
		tenant(`"users":[{"name":"a"}]`):                                                                          {"users[0]", `"password"`},
		tenant(`"users":[{"name":"a","password":"x","roles":["King"]}]`):                                          {"King", "Global Administrator"},
		tenant(`"apps":[{}]`):                                                                                     {"apps[0]", `"name"`},
		tenant(`"apps":[{"name":"a","client_id":"1"}]`):                                                           {"apps[0]", `"client_id"`, "GUID"},
		tenant(`"apps":[{"name":"a","owner":"nobody"}]`):                                                          {"apps[0]", `"owner"`},
		tenant(`"apps":[{"name":"a","secret":"short"}]`):                                                          {"apps[0]", `"secret"`, "16"},
		tenant(`"apps":[{"name":"a","delegated":["Mail.Everything"]}]`):                                           {"apps[0]", "Mail.Everything"},
		tenant(`"apps":[{"name":"a","application_granted":["Mail.Everything"]}]`):                                 {"apps[0]", "Mail.Everything"},
		tenant(`"apps":[{"name":"a","secrets":[{"value":"long enough for a secret"}]}]`):                          {"apps[0]", "secrets[0]", `"name"`},
		tenant(`"apps":[{"name":"a","secrets":[{"name":"a","value":"short"}]}]`):                                  {"apps[0]", "secrets[0]", `"value"`, "16"},
		tenant(`"apps":[{"name":"a","co_owners":["nobody"]}]`):                                                    {"apps[0]", `"co_owners"`, "nobody"},
		tenant(`"apps":[{"name":"a","assigned":[""]}]`):                                                           {"apps[0]", `"assigned"`},
		tenant(`"without_principals":["00000000-0000-0000-0000-000000000000"]`):                                   {`"without_principals"`, devopsAppID},
		tenant(`"policies":{"secret_max_days":-1}`):                                                               {"policies", `"secret_max_days"`},
		tenant(`"policies":{"access_rules":[{"code":53003,"users":["nobody"]}]}`):                                 {"access_rules[0]", `"users"`, "nobody"},
		tenant(`"policies":{"access_rules":[{"code":53003,"client_id":"x"}]}`):                                    {"access_rules[0]", `"client_id"`, "GUID"},
		tenant(connectionWith(`"integration":"jira"`)):                                                            {"connection", `"integration"`, "paragon"},
		tenant(connectionWith(`"app":"No such app"`)):                                                             {"connection", `"app"`, "contoso.sandbox.invalid"},
		tenant(connectionWith(`"app_tenant":"trey.sandbox.invalid"`)):                                             {"connection", `"app"`, "trey.sandbox.invalid"},
		tenant(connectionWith(`"scopes":[]`)):                                                                     {"connection", `"scopes"`},
		tenant(connectionWith(`"tenant":"nowhere.invalid"`)):                                                      {"connection", `"tenant"`, "organizations"},
		tenant(connectionWith(`"project":"No such project"`)):                                                     {"connection", `"project"`},
		`{"organizations":[{"slug":"-"}]}`:                                                                        {"organizations[0]", `"slug"`},
		org(`"tenant":"nowhere.invalid"`):                                                                         {"organizations[0]", `"tenant"`},
		org(`"tenant":"contoso.sandbox.invalid","members":[{"user":"nobody","access":"basic"}]`):                  {"members[0]", `"user"`},
		org(`"tenant":"contoso.sandbox.invalid","members":[{"app":"nothing","access":"basic"}]`):                  {"members[0]", `"app"`},
		org(`"tenant":"contoso.sandbox.invalid","members":[{"app":"Automation","user":"user","access":"basic"}]`): {"members[0]", `"app"`},
		org(`"members":[{"access":"basic"}]`):                                                                     {"members[0]", `"user"`},
		org(`"tenant":"contoso.sandbox.invalid","members":[{"user":"user","access":"all"}]`):                      {"members[0]", `"access"`},
		org(`"projects":[{"name":"a/b"}]`):                                                                        {"projects[0]", `"name"`},
	} {
		_, err := parseSeed([]byte(seed))
		if err == nil {
			t.Errorf("%s was taken", seed)
			continue
		}
		for _, word := range append(words, "seed file") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q has no word about %s", seed, err, word)
			}
		}
	}
}

// The names of the ready line's fields are what scripts rely on.
func TestReadyLineHasTheDocumentedFields(t *testing.T) {
	s := start(t, Options{})
	data, err := json.Marshal(s.Ready())
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(data, &line); err != nil {
		t.Fatal(err)
	}
	has := func(where string, v any, names ...string) {
		fields, _ := v.(map[string]any)
		for _, name := range names {
			if fields[name] == nil {
				t.Errorf("%s has no %q: %v", where, name, fields)
			}
		}
		if len(fields) != len(names) {
			t.Errorf("%s has more than %v: %v", where, names, fields)
		}
	}
	first := func(v any) any { return v.([]any)[0] }
	has("the line", line, "name", "address", "login", "graph", "devops", "vssps", "tls", "journal", "faults", "state", "tenants", "organizations", "console")
	has("console", line["console"], "client_id", "client_secret", "redirect_uris", "people")
	has("people", first(line["console"].(map[string]any)["people"]), "tenant_id", "upn", "role")
	has("tls", line["tls"], "login", "graph", "devops", "vssps", "ca_file")
	tenant := first(line["tenants"]).(map[string]any)
	has("tenants", tenant, "id", "domain", "scenario", "users", "automation", "connection", "legacy_apps")
	has("connection", tenant["connection"], "integration", "client_id", "client_secret", "redirect_uris", "scopes", "tenant", "organization", "project")
	has("users", first(tenant["users"]), "upn", "password", "roles")
	has("automation", tenant["automation"], "client_id", "client_secret", "redirect_uris")
	has("organizations", first(line["organizations"]), "slug", "tenant_id", "projects")
}
