package entra

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var fixers = []Fixer{AppOwner, TenantAdmin, OrganizationAdmin, EndUser, Microsoft}

// checkWords holds an explanation to the form every page relies on.
func checkWords(t *testing.T, what string, e Explanation) {
	t.Helper()
	if !slices.Contains(fixers, e.Who) {
		t.Errorf("%s: nobody named %q can mend it", what, e.Who)
	}
	for _, sentence := range []string{e.Cause, e.Next} {
		if !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "AADSTS") {
			t.Errorf("%s: %q is not a plain sentence", what, sentence)
		}
	}
}

func TestSignInErrorsAreExplained(t *testing.T) {
	last := 0
	for _, e := range AADSTSCodes() {
		what := "AADSTS" + strconv.Itoa(e.Code)
		if e.Code <= last {
			t.Errorf("%s stands twice", what)
		}
		last = e.Code
		checkWords(t, what, e.Explanation)
		for _, s := range e.Surfaces {
			if s != OnPage && s != OnRedirect && s != OnToken {
				t.Errorf("%s shows on %q", what, s)
			}
		}
		if len(e.Surfaces) == 0 {
			t.Errorf("%s shows nowhere", what)
		}
		if found, ok := LookupAADSTS(e.Code); !ok || !reflect.DeepEqual(found, e) {
			t.Errorf("%s is not found: %+v", what, found)
		}
	}
	if _, ok := LookupAADSTS(1); ok {
		t.Error("an unknown code is explained")
	}
}

func TestErrorsThatMayBeDelay(t *testing.T) {
	for _, code := range []int{50011, 7000215, 7000229, 700016} {
		if e, _ := LookupAADSTS(code); !e.Transient {
			t.Errorf("AADSTS%d right after a change of ours may only be delay", code)
		}
	}
	for _, code := range []int{7000222, 90094, 65004, 53003} {
		if e, _ := LookupAADSTS(code); e.Transient {
			t.Errorf("AADSTS%d never goes away by waiting", code)
		}
	}
}

// TestSignInErrorsCoverTheFacts: every code of the collected facts is in the
// table, with the same actor and error value.
func TestSignInErrorsCoverTheFacts(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/aadsts-errors.json")
	if err != nil {
		t.Skip("the collected facts are not beside this repository")
	}
	var facts struct {
		Errors []struct {
			Code       int
			OAuthError *string
			Actor      Fixer
		}
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	for _, f := range facts.Errors {
		e, ok := LookupAADSTS(f.Code)
		if !ok {
			t.Errorf("AADSTS%d is in the facts and not explained", f.Code)
		}
		if ok && (e.Who != f.Actor || f.OAuthError != nil && e.OAuth != *f.OAuthError) {
			t.Errorf("AADSTS%d: %q, %q; the facts say %q, %v", f.Code, e.Who, e.OAuth, f.Actor, f.OAuthError)
		}
	}
}

func TestFindAADSTS(t *testing.T) {
	tests := []struct {
		name, text string
		want       []int
	}{
		{"a page's line", "AADSTS50011: The redirect URI 'https://…' specified", []int{50011}},
		{"small letters and a blank", "error aadsts 700016 appeared", []int{700016}},
		{"a redirect", "https://a.example/cb?error=access_denied&error_description=AADSTS65004%3a+User&error_uri=https%3a%2f%2flogin.microsoftonline.com%2ferror%3fcode%3d65004", []int{65004}},
		{"a body", `{"error":"invalid_client","error_codes":[7000215],"trace_id":"1"}`, []int{7000215}},
		{"a body with two codes", `{"error_codes":[70002, 50011]}`, []int{70002, 50011}},
		{"a body within a string", `{\"error_codes\":[7000215]}`, []int{7000215}},
		{"a lookup link", "https://login.microsoftonline.com/error?code=90094", []int{90094}},
		{"nested, the telling one last", "AADSTS70002: Error validating credentials. AADSTS50011: The reply", []int{70002, 50011}},
		{"once each", "AADSTS50011 AADSTS50011", []int{50011}},
		{"an unknown number with its word", "AADSTS123456: new", []int{123456}},
		{"the bare number", " 50011\n", []int{50011}},
		{"a bare number that is no code", "12345", nil},
		{"a number inside a sentence", "the port 50011 is taken", nil},
		{"a request id", "Request Id: 50011000-0000-0000-0000-000000000000", nil},
		{"a number too long", "AADSTS5001112345678", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := FindAADSTS(tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzFindAADSTS(f *testing.F) {
	f.Add("AADSTS50011: x AADSTS 70002", "y")
	f.Add(`{"error_codes":[70002,,50011]}`, "AADSTS")
	f.Fuzz(func(t *testing.T, a, b string) {
		both := FindAADSTS(a + "\n" + "AADSTS50011: " + b)
		if !slices.Contains(both, 50011) {
			t.Errorf("%q: the code after it is not found: %v", a, both)
		}
		for i, n := range both {
			if n < 0 || n > 999999999 || slices.Contains(both[:i], n) {
				t.Errorf("%q, %q: %v", a, b, both)
			}
		}
	})
}

func TestOAuthErrorsAreExplained(t *testing.T) {
	for value, e := range oauthErrors {
		checkWords(t, value, e)
	}
	declined, ok := ExplainOAuth("access_denied", "cancel")
	checkWords(t, "cancel", declined)
	if plain, _ := ExplainOAuth("access_denied", ""); !ok || plain == declined {
		t.Error("Cancel on the sign-in page reads like any refusal")
	}
	for _, unknown := range []string{"", "teapot"} {
		if _, ok := ExplainOAuth(unknown, "cancel"); ok {
			t.Errorf("%q is explained", unknown)
		}
	}
}

func TestEveryErrorValueOfTheTableIsExplained(t *testing.T) {
	for _, e := range AADSTSCodes() {
		if _, ok := ExplainOAuth(e.OAuth, ""); e.OAuth != "" && !ok {
			t.Errorf("AADSTS%d comes with %q, which alone is not explained", e.Code, e.OAuth)
		}
	}
}

func TestDevOpsRefusalsAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range refusals {
		for _, key := range []string{r.Code, r.TypeKey} {
			if key == "" {
				continue
			}
			if seen[key] {
				t.Errorf("%s stands twice", key)
			}
			seen[key] = true
			if found, ok := ExplainDevOps(key); !ok || found != r {
				t.Errorf("%s is not found: %+v", key, found)
			}
		}
		checkWords(t, r.Code+r.TypeKey, r.Explanation)
	}
	for _, code := range []string{"TF400813", "VS403463", "VS800075", "TF200016", "TF401019", "VS403283"} {
		if !seen[code] {
			t.Errorf("%s is not explained", code)
		}
	}
	for _, unknown := range []string{"", "VssServiceException"} {
		if _, ok := ExplainDevOps(unknown); ok {
			t.Errorf("%q is explained, although it stands for many things", unknown)
		}
	}
}

func TestFindDevOpsCodes(t *testing.T) {
	got := FindDevOpsCodes("TF400813: The user 'VS1' … VS403463, TF400813; XTF200016 TF20001612")
	if want := []string{"TF400813", "VS403463"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
