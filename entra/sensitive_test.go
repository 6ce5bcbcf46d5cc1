package entra

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"
)

// TestSensitiveIsNotShownByAccident sends a secret down every way by which
// values usually reach a log, an answer or a page.
func TestSensitiveIsNotShownByAccident(t *testing.T) {
	const secret = "abc8Q~very-secret"
	type holder struct {
		Secret Sensitive
		Ptr    *Sensitive
		Map    map[string]Sensitive
		inner  Sensitive // fmt calls no methods here
	}
	s := NewSensitive(secret)
	h := holder{s, &s, map[string]Sensitive{"k": s}, s}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		fmt.Fprintf(&out, strings.Replace(verb, "%T ", "", 1)+"\n", s)
		fmt.Fprintf(&out, strings.Replace(verb, "%T ", "", 1)+"\n", &s)
	}
	fmt.Fprintln(&out, s, s.String(), errors.New(fmt.Sprint("failed with ", s)))
	fmt.Fprintf(&out, "%v %+v %#v\n", h.Secret, h.Map, []Sensitive{s})
	fmt.Fprintf(&out, "%v %+v %#v\n", h, h, &h) // unexported fields included
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("x", "secret", s, "holder", h, "group", slog.GroupValue(slog.Any("s", s)))
	}
	for _, v := range []any{s, &s, h.Map, []Sensitive{s}, Created{SecretValue: s}, struct{ S Sensitive }{s}} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	type element struct{ Secret Sensitive }
	data, err := xml.Marshal(element{s})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(data)
	page := template.Must(template.New("").Parse(`<p title="{{.Secret}}">{{.Secret}} {{.Ptr}} {{.Map}}</p><script>let x = {{.Secret}}</script>`))
	if err := page.Execute(&out, h); err != nil {
		t.Fatal(err)
	}

	text := out.String()
	for _, leak := range []string{secret, secret[3:], fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
		if strings.Contains(text, leak) {
			t.Errorf("%q came through:\n%s", leak, text)
		}
	}
	if !strings.Contains(text, "[redacted]") {
		t.Errorf("nothing says that something is hidden:\n%s", text)
	}
	if s.Reveal() != secret || h.inner.Reveal() != secret {
		t.Error("Reveal does not give the value")
	}
}

func TestSensitiveHint(t *testing.T) {
	for value, want := range map[string]string{"abc8Q~x": "abc", "ab": "", "": ""} {
		s := NewSensitive(value)
		if s.Hint() != want || s.IsZero() != (value == "") {
			t.Errorf("%q: hint %q, zero %v", value, s.Hint(), s.IsZero())
		}
	}
}
