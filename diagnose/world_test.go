package diagnose_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

// shared is one sandbox for all tests: closing one takes a second, until
// HTTP/2 has said goodbye.
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

// A world is a sandbox with the real clients of it.
type world struct {
	testing.TB
	box       *sandbox.Sandbox
	transport *http.Transport
	oauth     *oauth.Client
	devops    *azuredevops.Client
}

func enter(t testing.TB, s *sandbox.Sandbox) *world {
	t.Helper()
	transport, err := graph.Transport(s.Cloud())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	return &world{t, s, transport, &oauth.Client{Cloud: s.Cloud(), HTTP: client}, &azuredevops.Client{Cloud: s.Cloud(), HTTP: client}}
}

func sharedWorld(t *testing.T) *world {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return enter(t, s)
}

func (w *world) tenant(scenario string) sandbox.ReadyTenant {
	w.Helper()
	for _, tenant := range w.box.Ready().Tenants {
		if tenant.Scenario == scenario {
			return tenant
		}
	}
	w.Fatalf("the sandbox has no tenant of the scenario %q", scenario)
	return sandbox.ReadyTenant{}
}

// access is what anybody has.
func (w *world) access() diagnose.Access {
	return diagnose.Access{Cloud: w.box.Cloud(), SignIn: w.oauth, DevOps: w.devops, Prober: diagnose.Dialer{Transport: w.transport}}
}

// givenBy is what the integration of a tenant was set up with.
func givenBy(c *sandbox.ReadyConnection) checks.Given {
	return checks.Given{
		Integration: c.Integration, ClientID: c.ClientID, Tenant: c.Tenant, RedirectURI: c.RedirectURIs[0],
		Scopes: strings.Join(c.Scopes, " "), Organization: c.Organization, Project: c.Project,
	}
}

// readOnly are the permissions that a sign-in for diagnosing asks for.
var readOnly = []string{
	"https://graph.microsoft.com/Application.Read.All", "https://graph.microsoft.com/Directory.Read.All",
	"https://graph.microsoft.com/Policy.Read.All", "https://graph.microsoft.com/User.Read",
}

// directory signs the tenant's administrator in to read it.
func (w *world) directory(tenant sandbox.ReadyTenant) *graph.Client {
	w.Helper()
	tokens, refused := w.signIn(tenant, "admin", oauth.Request{
		Tenant: tenant.ID, ClientID: sandbox.ConsoleClientID, RedirectURI: "http://localhost", Scopes: readOnly,
	}, entra.Sensitive{})
	if refused != "" {
		w.Fatalf("the administrator of %s cannot sign in: %s", tenant.Domain, refused)
	}
	c, err := graph.New(w.box.Cloud(), graph.TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return tokens.Access, tokens.Expires, nil
	}), graph.Options{HTTP: &http.Client{Transport: w.transport}})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// testConsent is a test consent of the first of the tenant's people who gets
// through; nil when nobody does.
func (w *world) testConsent(tenant sandbox.ReadyTenant) *oauth.Tokens {
	w.Helper()
	c := tenant.Connection
	for _, name := range []string{"user", "developer", "admin"} {
		r := oauth.Request{Tenant: c.Tenant, ClientID: entra.ClientID(c.ClientID), RedirectURI: c.RedirectURIs[0], Scopes: c.Scopes}
		tokens, refused := w.signIn(tenant, name, r, entra.NewSensitive(c.ClientSecret))
		if refused == "" {
			return &tokens
		}
		w.Logf("%s: no test consent of %s: %s", tenant.Scenario, name, refused)
	}
	return nil
}

// signIn goes through Microsoft's pages as a person; refused says where it
// ended when no token came.
func (w *world) signIn(tenant sandbox.ReadyTenant, name string, r oauth.Request, secret entra.Sensitive) (oauth.Tokens, string) {
	w.Helper()
	flow, address := oauth.Begin(w.box.Cloud(), r, time.Now())
	answer, page := w.visit(address, r.RedirectURI, tenant, name)
	if answer == nil {
		return oauth.Tokens{}, page
	}
	cb := oauth.ParseCallback(answer)
	if cb.Error != "" {
		return oauth.Tokens{}, cb.Description
	}
	tokens, err := w.oauth.Redeem(w.Context(), flow, cb.Code, secret)
	if err != nil {
		return tokens, err.Error()
	}
	return tokens, ""
}

// visit fills in the pages that are shown until an answer leaves for the
// redirect URI or none of them can be filled in.
func (w *world) visit(address, redirectURI string, tenant sandbox.ReadyTenant, name string) (answer url.Values, page string) {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURI) {
			answer = r.URL.Query()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := browser.Get(address)
	for range 6 {
		if err != nil {
			w.Fatal(err)
		}
		shown, at := w.read(resp), resp.Request.URL
		if answer != nil {
			return answer, ""
		}
		page = strings.Join(strings.Fields(shown.Find("main").Text()), " ")
		values, ok := w.fill(shown, tenant, name)
		if !ok {
			return nil, page
		}
		action, parseErr := at.Parse(shown.Find("form").First().AttrOr("action", ""))
		if parseErr != nil {
			w.Fatal(parseErr)
		}
		resp, err = browser.PostForm(action.String(), values)
	}
	w.Fatalf("no end of pages at %s", page)
	return nil, ""
}

func (w *world) read(resp *http.Response) *goquery.Document {
	w.Helper()
	defer resp.Body.Close()
	shown, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return shown
}

// fill gives what the page's form asks for and presses its button; ok is false
// for a page that asks for nothing a person could give.
func (w *world) fill(page *goquery.Document, tenant sandbox.ReadyTenant, name string) (url.Values, bool) {
	w.Helper()
	upn := name + "@" + tenant.Domain
	i := slices.IndexFunc(tenant.Users, func(u sandbox.ReadyUser) bool { return u.UserPrincipalName == upn })
	if i < 0 {
		w.Fatalf("there is no %s", upn)
	}
	form := page.Find("form").First()
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) { values.Set(in.AttrOr("name", ""), in.AttrOr("value", "")) })
	press := ""
	switch {
	case form.Find("input[name=passwd]").Length() > 0:
		values.Set("passwd", tenant.Users[i].Password)
		press = "Sign in"
	case form.Find("input[name=loginfmt]").Length() > 0:
		values.Set("loginfmt", upn)
		press = "Next"
	case page.Find("h1").Text() == "Permissions requested":
		press = "Accept"
	default:
		return nil, false
	}
	button := form.Find("button").FilterFunction(func(_ int, b *goquery.Selection) bool { return strings.TrimSpace(b.Text()) == press })
	if name := button.AttrOr("name", ""); name != "" {
		values.Set(name, button.AttrOr("value", ""))
	}
	return values, button.Length() == 1
}
