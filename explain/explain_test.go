package explain

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEvidencePointsIntoThePasteAsGiven(t *testing.T) {
	for name, c := range map[string]struct{ paste, first string }{
		"plain":           {"Oh: AADSTS65004: User declined", "AADSTS65004"},
		"percent-encoded": {"x?error_description=AADSTS700051%3a+response_type+%27token%27+is+not+enabled+for+the+application.", "is+not+enabled+for+the+application"},
		"JSON in JSON":    {`{"detail":"{\"Error\":\"invalid_client\",\"ErrorDescription\":\"Failed to deserialize the JsonWebToken object.\"}"}`, "Failed to deserialize the JsonWebToken object"},
		"wrapped lines":   {"│ CredentialInvalid\n│ lifetime: Credential lifetime exceeds the\n│ max value allowed as per assigned\n│ policy", "Credential lifetime exceeds the\n│ max value"},
		"tags":            {"<p>Need <b>admin</b> approval</p>", "Need <b>admin</b> approval"},
		"letters abroad":  {"ä → Genehmigung durch Administrator erforderlich ß", "Genehmigung durch Administrator erforderlich"},
	} {
		r := Explain(c.paste)
		e := r.Causes[0].Evidence
		if len(e) == 0 || !strings.Contains(e[0].Text, c.first) && !slices.ContainsFunc(e, func(e Evidence) bool { return strings.Contains(e.Text, c.first) }) {
			t.Errorf("%s: %s shown by %+v", name, r.Causes[0].ID, e)
		}
		for _, one := range e {
			if c.paste[one.Start:one.End] != one.Text {
				t.Errorf("%s: %q stands at %d:%d, not %q", name, c.paste[one.Start:one.End], one.Start, one.End, one.Text)
			}
		}
	}
}

func TestEntitiesAreRecognised(t *testing.T) {
	body := `{"error":"invalid_client","error_description":"AADSTS50011: The redirect URI 'https://desk.example/cb' specified in the request does not match the redirect URIs configured for the application '5A0D8E1C-41c1-4a5a-9d1e-0c6b8d2e7f31'.\r\nTrace ID: 41ba0035-0b65-45fd-b595-76327aac0600\r\nCorrelation ID: a926b6fc-6ea0-4782-9d61-4bb7b568aefd\r\nTimestamp: 2025-01-04 23:07:41Z","error_codes":[50011]}`
	e := Explain(body).Entities
	want := Entities{ClientID: "5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31", RedirectURI: "https://desk.example/cb", Scopes: []string{},
		TraceID: "41ba0035-0b65-45fd-b595-76327aac0600", CorrelationID: "a926b6fc-6ea0-4782-9d61-4bb7b568aefd", Timestamp: "2025-01-04 23:07:41Z"}
	if !equal(e, want) {
		t.Errorf("body: %+v", e)
	}
	address := "https://login.microsoftonline.com/9b1f6a0c-2d35-4d5e-8f30-1a2b3c4d5e6f/oauth2/v2.0/authorize?client_id=5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31&redirect_uri=https%3A%2F%2Fdesk.example%2Fcb&scope=499b84ac-1321-427f-aa17-267ca6975798%2Fvso.work%20offline_access&state=1"
	e = Explain(address).Entities
	want = Entities{ClientID: "5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31", Tenant: "9b1f6a0c-2d35-4d5e-8f30-1a2b3c4d5e6f", RedirectURI: "https://desk.example/cb",
		Scopes: []string{"499b84ac-1321-427f-aa17-267ca6975798/vso.work", "offline_access"}}
	if !equal(e, want) {
		t.Errorf("address: %+v", e)
	}
	e = Explain("VS800075 at https://dev.azure.com/Tailwind/Desk%20App/_apis/wit").Entities
	if e.Organization != "tailwind" || e.Project != "Desk App" {
		t.Errorf("Azure DevOps: %+v", e)
	}
	e = Explain("AADSTS50105: Your administrator has configured the application Tailwind Sync ('5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31') to block users.").Entities
	if e.ClientID != "5a0d8e1c-41c1-4a5a-9d1e-0c6b8d2e7f31" {
		t.Errorf("behind the app's name: %+v", e)
	}
	e = Explain("AADSTS50020: … cannot access the application '499b84ac-1321-427f-aa17-267ca6975798'(Azure DevOps) in that tenant; https://spsprodeus2.vssps.visualstudio.com/_signin").Entities
	if e.ClientID != "" || e.Organization != "" {
		t.Errorf("Microsoft's own: %+v", e)
	}
}

