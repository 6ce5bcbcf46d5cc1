package checks

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestAReportIsReadAsItWasWritten(t *testing.T) {
	for _, x := range append(slices.Clone(failing), fixture{Name: "healthy", Change: func(*Facts) {}}) {
		f := changed(x.Change)
		for _, whole := range []bool{true, false} {
			want := NewReport(f, "1.0", whole)
			data, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ReadReport(data)
			if err != nil {
				t.Errorf("%s, whole %v: %v", x.Name, whole, err)
				continue
			}
			again, err := json.Marshal(got)
			if err != nil || string(again) != string(data) {
				t.Errorf("%s: %s\nwant %s, %v", x.Name, again, data, err)
			}
			if now := Evaluate(&got.Facts, All); !reflect.DeepEqual(outcomes(now), outcomes(want.Results)) {
				t.Errorf("%s: its facts come to something else", x.Name)
			}
		}
	}
}

func TestLostNamesWhatWasNotUnderstood(t *testing.T) {
	for _, tt := range []struct{ name, in, out, want string }{
		{"the same", `{"a":[1,{"b":"c"}]}`, `{"a":[1,{"b":"c"}]}`, ""},
		{"more comes out", `{"a":1}`, `{"a":1,"b":2}`, ""},
		{"empty values are left out", `{"a":"","b":false,"c":0,"d":null,"e":{}}`, `{}`, ""},
		{"an unknown field", `{"a":{"b":1}}`, `{"a":{}}`, "/a/b"},
		{"another value", `{"a":[1,2]}`, `{"a":[1,3]}`, "/a/1"},
		{"a shorter list", `{"a":[1,2]}`, `{"a":[1]}`, "/a"},
		{"another kind", `{"a":{"b":1}}`, `{"a":"x"}`, "/a/b"},
	} {
		var in, out any
		if err := json.Unmarshal([]byte(tt.in), &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tt.out), &out); err != nil {
			t.Fatal(err)
		}
		if got := lost(in, out, ""); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMarkdownSaysWhatIsWrongAndEscapesNames(t *testing.T) {
	f := changed(func(f *Facts) {
		f.Given.RedirectURI = "https://passport.useparagon.com/`x`|y"
		app(func(a *entra.Application) { a.DisplayName = "<b>*Paragon*</b> | [x](http://evil.example)" })(f)
	})
	r := NewReport(f, "1.0", true)
	text := r.Markdown()
	for _, want := range []string{"# Checks: " + r.Summary.Sentence, "## Not so: ", "To do: ", "## Scopes", "| Outcome | Check |", "`https://passport.useparagon.com/'x'\\|y`"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	for _, never := range []string{"<b>", "[x](", "*Paragon*</b>"} {
		if strings.Contains(text, never) {
			t.Errorf("it holds %q:\n%s", never, text)
		}
	}
	for _, c := range All {
		if !strings.Contains(text, "`"+c.ID+"`") {
			t.Errorf("%s is not in it", c.ID)
		}
	}
	if masked := NewReport(f, "1.0", false).Markdown(); !strings.Contains(masked, MaskedWords) || strings.Contains(masked, string(contoso)) {
		t.Error("masked, it does not say so or holds the tenant")
	}
}
