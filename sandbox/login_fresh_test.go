package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// idClaims reads the ID token of an answer.
func (a tokenAnswer) idClaims() idClaims {
	a.Helper()
	parts := strings.Split(a.string("id_token"), ".")
	if len(parts) != 3 {
		a.Fatalf("no ID token: %v", a.json)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		a.Fatal(err)
	}
	var c idClaims
	if err := json.Unmarshal(raw, &c); err != nil {
		a.Fatal(err)
	}
	return c
}

// tellingTime puts auth_time into the ID tokens of an app.
func tellingTime(a *application) { seedApp{OptionalClaims: []string{authTimeClaim}}.claims(a) }

//parity:choice login auth_time: in ID tokens when the registration lists it among the optional claims of ID tokens, and when the request has max_age or asks for it in claims; a refresh keeps the first time, and whether it is told
func TestAuthTimeIsToldWhereItIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*application)
		values []string
		told   bool
	}{
		"nobody asks":                   {nil, nil, false},
		"the registration":              {tellingTime, nil, true},
		"max_age":                       {nil, []string{"max_age", "3600"}, true},
		"claims, essential":             {nil, []string{"claims", `{"id_token":{"auth_time":{"essential":true}}}`}, true},
		"claims, voluntary":             {nil, []string{"claims", `{"id_token":{"auth_time":null}}`}, true},
		"claims, of the access token":   {nil, []string{"claims", `{"access_token":{"auth_time":null}}`}, false},
		"claims, another optional one":  {nil, []string{"claims", `{"id_token":{"acrs":{"essential":true}}}`}, false},
		"the registration, not of this": {func(a *application) { tellingTime(a); a.OptionalClaims.IDToken = nil }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(c.change)
			b := l.visitor()
			at := l.clock
			b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
			l.clock = at.Add(10 * time.Minute)
			answer := l.token("organizations", redeem(a, b.open(l.authorizeURL("organizations", a, c.values...)).code())).ok()
			want := int64(0)
			if c.told {
				want = at.Unix()
			}
			if got := answer.idClaims().AuthTime; got != want {
				t.Errorf("auth_time %d, want %d", got, want)
			}
			l.clock = at.Add(time.Hour)
			again := l.token("organizations", refreshForm(a, answer.string("refresh_token"))).ok().idClaims()
			if again.AuthTime != want || again.Issued != l.clock.Unix() {
				t.Errorf("after a refresh: auth_time %d, issued %d", again.AuthTime, again.Issued)
			}
		})
	}
}

//parity:choice login max_age: a sign-in older than max_age asks for the password again, and with prompt=none is answered as if nobody were signed in (50058)
func TestASignInThatIsTooOldTakesThePassword(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(tellingTime)
	b := l.visitor()
	open := func(values ...string) sight { return b.open(l.authorizeURL("organizations", a, values...)) }
	authTime := func(s sight) int64 {
		return l.token("organizations", redeem(a, s.code())).ok().idClaims().AuthTime
	}
	start := l.clock
	open().signIn("user", "contoso").code()

	l.clock = start.Add(15 * time.Minute)
	if got := authTime(open("max_age", "900")); got != start.Unix() {
		t.Errorf("within max_age: auth_time %d", got)
	}
	l.clock = start.Add(15*time.Minute + time.Second)
	if q := open("max_age", "900", "prompt", "none").answer(); q.Get("error") != loginRequired {
		t.Errorf("silently: %v", q)
	}
	page := open("max_age", "900").shows("Enter password")
	if got := authTime(page.press("Sign in", "passwd", userPassword)); got != l.clock.Unix() {
		t.Errorf("after the password: auth_time %d", got)
	}

	l.clock = l.clock.Add(time.Minute)
	page = open("prompt", "login", "login_hint", contosoUser).shows("Enter password")
	if got := authTime(page.press("Sign in", "passwd", userPassword)); got != l.clock.Unix() {
		t.Errorf("prompt=login: auth_time %d", got)
	}
	l.clock = l.clock.Add(time.Minute)
	if got := authTime(open("max_age", "0").shows("Enter password").press("Sign in", "passwd", userPassword)); got != l.clock.Unix() {
		t.Errorf("max_age=0: auth_time %d", got)
	}
	for _, wrong := range []string{"-1", "soon", "1.5"} {
		open("max_age", wrong).refusedOn(onRedirect, 90023, "invalid_request")
	}
	open("claims", "{").refusedOn(onRedirect, 90023, "invalid_request")
}

// The forms' own steps do not lead around the password that a request asks
// for.
func TestThePasswordIsNotSteppedAround(t *testing.T) {
	for name, values := range map[string][]string{
		"prompt=login": {"prompt", "login"},
		"max_age":      {"max_age", "60", "prompt", "select_account"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(nil)
			b := l.visitor()
			b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
			l.clock = l.clock.Add(time.Hour)
			page := b.open(l.authorizeURL("organizations", a, values...))
			token, _ := page.html.Find("input[name=flowToken]").Attr("value")
			action, _ := page.html.Find("form").Attr("action")
			b.post(action, map[string][]string{"flowToken": {token}, "step": {stepAccounts}, "account": {"0"}}).shows("Enter password")
			if s := b.post(action, map[string][]string{"flowToken": {token}, "step": {stepDecision}, "action": {"accept"}}); s.location != "" {
				t.Errorf("led on to %s", s.location)
			}
		})
	}
}

