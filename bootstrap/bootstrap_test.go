package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/outbound"
	"github.com/consentry/consentry/sandbox"
)

// shared is one sandbox for all tests, each of which uses a name of its own.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) {
	return sandbox.Start(context.Background(), sandbox.Options{})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := shared(); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "closing the sandbox:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// A bed is a tenant of the sandbox, with the directory of one of its people by
// way of Microsoft's own command line.
type bed struct {
	*testing.T
	box    *sandbox.Sandbox
	tenant sandbox.ReadyTenant
	dir    *graph.Client
	who    entra.Identity
	place  *memory
	events []string
}

func newBed(t *testing.T, scenario, person string) *bed {
	t.Helper()
	box, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	tenants := box.Ready().Tenants
	at := slices.IndexFunc(tenants, func(r sandbox.ReadyTenant) bool { return r.Scenario == scenario })
	b := &bed{T: t, box: box, tenant: tenants[at], place: &memory{}}
	token := b.tokenOf(person)
	b.who = entra.TokenIdentity(token)
	b.dir, err = graph.New(box.Cloud(), graph.TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return token, time.Now().Add(time.Hour), nil
	}), graph.Options{Budget: outbound.NewBudget(time.Now, noWait)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bed) tokenOf(person string) entra.Sensitive {
	b.Helper()
	at := slices.IndexFunc(b.tenant.Users, func(u sandbox.ReadyUser) bool { return strings.HasPrefix(u.UserPrincipalName, person+"@") })
	resp, err := http.PostForm(b.box.Ready().Login+"/"+b.tenant.ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"password"}, "client_id": {"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, "scope": {"https://graph.microsoft.com/.default"},
		"username": {b.tenant.Users[at].UserPrincipalName}, "password": {b.tenant.Users[at].Password},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		b.Fatalf("no token for %s: %d %v", person, resp.StatusCode, err)
	}
	return entra.NewSensitive(answer.Token)
}

// noWait is for waits that are not waited for.
func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// apply runs an engine whose waits are not waited for.
func (b *bed) apply(want Want, dir Directory) (Result, error) {
	e := &Engine{Directory: dir, Secrets: b.place, Sleep: noWait, Observe: func(ev Event) {
		b.events = append(b.events, fmt.Sprint(ev.Title, " ", ev.Text, " ", ev.Err))
	}}
	return e.Apply(b.Context(), want)
}

// memory is a place for a secret.
type memory struct {
	operation string
	secret    entra.Sensitive
	puts      int
	full      bool
}

func (m *memory) State() (PlaceState, error) {
	if m.secret.IsZero() {
		return PlaceState{Operation: m.operation}, nil
	}
	return PlaceState{Hint: m.secret.Hint()}, nil
}

func (m *memory) Take(operation string) error {
	if m.full {
		return errors.New("no room")
	}
	m.operation = operation
	return nil
}

func (m *memory) Put(s entra.Sensitive) error {
	m.secret, m.puts = s, m.puts+1
	return nil
}

func (m *memory) Release() error { m.operation = ""; return nil }

// wanted is a console with a secret, named after the test.
func (b *bed) wanted(name string) Want {
	return Want{
		Name: name, DisplayName: "Consentry", BaseURL: "https://" + name + ".example.com", Audience: entra.SingleTenant,
		Declared:  []string{"openid", "profile", "offline_access", "User.Read", "Application.Read.All", "Application.ReadWrite.All"},
		Consented: []string{"openid", "profile", "offline_access", "User.Read", "Application.Read.All"},
		Secret:    &entra.NewSecret{End: time.Now().AddDate(0, 6, 0)}, Admin: b.who.Person,
	}
}

// holds checks that everything is there once.
func (b *bed) holds(want Want) {
	b.Helper()
	found, err := b.dir.ApplicationsByTag(b.Context(), want.Marker())
	if err != nil || len(found) != 1 {
		b.Fatalf("%d app registrations, %v", len(found), err)
	}
	a, err := Read(b.Context(), b.dir, want)
	if err != nil {
		b.Fatal(err)
	}
	place, _ := b.place.State()
	left, err := MakePlan(want, a, place)
	if err != nil || len(left) != 0 {
		b.Errorf("left: %+v, %v", left, err)
	}
	secrets := slices.DeleteFunc(slices.Clone(a.App.Secrets), func(s entra.Secret) bool { return s.Hint == b.place.secret.Hint() })
	if want.Secret != nil && (len(a.App.Secrets) != 1 || len(secrets) != 0) {
		b.Errorf("secrets %+v, the place holds one that begins with %q", a.App.Secrets, b.place.secret.Hint())
	}
}

