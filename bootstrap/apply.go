package bootstrap

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// An Engine makes the registration what it should be. It may be stopped at any
// point, killed too: applying again goes on from there.
type Engine struct {
	Directory Directory
	// Secrets is where a client secret goes; nil where none is wanted.
	Secrets SecretPlace
	// Sleep waits between looks at a directory that has not caught up; it ends
	// early with ctx.
	Sleep func(ctx context.Context, d time.Duration) error
	// Observe, when set, hears of every request after its answer came or failed
	// to come, and of waiting (a Text without error).
	Observe func(Event)
}

// An Event reports progress.
type Event struct {
	Title string
	Text  string
	Err   error
}

// A Result is what there is in the end.
type Result struct {
	App       entra.Registration
	Principal entra.ObjectID
	// Left are the steps that could not be done, each with the reason.
	Left []Left
}

// A Left is a step that could not be done.
type Left struct {
	Step
	Err error
}

// waits is how long the directory is given to show what was done: 156 s. A
// request without answer is sent again after a part of it: all of them but one
// can be sent twice.
var waits = []time.Duration{1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 15, 15, 15, 15, 15, 15, 15, 15}

const (
	// afterNo and afterNothing are how often the directory is looked at before
	// a request is sent again: one that was refused for now, and one that may
	// have been carried out.
	afterNo, afterNothing = 1, 5
	// looksForLost is how often a secret is looked for that may have been made
	// for an operation that was cut off.
	looksForLost = 7
)

// Apply reads, plans and carries out, until reading shows nothing left to do.
// What cannot be done is left out, told in Result.Left, and does not keep the
// rest from being done.
func (e *Engine) Apply(ctx context.Context, want Want) (Result, error) {
	r := &run{Engine: e, want: want, answered: map[StepID]bool{}, due: map[StepID]int{}, refused: map[StepID]error{}}
	err := r.converge(ctx)
	return r.result(), err
}

// A run is one time of applying.
type run struct {
	*Engine
	want   Want
	actual Actual
	steps  []Step

	answered map[StepID]bool // with yes
	due      map[StepID]int  // the look from which on it may be sent again
	refused  map[StepID]error
	last     error // of a request that may be sent again
	looks    int   // since something was last done
	all      int   // looks altogether
	searched bool  // no lost secret is left to be found
}

