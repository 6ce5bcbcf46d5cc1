package diagnose_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

func TestWhatATokenSaysOfItself(t *testing.T) {
	b := newBench()
	b.Access.Tokens = tokensWith(`{"aud":"499b84ac-1321-427f-aa17-267ca6975798","iss":"https://sts.windows.net/x/","tid":"` + someTenant + `","oid":"me","name":"Ada",
		"unique_name":"ada@contoso.example","scp":"vso.work openid vso.code","exp":1800000000}`)
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedToken)
	want := checks.TokenFacts{
		Got: noon, Audience: string(entra.AzureDevOps), Issuer: "https://sts.windows.net/x/", Tenant: someTenant, Lifetime: time.Hour,
		Person: entra.Person{Tenant: someTenant, ID: "me", UPN: "ada@contoso.example", DisplayName: "Ada"}, Scopes: []string{"vso.work", "vso.code"},
		Refresh: checks.RefreshFacts{Asked: true, Came: true, Worked: true},
	}
	if got := f.Token.Get(); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if !slices.Equal(b.signIn.refreshed, strings.Fields(devopsScopes)) || !slices.Equal(b.asked.calls, []string{"refresh organizations"}) {
		t.Errorf("asked %v for %v; want one refresh for the same scopes, where the person signed in", b.asked.calls, b.signIn.refreshed)
	}
}

func TestRefreshing(t *testing.T) {
	b := newBench()
	b.signIn.refreshErr = &entra.ServiceError{Status: 400, AADSTS: 700082}
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedToken)
	if got, want := f.Token.Get().Refresh, (checks.RefreshFacts{Asked: true, Came: true, AADSTS: 700082}); got != want {
		t.Errorf("refused: %+v", got)
	}
	b.Access.Tokens.Refresh = entra.Sensitive{}
	f.Given.Scopes = strings.ReplaceAll(devopsScopes, " offline_access", "")
	b.learn(t, &f, checks.NeedToken)
	if got := f.Token.Get().Refresh; got != (checks.RefreshFacts{}) {
		t.Errorf("not asked for: %+v", got)
	}
}

func TestTokensOfAnAppAlone(t *testing.T) {
	for claims, want := range map[string]bool{
		`{"idtyp":"app"}`: true, `{"roles":["x"]}`: true, `{"scp":"vso.work","roles":["x"]}`: false, `{}`: false,
	} {
		b := newBench()
		b.Access.Tokens = tokensWith(claims)
		f := b.Start(someGiven())
		b.learn(t, &f, checks.NeedToken)
		if got := f.Token.Get().AppOnly; got != want {
			t.Errorf("%s: an app's own %v", claims, got)
		}
	}
}

func TestATokenOfAnotherServiceNeverReachesAzureDevOps(t *testing.T) {
	for name, tokens := range map[string]*oauth.Tokens{
		"Microsoft Graph's":           tokensWith(`{"aud":"00000003-0000-0000-c000-000000000000","scp":"User.Read"}`),
		"an address for an audience":  tokensWith(`{"aud":"https://graph.microsoft.com"}`),
		"no audience":                 tokensWith(`{}`),
		"unreadable, asked for Graph": {Access: entra.NewSensitive("opaque")},
	} {
		b := newBench()
		b.Access.Tokens = tokens
		f := b.Start(someGiven())
		if strings.HasPrefix(name, "unreadable") {
			f.Given.Scopes = "User.Read offline_access"
		}
		f.Connection = checks.Known(checks.Connection{OK: true}, "")
		for _, n := range []checks.Need{checks.NeedConnection, checks.NeedProject, checks.NeedExercises} {
			if gap := b.gapOf(t, f, n); gap == nil || gap.NotGiven {
				t.Errorf("%s: %s: %+v", name, n, gap)
			}
		}
		if len(b.asked.calls) != 0 {
			t.Errorf("%s: asked %v", name, b.asked.calls)
		}
	}
}