func TestAConsolesRegistrationIsMadeOnceAndThenLeftAlone(t *testing.T) {
	b := newBed(t, "healthy", "admin")
	want := b.wanted("first")
	result, err := b.apply(want, b.dir)
	if err != nil || len(result.Left) != 0 || result.Principal == "" {
		t.Fatalf("%+v, %v\n%s", result.Left, err, strings.Join(b.events, "\n"))
	}
	b.holds(want)
	app := result.App
	if app.Audience != entra.SingleTenant || app.TokenVersion != 2 || !app.PropertyLock.Complete() || app.ImplicitGrant.On() ||
		!slices.Equal(app.AppRoles, Roles) || !slices.Equal(app.IDTokenClaims, []string{"auth_time"}) ||
		!slices.Equal(app.RedirectURIs, []entra.RedirectURI{{URI: "https://first.example.com/sign-in/callback", Platform: entra.Web}}) {
		t.Errorf("registration %+v", app)
	}
	a, err := Read(t.Context(), b.dir, want)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Principal.AssignmentRequired || len(a.Grants) != 1 || slices.Contains(a.Grants[0].Scopes, "Application.ReadWrite.All") ||
		!slices.Equal(a.Assignments, []entra.RoleAssignment{{Principal: b.who.ID, Role: admin().ID}}) {
		t.Errorf("principal %+v, grants %+v, assignments %+v", a.Principal, a.Grants, a.Assignments)
	}

	writes := &counting{Directory: b.dir}
	if result, err := b.apply(want, writes); err != nil || len(result.Left) != 0 || writes.n != 0 || b.place.puts != 1 {
		t.Errorf("a second run: %d writes, %d secrets, %+v, %v", writes.n, b.place.puts, result.Left, err)
	}
}

// counting counts writes.
type counting struct {
	Directory
	n int
}

func (c *counting) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	c.n++
	return c.Directory.Do(ctx, ch)
}

// errCut is a run that ends here.
var errCut = errors.New("killed")

// cut ends the run at one of its writes.
type cut struct {
	Directory
	at     int
	commit bool
	cancel context.CancelFunc
}

func (c *cut) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	c.at--
	if c.at > 0 {
		return c.Directory.Do(ctx, ch)
	}
	if c.at == 0 && c.commit {
		if _, err := c.Directory.Do(ctx, ch); err != nil {
			return entra.Created{}, err
		}
	}
	c.cancel()
	return entra.Created{}, errCut
}

// However a run is cut off at whichever write, before it or after it was
// carried out, the next one ends with one of everything.
func TestARunMayBeCutOffAnywhere(t *testing.T) {
	const writes = 6 // application, secret, principal, assignment, consent, role
	for at := 1; at <= writes; at++ {
		for _, commit := range []bool{false, true} {
			name := fmt.Sprintf("cut-%d-%t", at, commit)
			t.Run(name, func(t *testing.T) {
				b := newBed(t, "healthy", "admin")
				want := b.wanted(name)
				ctx, cancel := context.WithCancel(t.Context())
				e := &Engine{Directory: &cut{b.dir, at, commit, cancel}, Secrets: b.place, Sleep: noWait}
				if _, err := e.Apply(ctx, want); err == nil {
					t.Fatal("the first run was not cut off")
				}
				if result, err := b.apply(want, b.dir); err != nil || len(result.Left) != 0 {
					t.Fatalf("%+v, %v\n%s", result.Left, err, strings.Join(b.events, "\n"))
				}
				b.holds(want)
			})
		}
	}
}

// forgetful loses the answer of one write.
type forgetful struct {
	Directory
	at     int
	commit bool
}

func (f *forgetful) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	f.at--
	if f.at != 0 {
		return f.Directory.Do(ctx, ch)
	}
	if f.commit {
		if _, err := f.Directory.Do(ctx, ch); err != nil {
			return entra.Created{}, err
		}
	}
	r := ch.Request()
	return entra.Created{}, &entra.NoAnswerError{Service: "Microsoft Graph", Method: r.Method, Path: r.Path, Sent: true, Err: errors.New("lost")}
}

func TestALostAnswerMakesNothingTwice(t *testing.T) {
	for at := 1; at <= 6; at++ {
		for _, commit := range []bool{false, true} {
			name := fmt.Sprintf("lost-%d-%t", at, commit)
			t.Run(name, func(t *testing.T) {
				b := newBed(t, "healthy", "admin")
				want := b.wanted(name)
				if result, err := b.apply(want, &forgetful{b.dir, at, commit}); err != nil || len(result.Left) != 0 {
					t.Fatalf("%+v, %v\n%s", result.Left, err, strings.Join(b.events, "\n"))
				}
				b.holds(want)
			})
		}
	}
}

func TestADirectoryThatLagsBehind(t *testing.T) {
	b := newBed(t, "replication delay", "admin")
	want := b.wanted("lagging")
	if result, err := b.apply(want, b.dir); err != nil || len(result.Left) != 0 {
		t.Fatalf("%+v, %v\n%s", result.Left, err, strings.Join(b.events, "\n"))
	}
	b.holds(want)
}

