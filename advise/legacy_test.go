package advise

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

func jwtOf(payload string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + part([]byte(payload)) + "." + strings.Repeat("ab1_", 80)
}

var (
	oldSecret  = jwtOf(`{"cid":"5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31","csi":"0b6b","iss":"app.vstoken.visualstudio.com"}`)
	oldToken   = jwtOf(`{"scp":"vso.work","iss":"app.vstoken.visualstudio.com"}`)
	entraToken = jwtOf(`{"scp":"vso.work","iss":"https://sts.windows.net/11111111-2222-3333-4444-555555555555/"}`)
)

const oldAuthorize = "https://app.vssps.visualstudio.com/oauth2/authorize?client_id=5A0D8E1C-41c1-4a5a-9d1e-0c6b8d2e7f31&response_type=Assertion&state=x&scope=vso.work_full%20vso.code&redirect_uri=https%3A%2F%2Facme.cyclr.com%2Fconnector%2Fcallback"

func TestLegacyTraces(t *testing.T) {
	tests := []struct {
		name, text string
		want       []TraceKind
	}{
		{"where people are sent", oldAuthorize, []TraceKind{AuthorizeTrace, ParameterTrace}},
		{"the same, percent-encoded", "https://sso.example.com/?next=https%3A%2F%2Fapp.vssps.visualstudio.com%2Foauth2%2Fauthorize%3Fclient_id%3D1", []TraceKind{AuthorizeTrace}},
		{"the same, encoded twice", "x=https%253A%252F%252Fapp.vssps.visualstudio.com%252Foauth2%252Fauthorize", []TraceKind{AuthorizeTrace}},
		{"an organization's own name", "AuthUrl: https://contoso.vssps.visualstudio.com/oauth2/authorize", []TraceKind{AuthorizeTrace}},
		{"where tokens come from", "TOKEN_URL=https://app.vssps.visualstudio.com/oauth2/token", []TraceKind{TokenTrace}},
		{"both in a configuration", `{"auth":"https://app.vssps.visualstudio.com/oauth2/authorize","token":"https://app.vssps.visualstudio.com/oauth2/token"}`, []TraceKind{AuthorizeTrace, TokenTrace}},
		{"the page of an error", "https://acme.cyclr.com/connector/callback?error=InvalidScope&state=x", []TraceKind{InvalidScopeTrace}},
		{"the app's page", "see https://app.vsaex.visualstudio.com/app/register", []TraceKind{AppPageTrace}},
		{"a secret", "client secret: " + oldSecret, []TraceKind{SecretTrace}},
		{"a token", "Bearer " + oldToken, []TraceKind{LegacyTokenTrace}},
		{"a token of Entra", "Bearer " + entraToken, nil},
		{"Entra's own error", "https://acme.example.com/cb?error=invalid_scope", nil},
		{"Entra's own address", "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?response_type=code", nil},
		{"the resource, named as Entra knows it", "https://app.vssps.visualstudio.com/user_impersonation", nil},
		{"an API on the same host", "https://app.vssps.visualstudio.com/_apis/profile/profiles/me", nil},
		{"a host that only looks like it", "https://app.vssps.visualstudio.com.example.net/oauth2/authorize", nil},
		{"a client assertion of Entra", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", nil},
		{"a stray percent sign", "100% https://app.vssps.visualstudio.com/oauth2/token", []TraceKind{TokenTrace}},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []TraceKind
			for _, tr := range Legacy(tt.text) {
				got = append(got, tr.Kind)
				if tr.Text == "" || !strings.HasSuffix(tr.Means, ".") {
					t.Errorf("%+v", tr)
				}
				if strings.Contains(tr.Text, "eyJ") {
					t.Errorf("%s shows a secret or a token", tr.Kind)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLegacySecret(t *testing.T) {
	for value, want := range map[string]bool{
		oldSecret:                               true,
		" " + oldSecret + "\n":                  true,
		"abc8Q~not-a-real-secret-only-a-form-x": false,
		"5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31":  false,
		"secret: " + oldSecret:                  false,
		"":                                      false,
	} {
		if got := LegacySecret(entra.NewSensitive(value)); got != want {
			t.Errorf("a value of %d characters: %v", len(value), got)
		}
	}
}

func TestReadOldApp(t *testing.T) {
	for name, text := range map[string]string{
		"an address":              oldAuthorize,
		"within a text":           "We open <" + oldAuthorize + "> and get an error",
		"percent-encoded as well": "login?next=" + strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "&", "%26", "=", "%3D", "%", "%25").Replace(oldAuthorize),
	} {
		app, ok := ReadOldApp(text)
		if !ok || app.AppID != "5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31" || !slices.Equal(app.Scopes, []string{"vso.work_full", "vso.code"}) ||
			app.CallbackURL != "https://acme.cyclr.com/connector/callback" {
			t.Errorf("%s: %v %+v", name, ok, app)
		}
	}
	for name, text := range map[string]string{
		"nothing":            "",
		"Entra":              "https://login.microsoftonline.com/x/oauth2/authorize?client_id=5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31&scope=vso.work",
		"without parameters": "https://app.vssps.visualstudio.com/oauth2/authorize",
		"of nothing useful":  "https://app.vssps.visualstudio.com/oauth2/authorize?client_id=1&state=2",
	} {
		if app, ok := ReadOldApp(text); ok {
			t.Errorf("%s: %+v", name, app)
		}
	}
}

func TestCarryOver(t *testing.T) {
	tests := []struct {
		name, list string
		want       string // scopes to register
		notes      int
	}{
		{"names", "vso.work_full vso.code", "vso.work_full vso.code", 0},
		{"names by comma", "vso.work_full,vso.code", "vso.work_full vso.code", 0},
		{"labels", "Work items (full), Code (read)", "vso.work_full vso.code", 0},
		{"labels by line", "Work items (full)\nCode (read)\n", "vso.work_full vso.code", 0},
		{"labels without anything between", "Work items (full) Code (read)", "vso.work_full vso.code", 0},
		{"labels that hold commas", "Release (read, write and execute), Agent Pools (read, manage)", "vso.release_execute vso.agentpools_manage", 0},
		{"letter case counts for nothing", "WORK ITEMS (FULL)\nVSO.CODE", "vso.work_full vso.code", 0},
		{"names and a label", "vso.code Work items (read)", "vso.code vso.work", 0},
		{"the same twice", "vso.work vso.work", "vso.work", 0},
		{"with a resource in front already", "499b84ac-1321-427f-aa17-267ca6975798/vso.work", "vso.work", 0},
		{"comments of pull requests", "vso.threads_full", "vso.code_write", 1},
		{"contained in another that is carried over", "vso.hooks_write vso.build", "vso.build", 1},
		{"contained in none", "vso.hooks", "vso.work", 1},
		{"without an id", "vso.settings", "user_impersonation", 1},
		{"misspelt", "vso.wrok", "vso.work", 1},
		{"unknown", "vso.loadtest_something_else", "", 1},
		{"nothing", " \n", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			carried := CarryOver(tt.list)
			if got := strings.Join(NewScopes(carried), " "); got != tt.want {
				t.Errorf("got %q, want %q: %+v", got, tt.want, carried)
			}
			notes := 0
			for _, c := range carried {
				if c.Note != "" {
					notes++
				}
				if c.Same == (c.Note != "") {
					t.Errorf("%+v: what changes needs a note, what does not needs none", c)
				}
			}
			if notes != tt.notes {
				t.Errorf("%d notes, want %d", notes, tt.notes)
			}
		})
	}
}

func TestEveryOldScopeLeadsToOneThatCanBeRegistered(t *testing.T) {
	for _, s := range entra.DevOpsScopes() {
		for _, written := range []string{s.Value, s.Name} {
			c := CarryOver(written)
			if len(c) != 1 || !c[0].New.Registrable() || c[0].Same != s.Registrable() || c[0].Same && c[0].New.Value != s.Value {
				t.Errorf("%q becomes %+v", written, c)
			}
		}
	}
}

// TestLabelsAreThoseOfTheOldPage compares with the collected facts.
func TestLabelsAreThoseOfTheOldPage(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/azure-devops-scopes.json")
	if err != nil {
		t.Skip("the collected facts are not beside this repository")
	}
	var facts struct {
		Scopes []struct{ Value, PortalName string }
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	for _, f := range facts.Scopes {
		if f.PortalName == "" {
			continue
		}
		if c := CarryOver(f.PortalName); len(c) != 1 || c[0].was != f.Value {
			t.Errorf("%q is read as %+v", f.PortalName, c)
		}
	}
}

func TestGuides(t *testing.T) {
	if got, want := len(Guides()), len(preset.All); got != want || len(guides) != want {
		t.Fatalf("%d guides of %d integrations, %d listed", got, want, len(guides))
	}
	for _, g := range Guides() {
		t.Run(g.Preset.ID, func(t *testing.T) {
			if len(g.Fields) != len(g.Preset.Fields) {
				t.Errorf("%d fields, the form has %d", len(g.Fields), len(g.Preset.Fields))
			}
			for _, f := range g.Fields {
				if f.New == "" {
					t.Errorf("field %s: what goes in is not said", f.Label)
				}
			}
			for _, sentence := range slices.Concat([]string{g.Known}, g.First, g.Then, g.Reconnect, g.Unsourced) {
				if !strings.HasSuffix(sentence, ".") {
					t.Errorf("%q is no sentence", sentence)
				}
			}
			if g.Support == "" || len(g.First) == 0 || len(g.Then) == 0 || len(g.Reconnect) < 2 || len(g.Unsourced) == 0 {
				t.Errorf("something is left out: %+v", g)
			}
		})
	}
	if _, ok := GuideFor("nobody"); ok {
		t.Error("a guide for an integration that does not exist")
	}
}

func TestParagonNamesBothKinds(t *testing.T) {
	g, _ := GuideFor("paragon")
	if f := g.Fields[0]; f.Label != "Application Type" || f.Old != "Azure DevOps OAuth App" || f.New != "Microsoft Entra ID App" {
		t.Errorf("got %+v", f)
	}
}

func TestWireChangesAreOfTheCloud(t *testing.T) {
	for _, c := range []entra.Cloud{entra.Public(), {Authorize: "https://login.example"}} {
		if got := WireChanges(c)[0].New; got != c.AuthorizeURL("organizations") {
			t.Errorf("got %s", got)
		}
	}
}

func FuzzLegacy(f *testing.F) {
	f.Add(oldAuthorize)
	f.Add("Work items (full), vso.code; (((" + oldSecret)
	f.Fuzz(func(t *testing.T, text string) {
		Legacy(text)
		ReadOldApp(text)
		for _, c := range CarryOver(text) {
			if c.Known() && !c.New.Registrable() {
				t.Errorf("%q becomes %s, which cannot be registered", c.Old, c.New.Value)
			}
		}
	})
}

func BenchmarkLegacy(b *testing.B) {
	text := strings.Repeat("GET https://dev.azure.com/contoso/_apis/projects 200 eyJ.x%20 ", 1<<14)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Legacy(text)
	}
}
