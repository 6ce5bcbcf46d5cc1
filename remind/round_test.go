package remind

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// A scene is a store with environments, receivers and a clock.
type scene struct {
	*Rounds
	t     *testing.T
	at    time.Time
	mu    sync.Mutex
	hook  *receiver
	inbox *sink
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, at: noon, hook: newReceiver(t), inbox: newSink(t, false, false)}
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "consentry.db"), Key: store.NewKey(), Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Rounds = &Rounds{Store: st, Now: s.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Settings: Settings{
		Webhook: s.hook.webhook(t), Mail: s.inbox.mail(PlainSMTP), Operator: "operations@contoso.example", Base: "https://console.example",
		Integration: func(id string) string { return strings.ToUpper(id[:1]) + id[1:] },
	}}
	return s
}

func (s *scene) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *scene) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

// environment has one secret of ours that ends in so many days.
func (s *scene) environment(name string, inDays int) store.Environment {
	s.t.Helper()
	now := s.now()
	sec := entra.Secret{KeyID: entra.KeyID("key-of-" + name), Name: entra.SecretName("Frontegg", name, "op1"), Hint: "abc", Start: now.AddDate(0, 0, inDays-180), End: now.AddDate(0, 0, inDays)}
	owner := entra.Person{Tenant: "aaaaaaaa-0000-0000-0000-000000000001", ID: "aaaaaaaa-0000-0000-0000-00000000000a", UPN: "owner@contoso.example"}
	env, err := s.Store.CreateEnvironment(s.t.Context(), store.Environment{Owner: owner, Tenant: owner.Tenant, State: store.Connected,
		Spec:   setup.Spec{Name: name, Integration: "frontegg"},
		Result: &setup.Result{App: entra.Application{ClientID: "c", Secrets: []entra.Secret{sec}}, Secret: &sec}})
	if err != nil {
		s.t.Fatal(err)
	}
	return env
}

