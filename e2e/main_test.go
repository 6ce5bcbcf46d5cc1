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

// What the whole run shares: the binaries and one browser.
var (
	binary    string // consentry
	connector string // the stand-ins for the integrations
	engine    *playwright.Playwright
	browser   playwright.Browser
	skip      string // why there is no browser
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
	if err := build(dir); err != nil {
		return 1, err
	}
	engine, err = playwright.Run(&playwright.RunOptions{DriverDirectory: os.Getenv("PLAYWRIGHT_DRIVER_PATH"), SkipInstallBrowsers: true})
	if err != nil {
		return 1, fmt.Errorf("start playwright: %w", err)
	}
	defer func() { err = errors.Join(err, engine.Stop()) }()
	browser, err = launch()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, browser.Close()) }()
	return m.Run(), nil
}

// build builds what the tests run into the folder.
func build(dir string) error {
	binary, connector = filepath.Join(dir, "consentry"), filepath.Join(dir, "connector")
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../cmd/consentry", "./connector").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// launch starts a browser; whoever does so closes it.
func launch(args ...string) (playwright.Browser, error) {
	started, err := engine.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(chromium()),
		Args: append([]string{"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"}, args...),
	})
	if err != nil {
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	return started, nil
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