func TestWhatMayNotBeDoneIsLeftWithWhoCan(t *testing.T) {
	b := newBed(t, "healthy", "developer")
	want := b.wanted("without-role")
	want.Admin = entra.Person{ID: b.who.ID, DisplayName: "Dev Developer"}
	result, err := b.apply(want, b.dir)
	if err != nil {
		t.Fatal(err)
	}
	left := map[StepID]string{}
	for _, l := range result.Left {
		left[l.ID] = fmt.Sprint(l.Err)
	}
	if result.App.ClientID == "" || b.place.puts != 1 || !strings.Contains(left[StepConsent], "Who can: an Application Administrator") {
		t.Errorf("left %v", left)
	}
	if left[StepApplication] != "" || left[StepPrincipal] != "" || left[StepSecret] != "" {
		t.Errorf("a developer may do this: %v", left)
	}

	b = newBed(t, "secrets blocked by policy", "admin")
	want = b.wanted("no-secrets")
	if result, err = b.apply(want, b.dir); err != nil {
		t.Fatal(err)
	}
	if len(result.Left) != 1 || !strings.Contains(fmt.Sprint(result.Left[0].Err), "Choose another with --credential") || b.place.operation != "" {
		t.Errorf("left %+v, the place %+v", result.Left, b.place)
	}
}

func TestWithoutAPlaceNoSecretIsAskedFor(t *testing.T) {
	b := newBed(t, "healthy", "admin")
	b.place.full = true
	want := b.wanted("no-place")
	if _, err := b.apply(want, b.dir); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error %v", err)
	}
	app, err := b.dir.Registration(t.Context(), want.UniqueName())
	if err != nil || len(app.Secrets) != 0 {
		t.Errorf("secrets %+v, %v", app.Secrets, err)
	}
}

func TestASecretThatIsElsewhereIsLeftAlone(t *testing.T) {
	b := newBed(t, "healthy", "admin")
	want := b.wanted("elsewhere")
	if _, err := b.apply(want, b.dir); err != nil {
		t.Fatal(err)
	}
	mine := b.place
	b.place = &memory{} // another machine
	if result, err := b.apply(want, b.dir); err != nil || len(result.Left) != 0 || b.place.puts != 0 {
		t.Errorf("%+v, %v", result.Left, err)
	}
	b.place = &memory{secret: entra.NewSensitive("zzz8Q~of another registration")}
	if _, err := b.apply(want, b.dir); !errors.Is(err, ErrOtherSecret) {
		t.Errorf("error %v", err)
	}
	b.place = mine
	b.holds(want)
}

func TestOtherCredentialsAndASecondAddress(t *testing.T) {
	b := newBed(t, "lifetime policy", "admin")
	want := b.wanted("other")
	want.Secret = nil
	want.Federated = &entra.FederatedCredential{Name: "console", Issuer: sandbox.WorkloadIssuer, Subject: "console", Audience: entra.TokenExchange}
	if result, err := b.apply(want, b.dir); err != nil || len(result.Left) != 0 {
		t.Fatalf("%+v, %v\n%s", result.Left, err, strings.Join(b.events, "\n"))
	}
	b.holds(want)

	moved := want
	moved.BaseURL, moved.Audience, moved.Consented = "https://other-2.example.com", entra.AnyOrganization, append(want.Consented, "Application.ReadWrite.All")
	result, err := b.apply(moved, b.dir)
	if err != nil || len(result.Left) != 0 {
		t.Fatalf("%+v, %v", result.Left, err)
	}
	if len(result.App.RedirectURIs) != 2 || result.App.Audience != entra.AnyOrganization {
		t.Errorf("registration %+v", result.App)
	}
	b.holds(moved)
}

func TestAPlanShowsEverythingBeforeAnythingIsDone(t *testing.T) {
	b := newBed(t, "healthy", "admin")
	want := b.wanted("plan-only")
	want.Certificate = &entra.NewCertificate{Name: "console", End: time.Now()} // yet to be made
	actual, err := Read(t.Context(), b.dir, want)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := MakePlan(want, actual, PlaceState{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []StepID
	for _, s := range steps {
		ids = append(ids, s.ID)
		if s.Title == "" || s.Request.Method == "" || s.Who == "" {
			t.Errorf("step %+v", s)
		}
	}
	if !slices.Equal(ids, []StepID{StepApplication, StepCertificate, StepSecret, StepPrincipal, StepAssignment, StepConsent, StepRole}) {
		t.Errorf("steps %q", ids)
	}
	if found, err := b.dir.ApplicationsByTag(t.Context(), want.Marker()); err != nil || len(found) != 0 {
		t.Errorf("a plan made %+v, %v", found, err)
	}
	want.Declared = []string{"Application.Everything"}
	if _, err := MakePlan(want, actual, PlaceState{}); err == nil || !strings.Contains(err.Error(), "Application.Everything") {
		t.Errorf("a permission that does not exist: %v", err)
	}
}

func TestNamesOfConsoles(t *testing.T) {
	for name, valid := range map[string]bool{
		"console": true, "a": true, "prod-2": true, "": false, "-a": false, "a-": false, "A": false, "a b": false, "a'": false, strings.Repeat("a", 41): false,
	} {
		if ValidName(name) != valid {
			t.Errorf("%q: %v", name, !valid)
		}
	}
}