func equal(a, b Entities) bool {
	same := slices.Equal(a.Scopes, b.Scopes)
	a.Scopes, b.Scopes = nil, nil
	for _, name := range []string{"client_id", "tenant", "redirect_uri", "resource", "organization", "project"} {
		same = same && a.field(name) == b.field(name)
	}
	return same && a.CorrelationID == b.CorrelationID && a.TraceID == b.TraceID && a.Timestamp == b.Timestamp
}

func TestRelationsOverruleTheVisibleCode(t *testing.T) {
	const graph = "' that doesn't exist on the resource '00000003-0000-0000-c000-000000000000'."
	for name, c := range map[string]struct{ paste, want string }{
		"a bare Azure DevOps scope":             {"AADSTS650053: The application 'x' asked for scope 'vso.work_write" + graph, "scope_missing_resource_prefix"},
		"a misspelt Graph scope":                {"AADSTS650053: The application 'x' asked for scope 'User.Reed" + graph, "scope_unknown_for_resource"},
		"a wrong secret":                        {"AADSTS7000215: Invalid client secret provided.", "secret_invalid"},
		"a GUID as secret":                      {"AADSTS7000215: Invalid client secret provided. \"ClientSecret\": \"" + aGUID + "\"", "secret_id_used_instead_of_value"},
		"an unknown app":                        {"AADSTS700016: Application with identifier '" + aGUID + "' was not found in the directory 'x'.", "app_not_in_tenant"},
		"a placeholder as app":                  {"AADSTS700016: Application with identifier 'your_client_id' was not found in the directory 'x'.", "placeholder_not_replaced"},
		"nothing as app":                        {"AADSTS700016: Application with identifier 'null' was not found in the directory 'x'.", "config_not_loaded"},
		"a hidden app":                          {"AADSTS700016: Application with identifier 'XXXX' was not found in the directory 'x'.", "app_not_in_tenant"},
		"Azure DevOps refuses somebody":         {"TF400813: The user '" + aGUID + "' is not authorized to access this resource.", "user_not_member_of_org"},
		"Azure DevOps sees nobody":              {"TF400813: The user '' is not authorized to access this resource.", "token_missing_or_rejected"},
		"Azure DevOps sees the anonymous":       {"TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource.", "token_missing_or_rejected"},
		"a missing scope":                       {"AADSTS900144: The request body must contain the following parameter: 'scope'.", "scope_missing"},
		"a missing client ID":                   {"AADSTS900144: The request body must contain the following parameter: 'client_id'.", "client_id_missing_or_wrong"},
		"a missing code":                        {"AADSTS900144: The request body must contain the following parameter: 'code'.", "code_missing_in_token_request"},
		"an internal error":                     {"TF400898: An Internal Error Occurred.", Unknown},
		"an internal error that says JSON":      {`{"message":"TF400898: An Internal Error Occurred.","typeKey":"JsonReaderException"}`, "malformed_request_body"},
		"50013 for a stale token":               {"AADSTS50013: Assertion is not within its valid time range.", "token_expired"},
		"50012 for a wrong secret, the old way": {"AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret is provided.", "secret_invalid"},
		"50012 for a clock":                     {"AADSTS70002: Error validating credentials. AADSTS50012: Client assertion is not within its valid time range.", "clock_skew"},
	} {
		if r := Explain(c.paste); r.Causes[0].ID != c.want {
			t.Errorf("%s: %s, not %s", name, answers(r), c.want)
		}
	}
}

