package static

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func TestTheVendoredFilesAreUnchanged(t *testing.T) {
	sums, err := os.ReadFile("vendor/tabler/CHECKSUMS.sha256")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	for _, line := range lines {
		want, name, _ := strings.Cut(line, "  ")
		content, err := os.ReadFile("vendor/tabler/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := sha256.Sum256(content)
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("%s differs from what was vendored", name)
		}
	}
}

func TestFilesNameTheirContentAndNothingFromOutside(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		sum := sha256.Sum256(f.Content)
		if !strings.Contains(f.Path, hex.EncodeToString(sum[:6])) {
			t.Errorf("%s: %s does not carry its hash", name, f.Path)
		}
		if strings.HasSuffix(name, ".css") && strings.Contains(string(f.Content), "@import") {
			t.Errorf("%s imports another sheet", name)
		}
	}
}
