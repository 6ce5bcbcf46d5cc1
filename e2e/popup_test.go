package e2e

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// typeAccount types an account into the cloud's sign-in pages.
func typeAccount(page playwright.Page, upn, password string) error {
	name := page.Locator("input[name=loginfmt]:visible")
	other := page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Use another account"})
	if err := name.Or(other).First().WaitFor(); err != nil {
		return err
	}
	visible, err := other.IsVisible()
	if err == nil && visible {
		err = other.Click()
	}
	for _, step := range []func() error{
		func() error { return name.Fill(upn) },
		func() error { return name.Press("Enter") },
		func() error { return page.Locator("input[name=passwd]").Fill(password) },
		func() error { return page.Locator("input[name=passwd]").Press("Enter") },
	} {
		if err != nil {
			return fmt.Errorf("sign in as %s: %w", upn, err)
		}
		err = step()
	}
	return err
}

// A popup is the window that leads to Microsoft. It closes itself when the
// answer came, perhaps while it is asked something, and then playwright may
// never answer: each step ends when the window closed, and is bounded.
type popup struct {
	t      *testing.T
	page   playwright.Page
	closed chan struct{}
}

// leave follows the link to Microsoft's window.
func (p *visitor) leave() *popup {
	p.t.Helper()
	w := &popup{t: p.t, closed: make(chan struct{})}
	page, err := p.page.ExpectPopup(func() error { return p.find("link", "Sign in at").Click() })
	p.must(err)
	w.page = page
	page.OnClose(func(playwright.Page) { close(w.closed) })
	return w
}

var errClosed = errors.New("the window closed")

// do takes one step in the window; errClosed when it closed meanwhile.
func (w *popup) do(step func() error) error {
	done := make(chan error, 1)
	go func() { done <- step() }()
	select {
	case err := <-done:
		return err
	case <-w.closed:
		return errClosed
	case <-time.After(patience):
		return fmt.Errorf("no end after %s", patience)
	}
}

func (w *popup) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v\nat %s\nMicrosoft's window says:\n%s", err, w.page.URL(), w.text())
	}
}

// text is what the window says.
func (w *popup) text() string {
	var text string
	err := w.do(func() (err error) {
		text, err = w.page.Locator("body").InnerText(playwright.LocatorInnerTextOptions{Timeout: playwright.Float(2000)})
		return err
	})
	if err != nil {
		return err.Error()
	}
	return text
}

// signIn signs in as somebody. What comes then depends on what was consented
// before.
func (w *popup) signIn(p *visitor, scenario, account string) {
	w.t.Helper()
	upn, password := p.box.account(w.t, scenario, account)
	if err := w.do(func() error { return typeAccount(w.page, upn, password) }); !errors.Is(err, errClosed) {
		w.must(err)
	}
}

// press presses a button that may close the window.
func (w *popup) press(name string) {
	w.t.Helper()
	button := w.page.GetByRole("button", playwright.PageGetByRoleOptions{Name: name})
	w.must(w.do(func() error { return button.WaitFor() }))
	if err := w.do(func() error { return button.Click() }); !errors.Is(err, errClosed) {
		w.must(err)
	}
}

// sees waits until the text stands in the window.
func (w *popup) sees(text string) {
	w.t.Helper()
	w.must(w.do(func() error { return w.page.GetByText(text).First().WaitFor() }))
}

// gone waits until the window closed itself.
func (w *popup) gone() {
	w.t.Helper()
	select {
	case <-w.closed:
	case <-time.After(patience):
		w.t.Errorf("Microsoft's window is still open at %s:\n%s", w.page.URL(), w.text())
	}
}

// close closes the window, as a person would who gives up.
func (w *popup) close() {
	w.t.Helper()
	w.must(w.page.Close())
}
