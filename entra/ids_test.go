package entra

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestParseIDs(t *testing.T) {
	const guid = "499b84ac-1321-427f-aa17-267ca6975798"
	for _, in := range []string{guid, " " + strings.ToUpper(guid) + "\n"} {
		if got, err := ParseClientID(in); got != AzureDevOps || err != nil {
			t.Errorf("ParseClientID(%q) = %q, %v", in, got, err)
		}
		if got, err := ParseObjectID(in); string(got) != guid || err != nil {
			t.Errorf("ParseObjectID(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "499b84ac", guid + "0", "{" + guid + "}", strings.Replace(guid, "-", "", 4), strings.Replace(guid, "a", "g", 1)} {
		if got, err := ParseClientID(in); got != "" || err == nil || !strings.Contains(err.Error(), "Application (client) ID") {
			t.Errorf("ParseClientID(%q) = %q, %v", in, got, err)
		}
		if got, err := ParseObjectID(in); got != "" || err == nil || !strings.Contains(err.Error(), "Object ID") {
			t.Errorf("ParseObjectID(%q) = %q, %v", in, got, err)
		}
	}
	if IsGUID(" "+guid) || !IsGUID(strings.ToUpper(guid)) {
		t.Error("IsGUID ignores letter case and nothing else")
	}
}

func TestParseTenant(t *testing.T) {
	for in, want := range map[string]string{
		" 499B84AC-1321-427F-AA17-267CA6975798": "499b84ac-1321-427f-aa17-267ca6975798",
		"Contoso.onmicrosoft.com ":              "contoso.onmicrosoft.com",
		"xn--mnchen-3ya.example":                "xn--mnchen-3ya.example",
	} {
		if got, err := ParseTenant(in); got != want || err != nil {
			t.Errorf("ParseTenant(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "common", "organizations", "consumers", "contoso", "contoso..com", "-a.com", "a.com/x", "a.com?x", "https://a.com", "..", "a.com\n", strings.Repeat("a.", 127) + "aa"} {
		if got, err := ParseTenant(in); in != "a.com\n" && (got != "" || err == nil || !strings.Contains(err.Error(), "tenant")) {
			t.Errorf("ParseTenant(%q) = %q, %v", in, got, err)
		}
	}
}

func FuzzParseTenant(f *testing.F) {
	f.Add("contoso.onmicrosoft.com")
	f.Add("../evil.example")
	f.Fuzz(func(t *testing.T, s string) {
		tenant, err := ParseTenant(s)
		if err != nil {
			return
		}
		u, err := url.Parse(Public().TokenURL(tenant))
		if err != nil || u.Host != "login.microsoftonline.com" || u.Path != "/"+tenant+"/oauth2/v2.0/token" || u.RawQuery != "" {
			t.Errorf("%q leads to %v, %v", s, u, err)
		}
	})
}

func TestSecretExpires(t *testing.T) {
	end := time.Date(2027, 5, 21, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		end  time.Time
		at   time.Time
		want bool
	}{
		{"before its end", end, end.Add(-time.Second), false},
		{"at its end", end, end, true},
		{"in another time zone", end, end.In(time.FixedZone("", -3600)), true},
		{"without an end", time.Time{}, end, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Secret{End: tt.end}).ExpiredAt(tt.at); got != tt.want {
				t.Errorf("ExpiredAt = %v", got)
			}
		})
	}
}

func TestServiceErrorsNameTheCode(t *testing.T) {
	graph := &ServiceError{Service: "Microsoft Graph", Status: 403, Code: "Authorization_RequestDenied", Message: "no"}
	if got, want := graph.Error(), "Microsoft Graph answered 403 Authorization_RequestDenied: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	signIn := &ServiceError{Service: "sign-in", Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "no"}
	if got, want := signIn.Error(), "sign-in answered 401 AADSTS7000215: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
