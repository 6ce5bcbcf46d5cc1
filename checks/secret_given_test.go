package checks

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestSecretsByTheirForm(t *testing.T) {
	const value = "k9X8Q~abcdefghijklmnopqrstuvwxyz.0123456"
	tests := map[SecretShape][]string{
		UsualShape: {value, "sou8Q~sandbox.what-the-integration-has-17", "abcdefghij0123456789ABCDEFGHIJ==", "pQz7.a-b_c~dxxxxeFGhij"},
		IDShape:    {"91a2b3c4-d5e6-4f70-8192-a3b4c5d6e708", "91A2B3C4-D5E6-4F70-8192-A3B4C5D6E708"},
		PlaceholderShape: {
			"<client-secret>", "{client_secret}", "${CLIENT_SECRET}", "%CLIENT_SECRET%", "your-client-secret", "YOUR_SECRET", "client_secret", "Client Secret Value",
			"secret", "changeme", "********", "\u2022\u2022\u2022\u2022\u2022\u2022", "xxxxxxxxxxxxxxxx", "Enter_the_Client_Secret_Here", "[redacted]", " <secret> ",
		},
		LegacyShape:  {"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + strings.Repeat("a", 300) + ".c2lnbmF0dXJl"},
		SpacedShape:  {value + "\n", " " + value, "k9X8Q~abcdefg hijklmnop", "\t", "k9X8Q~abcdefghijklmnop\u00a0"},
		QuotedShape:  {`"` + value + `"`, "'" + value + "'", "`" + value + "`", "\u201c" + value + "\u201d", value + ","},
		EncodedShape: {"k9X8Q%7Eabcdefghijklmnopqrstuvwxyz", "k9X8Q~abcdefghijk%2Blmn"},
		OddShape:     {"short~", strings.Repeat("a~", 40), "k9X8Q~abcdefgh\u00e4jklmnopqrst"},
	}
	for want, values := range tests {
		for _, v := range values {
			if got := NewSecretGiven(entra.NewSensitive(v)); got.Shape != want || !got.Given {
				t.Errorf("%q is %s, want %s", v, got.Shape, want)
			}
		}
	}
}

func TestWhatIsKeptOfASecretGivesItNotAway(t *testing.T) {
	if got := NewSecretGiven(entra.Sensitive{}); got != (SecretGiven{}) {
		t.Errorf("none: %+v", got)
	}
	if got := NewSecretGiven(entra.NewSensitive("abcdef~")); got.Hint != "" || got.Length != 7 {
		t.Errorf("of a short one: %+v", got)
	}
	const value = "k9X8Q~abcdefghijklmnopqrstuvwxyz.0123456"
	got := NewSecretGiven(entra.NewSensitive(value))
	if got.Hint != "k9X" || got.Length != len(value) {
		t.Errorf("%+v", got)
	}
	data, err := json.Marshal(got)
	if err != nil || strings.Contains(string(data), value[:4]) {
		t.Errorf("%s, %v: more than three characters are kept", data, err)
	}
}
