package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestEveryModuleOfABinaryIsListed reads the test binary itself.
func TestEveryModuleOfABinaryIsListed(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, again bytes.Buffer
	if err := run(self, &out); err != nil {
		t.Fatal(err)
	}
	if err := run(self, &again); err != nil || out.String() != again.String() {
		t.Errorf("two documents of one binary differ, %v", err)
	}
	var d document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	listed := map[string]component{}
	for _, c := range d.Components {
		listed[c.Name] = c
	}
	info, err := buildinfo.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Skip("this build of the test names no modules")
	}
	for _, m := range info.Deps {
		c := listed[m.Path]
		if c.Version != m.Version || !strings.HasPrefix(c.PURL, "pkg:golang/"+m.Path+"@") || len(c.Properties) != 1 || c.Properties[0].Value != m.Sum {
			t.Errorf("%s %s is listed as %+v", m.Path, m.Version, c)
		}
	}
	if len(d.Components) != len(info.Deps)+1 || listed["std"].Version == "" {
		t.Errorf("%d components for %d modules and the standard library", len(d.Components), len(info.Deps))
	}
	if d.BOMFormat != "CycloneDX" || d.SpecVersion != "1.6" || !strings.HasPrefix(d.SerialNumber, "urn:uuid:") || len(d.Metadata.Component.Hashes) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestWhatIsNoBinaryIsRefused(t *testing.T) {
	for _, path := range []string{"main.go", "missing"} {
		if err := run(path, new(bytes.Buffer)); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}
