package store

import (
	"errors"
	"testing"

	"github.com/consentry/consentry/entra"
)

var operatorTests = map[string]func(*testing.T, *bench){
	"tokens come back, the newest, with the person's newest name": func(t *testing.T, b *bench) {
		renamed := alice
		renamed.UPN = "alice.married@contoso.com"
		for _, step := range []struct {
			p      entra.Person
			tokens string
		}{{alice, "first"}, {renamed, "second"}} {
			if err := b.SaveOperator(t.Context(), step.p, []byte(step.tokens)); err != nil {
				t.Fatal(err)
			}
			p, tokens, err := b.Operator(t.Context(), alice.Tenant, alice.ID)
			if err != nil || p != step.p || string(tokens) != step.tokens {
				t.Errorf("got %+v, %q, %v", p, tokens, err)
			}
		}
	},
	"the same object id in another tenant is somebody else": func(t *testing.T, b *bench) {
		if err := b.SaveOperator(t.Context(), alice, []byte("hers")); err != nil {
			t.Fatal(err)
		}
		if _, tokens, err := b.Operator(t.Context(), mallory.Tenant, mallory.ID); !errors.Is(err, ErrNotFound) || tokens != nil {
			t.Errorf("got %q, %v", tokens, err)
		}
	},
	"a person without ids is refused": func(t *testing.T, b *bench) {
		for _, p := range []entra.Person{{}, {Tenant: "t"}, {ID: "i"}} {
			if err := b.SaveOperator(t.Context(), p, []byte("x")); err == nil {
				t.Errorf("%+v was taken", p)
			}
		}
	},
	"signing out deletes the tokens": func(t *testing.T, b *bench) {
		if err := b.SaveOperator(t.Context(), alice, []byte("x")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := b.DeleteOperator(t.Context(), alice.Tenant, alice.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := b.Operator(t.Context(), alice.Tenant, alice.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
}
