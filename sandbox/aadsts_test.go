package sandbox

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
)

// A publishedError is one entry of the collected facts about the codes.
type publishedError struct {
	Code       int     `json:"code"`
	OAuth      *string `json:"oauthError"`
	HTTPStatus int     `json:"httpStatus"`
	SubError   string  `json:"suberror"`
	Documented bool    `json:"documented"`
}

// foundElsewhere are codes that the collected facts lack, with a public
// thread that quotes an answer.
var foundElsewhere = map[int]string{
	700211: "Azure/azure-workload-identity#1200",
	700212: "Azure/azure-workload-identity#1200, said of the audience",
	700213: "Azure/login#482",
}

func TestTheErrorTableAgreesWithTheCollectedFacts(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/aadsts-errors.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the collected facts are not beside this repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var facts struct{ Errors []publishedError }
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	for code, e := range signInErrors {
		i := slices.IndexFunc(facts.Errors, func(p publishedError) bool { return p.Code == code })
		if i < 0 && foundElsewhere[code] != "" {
			continue
		}
		if i < 0 {
			t.Errorf("AADSTS%d is not in the facts", code)
			continue
		}
		p := facts.Errors[i]
		if p.OAuth != nil && *p.OAuth != e.oauth {
			t.Errorf("AADSTS%d: error %q, facts say %q", code, e.oauth, *p.OAuth)
		}
		if p.SubError != e.sub {
			t.Errorf("AADSTS%d: suberror %q, facts say %q", code, e.sub, p.SubError)
		}
		if got := aadsts(code).status(); p.HTTPStatus != 0 && got != p.HTTPStatus {
			t.Errorf("AADSTS%d: status %d, facts say %d", code, got, p.HTTPStatus)
		}
		if e.unlisted && p.Documented {
			t.Errorf("AADSTS%d is documented: it has an error_uri", code)
		}
	}
}

//parity:choice login texts of 90013, 90095 and 165000: in words of the public table's summaries; the exact texts were not found
func TestErrorTextsFillTheirWords(t *testing.T) {
	word := regexp.MustCompile(`\{[A-Za-z]+\}`)
	a := &application{AppID: "id", DisplayName: "name {appId}"}
	e := aadstsApp(700016, a, "tenant", "T")
	if left := word.FindString(e.line()); left != "" {
		t.Errorf("%s is left in %s", left, e.line())
	}
	if e := aadstsApp(7000112, a); e.text != "Application 'id'(name {appId}) is disabled." {
		t.Errorf("values are not filled again: %s", e.text)
	}
}

func TestARefusalKeepsItsTextUnderAnotherErrorValue(t *testing.T) {
	e := aadsts(65001)
	changed := e.as(interactionRequired)
	if changed.oauth != interactionRequired || changed.code != 65001 || e.oauth != invalidGrant {
		t.Errorf("%+v %+v", changed, e)
	}
	if aadsts(7000229).status() != http.StatusUnauthorized || aadsts(650053).status() != http.StatusBadRequest {
		t.Error("invalid_client is 401 where a client failed to prove itself")
	}
}