func (s *scene) round() {
	s.t.Helper()
	if err := s.Round(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// recipients are who got mail, sorted.
func (s *scene) recipients() []string {
	var out []string
	for _, m := range s.inbox.got() {
		_, rest, _ := strings.Cut(m, "\r\nTo: <")
		to, _, _ := strings.Cut(rest, ">")
		out = append(out, to)
	}
	slices.Sort(out)
	return out
}

func TestWhatIsDueIsSentToTheRightPeopleOnce(t *testing.T) {
	s := newScene(t)
	env := s.environment("shop", 12)
	s.environment("later", 120)
	if err := s.Store.SetContacts(t.Context(), env.ID, []string{"team@contoso.example", "OWNER@contoso.example"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.round()
		s.later(time.Hour)
	}
	if got := strings.Join(s.recipients(), " "); got != "operations@contoso.example owner@contoso.example team@contoso.example" {
		t.Errorf("mail went to %s", got)
	}
	if n := len(s.hook.got()); n != 1 {
		t.Errorf("%d posts", n)
	}
	sent, err := s.Store.Reminders(t.Context(), env.ID)
	if err != nil || len(sent) != 4 {
		t.Fatalf("%+v, %v", sent, err)
	}
	for _, r := range sent {
		if r.State != store.ReminderSent || r.Days != 30 || r.Ended.IsZero() {
			t.Errorf("%+v", r)
		}
	}
}

func TestALifeBringsEachReminderOnce(t *testing.T) {
	s := newScene(t)
	s.Mail = nil
	s.environment("shop", 120)
	for range 125 * 4 {
		s.round()
		s.later(6 * time.Hour)
	}
	var steps []string
	for _, p := range s.hook.got() {
		_, rest, _ := strings.Cut(string(p.body), `"daysBefore":`)
		step, _, _ := strings.Cut(rest, ",")
		steps = append(steps, step)
	}
	if strings.Join(steps, " ") != "90 30 7 1" {
		t.Errorf("reminders %v", steps)
	}
}

func TestManyConsolesSendEachReminderOnce(t *testing.T) {
	s := newScene(t)
	for _, name := range []string{"a", "b", "c"} {
		s.environment(name, 5)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := s.Round(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if posts, mails := len(s.hook.got()), len(s.inbox.got()); posts != 3 || mails != 6 {
		t.Errorf("%d posts and %d mails, want 3 and 6", posts, mails)
	}
}

func TestWhatWasRefusedIsTriedAgainAndOneWayDoesNotHoldTheOtherUp(t *testing.T) {
	s := newScene(t)
	env := s.environment("shop", 12)
	s.hook.answer(503)
	s.inbox.instead("RCPT", "450 later")
	s.round()
	s.later(time.Hour)
	s.inbox.instead("RCPT", "")
	s.round()
	s.later(time.Hour)
	s.hook.answer(200)
	s.round()
	s.round()
	posts := s.hook.got()
	if len(posts) != 3 || len(s.inbox.got()) != 2 {
		t.Errorf("%d posts and %d mails", len(posts), len(s.inbox.got()))
	}
	for _, p := range posts {
		if p.header.Get("Idempotency-Key") != posts[0].header.Get("Idempotency-Key") || p.header.Get("Idempotency-Key") == "" {
			t.Error("the same reminder came with another key")
		}
	}
	sent, err := s.Store.Reminders(t.Context(), env.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sent {
		if r.State != store.ReminderSent || r.Error != "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestAMailThatMayHaveArrivedIsNotSentAgain(t *testing.T) {
	s := newScene(t)
	env := s.environment("shop", 12)
	s.Webhook, s.Operator = nil, ""
	s.inbox.instead(".", "drop")
	s.round()
	s.inbox.instead(".", "")
	for range 3 {
		s.later(5 * time.Hour)
		s.round()
	}
	if n := len(s.inbox.got()); n != 0 {
		t.Errorf("%d more mails", n)
	}
	sent, err := s.Store.Reminders(t.Context(), env.ID)
	if err != nil || len(sent) != 1 || sent[0].State != store.ReminderUnknown {
		t.Errorf("%+v, %v", sent, err)
	}
}

// A console that died after writing a reminder down, and before its outcome.
func TestAnAbandonedPostIsSentAgainAndAnAbandonedMailIsNot(t *testing.T) {
	s := newScene(t)
	env := s.environment("shop", 12)
	s.Operator = ""
	for _, channel := range []string{webhookChannel, mailPrefix + "owner@contoso.example"} {
		if _, ok, err := s.Store.ClaimReminder(t.Context(), store.Reminder{Environment: env.ID, KeyID: "key-of-shop", Days: 30, Channel: channel}, 0); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	s.round()
	if len(s.hook.got()) != 0 {
		t.Error("sent while another may be sending")
	}
	s.later(2 * time.Hour)
	s.round()
	if posts, mails := len(s.hook.got()), len(s.inbox.got()); posts != 1 || mails != 0 {
		t.Errorf("%d posts and %d mails", posts, mails)
	}
}

func TestNobodyIsToldWhereNobodyCanBe(t *testing.T) {
	s := newScene(t)
	s.environment("shop", 12)
	s.Settings = Settings{}
	s.round()
	s.Settings = Settings{Webhook: s.hook.webhook(t)}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Round(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if len(s.hook.got()) != 0 {
		t.Error("somebody was told")
	}
}

func TestWhoIsTold(t *testing.T) {
	env := shop()
	tests := []struct {
		owner, operator string
		contacts        []string
		want            string
	}{
		{"owner@contoso.example", "ops@contoso.example", nil, "owner@contoso.example ops@contoso.example"},
		{"guest_partner.example#EXT#@contoso.onmicrosoft.com", "", []string{"team@contoso.example"}, "team@contoso.example"},
		{"", "", nil, ""},
		{"Owner@contoso.example", "owner@contoso.example", []string{"OWNER@CONTOSO.EXAMPLE"}, "Owner@contoso.example"},
	}
	for _, tt := range tests {
		env.Owner.UPN = tt.owner
		if got := strings.Join(Settings{Operator: tt.operator}.Recipients(env, tt.contacts), " "); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
