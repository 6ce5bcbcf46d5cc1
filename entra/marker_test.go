package entra

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMarkerNamesTheEnvironment(t *testing.T) {
	tag := Marker("frontegg-prod")
	if tag != "consentry:environment:frontegg-prod" {
		t.Errorf("the tag is %q: registrations made before would no longer be found", tag)
	}
	if got, ok := MarkedEnvironment(tag); got != "frontegg-prod" || !ok {
		t.Errorf("read back: %q, %v", got, ok)
	}
	for _, foreign := range []string{"", "consentry:environment:", "consentry", "WindowsAzureActiveDirectoryIntegratedApp", "x" + tag} {
		if got, ok := MarkedEnvironment(foreign); ok {
			t.Errorf("%q reads as environment %q", foreign, got)
		}
	}
}

func TestSecretNames(t *testing.T) {
	tests := []struct{ name, description, want string }{
		{"with a description", "Frontegg Integration", "Frontegg Integration [consentry prod op-1]"},
		{"without", "  ", "[consentry prod op-1]"},
		{"a description that looks like a marker", "[consentry other op-9]", "[consentry other op-9] [consentry prod op-1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := SecretName(tt.description, "prod", "op-1")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if op, ok := IsOurSecret(got, "prod"); op != "op-1" || !ok {
				t.Errorf("read back: %q, %v", op, ok)
			}
			if op, ok := IsOurSecret(got, "other"); ok {
				t.Errorf("another environment takes it for its own: %q", op)
			}
		})
	}
	for _, foreign := range []string{"", "Frontegg", "consentry prod op-1", "[consentry prod]", "[consentry prod op-1] copy", "x[consentry prod op-1]"} {
		if op, ok := IsOurSecret(foreign, "prod"); ok {
			t.Errorf("%q reads as ours: %q", foreign, op)
		}
	}
}

func FuzzSecretName(f *testing.F) {
	f.Add("Frontegg", "prod", "op-1")
	f.Add(strings.Repeat("ä", 200), "prod", "op-1")
	f.Fuzz(func(t *testing.T, description, environment, operation string) {
		for _, part := range []string{environment, operation} {
			if part == "" || len(part) > 50 || strings.ContainsAny(part, " []\t\n\r\f\v") || !utf8.ValidString(part) {
				t.Skip()
			}
		}
		if !utf8.ValidString(description) || strings.ContainsAny(description, "\n") {
			t.Skip()
		}
		name := SecretName(description, environment, operation)
		if len(name) > MaxSecretName || !utf8.ValidString(name) {
			t.Errorf("%d bytes, valid %v: %q", len(name), utf8.ValidString(name), name)
		}
		if op, ok := IsOurSecret(name, environment); op != operation || !ok {
			t.Errorf("%q read back: %q, %v", name, op, ok)
		}
	})
}
