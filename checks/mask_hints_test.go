package checks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestOnlyTheBeginningsOfSecretsAreMasked(t *testing.T) {
	f := healthy()
	app := *f.Application.Get()
	app.Secrets = []entra.Secret{{KeyID: "1", Name: "old", Hint: "k9X", End: f.Now.AddDate(0, 0, -1)}, {KeyID: "2", Hint: "ZZ7", Start: f.Now, End: f.Now.AddDate(0, 1, 0)}}
	f.Application = Known(&app, "GET /applications")
	f.Given.Secret = SecretGiven{Given: true, Hint: "k9X"}
	results := Evaluate(&f, All)
	mask := NewHintMask(f)
	masked := mask.Facts(f)
	again := Evaluate(&masked, All)
	if !reflect.DeepEqual(outcomes(results), outcomes(again)) {
		t.Error("masked facts are judged otherwise")
	}
	for what, got := range map[string][]Result{"judged anew": again, "masked": mask.Results(results)} {
		said, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		text := string(said)
		if strings.Contains(text, "k9X") || strings.Contains(text, "ZZ7") {
			t.Errorf("%s: a beginning is left", what)
		}
		if !strings.Contains(text, "*01") {
			t.Errorf("%s: nothing stands in its place", what)
		}
	}
	if masked.Given.ClientID != f.Given.ClientID || f.Application.Get().Secrets[0].Hint != "k9X" {
		t.Error("more was changed than the beginnings, or the original was")
	}
}