//parity:choice login roles: the values of the app roles that are assigned, in the order of assignment, in ID tokens for the app and access tokens to it; left out where there are none
func TestAppRolesStandInTheTokens(t *testing.T) {
	l := newTestWorld(t)
	_, shared := l.w.findApp(SharedConsoleClientID)
	secret := builtin().appNamed(t, shared.AppID).Secret
	callback := shared.Web.RedirectURIs[0]
	signIn := func(name, tenant, scope string) tokenAnswer {
		address := l.authorizeURL("organizations", shared, "redirect_uri", callback, "scope", scope)
		code := l.visitor().open(address).signIn(name, tenant).code()
		return l.token("organizations", redeem(shared, code, "client_secret", secret, "redirect_uri", callback)).ok()
	}
	for person, want := range map[string]string{
		"admin contoso": "admin", "developer contoso": "support", "user contoso": "viewer", "trainee contoso": "",
		"admin adventure-works": "admin", "developer adventure-works": "support", "user adventure-works": "",
	} {
		name, tenant, _ := strings.Cut(person, " ")
		answer := signIn(name, tenant, "openid profile offline_access")
		c := answer.idClaims()
		if got := strings.Join(c.Roles, " "); got != want || c.AuthTime != l.clock.Unix() || c.Tenant != l.tenant(tenant).ID {
			t.Errorf("%s: roles %q, auth_time %d", person, got, c.AuthTime)
		}
		if got := answer.claims().Roles; got != nil {
			t.Errorf("%s: roles %q in the token for Microsoft Graph", person, got)
		}
		own := signIn(name, tenant, shared.AppID+"/.default openid")
		if got := strings.Join(own.claims().Roles, " "); got != want {
			t.Errorf("%s: roles %q in the token for the app itself", person, got)
		}
	}
}

func TestARefreshHasTheRolesOfNow(t *testing.T) {
	l := newTestWorld(t)
	home := l.tenant("contoso")
	a := l.consented(func(a *application) {
		a.AppRoles = seedApp{AppRoles: []seedRole{{Value: "viewer"}, {Value: "admin"}}}.appRoles(a.AppID)
	})
	app, user := home.principalOf(a.AppID), home.userNamed("user")
	home.giveRoles(app, []seedAssignment{{"user", "viewer"}})
	answer := l.token("organizations", redeem(a, l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code())).ok()
	roles := func() []string {
		return l.token("organizations", refreshForm(a, answer.string("refresh_token"))).ok().idClaims().Roles
	}
	if got := roles(); !slices.Equal(got, []string{"viewer"}) {
		t.Errorf("at first: %q", got)
	}
	home.giveRoles(app, []seedAssignment{{"user", "admin"}})
	if got := roles(); !slices.Equal(got, []string{"viewer", "admin"}) {
		t.Errorf("with one more: %q", got)
	}
	for _, held := range home.assignmentsWhere(func(r *appRoleAssignment) bool { return r.PrincipalID == user.ID && r.ResourceID == app.ID }) {
		home.removeAssignment(held.ID)
	}
	if got := roles(); got != nil {
		t.Errorf("with none left: %q", got)
	}
	app.AppRoleAssignmentRequired = true
	l.token("organizations", refreshForm(a, answer.string("refresh_token"))).refused(50105, invalidGrant, 400)
}

// appNamed finds a built-in app.
func (f seedFile) appNamed(t *testing.T, clientID string) *seedApp {
	t.Helper()
	a, _ := f.appWithID(clientID)
	if a == nil {
		t.Fatalf("no app %s", clientID)
	}
	return a
}

func TestTheReadyLineSaysWhoMayDoWhatAtTheSharedConsole(t *testing.T) {
	s := start(t, Options{})
	console := s.Ready().Console
	if console == nil || console.ClientID != SharedConsoleClientID || len(console.ClientSecret) != 40 {
		t.Fatalf("console %+v", console)
	}
	var people []string
	for _, p := range console.People {
		if t := s.world.tenants[p.TenantID]; t == nil || !strings.HasSuffix(p.UserPrincipalName, "@"+t.Domain) {
			people = append(people, "tenant of "+p.UserPrincipalName)
		}
		people = append(people, p.UserPrincipalName+" "+strconv.Quote(p.Role))
	}
	want := []string{
		`admin@contoso.sandbox.invalid "admin"`, `developer@contoso.sandbox.invalid "support"`, `trainee@contoso.sandbox.invalid ""`, `user@contoso.sandbox.invalid "viewer"`,
		`admin@adventure-works.sandbox.invalid "admin"`, `developer@adventure-works.sandbox.invalid "support"`, `user@adventure-works.sandbox.invalid ""`,
	}
	if !slices.Equal(people, want) {
		t.Errorf("people\n%s", strings.Join(people, "\n"))
	}
}

// What is granted for everybody is the sign-in and reading; the permissions
// to change things are declared and wait for their first use.
func TestTheSharedConsoleAsksForItsPermissionsOneByOne(t *testing.T) {
	l := newTestWorld(t)
	_, shared := l.w.findApp(SharedConsoleClientID)
	open := func(name, scope string) sight {
		address := l.authorizeURL("organizations", shared, "redirect_uri", shared.Web.RedirectURIs[0], "scope", scope)
		return l.visitor().open(address).signIn(name, "contoso")
	}
	open("user", "User.Read Application.Read.All Policy.Read.All offline_access").code()
	open("admin", "Application.ReadWrite.All").shows("Permissions requested").press("Accept").code()
	open("user", "Application.ReadWrite.All").shows("Need admin approval")
}
