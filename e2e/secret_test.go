package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheSecretIsShownOnceAndKeptNowhere(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t, copying)
	p.setUp("discreet", healthy, "admin", choices{organization: "contoso"})
	operation := strings.TrimPrefix(p.page.URL(), p.base)
	secret := p.takeSecret()
	p.button("Copy the secret")
	if got := p.clipboard(); got != secret {
		t.Errorf("copied is %q, want the secret", got)
	}
	p.link("I have stored it safely")
	p.heading("Test the consent flow")
	_, err := p.page.GoBack()
	p.must(err)
	p.sees("cannot be shown again")
	p.tellsNot(secret)

	p.testConsent("discreet")
	p.prepare()
	w := p.leave()
	w.signIn(p, healthy, "user")
	w.gone()
	p.reads("status", "works")
	p.tellsNot(secret)
	p.environment("discreet")
	base := strings.TrimPrefix(p.page.URL(), p.base)
	for _, path := range []string{operation, base, base + "/secret", base + "/hand-off", base + "/manual", base + "/admin-request", base + "/setup/review", base + "/test", base + "/remove", "/"} {
		p.goTo(path)
		p.tellsNot(secret)
	}
	for _, address := range p.watch.addresses {
		if strings.Contains(address, secret) {
			t.Errorf("the secret is in an address that was requested: %s", address)
		}
	}
	c.stop()
	if strings.Contains(c.log(), secret) {
		t.Error("the secret is in the log")
	}
	wantNowhereIn(t, c.data, secret)
}

// tellsNot fails when the page's source or what the site keeps in the browser
// has the text.
func (p *visitor) tellsNot(text string) {
	p.t.Helper()
	html, err := p.page.Content()
	p.must(err)
	if strings.Contains(html, text) {
		p.t.Errorf("the page at %s has it in its source", p.page.URL())
	}
	kept, err := p.page.Evaluate(`async () => JSON.stringify([
		{...localStorage}, {...sessionStorage}, history.state, document.cookie,
		(await indexedDB.databases()).map(d => d.name), "caches" in window ? await caches.keys() : []])`)
	p.must(err)
	if s, ok := kept.(string); !ok || strings.Contains(s, text) {
		p.t.Errorf("the browser keeps it at %s: %v", p.page.URL(), kept)
	}
}

// wantNowhereIn fails when a file below the folder has the text.
func wantNowhereIn(t *testing.T, folder, text string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("the secret is in the file %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 2 {
		t.Errorf("only %d files in %s: is this the data folder?", files, folder)
	}
}