func TestConfidenceTellsSureFromOpen(t *testing.T) {
	sure := Explain("AADSTS7000222: The provided client secret keys for app 'x' are expired.").Causes[0]
	open := Explain("TF400813: The user '" + aGUID + "' is not authorized to access this resource.").Causes[0]
	nothing := Explain("It does not work").Causes[0]
	if sure.Confidence < 0.9 || open.Confidence > 0.8 || open.Decides == nil {
		t.Errorf("sure %v, open %v, decided by %v", sure.Confidence, open.Confidence, open.Decides)
	}
	if nothing.ID != Unknown || nothing.Confidence > 0.6 || nothing.Decides == nil {
		t.Errorf("nothing: %+v", nothing)
	}
}

func TestLongAndEmptyPastes(t *testing.T) {
	long := strings.Repeat("ä", MaxPaste)
	if r := Explain("AADSTS65004 " + long); !r.Truncated || r.Causes[0].ID != "user_declined" || !utf8.ValidString(r.Masked) || len(r.Masked) > MaxPaste {
		t.Errorf("long: truncated %v, %d bytes", r.Truncated, len(r.Masked))
	}
	if r := Explain(""); len(r.Causes) != 1 || r.Causes[0].ID != Unknown || r.Codes == nil || r.Entities.Scopes == nil || r.Truncated || !r.Undecided() {
		t.Errorf("empty: %+v", r)
	}
}

func TestMessageIsReadyToSend(t *testing.T) {
	c := Explain("AADSTS50011: The redirect URI 'https://desk.example/cb' specified in the request does not match the redirect URIs configured for the application '" + aGUID + "'. Correlation ID: a926b6fc-6ea0-4782-9d61-4bb7b568aefd").Causes[0]
	for _, part := range []string{"AADSTS50011", "https://desk.example/cb", "1. ", "correlation ID a926b6fc", "appId/" + aGUID, "app registration"} {
		if !strings.Contains(c.Message, part) {
			t.Errorf("%q lacks %q", c.Message, part)
		}
	}
	if strings.ContainsAny(c.Message+c.Summary, "{}|") {
		t.Errorf("a field is not filled in: %q", c.Message)
	}
}

func FuzzExplain(f *testing.F) {
	for _, e := range known().causes {
		f.Add(e.Examples[0])
	}
	for _, paste := range shapes() {
		f.Add(paste[:300])
	}
	f.Add(`\\\\u00e4%25%32%46&#x41;<b ä` + "\xff\x00")
	f.Fuzz(func(t *testing.T, paste string) {
		r := Explain(paste)
		if len(r.Causes) == 0 || r.Causes[0].Confidence <= 0 || r.Causes[0].Confidence > 1 {
			t.Fatalf("causes %+v", r.Causes)
		}
		for _, c := range r.Causes {
			for _, e := range c.Evidence {
				checkPlace(t, paste, e)
			}
		}
		for _, w := range r.Warnings {
			checkPlace(t, paste, Evidence{paste[w.Start:w.End], w.Start, w.End})
		}
		if again := Mask(r.Masked); again != r.Masked {
			t.Fatalf("masked once %q, twice %q", r.Masked, again)
		}
		canary := "Zz9" + "8Q~cAnArYcAnArYcAnArYcAnArYcAnArY0123"
		if m := Explain(paste + "\nclient_secret=" + canary + "\n").Masked; strings.Contains(m, canary) {
			t.Fatalf("the secret shows: %q", m)
		}
	})
}

func checkPlace(t *testing.T, paste string, e Evidence) {
	t.Helper()
	if e.Start < 0 || e.Start >= e.End || e.End > len(paste) || paste[e.Start:e.End] != e.Text {
		t.Fatalf("%d:%d is no place of %q", e.Start, e.End, paste)
	}
	if utf8.ValidString(paste) && !utf8.ValidString(e.Text) {
		t.Fatalf("%q is cut inside a character", e.Text)
	}
}
