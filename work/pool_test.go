package work_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/consentry/consentry/work"
)

// A stage is a pool whose work waits to be let go, one by one.
type stage struct {
	t       *testing.T
	pool    *work.Pool
	began   chan string
	release map[string]chan struct{}
	mu      sync.Mutex
}

func newStage(t *testing.T, l work.Limits) *stage {
	return &stage{t: t, pool: &work.Pool{Limits: l}, began: make(chan string, 1000), release: map[string]chan struct{}{}}
}

// add brings something in, or says why not.
func (s *stage) add(tenant, name string) error {
	place, err := s.pool.Reserve(tenant)
	if err != nil {
		return err
	}
	let := make(chan struct{})
	s.mu.Lock()
	s.release[name] = let
	s.mu.Unlock()
	place.Run(func(ctx context.Context) {
		if ctx.Err() != nil {
			s.began <- "told to end: " + name
			return
		}
		s.began <- name
		select {
		case <-let:
		case <-ctx.Done():
		}
	})
	return nil
}

func (s *stage) must(tenant string, names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := s.add(tenant, name); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stage) end(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.release[name])
}

// wantNext waits for what begins next.
func (s *stage) wantNext(names ...string) {
	s.t.Helper()
	got := come(s.t, s.began, len(names), "in the pool")
	slices.Sort(got)
	slices.Sort(names)
	if !slices.Equal(got, names) {
		s.t.Fatalf("began: %q, want %q", got, names)
	}
}

func TestPlacesGoRoundAmongTenants(t *testing.T) {
	s := newStage(t, work.Limits{AtOnce: 2, TenantAtOnce: 2, Waiting: 100, TenantWaiting: 100})
	s.must("a", "a1", "a2", "a3", "a4", "a5")
	s.must("b", "b1", "b2")
	s.must("c", "c1")
	s.wantNext("a1", "a2")
	// "a" stood in line before the others came.
	for _, after := range []struct{ ends, begins string }{{"a1", "a3"}, {"a2", "b1"}, {"a3", "c1"}, {"b1", "a4"}, {"c1", "b2"}, {"a4", "a5"}} {
		s.end(after.ends)
		s.wantNext(after.begins)
	}
}

func TestOneTenantsFiveHundredStartsDoNotHoldUpAnother(t *testing.T) {
	s := newStage(t, work.Limits{})
	admitted := 0
	for i := range 500 {
		switch err := s.add("many", string(rune('A'+i%26))+string(rune('0'+i/26))); {
		case err == nil:
			admitted++
		case !errors.Is(err, work.ErrFull):
			t.Fatal(err)
		}
	}
	if admitted != 8+50 {
		t.Errorf("%d of 500 were taken in, want the 8 that run and 50 that wait", admitted)
	}
	come(t, s.began, 8, "of the many")
	s.must("other", "other") // nothing of the many has ended
	s.wantNext("other")
}

func TestThePoolHoldsNoMoreThanItMayForAllTogether(t *testing.T) {
	s := newStage(t, work.Limits{AtOnce: 1, TenantAtOnce: 1, Waiting: 3, TenantWaiting: 2})
	s.must("a", "a1", "a2", "a3")
	s.must("b", "b1")
	if err := s.add("c", "c1"); !errors.Is(err, work.ErrFull) {
		t.Errorf("a fourth that waits: %v", err)
	}
	s.wantNext("a1")
	s.end("a1")
	s.wantNext("a2")
	s.must("c", "c1")
}

func TestAPlaceThatIsGivenBackIsFreeAgain(t *testing.T) {
	s := newStage(t, work.Limits{AtOnce: 1, Waiting: 1, TenantWaiting: 1})
	for range 3 {
		place, err := s.pool.Reserve("a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.pool.Reserve("b"); !errors.Is(err, work.ErrFull) {
			t.Errorf("beside a reserved place: %v", err)
		}
		place.GiveBack()
		place.GiveBack()
	}
	s.must("a", "a1")
	s.wantNext("a1")
}

func TestAStoppedPoolTellsWhatWaitsAndLetsWhatRunsEnd(t *testing.T) {
	s := newStage(t, work.Limits{AtOnce: 1})
	late, err := s.pool.Reserve("c")
	if err != nil {
		t.Fatal(err)
	}
	s.must("a", "a1", "a2")
	s.must("b", "b1")
	s.wantNext("a1")
	stopped := make(chan struct{})
	go func() { s.pool.Stop(t.Context()); close(stopped) }()
	s.wantNext("told to end: a2", "told to end: b1")
	if _, err := s.pool.Reserve("a"); !errors.Is(err, work.ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
	late.Run(func(ctx context.Context) { s.began <- "reserved before: " + ctx.Err().Error() })
	s.wantNext("reserved before: context canceled")
	select {
	case <-stopped:
		t.Error("it did not wait for what runs")
	default:
	}
	s.end("a1")
	come(t, stopped, 1, "the stop")
}

func TestAPoolThatMayNotWaitEndsWhatRuns(t *testing.T) {
	s := newStage(t, work.Limits{})
	s.must("a", "a1", "a2")
	s.wantNext("a1", "a2")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	s.pool.Stop(over)
	s.pool.Stop(over)
}
