package handlers

import "testing"

func TestSentencesBeginAndEndAsOneDoes(t *testing.T) {
	for _, tt := range []struct{ name, raw, want string }{
		{"nothing is no sentence: most fields have no error", "", ""},
		{"lower case without full stop", "the host is missing", "The host is missing."},
		{"a letter of two bytes", "übung", "Übung."},
		{"whole already", "Choose one.", "Choose one."},
		{"a question", "which one?", "Which one?"},
	} {
		if got := full(capital(tt.raw)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
