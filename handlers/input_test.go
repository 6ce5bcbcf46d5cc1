package handlers_test

import (
	"net/url"
	"strings"
	"testing"
)

// A mistake is one field's bad value: the answer must name the field and the
// mend, and keep what was typed.
type mistake struct {
	name   string
	values url.Values
	says   []string
	field  string // whose value is kept
	keeps  string
}

// bidi reads differently from what it is.
const bidi = "abc\u202etxt.exe"

func TestANewEnvironmentNamesWhatNeedsMending(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	taken := "taken-name"
	b.post("/setup/frontegg", url.Values{"environment": {taken}, "inputs.host": {"gateway.example.com"}}).want(200)
	for _, m := range []mistake{
		{"no name", url.Values{"environment": {""}}, []string{"The environment has no name", "frontegg-production"}, "environment", ""},
		{"capitals", url.Values{"environment": {"Prod"}}, []string{"lower-case letters, digits and hyphens"}, "environment", "Prod"},
		{"too long", url.Values{"environment": {strings.Repeat("a", 41)}}, []string{"up to 40"}, "environment", strings.Repeat("a", 41)},
		{"emoji", url.Values{"environment": {"🙂"}}, []string{"name may have"}, "environment", "🙂"},
		{"markup", url.Values{"environment": {`"><script>alert(1)</script>`}}, []string{"name may have"}, "environment", `"><script>alert(1)</script>`},
		{"taken", url.Values{"environment": {taken}, "inputs.host": {"other.example.com"}}, []string{"There is an environment named taken-name already", "Choose another name"}, "inputs.host", "other.example.com"},
		{"no host", url.Values{"inputs.host": {""}}, []string{"host"}, "inputs.host", ""},
		{"a whole address", url.Values{"inputs.host": {"http://"}}, []string{"host"}, "inputs.host", "http://"},
		{"host with user", url.Values{"inputs.host": {"good.example@evil.example"}}, []string{"host"}, "inputs.host", "good.example@evil.example"},
	} {
		t.Run(m.name, func(t *testing.T) {
			form := url.Values{"environment": {"fresh"}, "inputs.host": {"gateway.example.com"}}
			for k, v := range m.values {
				form[k] = v
			}
			p := b.post("/setup/frontegg", form).want(422, m.says...)
			m.check(t, p)
		})
	}
}

func (m mistake) check(t *testing.T, p page) {
	t.Helper()
	kept := strings.ReplaceAll(p.field(m.field), "\r", "")
	if kept != strings.ReplaceAll(m.keeps, "\r", "") {
		t.Errorf("field %s holds %q, want %q", m.field, kept, m.keeps)
	}
	p.without("<script>alert", "goroutine", ".go:")
}

