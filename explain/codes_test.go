package explain

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestEveryExplainedNumberHasACause(t *testing.T) {
	for _, e := range entra.AADSTSCodes() {
		if _, ok := known().codes["AADSTS"+strconv.Itoa(e.Code)]; !ok {
			t.Errorf("AADSTS%d is explained and stands for no cause", e.Code)
		}
	}
	for name := range known().codes {
		digits, isNumber := strings.CutPrefix(name, "AADSTS")
		number, err := strconv.Atoi(digits)
		if !isNumber || err != nil {
			continue
		}
		if _, ok := entra.LookupAADSTS(number); !ok {
			t.Errorf("%s stands for a cause and is not explained", name)
		}
	}
}

// Two numbers share a text only if they share a cause.
func TestNumbersShareATextOnlyWithTheirCause(t *testing.T) {
	causes, nexts := map[string]string{}, map[string]string{}
	for _, e := range entra.AADSTSCodes() {
		id := known().codes["AADSTS"+strconv.Itoa(e.Code)].Cause
		if other, twice := causes[e.Cause]; twice && other != id {
			t.Errorf("AADSTS%d (%s) and one for %s both say %q", e.Code, id, other, e.Cause)
		}
		if other, twice := nexts[e.Next]; twice && other != id {
			t.Errorf("AADSTS%d (%s) and one for %s both advise %q", e.Code, id, other, e.Next)
		}
		causes[e.Cause], nexts[e.Next] = id, id
	}
}

func TestCodesAreFoundInEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		paste string
		want  []string
	}{
		"a page's line":                  {"AADSTS50011: The redirect URI", []string{"AADSTS50011"}},
		"small letters with words glued": {"www.aadsts65005%3a+invalid+resource", []string{"AADSTS65005"}},
		"one letter lost":                {"AADST700016 appeared", []string{"AADSTS700016"}},
		"an escaped body":                {`{\"error_codes\":[7000215],\"trace_id\":\"1\"}`, []string{"AADSTS7000215"}},
		"two numbers":                    {`{"error_codes":[70002, 50012]}`, []string{"AADSTS50012", "AADSTS70002"}},
		"a look-up link, encoded twice":  {"https%253A%252F%252Flogin.microsoftonline.com%252Ferror%253Fcode%253D90094", []string{"AADSTS90094"}},
		"the portal's details":           {"Error Code: 53003\nApp name: Tailwind", []string{"AADSTS53003"}},
		"in bold":                        {"**Error Code:** 530003", []string{"AADSTS530003"}},
		"MSAL without prefix":            {"invalid_client: 7000215 - [2025-01-01 10:00:00Z]", []string{"AADSTS7000215"}},
		"a console broke the number":     {"AADSTS7000\n215: Invalid", []string{"AADSTS7000215"}},
		"the name in the sign-in log":    {"Failure reason: BlockedByConditionalAccess", []string{"AADSTS53003"}},
		"the bare number":                {" 50105 ", []string{"AADSTS50105"}},
		"a number in a short sentence":   {"I get 700016 when connecting", []string{"AADSTS700016"}},
		"a port is no code":              {"dial tcp 10.0.0.1:50011: refused", []string{}},
		"part of an id is no code":       {"id 50011-aaaa", []string{}},
		"Azure DevOps":                   {"remote: TF401019: not there, VS800075", []string{"TF401019", "VS800075"}},
		"B2C":                            {"AADB2C90006: The redirect URI", []string{"AADB2C90006"}},
		"Graph, in a body":               {`{"error":{"code":"Authorization_RequestDenied"}}`, []string{"Authorization_RequestDenied"}},
		"OAuth's word only when alone":   {`{"error":"invalid_client"}`, []string{"invalid_client"}},
		"OAuth's word beside a number":   {`{"error":"invalid_client","error_codes":[7000222]}`, []string{"AADSTS7000222"}},
		"the retired service":            {"https://a.example/cb?error=InvalidScope", []string{"InvalidScope"}},
		"an unknown number":              {"AADSTS1234567: new", []string{"AADSTS1234567"}},
		"nothing":                        {"help", []string{}},
	} {
		if got := Explain(c.paste).Codes; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q gives %v, not %v", name, c.paste, got, c.want)
		}
	}
}

func TestAnUnlistedNumberIsExplainedFromItsOwnText(t *testing.T) {
	c := Explain("AADSTS50126: Error validating credentials due to invalid username or password.").Causes[0]
	known, _ := entra.LookupAADSTS(50126)
	if c.ID != Unknown || !strings.Contains(c.Summary, known.Cause) || c.Steps[0] != known.Next || c.WhoFixes != "user" {
		t.Errorf("%+v", c)
	}
}
