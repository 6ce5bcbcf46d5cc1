package store

import (
	"errors"
	"testing"
	"time"
)

var signInTests = map[string]func(*testing.T, *bench){
	"renewed tokens of somebody who signed out are not kept": func(t *testing.T, b *bench) {
		if err := b.RenewOperator(t.Context(), alice, []byte("new")); !errors.Is(err, ErrNotFound) {
			t.Fatalf("nobody's tokens: %v", err)
		}
		if err := b.SaveOperator(t.Context(), alice, []byte("old")); err != nil {
			t.Fatal(err)
		}
		if err := b.RenewOperator(t.Context(), alice, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if who, got, err := b.Operator(t.Context(), alice.Tenant, alice.ID); err != nil || string(got) != "new" || who != alice {
			t.Errorf("%+v has %q: %v", who, got, err)
		}
		if err := b.DeleteOperator(t.Context(), alice.Tenant, alice.ID); err != nil {
			t.Fatal(err)
		}
		if err := b.RenewOperator(t.Context(), alice, []byte("late")); !errors.Is(err, ErrNotFound) {
			t.Errorf("after the sign-out: %v", err)
		}
		if _, _, err := b.Operator(t.Context(), alice.Tenant, alice.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("tokens are back: %v", err)
		}
	},
	"living sessions are listed with what they hold": func(t *testing.T, b *bench) {
		for _, id := range []string{"unused", "ended", "alive"} {
			b.session(t, id, "data of "+id)
		}
		if err := b.DeleteSession(t.Context(), hash("ended")); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(idle - time.Minute)
		wantSession(t, b, "alive", "data of alive")
		b.clock.pass(2 * time.Minute)
		list, err := b.LivingSessions(t.Context())
		if err != nil || len(list) != 1 || string(list[0].Hash) != string(hash("alive")) || string(list[0].Data) != "data of alive" {
			t.Fatalf("%+v, %v", list, err)
		}
		if got := list[0].Ends.Sub(list[0].Used); got != absolute-idle+time.Minute {
			t.Errorf("used %v, ends %v", list[0].Used, list[0].Ends)
		}
	},
}
