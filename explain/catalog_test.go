package explain

import (
	"strings"
	"testing"
)

func TestEveryCauseIsDescribedWithoutAPaste(t *testing.T) {
	seen, codes := map[string]bool{}, 0
	for _, c := range All() {
		if seen[c.ID] {
			t.Errorf("%s stands twice", c.ID)
		}
		seen[c.ID] = true
		codes += len(c.Codes)
		if c.Title == "" || c.Summary == "" || len(c.Steps) == 0 || c.Actor() == "" {
			t.Errorf("%s is described by halves: %+v", c.ID, c)
		}
		if text := c.Summary + strings.Join(c.Steps, " "); strings.ContainsAny(text, "{}") {
			t.Errorf("%s names a value that is not there: %s", c.ID, text)
		}
		if again, ok := Lookup(c.ID); !ok || again.Title != c.Title {
			t.Errorf("%s is not found by its id", c.ID)
		}
	}
	if len(seen) != len(known().causes) || codes != len(known().codes) {
		t.Errorf("%d causes with %d codes, want %d with %d", len(seen), codes, len(known().causes), len(known().codes))
	}
	if _, ok := Lookup("no_such_cause"); ok {
		t.Error("a cause that does not exist is found")
	}
}