func TestEachStepOfTheWizardNamesWhatNeedsMending(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	frontegg := b.environment("frontegg", frontegg)
	custom := b.environment("custom", url.Values{"inputs.redirectUri": {"https://app.example.com/cb"}})
	long := strings.Repeat("x", 121)
	for _, m := range []struct {
		step string
		mistake
	}{
		{frontegg + "/setup/integration", mistake{"host gone", url.Values{"inputs.host": {" "}}, []string{"host"}, "inputs.host", ""}},
		{custom + "/setup/integration", mistake{"plain http", url.Values{"inputs.redirectUri": {"http://app.example.com/cb"}}, []string{"https"}, "inputs.redirectUri", "http://app.example.com/cb"}},
		{custom + "/setup/integration", mistake{"wildcard", url.Values{"inputs.redirectUri": {"https://*.example.com/cb"}}, []string{"redirect URI"}, "inputs.redirectUri", "https://*.example.com/cb"}},
		{frontegg + "/setup/app", mistake{"no name", url.Values{"way": {"new"}, "displayName": {" "}}, []string{"The application's name is missing", "give one"}, "displayName", " "}},
		{frontegg + "/setup/app", mistake{"long name", url.Values{"way": {"new"}, "displayName": {long}}, []string{"The application's name", "120"}, "displayName", long}},
		{frontegg + "/setup/app", mistake{"no audience", url.Values{"way": {"new"}, "displayName": {"My app"}, "audience": {""}}, []string{"Choose who may sign in"}, "displayName", "My app"}},
		{frontegg + "/setup/app", mistake{"personal accounts", url.Values{"way": {"new"}, "displayName": {"My app"}, "audience": {"PersonalMicrosoftAccount"}}, []string{"personal Microsoft accounts"}, "displayName", "My app"}},
		{frontegg + "/setup/app", mistake{"existing, none chosen", url.Values{"way": {"existing"}}, []string{"Choose one of the app registrations found"}, "displayName", "Frontegg Integration"}},
		{frontegg + "/setup/app", mistake{"existing, unknown", url.Values{"way": {"existing"}, "adopt": {"11111111-2222-3333-4444-555555555555"}}, []string{"no app registration with the client ID 11111111"}, "displayName", "Frontegg Integration"}},
		{frontegg + "/setup/permissions", mistake{"none chosen", url.Values{"way": {"choose"}, "scopes": nil, "consent": {"tenant"}}, []string{"Choose at least one permission"}, "consent", "tenant"}},
		{frontegg + "/setup/permissions", mistake{"unknown", url.Values{"way": {"choose"}, "scopes": {"vso.everything"}}, []string{"vso.everything"}, "way", "choose"}},
		{frontegg + "/setup/secret", mistake{"no lifetime", url.Values{"description": {"mine"}, "lifetime": {""}}, []string{"expires: 1 to 730"}, "description", "mine"}},
		{frontegg + "/setup/secret", mistake{"too long a lifetime", url.Values{"description": {"mine"}, "lifetime": {"731"}}, []string{"expires: 1 to 730"}, "description", "mine"}},
		{frontegg + "/setup/secret", mistake{"a negative one", url.Values{"description": {"mine"}, "lifetime": {"-1"}}, []string{"expires: 1 to 730"}, "description", "mine"}},
		{frontegg + "/setup/secret", mistake{"long description", url.Values{"description": {long}, "lifetime": {"90"}}, []string{"The secret's description"}, "description", long}},
		{frontegg + "/setup/organization", mistake{"missing", url.Values{"organization": {""}}, []string{"Frontegg asks for the organization"}, "organization", ""}},
		{frontegg + "/setup/organization", mistake{"another host", url.Values{"organization": {"https://evil.example/contoso"}}, []string{"organization's address must be on dev.azure.com"}, "organization", "https://evil.example/contoso"}},
		{frontegg + "/setup/organization", mistake{"no such", url.Values{"organization": {"nobody-has-this"}}, []string{"knows no organization", "Check the spelling"}, "organization", "nobody-has-this"}},
		{frontegg + "/setup/organization", mistake{"of personal accounts", url.Values{"organization": {"personal-projects"}}, []string{"backed by personal Microsoft accounts", "Connect directory"}, "organization", "personal-projects"}},
		{frontegg + "/setup/organization", mistake{"bad project", url.Values{"organization": {"contoso"}, "project": {"a/b"}}, []string{"The project's name", "give the name, not an address"}, "project", "a/b"}},
		{custom + "/setup/organization", mistake{"project alone", url.Values{"organization": {""}, "project": {"Web Shop"}}, []string{"The organization of the project is missing"}, "project", "Web Shop"}},
	} {
		t.Run(m.step[strings.LastIndexByte(m.step, '/')+1:]+", "+m.name, func(t *testing.T) {
			p := b.submitWith(m.step, m.values).want(422, m.says...)
			m.check(t, p)
		})
	}
}

// submitWith sends a step's form as it stands but for the given values.
func (b *browser) submitWith(path string, values url.Values) page {
	b.t.Helper()
	return b.submit(b.get(path), "Continue", values)
}

func TestATestOfConsentNamesWhatNeedsMending(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	guid := "11111111-2222-3333-4444-555555555555"
	own := url.Values{"kind": {"user"}, "where": {"own"}, "scopes": {"openid"}, "secret": {""}}
	any := url.Values{"kind": {"user"}, "where": {"organizations"}, "scopes": {"openid"}, "client": {guid}, "secret": {"abc8Q~0123456789012345"}, "tenant": {""}}
	for _, m := range []struct {
		address string
		base    url.Values
		mistake
	}{
		{path + "/test", own, mistake{"who", url.Values{"kind": {"everybody"}}, []string{"Choose who consents"}, "scopes", "openid"}},
		{path + "/test", own, mistake{"where", url.Values{"where": {"moon"}}, []string{"Choose in which tenant"}, "scopes", "openid"}},
		{path + "/test", own, mistake{"other tenant missing", url.Values{"where": {"other"}}, []string{"In which tenant: the tenant is missing"}, "where", "other"}},
		{path + "/test", own, mistake{"other tenant wrong", url.Values{"where": {"other"}, "tenant": {"a b"}}, []string{"neither a Directory (tenant) ID nor a domain"}, "tenant", "a b"}},
		{path + "/test", own, mistake{"tenant is a path", url.Values{"where": {"other"}, "tenant": {"../../evil.example"}}, []string{"neither a Directory (tenant) ID nor a domain"}, "tenant", "../../evil.example"}},
		{path + "/test", own, mistake{"no scopes", url.Values{"scopes": {" \n"}}, []string{"The scopes are missing"}, "scopes", " \n"}},
		{path + "/test", own, mistake{"impossible scope", url.Values{"scopes": {`vso.work "x"`}}, []string{"cannot be one"}, "scopes", `vso.work "x"`}},
		{path + "/test", own, mistake{"too many scopes", url.Values{"scopes": {strings.Repeat("a ", 101)}}, []string{"There are 101 scopes"}, "scopes", strings.Repeat("a ", 101)}},
		{path + "/test", own, mistake{"a secret's ID", url.Values{"secret": {guid}}, []string{"that is the secret's ID", "Paste the value"}, "scopes", "openid"}},
		{path + "/test", own, mistake{"no secret's value", url.Values{"secret": {"short"}}, []string{"16 to 64"}, "scopes", "openid"}},
		{"/tests", any, mistake{"no client", url.Values{"client": {""}}, []string{"The client ID is missing"}, "client", ""}},
		{"/tests", any, mistake{"bad client", url.Values{"client": {"Frontegg"}}, []string{"must look like"}, "client", "Frontegg"}},
		{"/tests", any, mistake{"own tenant missing", url.Values{"where": {"own"}}, []string{"The tenant is missing"}, "where", "own"}},
		{"/tests", any, mistake{"other tenant, and nobody to consent", url.Values{"where": {"other"}, "tenant": {"contoso.example"}, "kind": {""}, "scopes": {""}}, []string{"Choose who consents", "The scopes are missing"}, "tenant", "contoso.example"}},
		{"/tests", any, mistake{"no secret", url.Values{"secret": {""}}, []string{"The client secret is missing"}, "client", guid}},
		{"/tests", any, mistake{"organization elsewhere", url.Values{"organization": {"https://evil.example/x"}}, []string{"must be on dev.azure.com"}, "organization", "https://evil.example/x"}},
		{"/tests", any, mistake{"project with markup", url.Values{"organization": {"contoso"}, "project": {"<b>"}}, []string{"The project's name"}, "project", "<b>"}},
	} {
		t.Run(m.address[strings.LastIndexByte(m.address, '/')+1:]+", "+m.name, func(t *testing.T) {
			form := url.Values{}
			for _, from := range []url.Values{m.base, m.values} {
				for k, v := range from {
					form[k] = v
				}
			}
			p := b.post(m.address, form).want(422, m.says...)
			m.check(t, p)
			if typed := form.Get("secret"); typed != "" && strings.Contains(p.body, typed) && typed != guid {
				t.Error("the answer repeats what was pasted as secret")
			}
		})
	}
}

