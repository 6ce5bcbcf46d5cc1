package trial

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestEveryKnownCodeIsExplained(t *testing.T) {
	for _, known := range entra.AADSTSCodes() {
		f := Explain(known.Code, "")
		if f.Cause == "" || f.Next == "" || f.Who == "" || f.AADSTS != known.Code || f.Transient {
			t.Errorf("AADSTS%d: %+v", known.Code, f)
		}
	}
}

func TestExplainFallsBackFromNumberToError(t *testing.T) {
	number, word := Explain(65004, "access_denied"), Explain(0, "access_denied")
	if number.Cause == word.Cause || word.Cause == "" || word.Code != "access_denied" {
		t.Errorf("%+v\n%+v", number, word)
	}
	if f := Explain(99999999, "new_error"); !strings.Contains(f.Next, "error?code=99999999") || f.Cause == "" {
		t.Errorf("an unknown number leads to Microsoft's lookup page: %+v", f)
	}
	if f := Explain(99999999, "access_denied"); f.Cause != word.Cause || f.AADSTS != 99999999 {
		t.Errorf("an unknown number with a known error: %+v", f)
	}
	if f := Explain(0, ""); f.Cause == "" || f.Next == "" {
		t.Errorf("nothing known: %+v", f)
	}
}

func TestExplainCallbackTellsCancelFromRefusal(t *testing.T) {
	cancelled := explainCallback(oauth.Callback{Error: "access_denied", Subcode: "cancel"})
	refused := explainCallback(oauth.Callback{Error: "access_denied", Description: "for anna@contoso.example"})
	if cancelled.Cause == refused.Cause {
		t.Errorf("both say %q", cancelled.Cause)
	}
	if refused.Raw != "for a…@contoso.example" {
		t.Errorf("raw text %q", refused.Raw)
	}
}

func TestExplainPaste(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		aadsts int
		code   string
	}{
		"Microsoft's page":                   {"Sign in\nSorry, but we're having trouble signing you in.\n\nAADSTS50011: The redirect URI 'x' specified in the request does not match.\nRequest Id: aaaabbbb-0000-cccc-1111-dddd2222eeee", 50011, "invalid_request"},
		"the number alone":                   {" 700016 ", 700016, "unauthorized_client"},
		"an address bar":                     {"http://localhost:8080/cb?error=access_denied&error_description=AADSTS65004%3a+User+declined&state=x#", 65004, "access_denied"},
		"an address without number":          {"http://localhost:8080/cb?error=access_denied&error_subcode=cancel&state=x#", 0, "access_denied"},
		"a body":                             {`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}`, 7000215, "invalid_client"},
		"a body without number":              {`{"error": "temporarily_unavailable"}`, 0, "temporarily_unavailable"},
		"nested codes":                       {"AADSTS70002: Error validating credentials. AADSTS50011: The reply address", 50011, "invalid_request"},
		"an unknown code around a known one": {"AADSTS50011: no. AADSTS99999999: what", 50011, "invalid_request"},
		"only an unknown code":               {"AADSTS99999999: what", 99999999, ""},
		"Azure DevOps":                       {"TF400813: The user 'x' is not authorized to access this resource.", 0, "TF400813"},
		"nothing":                            {"it does not work", 0, ""},
		"a stray number":                     {"error 12345 on line 9", 0, ""},
	} {
		f := ExplainPaste(c.text)
		if f.AADSTS != c.aadsts || f.Code != c.code || f.Cause == "" || f.Next == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func FuzzExplainPaste(f *testing.F) {
	f.Add("AADSTS50011: x")
	f.Add("%zz?error=access_denied")
	f.Fuzz(func(t *testing.T, text string) {
		got := ExplainPaste(text)
		if got.Cause == "" || got.Next == "" || utf8.RuneCountInString(got.Raw) > entra.ForeignTextLimit || !utf8.ValidString(got.Raw) {
			t.Errorf("%q gives %+v", text, got)
		}
	})
}

func TestNotYetSpread(t *testing.T) {
	for name, c := range map[string]struct {
		aadsts  int
		changed time.Time
		want    bool
	}{
		"50011 just after our change":   {50011, now.Add(-time.Second), true},
		"7000215 just after our change": {7000215, now.Add(-time.Second), true},
		"at the limit":                  {7000215, now.Add(-NotYetSpread), true},
		"past the limit":                {7000215, now.Add(-NotYetSpread - time.Second), false},
		"without a change of ours":      {7000215, time.Time{}, false},
		"a refusal that never passes":   {65004, now, false},
		"no number":                     {0, now, false},
		"an expired secret":             {7000222, now, false},
	} {
		f := Explain(c.aadsts, "").soon(c.changed, now)
		if f.Transient != c.want {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Transient && !strings.HasPrefix(f.Cause, "Not yet spread, trying again") {
			t.Errorf("%s: %q", name, f.Cause)
		}
	}
}

func TestExplainErrorWithoutAnAnswer(t *testing.T) {
	f := explainError(&entra.NoAnswerError{Service: "sign-in", Method: "POST", Path: "/x", Err: errors.New("connection refused")})
	if f.AADSTS != 0 || f.Transient || !strings.Contains(f.Cause, "no usable answer") || !strings.Contains(f.Raw, "connection refused") {
		t.Errorf("%+v", f)
	}
}
