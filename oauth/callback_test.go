package oauth_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

func parse(t *testing.T, query string) oauth.Callback {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return oauth.ParseCallback(v)
}

func TestParseCallback(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  oauth.Callback
	}{
		"a code": {
			"code=0.AXoA&state=s1&session_state=1b2c",
			oauth.Callback{State: "s1"},
		},
		"an error with its lookup page": {
			"error=invalid_request&error_description=AADSTS900144%3a+The+request+body+must+contain+the+following+parameter%3a+%27scope%27.%0d%0aTrace+ID%3a+t&error_uri=https%3a%2f%2flogin.microsoftonline.com%2ferror%3fcode%3d900144&state=s1",
			oauth.Callback{
				State: "s1", Error: "invalid_request", AADSTS: 900144,
				Description: "AADSTS900144: The request body must contain the following parameter: 'scope'. Trace ID: t",
				URI:         "https://login.microsoftonline.com/error?code=900144",
			},
		},
		"cancelled on the sign-in page": {
			"error=access_denied&error_subcode=cancel&state=s1",
			oauth.Callback{State: "s1", Error: "access_denied", Subcode: "cancel"},
		},
		"nested codes name the cause last": {
			"error=invalid_grant&error_description=AADSTS70002%3a+Error+validating+credentials.+AADSTS50011%3a+The+reply+address&state=s1",
			oauth.Callback{State: "s1", Error: "invalid_grant", AADSTS: 50011,
				Description: "AADSTS70002: Error validating credentials. AADSTS50011: The reply address"},
		},
		"only the lookup page names the code": {
			"error=x&error_uri=https%3a%2f%2flogin.microsoftonline.com%2ferror%3fcode%3d65001&state=s1",
			oauth.Callback{State: "s1", Error: "x", AADSTS: 65001, URI: "https://login.microsoftonline.com/error?code=65001"},
		},
		"admin consent given": {
			"admin_consent=True&tenant=aaaabbbb-0000-cccc-1111-dddd2222eeee&scope=499b84ac-1321-427f-aa17-267ca6975798%2fvso.work&state=s1",
			oauth.Callback{State: "s1", AdminConsent: true, Tenant: "aaaabbbb-0000-cccc-1111-dddd2222eeee", Scope: "499b84ac-1321-427f-aa17-267ca6975798/vso.work"},
		},
		"admin consent refused although it says True": {
			"admin_consent=True&error=consent_required&error_description=AADSTS65004%3a+The+resource+owner+or+authorization+server+denied+the+request.&state=s1",
			oauth.Callback{State: "s1", Error: "consent_required", AADSTS: 65004,
				Description: "AADSTS65004: The resource owner or authorization server denied the request."},
		},
		"the older admin consent refused": {
			"error=permission_denied&error_description=The+admin+canceled+the+request&state=s1",
			oauth.Callback{State: "s1", Error: "permission_denied", Description: "The admin canceled the request"},
		},
		"nothing": {"", oauth.Callback{}},
	} {
		got := parse(t, c.query)
		wantCode := ""
		if name == "a code" {
			wantCode = "0.AXoA"
		}
		if got.Code.Reveal() != wantCode {
			t.Errorf("%s: code %q, want %q", name, got.Code.Reveal(), wantCode)
		}
		got.Code = entra.Sensitive{}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestACodeBesideAnErrorIsDropped(t *testing.T) {
	if cb := parse(t, "code=0.AXoA&error=access_denied&state=s"); !cb.Code.IsZero() {
		t.Error("an answer that is an error carries no code")
	}
}

func TestForeignTextOfACallbackIsBounded(t *testing.T) {
	v := url.Values{}
	for _, name := range []string{"error", "error_description", "error_subcode", "error_uri"} {
		v.Set(name, strings.Repeat("<script>\u202e", 5000))
	}
	cb := oauth.ParseCallback(v)
	for _, s := range []string{cb.Error, cb.Description, cb.Subcode, cb.URI} {
		if utf8.RuneCountInString(s) > entra.ForeignTextLimit || strings.ContainsRune(s, '\u202e') {
			t.Errorf("text of %d characters, or with a direction mark", utf8.RuneCountInString(s))
		}
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add("error=a&error_description=AADSTS50011%3a+x")
	f.Add("admin_consent=True&error=x")
	f.Fuzz(func(t *testing.T, query string) {
		v, _ := url.ParseQuery(query) // the pairs that could be read
		cb := oauth.ParseCallback(v)
		if cb.Error != "" && (cb.AdminConsent || !cb.Code.IsZero()) {
			t.Errorf("%q is both an error and a success", query)
		}
		if cb.AADSTS < 0 || utf8.RuneCountInString(cb.Description) > entra.ForeignTextLimit || !utf8.ValidString(cb.Description) {
			t.Errorf("%q gives %+v", query, cb)
		}
	})
}
