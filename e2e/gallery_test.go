package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestNoPageHasBarriers walks every page in every state: light and dark, wide
// and narrow, with everything unfolded.
func TestNoPageHasBarriers(t *testing.T) {
	t.Parallel()
	needAxe(t)
	c := startBox(t).console(t, "--gallery")
	for _, theme := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
		t.Run(string(*theme), func(t *testing.T) {
			t.Parallel()
			p := c.visit(t, playwright.BrowserNewContextOptions{ColorScheme: theme})
			p.watch.allow("/events") // what a picture shows does not run
			p.goTo("/_gallery")
			names, err := p.page.Locator("main li").AllInnerTexts()
			p.must(err)
			if len(names) < 50 {
				t.Fatalf("the gallery has %d pages only", len(names))
			}
			for _, name := range names {
				p.goTo("/_gallery/" + name)
				p.walkedIn(name, string(*theme))
			}
		})
	}
}

// walkedIn looks at a page of the console with everything unfolded.
func (p *visitor) walkedIn(name, theme string) {
	p.t.Helper()
	shown, err := p.page.Evaluate(`() => { document.querySelectorAll("details").forEach(d => { d.open = !d.closest("header") });
		return document.documentElement.getAttribute("data-bs-theme") }`)
	p.must(err)
	if shown != theme {
		p.t.Fatalf("%s is %v, want %s", name, shown, theme)
	}
	if theme == "dark" { // all but the colours is the same page
		p.hasNoBarriers(name+"-"+theme, "color-contrast", "link-in-text-block")
		return
	}
	p.hasNoBarriers(name + "-" + theme)
}

// hasNoBarriers looks at the page in a wide and in a narrow window, by all
// rules of axe-core's or by those named.
func (p *visitor) hasNoBarriers(name string, rules ...string) {
	p.t.Helper()
	for _, width := range []int{1280, 360} {
		p.must(p.page.SetViewportSize(width, 900))
		found := barriers(p.t, p.page, rules...)
		n := overflow(p.t, p.page)
		if len(found) > 0 {
			p.t.Errorf("%s at %d pixels:\n  %s", name, width, strings.Join(found, "\n  "))
		}
		if n > 0 {
			p.t.Errorf("%s is %d pixels wider than a window of %d", name, n, width)
		}
		if len(found) > 0 || n > 0 {
			shot(p.page, "barrier-"+name)
		}
	}
}

// TestNoPageOfAConnectionHasBarriers walks the pages of the stand-ins and
// those of the sandbox's sign-in.
func TestNoPageOfAConnectionHasBarriers(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	needAxe(t)
	m := b.market(t, nil)
	t.Run("settings", func(t *testing.T) {
		for _, in := range integrations {
			p := m.visit(t, in.id)
			p.goTo("/settings")
			p.send() // with nothing filled in: what is missing is said there
			p.must(p.page.Locator("main [role=alert], main [role=status]").First().WaitFor())
			p.hasNoBarriers(in.id + "-settings")
		}
	})
	for _, walk := range []struct {
		theme *playwright.ColorScheme
		ends  []string // connected, failed, for approval, and at Microsoft
	}{
		{playwright.ColorSchemeLight, []string{healthy, scopeMismatch, consentOff, appDisabled}},
		{playwright.ColorSchemeDark, []string{lifetimePolicy, otherTenantsOrg, adminConsent, conditionalAccess}},
	} {
		t.Run(string(*walk.theme), func(t *testing.T) {
			seen := map[string]bool{}
			m.theme, m.at = walk.theme, func(p *visitor, heading string) {
				page := fmt.Sprint(heading, p.has(p.page.GetByRole("alert")))
				if !seen[page] {
					p.hasNoBarriers(strings.ReplaceAll(heading, " ", "-") + "-" + string(*walk.theme))
				}
				seen[page] = true
			}
			for _, scenario := range walk.ends {
				m.reach(t, endingOf(t, scenario, "user"))
			}
		})
	}
}
