package setup

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// flapping is a directory whose servers hear of an application one after the
// other: each look by tag goes to the next one. In shows, 'x' sees it and '.'
// does not; after its end everyone does.
type flapping struct {
	*directory
	shows string
	looks string // what the looks after the creation came upon
}

func (f *flapping) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	found, err := f.directory.ApplicationsByTag(ctx, tag)
	if len(found) == 0 {
		return found, err
	}
	sees := byte('x')
	if len(f.shows) > 0 {
		sees, f.shows = f.shows[0], f.shows[1:]
	}
	f.looks += string(sees)
	if sees == '.' {
		return nil, err
	}
	return found, err
}

// Application is asked with the client ID that is known: it flaps alike.
func (f *flapping) Application(ctx context.Context, id entra.ClientID) (entra.Application, error) {
	if len(f.looks) > 0 && f.looks[len(f.looks)-1] == '.' {
		return entra.Application{}, refuse(404, "Request_ResourceNotFound")
	}
	return f.directory.Application(ctx, id)
}

func TestAnApplicationThatComesAndGoesIsMadeOnceAndSeenFiveTimesRunning(t *testing.T) {
	for name, c := range map[string]struct {
		shows string
		want  string // the looks after the creation
	}{
		"shown at once: one proof":     {"", "x"},
		"late":                         {"........", "........xxxxx"},
		"seen, then gone, then seen":   {".x.x", ".x.xxxxx"},
		"gone after four times":        {".xxxx.", ".xxxx.xxxxx"},
		"it takes several of them":     {"..xx.xxx...x", "..xx.xxx...xxxxx"},
		"seen five times: relied upon": {".xxxxx.", ".xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := &flapping{directory: w.dir, shows: c.shows}
			e := w.engine()
			e.Directory = f
			r, err := e.Apply(t.Context(), wanted(), "op1")
			if err != nil || !r.Proven {
				t.Fatalf("proven %v, %v", r.Proven, err)
			}
			if f.looks != c.want {
				t.Errorf("looks %s, want %s", f.looks, c.want)
			}
			if sent := strings.Join(w.dir.sent, "; "); strings.Count(sent, "POST /applications") != 1 || strings.Count(sent, "POST /servicePrincipals") != 1 {
				t.Errorf("sent %s", sent)
			}
		})
	}
}

func TestADirectoryThatNeverSettlesIsGivenThreeMinutes(t *testing.T) {
	w := newWorld(t)
	f := &flapping{directory: w.dir, shows: strings.Repeat(".x", 2000)}
	e := w.engine()
	e.Directory = f
	r, err := e.Apply(t.Context(), wanted(), "op1")
	if err != nil || !r.Proven {
		t.Fatalf("proven %v, %v", r.Proven, err)
	}
	if n := strings.Count(strings.Join(w.dir.sent, "; "), "POST /applications"); n != 1 {
		t.Errorf("%d applications", n)
	}
	if w.clock.all < steadyLimit || w.clock.all > steadyLimit+2*time.Minute {
		t.Errorf("waited %v, want about %v", w.clock.all, steadyLimit)
	}
}
