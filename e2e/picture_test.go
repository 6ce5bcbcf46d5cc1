package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestReadmePicture makes the README's picture anew, when told to:
//
//	CONSENTRY_TEST_SHOTS_README=1 go test -count=1 ./e2e -run TestReadmePicture
func TestReadmePicture(t *testing.T) {
	if os.Getenv("CONSENTRY_TEST_SHOTS_README") == "" {
		t.Skip("the README's picture is made when CONSENTRY_TEST_SHOTS_README is set")
	}
	b := startBox(t)
	p := b.console(t).visit(t, playwright.BrowserNewContextOptions{
		ColorScheme: playwright.ColorSchemeLight, Viewport: &playwright.Size{Width: 1280, Height: 960}})
	p.begin("Frontegg", "frontegg-production", map[string]string{"MCP gateway": "gateway.example.com"}, healthy, "admin")
	p.throughWizard(choices{organization: "contoso", project: "Web Shop"})
	if err := os.MkdirAll("../docs", 0o755); err != nil {
		t.Fatal(err)
	}
	picture, err := p.page.Screenshot(playwright.PageScreenshotOptions{Path: playwright.String(filepath.Join("..", "docs", "review.png"))})
	p.must(err)
	if len(picture) > 300<<10 {
		t.Errorf("the picture has %d bytes, more than 300 KiB", len(picture))
	}
}