func TestOtherFormsNameWhatNeedsMending(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	b.get(path+"/customer?tenant=a+b").want(422, "neither a Directory (tenant) ID nor a domain")
	b.submit(b.get(path+"/remove"), "Remove", url.Values{"name": {"another"}}).want(422, "Type the environment's name")
	test := b.prepared(path, nil)
	b.post(test+"/pasted", url.Values{"pasted": {" "}}).want(422, "Paste what Microsoft's page says")
	b.post(test+"/pasted", url.Values{"pasted": {"it did not work"}}).want(422, "There is no code of Microsoft", "it did not work", "Explain it")
}

func TestAFormLargerThanAnyIsRefused(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.post("/setup/frontegg", url.Values{"environment": {strings.Repeat("a", 70_000)}}).want(413, "larger than")
}

func TestValuesInTheAddressAreNotTakenForTyped(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.post("/setup/frontegg?environment=from-address&inputs.host=gateway.example.com", url.Values{}).want(422, "has no name")
}

// No field can make the console call a host outside the cloud.
func TestNothingTypedLeadsTheConsoleElsewhere(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	cloud := map[string]bool{}
	for _, base := range []string{c.box.Cloud().Login, c.box.Cloud().Graph, c.box.Cloud().DevOps, c.box.Cloud().VSSPS} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		cloud[u.Host] = true
	}
	for _, evil := range []string{
		"evil.example", "evil.example:443", "//evil.example", "https://evil.example/contoso", "https://dev.azure.com@evil.example/contoso",
		"https://dev.azure.com.evil.example/contoso", "https://evil.example#dev.azure.com/contoso", "contoso/../../evil", "contoso@evil.example",
		"contoso?x=//evil.example", "contoso#evil", `\\evil.example\contoso`, "https://evilvisualstudio.com", "contoso%2f..%2fevil", "http://169.254.169.254/latest",
		"contoso.evil.example", "contoso:80@evil.example", "https://[::1]/contoso", "contoso\r\nHost: evil.example", "http://evil.example/dev.azure.com/contoso",
	} {
		b.post(path+"/setup/organization", url.Values{"organization": {evil}, "project": {evil}})
		b.post("/tests", url.Values{"kind": {"user"}, "where": {"other"}, "tenant": {evil}, "client": {evil}, "organization": {evil}, "scopes": {"openid"}, "secret": {"abc8Q~0123456789012345"}})
		b.get(path + "/customer?tenant=" + url.QueryEscape(evil))
		b.get(path + "/setup/app?search=" + url.QueryEscape(evil))
		b.post(path+"/setup/app", url.Values{"way": {"existing"}, "adopt": {evil}})
		b.post("/setup/frontegg", url.Values{"environment": {evil}, "inputs.host": {evil}})
	}
	for _, host := range c.outside.hosts() {
		if !cloud[host] {
			t.Errorf("the console asked %s", host)
		}
	}
}
