package explain

import (
	"strings"
	"testing"
)

// Values of the forms the services give out; none was ever valid.
const (
	aSecret  = "Zx18Q~abcDEFghiJKLmnoPQRstuVWXyz0123456_-"
	aPAT     = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
	aJWT     = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiI0OTliODRhYyJ9.c2lnbmF0dXJl"
	aRefresh = "0.AXoAbcDEF123ghi456JKL789mno012PQR345stu678VWX901yz.AgABAwEAAAAmoFfGtYxvRrNriQdPKIZ-AgDs_wUA9P"
	aCode    = "0.AXoAkZ2b1PqLx8Qw7Ee6Rr5Tt4Yy3Uu2Ii1OoPp.AgABBAIAAADnfolhJpSnRYB1SVj-Hgd8AgDs"
	aGUID    = "5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31"
)

var longPAT = strings.Repeat("A1b2", 19) + "AZDO" + "x7Yz"

func TestMaskHidesSecretsAndPeople(t *testing.T) {
	for name, c := range map[string]struct{ paste, hidden, stays string }{
		"secret by its shape":                {"value " + aSecret + " of app", aSecret, "of app"},
		"secret in a form":                   {"client_id=" + aGUID + "&client_secret=p%2Fw%3D123&grant_type=x", "p%2Fw%3D123", "&grant_type=x"},
		"secret in a form, encoded twice":    {"client_secret%3Dabc123XYZ%26grant_type%3Dx", "abc123XYZ", "%26grant_type"},
		"secret in an encoded address":       {"redirect_uri=https%3A%2F%2Fa.example%2Fcb%3Fx%3D1%26client_secret%3Dhunter2hunter2", "hunter2", "redirect_uri=https"},
		"secret by its shape, encoded":       {"x%3D" + aSecret + "%26y", aSecret, "%26y"},
		"secret by its shape, twice":         {"x%253D" + aSecret + "%2526y", aSecret, "%2526y"},
		"token in an encoded address":        {"https%3A%2F%2Fa.example%2F%23access_token%3D" + aJWT, aJWT, "a.example"},
		"secret behind an escaped line feed": {`{"log":"sent\nclient_secret=hunter2hunter2\nend"}`, "hunter2hunter2", `\nend`},
		"token behind an escaped line feed":  {`"a\n` + aSecret + `\n"`, aSecret, `"a\n`},
		"secret in JSON":                     {`{"clientSecret": "hunter2hunter2", "x": 1}`, "hunter2hunter2", `"x": 1`},
		"secret in JSON in a string":         {`{\"client_secret\":\"hunter2hunter2\",\"x\":1}`, "hunter2hunter2", `\"x\":1`},
		"secret in the environment":          {"export AZURE_CLIENT_SECRET=hunter2!x\nexport OTHER=1", "hunter2!x", "OTHER=1"},
		"secret in YAML":                     {"client-secret: s3cr3t-Value9\nscope: a", "s3cr3t-Value9", "scope: a"},
		"password in JSON":                   {`"password":"Sommer2025"`, "Sommer2025", `"password":"`},
		"PAT by its shape":                   {"-u :" + aPAT, aPAT, "-u :"},
		"PAT of 84 letters":                  {"PAT " + longPAT + " used", longPAT, "used"},
		"PAT in an address":                  {"git clone https://build:" + aPAT + "@dev.azure.com/x/_git/y", aPAT, "@dev.azure.com/x/_git/y"},
		"short PAT in an address":            {"https://me:topsecret@dev.azure.com/x", "topsecret", "@dev.azure.com/x"},
		"PAT in the environment":             {"AZURE_DEVOPS_EXT_PAT=short12", "short12", "AZURE_DEVOPS_EXT_PAT="},
		"access token in a header":           {"Authorization: Bearer " + aJWT, aJWT, "Authorization: Bearer"},
		"opaque token in a header":           {"authorization: bearer abcDEF123456ghiJKL789==", "abcDEF123456ghiJKL789", "bearer"},
		"Basic header":                       {"Authorization: Basic OmFiY2RlZmdoaWprbG1ub3A0Mg==", "OmFiY2RlZmdoaWprbG1ub3A0Mg", "Basic"},
		"refresh token":                      {`"refresh_token":"` + aRefresh + `"`, aRefresh, "refresh_token"},
		"code in a redirect":                 {"https://a.example/cb?code=" + aCode + "&state=12", aCode, "&state=12"},
		"code in a redirect, encoded twice":  {"https%3A%2F%2Fa.example%2Fcb%3Fcode%3D" + aCode + "%26state%3D12", aCode, "state"},
		"cookie header":                      {"Cookie: ESTSAUTH=0.AAb; x=1\nHost: a", "ESTSAUTH", "Host: a"},
		"mail address":                       {"User account 'devon.reyes@contoso.example' from", "devon", "@contoso.example"},
		"mail address in an address":         {"login_hint=devon.reyes%40contoso.example&x=1", "devon.reyes", "contoso.example&x=1"},
		"guest":                              {"anna_contoso.example#EXT#@fabrikam.onmicrosoft.com", "anna_contoso", "fabrikam"},
		"person by name":                     {"TF400813: The user 'Devon Reyes' is not authorized", "Devon", "is not authorized"},
		"Windows path":                       {`C:\Users\dreyes\src\main.cs`, "dreyes", `\src\main.cs`},
		"Windows path, escaped":              {`C:\\Users\\dreyes\\src`, "dreyes", `\\src`},
		"home directory":                     {"at /home/dreyes/app.js:1", "dreyes", "/app.js:1"},
		"network address":                    {"IP address: 203.0.113.77", "113.77", "IP address: 203"},
	} {
		got := Mask(c.paste)
		if strings.Contains(got, c.hidden) || !strings.Contains(got, c.stays) {
			t.Errorf("%s: %q", name, got)
		}
		if again := Mask(got); again != got {
			t.Errorf("%s: masked twice %q, once %q", name, again, got)
		}
	}
}

