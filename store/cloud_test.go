package store

import (
	"errors"
	"strings"
	"testing"
)

var cloudTests = map[string]func(*testing.T, *bench){
	"the first cloud stays": func(t *testing.T, s *bench) {
		for range 2 {
			if err := s.Bind(t.Context(), "sandbox"); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Bind(t.Context(), "public")
		if !errors.Is(err, ErrOtherCloud) || !strings.Contains(err.Error(), "of sandbox, not of public") {
			t.Errorf("the sandbox's database is taken for the public cloud's: %v", err)
		}
		if err := s.Bind(t.Context(), "sandbox"); err != nil {
			t.Errorf("a refusal changed the database: %v", err)
		}
	},
	"a cloud has a name": func(t *testing.T, s *bench) {
		if err := s.Bind(t.Context(), ""); err == nil {
			t.Error("none is taken")
		}
		if err := s.Bind(t.Context(), "public"); err != nil {
			t.Errorf("none was taken after all: %v", err)
		}
	},
}