func TestATokenThatCannotBeReadIsStillPutToUse(t *testing.T) {
	b := newBench()
	b.Access.Tokens = &oauth.Tokens{Access: entra.NewSensitive("opaque")}
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedToken, checks.NeedConnection)
	if f.Token.Known() || !f.Connection.Get().OK {
		t.Errorf("token %+v, connection %+v", f.Token, f.Connection)
	}
}

func TestConnections(t *testing.T) {
	tests := []struct {
		name     string
		identity azuredevops.Identity
		err      error
		want     checks.Connection
	}{
		{"a member", azuredevops.Identity{DisplayName: "Ada"}, nil, checks.Connection{OK: true, As: "Ada", Status: 200}},
		{"nobody in particular", azuredevops.Identity{DisplayName: "Anonymous", Anonymous: true}, nil, checks.Connection{Anonymous: true, As: "Anonymous", Status: 200}},
		{"refused", azuredevops.Identity{}, &entra.ServiceError{Status: 401, Code: "UnauthorizedRequestException", Message: "TF400813"}, checks.Connection{Status: 401, Code: "UnauthorizedRequestException", Text: "TF400813"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			b.devops.identity, b.devops.err = tt.identity, tt.err
			f := b.Start(someGiven())
			b.learn(t, &f, checks.NeedConnection)
			tt.want.Asked = "GET /shop/_apis/connectionData"
			if got := f.Connection.Get(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
	b := newBench()
	b.devops.err = &entra.NoAnswerError{Service: "Azure DevOps", Err: errors.New("lost")}
	if gap := b.gapOf(t, b.Start(someGiven()), checks.NeedConnection); gap == nil {
		t.Error("no answer is no fact")
	}
}

func TestProjects(t *testing.T) {
	b := newBench()
	b.devops.projects = []azuredevops.Project{{Name: "Shop"}, {Name: "Mobile"}}
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedProject)
	if got := f.Project.Get(); !got.Found || len(got.Others) != 0 {
		t.Errorf("found: %+v", got)
	}
	b.devops.err = &entra.ServiceError{Status: 404, Code: "ProjectDoesNotExistWithNameException"}
	b.learn(t, &f, checks.NeedProject)
	if got, want := f.Project.Get(), (checks.ProjectLookup{Status: 404, Code: "ProjectDoesNotExistWithNameException", Others: []string{"Shop", "Mobile"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("missing: %+v", got)
	}
	b.devops.err = &entra.ServiceError{Status: 401}
	b.learn(t, &f, checks.NeedProject)
	if got := f.Project.Get(); got.Found || got.Status != 401 || len(got.Others) != 0 {
		t.Errorf("refused: %+v", got)
	}
}

func TestScopesArePutToUse(t *testing.T) {
	b := newBench()
	b.devops.projects = []azuredevops.Project{{Name: "First"}}
	f := b.Start(someGiven())
	f.Given.Integration, f.Given.Project = "frontegg", ""
	b.learn(t, &f, checks.NeedConnection, checks.NeedExercises)
	var tried []string
	for _, e := range f.Exercises.Get() {
		tried = append(tried, e.Scope)
	}
	if want := []string{"vso.work", "vso.project", "vso.code", "vso.build"}; !slices.Equal(tried, want) {
		t.Errorf("tried %v, want %v: the token's own, then those that the integration's calls need", tried, want)
	}
	if !slices.Contains(b.asked.calls, "exercise shop/First vso.code") {
		t.Errorf("asked %v; want the first project that is seen", b.asked.calls)
	}
}

func TestNothingIsTriedWhereTheTokenIsNotKnown(t *testing.T) {
	b := newBench()
	b.devops.err = &entra.ServiceError{Status: 401}
	f := b.Start(someGiven())
	b.learn(t, &f, checks.NeedConnection, checks.NeedExercises)
	if f.Exercises.Known() || !slices.Equal(b.asked.calls, []string{"connection shop"}) {
		t.Errorf("exercises %+v after %v", f.Exercises, b.asked.calls)
	}
}