func TestMaskLeavesWhatTells(t *testing.T) {
	for _, paste := range []string{
		"AADSTS50011: The redirect URI 'https://a.example/oauth/callback' specified in the request does not match the redirect URIs configured for the application '" + aGUID + "'.",
		"AADSTS900144: The request body must contain the following parameter: 'client_secret or client_assertion'.",
		"scope=499b84ac-1321-427f-aa17-267ca6975798/vso.work offline_access",
		"Microsoft.IdentityModel.Clients.ActiveDirectory.AdalServiceException: Version=1.2.3.4",
		"CredentialInvalidLifetimeAsPerAppPolicy: Credential lifetime exceeds the max value allowed",
		"The client secret: expired. password: wrong",
		`"code":"InvalidAuthenticationToken","message":"x"`,
		"https://login.microsoftonline.com/error?code=50011",
		"TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized",
		"TF400813: The user '' is not authorized",
		"https://dev.azure.com/contoso/_apis/projects git@ssh.dev.azure.com:v3/contoso",
		"client_secret=$CLIENT_SECRET password=*** token=%TOKEN%",
		"/home/vsts/work/1/s/x.js",
		"client_secret=" + aGUID,
		"Authorization: Basic $B64Pat",
		"WWW-Authenticate: Bearer authorization_uri=https://login.microsoftonline.com/" + aGUID,
	} {
		if got := Mask(paste); got != paste {
			t.Errorf("%q became %q", paste, got)
		}
	}
}

func TestLiveSecretsAreWarnedOf(t *testing.T) {
	for name, c := range map[string]struct{ paste, what string }{
		"client secret": {"client_secret=" + aSecret, "a client secret"},
		"access token":  {"Bearer " + aJWT, "an access token"},
		"refresh token": {"refresh_token=" + aRefresh, "a refresh token"},
		"PAT":           {"curl -u :" + aPAT, "a personal access token"},
		"password":      {"password=Sommer2025", "a password"},
	} {
		r := Explain(c.paste)
		if len(r.Warnings) != 1 || r.Warnings[0].What != c.what || !strings.HasSuffix(r.Warnings[0].Revoke, ".") {
			t.Errorf("%s: %+v", name, r.Warnings)
			continue
		}
		if w := r.Warnings[0]; !strings.Contains(c.paste[w.Start:w.End], c.paste[len(c.paste)-5:]) {
			t.Errorf("%s: the place is %q", name, c.paste[w.Start:w.End])
		}
	}
	for name, paste := range map[string]string{
		"a mail address":   "devon@contoso.example",
		"a code":           "https://a.example/cb?code=" + aCode,
		"a secret's ID":    "client_secret=" + aGUID,
		"a hidden secret":  "client_secret=********",
		"an error of code": `{"error":{"code":"InvalidAuthenticationToken"}}`,
	} {
		if w := Explain(paste).Warnings; len(w) > 0 {
			t.Errorf("%s is warned of: %+v", name, w)
		}
	}
}

func TestEvidenceShowsNoSecret(t *testing.T) {
	r := Explain("AADSTS7000215: Invalid client secret provided. client_secret=ab+cd%25ef" + aSecret)
	for _, c := range r.Causes {
		for _, e := range c.Evidence {
			if strings.Contains(e.Text, aSecret) {
				t.Errorf("%s shows %q", c.ID, e.Text)
			}
		}
	}
}
