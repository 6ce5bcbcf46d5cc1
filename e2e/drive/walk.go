package drive

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// SignIn signs in as a person of a scenario's tenant, who allows at once
// whatever the pages may need.
func (b *Browser) SignIn(s *Sandbox, scenario, name string) {
	b.tb.Helper()
	upn, password := s.Account(scenario, name)
	b.Account(b.Get("/sign-in/begin?for=consent"), upn, password).Want(http.StatusOK)
}

// Account types an account into the cloud's pages, as far as they ask, and
// accepts what it is asked to consent to.
func (b *Browser) Account(p Page, upn, password string) Page {
	b.tb.Helper()
	for _, ask := range []struct {
		button string
		values url.Values
	}{
		{"Use another account", nil},
		{"Next", url.Values{"loginfmt": {upn}}},
		{"Sign in", url.Values{"passwd": {password}}},
		{"Accept", nil},
	} {
		if !strings.HasPrefix(p.At.String(), b.base) && p.Has(ask.button) {
			p = b.Submit(p, ask.button, ask.values)
		}
	}
	return p
}

// Environment makes one of the integration Custom with the given name and
// walks the wizard up to the review. The answer is its path,
// /environments/{id}. The browser must be signed in.
func (b *Browser) Environment(name string) (path string) {
	b.tb.Helper()
	p := b.Post("/setup/custom", url.Values{"environment": {name}, "inputs.redirectUri": {"https://app.example.com/callback"}}).Want(http.StatusOK)
	path, _, _ = strings.Cut(p.At.Path, "/setup/")
	for range 10 {
		if strings.HasSuffix(p.At.Path, "/setup/review") {
			return path
		}
		p = b.Submit(p, "Continue", nil)
	}
	b.tb.Fatalf("the review is not reached: %s says %s", p.At, p.Text())
	return ""
}

// Apply applies the environment's plan and gives the path of the operation,
// /operations/{id}, without waiting for its end.
func (b *Browser) Apply(environment string) (operation string) {
	b.tb.Helper()
	p := b.Post(environment+"/apply", nil).Want(http.StatusOK)
	if !strings.HasPrefix(p.At.Path, "/operations/") {
		b.tb.Fatalf("applying led to %s: %s", p.At, p.Text())
	}
	return p.At.Path
}

// Proven waits until an operation ended and everything was read back.
func (b *Browser) Proven(operation string) Page {
	b.tb.Helper()
	return b.Eventually(operation, "proven by reading everything back")
}

// RevealForm is the path that shows the environment's secret when it is posted
// to; empty where no secret waits to be shown.
func (b *Browser) RevealForm(environment string) string {
	b.tb.Helper()
	return b.Get(environment+"/secret").Doc().Find("form[data-reveal]").AttrOr("action", "")
}

// Reveal asks for the secret once, as the page's script does. Its value is
// empty when it is not shown; the page tells why.
func (b *Browser) Reveal(form string) (value string, p Page) {
	b.tb.Helper()
	p = b.Send(http.MethodPost, form, url.Values{}, "Accept", "application/json")
	var answer struct{ Secret string }
	if p.Status == http.StatusOK {
		if err := json.Unmarshal([]byte(p.Body), &answer); err != nil {
			b.tb.Fatalf("reveal: %v in %s", err, p.Body)
		}
	}
	return answer.Secret, p
}
