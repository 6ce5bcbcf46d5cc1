package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A watch listens to what a browser window complains about: exceptions,
// violations of the content security policy, files that did not come. A
// journey has none of them.
type watch struct {
	mu         sync.Mutex
	base       string
	complaints []string
	// addresses are all that were requested, wherever.
	addresses []string
	// allowed are parts of complaints that belong to the journey.
	allowed []string
}

func (w *watch) add(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// allow accepts complaints that have the part in them.
func (w *watch) allow(part string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, part)
}

func (w *watch) listen(c playwright.BrowserContext) {
	c.OnConsole(func(m playwright.ConsoleMessage) {
		// The browser repeats each answer of 400 and more here; the answers
		// are judged below, where it can be told what they are.
		if m.Type() == "error" && !strings.HasPrefix(m.Text(), "Failed to load resource") {
			w.add("console: %s", m.Text())
		}
	})
	c.OnWebError(func(e playwright.WebError) { w.add("exception: %v", e.Error()) })
	c.OnRequest(func(r playwright.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.addresses = append(w.addresses, r.URL())
	})
	c.OnResponse(func(r playwright.Response) {
		if !strings.HasPrefix(r.URL(), w.base) {
			return
		}
		page := r.Request().ResourceType() == "document"
		if r.Status() >= 500 || r.Status() >= 400 && !page {
			w.add("%s %s: %d", r.Request().Method(), r.URL(), r.Status())
		}
	})
}

// report fails the test with what was heard.
func (w *watch) report(t *testing.T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.complaints {
		if !slices.ContainsFunc(w.allowed, func(part string) bool { return strings.Contains(c, part) }) {
			t.Errorf("the browser complains: %s", c)
		}
	}
}

// open gives a new browser window with nothing remembered.
func open(t *testing.T, base string, options ...playwright.BrowserNewContextOptions) (playwright.Page, *watch) {
	t.Helper()
	return openIn(t, browser, base, options...)
}

func openIn(t *testing.T, b playwright.Browser, base string, options ...playwright.BrowserNewContextOptions) (playwright.Page, *watch) {
	t.Helper()
	c, err := b.NewContext(options...)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDefaultTimeout(20000)
	w := &watch{base: base}
	w.listen(c)
	page, err := c.NewPage()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.report(t)
		if t.Failed() {
			shot(page, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
		}
		_ = c.Close() // the window may be gone already
	})
	return page, w
}

// shot keeps a picture where CONSENTRY_TEST_SHOTS says, if it says so.
func shot(page playwright.Page, name string) {
	dir := os.Getenv("CONSENTRY_TEST_SHOTS")
	if dir == "" {
		return
	}
	_, _ = page.Screenshot(playwright.PageScreenshotOptions{Path: playwright.String(filepath.Join(dir, name+".png")),
		FullPage: playwright.Bool(true)}) // a help for people, never a verdict
}

// axe is the text of axe-core, which looks for barriers.
var axe = sync.OnceValues(func() (string, error) {
	path := os.Getenv("CONSENTRY_TEST_AXE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	return string(text), err
})

// needAxe skips the test where axe-core is missing.
func needAxe(t *testing.T) string {
	t.Helper()
	text, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	if text == "" {
		t.Skip("CONSENTRY_TEST_AXE does not name axe-core's file; \"make test\" fetches it and sets it")
	}
	return text
}

// barriers are what axe-core finds on the page as it stands: one line each.
// Rules narrow what it looks for.
func barriers(t *testing.T, page playwright.Page, rules ...string) []string {
	t.Helper()
	present, err := page.Evaluate("typeof axe")
	if err == nil && present != "object" {
		_, err = page.Evaluate(needAxe(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := page.Evaluate(`async rules => JSON.stringify((await axe.run(document, {resultTypes: ["violations"], ...(rules?.length ? {runOnly: {type: "rule", values: rules}} : {})})).violations
		.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + (n.any[0] || n.all[0] || n.none[0]).message)))`, rules)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	if err := json.Unmarshal([]byte(got.(string)), &lines); err != nil {
		t.Fatal(err)
	}
	return lines
}

// overflow says by how many pixels the page is wider than its window.
func overflow(t *testing.T, page playwright.Page) int {
	t.Helper()
	got, err := page.Evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
	if err != nil {
		t.Fatal(err)
	}
	n, ok := got.(int)
	if !ok {
		t.Fatalf("the overflow is %v", got)
	}
	return n
}
