package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/remind"
	"github.com/consentry/consentry/store"
)

// posts takes reminders and keeps them.
type posts struct {
	mu     sync.Mutex
	bodies []string
}

func (p *posts) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bodies)
}

// hooked is a console whose reminders are posted here.
func hooked(t *testing.T) (*console, *posts) {
	t.Helper()
	p := &posts{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bodies = append(p.bodies, string(body))
	}))
	t.Cleanup(server.Close)
	hook, err := remind.NewWebhook(remind.WebhookOptions{URL: server.URL, Secret: entra.NewSensitive("0123456789abcdef"), Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return newConsole(t, hurried, func(h *handlers.Handlers) {
		h.Reminders = remind.Settings{Webhook: hook, Operator: "ops@contoso.example"}
	}), p
}

func TestPeopleAreToldBeforeASecretEndsAndThePageSaysSo(t *testing.T) {
	c, p := hooked(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	b.get(path).want(200, "next reminder", "90 days ahead", "operator's webhook")
	remindNow := func() {
		t.Helper()
		if err := c.handlers.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	remindNow()
	if n := len(p.got()); n != 0 {
		t.Fatalf("%d reminders on the first day", n)
	}
	c.later(100 * 24 * time.Hour)
	remindNow()
	remindNow()
	got := p.got()
	if len(got) != 1 || !strings.Contains(got[0], `"daysBefore":90`) || !strings.Contains(got[0], c.base+path+"/rotate") || !strings.Contains(got[0], `"integration":"Frontegg"`) {
		t.Fatalf("%d reminders: %v", len(got), got)
	}
	b = c.browser()
	b.signIn("healthy", "admin")
	b.get(path).want(200, "90 days ahead, webhook", "30 days ahead")
}

func TestWhoeverIsToldCanBeChosen(t *testing.T) {
	s := newScene(t)
	form := func(addresses string) page {
		return s.b.post(s.path+"/contacts", url.Values{"contacts": {addresses}})
	}
	form("team@contoso.example, ops@contoso.example;\r\n\r\nteam@contoso.example").want(200, "Saved who is told")
	if got, err := s.store.Contacts(t.Context(), s.env); err != nil || strings.Join(got, " ") != "ops@contoso.example team@contoso.example" {
		t.Errorf("%v, %v", got, err)
	}
	for typed, says := range map[string]string{
		"nobody": "is no mail address", "a@example.com\r\nBcc: x": "is no mail address",
		strings.Repeat("a@example.com\n", 11): "more than 10",
	} {
		form(typed).want(422, says)
	}
	if got, err := s.store.Contacts(t.Context(), s.env); err != nil || len(got) != 2 {
		t.Errorf("a refused form changed them: %v, %v", got, err)
	}
	form("").want(200)
	if got, err := s.store.Contacts(t.Context(), s.env); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnEnvironmentThatIsRemovedRemindsNobody(t *testing.T) {
	c, p := hooked(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	env.State = store.Removed
	if _, err := c.store.SaveEnvironment(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	c.later(170 * 24 * time.Hour)
	if err := c.handlers.Remind(t.Context()); err != nil || len(p.got()) != 0 {
		t.Errorf("%v, %v", err, p.got())
	}
}
