package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/trial"
)

var credentialTests = map[string]func(*testing.T, *bench){
	"nothing is known of a new one": func(t *testing.T, b *bench) {
		env := b.environment(t, "shop")
		c, err := b.Credential(t.Context(), env.ID, "k1")
		if err != nil || c.KeyID != "k1" || !c.Handed.IsZero() || c.Proof != nil {
			t.Errorf("%+v, %v", c, err)
		}
	},
	"handed over and taken back": func(t *testing.T, b *bench) {
		env := b.environment(t, "shop")
		for _, entered := range []bool{true, false, true} {
			b.clock.pass(time.Minute)
			if err := b.HandOver(t.Context(), env.ID, "k1", alice, entered); err != nil {
				t.Fatal(err)
			}
			c, err := b.Credential(t.Context(), env.ID, "k1")
			if err != nil || c.Handed.IsZero() == entered || (c.HandedBy == alice) != entered {
				t.Errorf("entered %v: %+v, %v", entered, c, err)
			}
		}
	},
	"a proof is kept beside the hand-over and moves on": func(t *testing.T, b *bench) {
		env := b.environment(t, "shop")
		if err := b.HandOver(t.Context(), env.ID, "k1", alice, true); err != nil {
			t.Fatal(err)
		}
		for _, p := range []trial.Proof{
			{State: trial.Proving, Attempts: 1, Failure: &trial.Failure{AADSTS: 7000215, Transient: true}},
			{State: trial.Proven, Attempts: 2, By: bob, Lifetime: time.Hour, Ended: b.clock.Now()},
		} {
			if err := b.KeepProof(t.Context(), env.ID, "k1", p); err != nil {
				t.Fatal(err)
			}
			c, err := b.Credential(t.Context(), env.ID, "k1")
			if err != nil || c.Handed.IsZero() || c.Proof == nil || c.Proof.State != p.State || c.Proof.Attempts != p.Attempts || (c.Proof.Failure == nil) != (p.Failure == nil) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	},
	"of no environment": func(t *testing.T, b *bench) {
		if err := b.HandOver(t.Context(), "none", "k", alice, true); !errors.Is(err, ErrNotFound) {
			t.Errorf("hand over: %v", err)
		}
		if err := b.KeepProof(t.Context(), "none", "k", trial.Proof{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("proof: %v", err)
		}
		if err := b.SetContacts(t.Context(), "none", []string{"a@example.com"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("contacts: %v", err)
		}
	},
	"another tenant's are as if they did not exist": func(t *testing.T, b *bench) {
		env := b.environment(t, "shop")
		if err := errors.Join(b.HandOver(t.Context(), env.ID, "k1", alice, true), b.SetContacts(t.Context(), env.ID, []string{"a@example.com"})); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.ClaimReminder(t.Context(), Reminder{Environment: env.ID, KeyID: "k1", Days: 30, Channel: "webhook"}, 0); !ok || err != nil {
			t.Fatal(err)
		}
		theirs := As(t.Context(), Caller{Person: mallory, Tenant: mallory.Tenant})
		credentials, err := b.Credentials(theirs, env.ID)
		contacts, err2 := b.Contacts(theirs, env.ID)
		reminders, err3 := b.Reminders(theirs, env.ID)
		if len(credentials)+len(contacts)+len(reminders) != 0 || errors.Join(err, err2, err3) != nil {
			t.Errorf("found %v %v %v, %v", credentials, contacts, reminders, errors.Join(err, err2, err3))
		}
		for what, err := range map[string]error{
			"hand over": b.HandOver(theirs, env.ID, "k1", mallory, false), "proof": b.KeepProof(theirs, env.ID, "k1", trial.Proof{}),
			"contacts": b.SetContacts(theirs, env.ID, nil),
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		ours := As(t.Context(), Caller{Person: alice, Tenant: alice.Tenant})
		if c, err := b.Credential(ours, env.ID, "k1"); err != nil || c.HandedBy != alice {
			t.Errorf("ours: %+v, %v", c, err)
		}
	},
	"contacts are replaced": func(t *testing.T, b *bench) {
		env := b.environment(t, "shop")
		for _, list := range [][]string{{"b@example.com", "a@example.com", "a@example.com"}, {"c@example.com"}, nil} {
			if err := b.SetContacts(t.Context(), env.ID, list); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.SetContacts(t.Context(), env.ID, []string{"b@example.com", "a@example.com"}); err != nil {
			t.Fatal(err)
		}
		got, err := b.Contacts(t.Context(), env.ID)
		if err != nil || strings.Join(got, " ") != "a@example.com b@example.com" {
			t.Errorf("%v, %v", got, err)
		}
	},
}

var reminderTests = map[string]func(*testing.T, *bench){
	"of many at once one may send": func(t *testing.T, b *bench) {
		r := b.reminder(t)
		won := 0
		results := make([]bool, 16)
		for _, err := range together(16, func(i int) (err error) { _, results[i], err = b.ClaimReminder(t.Context(), r, time.Hour); return err }) {
			if err != nil {
				t.Error(err)
			}
		}
		for _, ok := range results {
			if ok {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d may send", won)
		}
	},
	"what was sent, or may have been, is not sent again": func(t *testing.T, b *bench) {
		for _, state := range []ReminderState{ReminderSent, ReminderUnknown} {
			r := b.reminder(t)
			r = b.claim(t, r, 0)
			if err := b.EndReminder(t.Context(), r, state, ""); err != nil {
				t.Fatal(err)
			}
			b.clock.pass(48 * time.Hour)
			if _, ok, err := b.ClaimReminder(t.Context(), r, time.Hour); ok || err != nil {
				t.Errorf("%s: may be sent again, %v", state, err)
			}
		}
	},
	"what certainly was not delivered is tried again": func(t *testing.T, b *bench) {
		r := b.claim(t, b.reminder(t), 0)
		if err := b.EndReminder(t.Context(), r, ReminderFailed, "refused"); err != nil {
			t.Fatal(err)
		}
		if got := b.reminders(t, r.Environment); len(got) != 1 || got[0].State != ReminderFailed || got[0].Error != "refused" || got[0].Ended.IsZero() {
			t.Errorf("%+v", got)
		}
		again := b.claim(t, r, 0)
		if again.Attempts != 2 || again.Error != "" || !again.Ended.IsZero() {
			t.Errorf("%+v", again)
		}
	},
	"an abandoned attempt may be made again where that does no harm": func(t *testing.T, b *bench) {
		r := b.claim(t, b.reminder(t), 0)
		b.clock.pass(2 * time.Hour)
		if _, ok, err := b.ClaimReminder(t.Context(), r, 0); ok || err != nil {
			t.Errorf("without leave: %v, %v", ok, err)
		}
		again := b.claim(t, r, time.Hour)
		if err := b.EndReminder(t.Context(), r, ReminderSent, ""); !errors.Is(err, ErrConflict) {
			t.Errorf("the first attempt ended after the second began: %v", err)
		}
		if err := b.EndReminder(t.Context(), again, ReminderSent, ""); err != nil {
			t.Error(err)
		}
	},
	"each step and each channel for itself": func(t *testing.T, b *bench) {
		r := b.reminder(t)
		for _, days := range []int{90, 30} {
			for _, channel := range []string{"webhook", "mail:a@example.com"} {
				r.Days, r.Channel = days, channel
				b.claim(t, r, 0)
			}
		}
		if got := b.reminders(t, r.Environment); len(got) != 4 {
			t.Errorf("%+v", got)
		}
	},
	"that somebody was told is in the audit log": func(t *testing.T, b *bench) {
		r := b.claim(t, b.reminder(t), 0)
		if err := b.EndReminder(t.Context(), r, ReminderSent, ""); err != nil {
			t.Fatal(err)
		}
		var detail string
		if err := b.read.QueryRowContext(t.Context(), `SELECT detail FROM audit WHERE action = 'reminder-sent' AND result = 'done'`).Scan(&detail); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"days":"30"`, `"way":"webhook"`, `"key-id":"k1"`} {
			if !strings.Contains(detail, want) {
				t.Errorf("%s lacks %s", detail, want)
			}
		}
	},
	"goes with the environment": func(t *testing.T, b *bench) {
		r := b.claim(t, b.reminder(t), 0)
		if err := b.DeleteEnvironment(t.Context(), r.Environment); err != nil {
			t.Fatal(err)
		}
		if got := b.reminders(t, r.Environment); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	},
}

// reminder is one of a new environment.
func (b *bench) reminder(t *testing.T) Reminder {
	t.Helper()
	return Reminder{Environment: b.environment(t, strings.ToLower(newID()[:8])).ID, KeyID: "k1", Days: 30, Channel: "webhook"}
}

func (b *bench) claim(t *testing.T, r Reminder, abandoned time.Duration) Reminder {
	t.Helper()
	claimed, ok, err := b.ClaimReminder(t.Context(), r, abandoned)
	if err != nil || !ok || claimed.State != ReminderSending {
		t.Fatalf("claimed %+v %v, %v", claimed, ok, err)
	}
	return claimed
}

func (b *bench) reminders(t *testing.T, env string) []Reminder {
	t.Helper()
	got, err := b.Reminders(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
