package store

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"
)

const (
	idle     = 15 * time.Minute
	absolute = 8 * time.Hour
)

func hash(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:]
}

func (b *bench) session(t *testing.T, id, data string) {
	t.Helper()
	if err := b.SaveSession(t.Context(), hash(id), to(data), idle, absolute); err != nil {
		t.Fatal(err)
	}
}

// wantSession checks what a session holds; "" means that there is none.
func wantSession(t *testing.T, b *bench, id, want string) {
	t.Helper()
	got, err := b.LoadSession(t.Context(), hash(id))
	switch {
	case want == "" && !errors.Is(err, ErrNotFound):
		t.Errorf("session %s: %q, %v; want none", id, got, err)
	case want != "" && (err != nil || string(got) != want):
		t.Errorf("session %s: %q, %v; want %q", id, got, err, want)
	}
}

var sessionTests = map[string]func(*testing.T, *bench){
	"data comes back, the newest": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		wantSession(t, b, "a", "one")
		b.session(t, "a", "two")
		wantSession(t, b, "a", "two")
		wantSession(t, b, "made up", "")
	},
	"without use it ends at the idle limit": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		b.clock.pass(idle)
		wantSession(t, b, "a", "")
	},
	"reading it keeps it alive": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		for range 10 {
			b.clock.pass(idle - time.Minute)
			wantSession(t, b, "a", "one")
		}
	},
	"reading costs no write before a tenth of the idle time has gone by": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		b.clock.pass(idle/touchShare - time.Second)
		wantSession(t, b, "a", "one")
		b.clock.pass(idle - idle/touchShare + time.Second)
		wantSession(t, b, "a", "")
	},
	"neither reading nor saving moves the absolute limit": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		for range 47 {
			b.clock.pass(10 * time.Minute)
			b.session(t, "a", "one")
			wantSession(t, b, "a", "one")
		}
		b.clock.pass(10 * time.Minute)
		wantSession(t, b, "a", "")
	},
	"what has expired cannot be saved again": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		b.clock.pass(idle)
		wantNoRevival(t, b, "a")
		if _, err := b.SweepSessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNoRevival(t, b, "a")
	},
	"what was ended cannot be saved again": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		if err := b.DeleteSession(t.Context(), hash("a")); err != nil {
			t.Fatal(err)
		}
		wantNoRevival(t, b, "a")
		if _, err := b.SweepSessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNoRevival(t, b, "a")
	},
	"ending an unknown one is no error": func(t *testing.T, b *bench) {
		if err := b.DeleteSession(t.Context(), hash("nothing")); err != nil {
			t.Error(err)
		}
	},
	"a replaced one is dead and the new one lives its own time": func(t *testing.T, b *bench) {
		b.session(t, "old", "anonymous")
		b.clock.pass(idle / 2)
		if err := b.ReplaceSession(t.Context(), hash("old"), hash("new"), to("alice"), idle, absolute); err != nil {
			t.Fatal(err)
		}
		wantNoRevival(t, b, "old")
		b.clock.pass(idle - time.Second)
		wantSession(t, b, "new", "alice")
	},
	"a session that is over cannot be replaced": func(t *testing.T, b *bench) {
		b.session(t, "ended", "one")
		if err := b.DeleteSession(t.Context(), hash("ended")); err != nil {
			t.Fatal(err)
		}
		b.session(t, "idle", "one")
		b.clock.pass(idle)
		for _, old := range []string{"ended", "idle", "unknown"} {
			if err := b.ReplaceSession(t.Context(), hash(old), hash("new-"+old), to("x"), idle, absolute); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", old, err)
			}
			wantSession(t, b, "new-"+old, "")
		}
	},
	"a replacement that fails leaves the old one": func(t *testing.T, b *bench) {
		b.session(t, "old", "one")
		if err := b.ReplaceSession(t.Context(), hash("old"), []byte("no hash"), to("x"), idle, absolute); err == nil {
			t.Fatal("an id instead of its hash was taken")
		}
		wantSession(t, b, "old", "one")
	},
	"of 16 replacements at once one wins": func(t *testing.T, b *bench) {
		b.session(t, "old", "one")
		errs := together(16, func(i int) error {
			return b.ReplaceSession(t.Context(), hash("old"), hash("new"+string(rune('a'+i))), to("x"), idle, absolute)
		})
		wantOneWinner(t, errs, ErrNotFound)
	},
	"of 16 changes at once none is lost": func(t *testing.T, b *bench) {
		b.session(t, "a", "")
		wantEachKept(t, []*bench{b})
	},
	"a change that fails leaves what was there": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		no := errors.New("no")
		refuse := func(was []byte) ([]byte, error) { return was, no }
		if err := b.SaveSession(t.Context(), hash("a"), refuse, idle, absolute); !errors.Is(err, no) {
			t.Errorf("saving: %v", err)
		}
		if err := b.ReplaceSession(t.Context(), hash("a"), hash("b"), refuse, idle, absolute); !errors.Is(err, no) {
			t.Errorf("replacing: %v", err)
		}
		wantSession(t, b, "a", "one")
		wantSession(t, b, "b", "")
	},
	"only a hash is taken": func(t *testing.T, b *bench) {
		if err := b.SaveSession(t.Context(), []byte("the id itself"), to("x"), idle, absolute); !errors.Is(err, errHash) {
			t.Errorf("got %v", err)
		}
	},
	"sweeping forgets what has been over for long and keeps the living": func(t *testing.T, b *bench) {
		b.session(t, "old", "one")
		b.clock.pass(absolute + sweepGrace)
		b.session(t, "young", "two")
		if n, err := b.SweepSessions(t.Context()); err != nil || n != 1 {
			t.Errorf("swept %d, %v", n, err)
		}
		wantSession(t, b, "young", "two")
	},
	"sweeping deletes the data of what is over": func(t *testing.T, b *bench) {
		b.session(t, "a", "one")
		b.clock.pass(idle)
		if _, err := b.SweepSessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := b.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sessions WHERE data IS NOT NULL`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d records still hold data, %v", left, err)
		}
	},
}

func wantNoRevival(t *testing.T, b *bench, id string) {
	t.Helper()
	if err := b.SaveSession(t.Context(), hash(id), to("back"), idle, absolute); !errors.Is(err, ErrNotFound) {
		t.Errorf("saving session %s again: %v", id, err)
	}
	wantSession(t, b, id, "")
}

// to changes a session's data into another, whatever it was.
func to(data string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(data), nil }
}

// wantEachKept adds a letter each to session a, at once, and finds them all.
func wantEachKept(t *testing.T, on []*bench) {
	t.Helper()
	const letters = "abcdefghijklmnop"
	for i, err := range together(len(letters), func(i int) error {
		return on[i%len(on)].SaveSession(t.Context(), hash("a"), func(was []byte) ([]byte, error) {
			return append(was, letters[i]), nil
		}, idle, absolute)
	}) {
		if err != nil {
			t.Errorf("%c: %v", letters[i], err)
		}
	}
	data, err := on[0].LoadSession(t.Context(), hash("a"))
	slices.Sort(data)
	if string(data) != letters || err != nil {
		t.Errorf("%q is left, %v", data, err)
	}
}
