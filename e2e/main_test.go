package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// What the whole run shares: the binary and one browser.
var (
	binary  string
	browser playwright.Browser
	skip    string // why there is no browser
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "consentry-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if skip = missing(); skip != "" {
		return m.Run(), nil
	}
	binary = filepath.Join(dir, "consentry")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/consentry").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	pw, err := playwright.Run(&playwright.RunOptions{DriverDirectory: os.Getenv("PLAYWRIGHT_DRIVER_PATH"), SkipInstallBrowsers: true})
	if err != nil {
		return 1, fmt.Errorf("start playwright: %w", err)
	}
	defer func() { err = errors.Join(err, pw.Stop()) }()
	browser, err = pw.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(chromium()),
		Args: []string{"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"},
	})
	if err != nil {
		return 1, fmt.Errorf("start chromium: %w", err)
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	return m.Run(), nil
}

// missing says what the browser tests lack, or nothing.
func missing() string {
	driver := os.Getenv("PLAYWRIGHT_DRIVER_PATH")
	if driver == "" {
		return "PLAYWRIGHT_DRIVER_PATH is not set; \"make test\" installs the browser tests' needs and sets it"
	}
	if _, err := os.Stat(filepath.Join(driver, "package", "cli.js")); err != nil {
		return "Playwright's driver is not in " + driver + "; \"make tools\" puts it there"
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return "node is not installed; Playwright's driver needs it"
	}
	if os.Getenv("PLAYWRIGHT_NODEJS_PATH") == "" {
		if err := os.Setenv("PLAYWRIGHT_NODEJS_PATH", node); err != nil {
			return err.Error()
		}
	}
	if chromium() == "" {
		return "no chromium is installed; \"make tools\" installs it on Debian"
	}
	return ""
}

func chromium() string {
	for _, name := range []string{"chromium", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func needBrowser(t *testing.T) {
	t.Helper()
	if skip != "" {
		t.Skip(skip)
	}
}
