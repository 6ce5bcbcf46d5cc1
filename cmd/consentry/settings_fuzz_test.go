package main

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzSettingsFile(f *testing.F) {
	for _, seed := range []string{"listen: localhost:0\ndebug: true\n", `{"cloud":"public"}`, "a:\n  b: c\n", "a: &x [1]\nb: *x\n", "- 1", "a: [x, 2]", "\"\": 1", "? a", "<<: {a: 1}", "a: !!binary aGk="} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "settings.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		file, wrong := readSettingsFile(path)
		for _, p := range wrong {
			if p.Key == "" && p.Text == "" {
				t.Errorf("%q: a problem without words", text)
			}
		}
		for key, value := range file.values {
			if !isPlain(value) {
				t.Errorf("%q: %s is %T", text, key, value)
			}
		}
	})
}
