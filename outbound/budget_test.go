package outbound

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// work sends n requests at once, each of which takes a tenth of a second, and
// returns when each was under way.
func work(t *testing.T, b *Budget, n int, s func(i int) Spending) []time.Duration {
	t.Helper()
	began := time.Now()
	var mu sync.Mutex
	var at []time.Duration
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			leave, err := b.Enter(t.Context(), s(i))
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			mu.Lock()
			at = append(at, time.Since(began))
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
		})
	}
	all.Wait()
	return at
}

func TestATenantHasFourRequestsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int32
		b := NewBudget(time.Now, wait)
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				leave, err := b.Enter(t.Context(), Spending{Tenant: "a"})
				if err != nil {
					t.Error(err)
					return
				}
				defer leave()
				if n := under.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				under.Add(-1)
			})
		}
		began := time.Now()
		all.Wait()
		if most.Load() != inFlight || time.Since(began) != 10*time.Second {
			t.Errorf("%d at once, done after %v", most.Load(), time.Since(began))
		}
	})
}

// TestApplicationsAreWrittenOnceASecond queues 200 runs, each of which makes
// an application.
func TestApplicationsAreWrittenOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		at := work(t, b, 200, func(int) Spending { return Spending{Tenant: "a", Application: true} })
		perSecond := map[int]int{}
		for _, d := range at {
			perSecond[int(d/time.Second)]++
		}
		for s := range 200 {
			if perSecond[s] != 1 {
				t.Fatalf("second %d saw %d writes", s, perSecond[s])
			}
		}
	})
}

func TestTenantsDoNotWaitForOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		ctx, cancel := context.WithCancel(t.Context())
		var busy sync.WaitGroup
		for range 100 {
			busy.Go(func() {
				if leave, err := b.Enter(ctx, Spending{Tenant: "greedy", Application: true}); err == nil {
					<-ctx.Done()
					leave()
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		at := work(t, b, inFlight, func(i int) Spending { return Spending{Tenant: "modest", Application: i == 0} })
		for _, d := range at {
			if d != 0 {
				t.Errorf("waited %v", d)
			}
		}
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
		cancel()
		busy.Wait()
	})
}

func TestOneApplicationIsNeverWrittenTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		var under atomic.Int32
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				leave, err := b.Enter(t.Context(), Spending{Tenant: "a", Application: true, App: "app-1"})
				if err != nil {
					t.Error(err)
					return
				}
				defer leave()
				if under.Add(1) != 1 {
					t.Error("two at once")
				}
				time.Sleep(3 * time.Second) // longer than the pace
				under.Add(-1)
			})
		}
		all.Wait()
		if len(b.shares["a"].apps) != 0 {
			t.Error("an application that nobody writes is remembered")
		}
	})
}

func TestReadsDoNotWaitForWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		for range 2 {
			leave, err := b.Enter(t.Context(), Spending{Tenant: "a", Application: true, App: "x"})
			if err != nil {
				t.Fatal(err)
			}
			leave()
		}
		for _, d := range work(t, b, inFlight, func(int) Spending { return Spending{Tenant: "a"} }) {
			if d != 0 {
				t.Errorf("a read waited %v", d)
			}
		}
	})
}

func TestWhoGivesUpLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		app := Spending{Tenant: "a", Application: true, App: "app-1"}
		leave, err := b.Enter(t.Context(), app)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []Spending{app, {Tenant: "a", Application: true}} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := b.Enter(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%+v: %v", s, err)
			}
			cancel()
		}
		leave()
		time.Sleep(time.Second)
		began := time.Now()
		if leave, err = b.Enter(t.Context(), app); err != nil || time.Since(began) != 0 {
			t.Fatalf("after %v: %v", time.Since(began), err)
		}
		leave()
		if sh := b.shares["a"]; sh.users != 0 || len(sh.slots) != inFlight || len(sh.apps) != 0 {
			t.Errorf("left behind: %+v", sh)
		}
	})
}

func TestManyTenantsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(time.Now, wait)
		for i := range 100_000 {
			leave, err := b.Enter(t.Context(), Spending{Tenant: fmt.Sprint(i), Application: true})
			if err != nil {
				t.Fatal(err)
			}
			leave()
			if i%100 == 0 {
				time.Sleep(time.Second)
			}
		}
		if n := len(b.shares); n > maxShares {
			t.Errorf("%d tenants are remembered", n)
		}
	})
}