func (r *run) converge(ctx context.Context) error {
	for {
		err := r.look(ctx)
		if errors.Is(err, ErrOtherSecret) && r.looks < looksForLost {
			// It may just have been made.
			if err := r.pause(ctx, "The client secret"); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		pending := slices.DeleteFunc(slices.Clone(r.steps), func(s Step) bool { return r.refused[s.ID] != nil })
		if len(pending) == 0 {
			return nil
		}
		progress, err := r.act(ctx, pending)
		if err != nil {
			return err
		}
		if progress {
			r.looks = 0
			continue
		}
		pending = slices.DeleteFunc(pending, func(s Step) bool { return r.refused[s.ID] != nil })
		if r.waitsFor(pending) == "" {
			return nil // what is left waits for what was refused
		}
		if r.looks >= len(waits) {
			return errors.Join(fmt.Errorf("the directory still does not show what was done (%s): give the same command again in some minutes", r.waitsFor(pending)), r.last)
		}
		if err := r.pause(ctx, r.waitsFor(pending)); err != nil {
			return err
		}
	}
}

// look reads and plans.
func (r *run) look(ctx context.Context) (err error) {
	if r.actual, err = Read(ctx, r.Directory, r.want); err != nil {
		return err
	}
	var place PlaceState
	if r.Secrets != nil {
		if place, err = r.Secrets.State(); err != nil {
			return err
		}
	}
	r.steps, err = MakePlan(r.want, r.actual, place)
	return err
}

// waitsFor is the title of something that is worth waiting for.
func (r *run) waitsFor(pending []Step) string {
	for _, s := range pending {
		if s.ready || r.answered[s.ID] || r.answered[StepApplication] && r.actual.App == nil || r.answered[StepPrincipal] && r.actual.Principal == nil {
			return s.Title
		}
	}
	return ""
}

// pause lets the directory catch up.
func (r *run) pause(ctx context.Context, title string) error {
	r.observe(Event{Title: title, Text: "waiting until the directory shows it"})
	r.looks++
	r.all++
	return r.Sleep(ctx, waits[r.looks-1]*time.Second)
}

func (r *run) observe(ev Event) {
	if r.Observe != nil {
		r.Observe(ev)
	}
}

// act sends what can be sent now. progress: something was answered.
func (r *run) act(ctx context.Context, pending []Step) (progress bool, err error) {
	for _, s := range pending {
		if !s.ready || r.answered[s.ID] || r.all < r.due[s.ID] {
			continue
		}
		if s.ID == StepSecret && !r.mayAsk(pending) {
			continue
		}
		done, err := r.send(ctx, s)
		if err != nil {
			return progress, err
		}
		progress = progress || done
	}
	return progress, nil
}

// mayAsk: a secret is asked for when those that were lost are gone, and after
// the directory was given time to show one.
func (r *run) mayAsk(pending []Step) bool {
	if slices.ContainsFunc(pending, func(s Step) bool { return s.ID.isLost() }) {
		return false
	}
	place, err := r.Secrets.State()
	if err != nil || place.Operation == "" || r.searched {
		return err == nil
	}
	r.searched = r.looks >= looksForLost
	return r.searched
}

// send carries one step out. The error ends the run; a refusal does not.
func (r *run) send(ctx context.Context, s Step) (done bool, err error) {
	created, err := r.do(ctx, s)
	r.observe(Event{Title: s.Title, Err: err})
	var place *placeError
	switch {
	case err == nil && s.ID == StepSecret: // it is known by its place
		return true, r.put(created)
	case err == nil:
		r.answered[s.ID] = true
		r.searched = r.searched || s.ID.isLost()
		return true, nil
	case errors.As(err, &place), ctx.Err() != nil:
		return false, err
	case passes(err, r.due[s.ID] > 0):
		r.again(s, err)
		return false, nil
	}
	r.refused[s.ID] = stepError(s, err)
	if s.ID == StepSecret {
		return false, r.Secrets.Release()
	}
	return false, nil
}

// again notes when a request may be sent once more.
func (r *run) again(s Step, err error) {
	r.last = stepError(s, err)
	looks := afterNo
	if entra.OutcomeUnknown(err) {
		looks = afterNothing
		r.searched = r.searched && s.ID != StepSecret
	}
	r.due[s.ID] = r.all + looks
}

// do sends the change; for a secret the place is taken before.
func (r *run) do(ctx context.Context, s Step) (entra.Created, error) {
	add, isSecret := s.change.(entra.AddSecret)
	if !isSecret {
		return r.Directory.Do(ctx, s.change)
	}
	operation := strings.ToLower(rand.Text()[:16])
	if err := r.Secrets.Take(operation); err != nil {
		return entra.Created{}, &placeError{err}
	}
	add.Secret.Name = r.want.SecretName(operation)
	return r.Directory.Do(ctx, add)
}

func (r *run) put(created entra.Created) error {
	if created.SecretValue.IsZero() {
		return errors.New("the client secret came without its value: give the same command again, which replaces it")
	}
	if err := r.Secrets.Put(created.SecretValue); err != nil {
		return fmt.Errorf("the client secret was made and could not be put into its file, so it is lost; the next run removes it: %w", err)
	}
	return nil
}

// A placeError is about the place of the secret: nothing was sent.
type placeError struct{ err error }

// Error implements error.
func (e *placeError) Error() string {
	return "nothing was asked for, because there is no place for the client secret: " + e.err.Error()
}

// Unwrap gives the cause.
func (e *placeError) Unwrap() error { return e.err }

func (r *run) result() Result {
	var out Result
	if r.actual.App != nil {
		out.App = *r.actual.App
	}
	if r.actual.Principal != nil {
		out.Principal = r.actual.Principal.ID
	}
	for _, s := range r.steps {
		out.Left = append(out.Left, Left{s, r.refused[s.ID]})
	}
	return out
}
