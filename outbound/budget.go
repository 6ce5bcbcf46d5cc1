package outbound

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// inFlight is how many requests one tenant has under way at once.
	inFlight = 4
	// writesPerSecond is how often applications are written in one tenant.
	// Microsoft's own limits begin at 60 a minute, for registrations that
	// personal accounts may use [Microsoft Learn, Graph throttling limits].
	writesPerSecond = 1
	// maxShares is how many tenants are remembered before those that rest are
	// forgotten.
	maxShares = 1000
)

// A Budget spreads the requests of each tenant: at most four at once, one
// write to an application per second, and never two to the same application at
// once. Tenants do not wait for one another; within one, who asks first is
// first. It counts for one process. It is safe for concurrent use.
type Budget struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu     sync.Mutex
	shares map[string]*share
}

// A share is one tenant's.
type share struct {
	slots  chan struct{}
	writes *rate.Limiter
	apps   map[string]*turn // being written, by object ID
	users  int              // requests that hold or wait for a part of it
}

// A turn is one application's: whoever holds its element may write.
type turn struct {
	free  chan struct{}
	users int
}

// NewBudget makes an unused one; the clock is the sender's.
func NewBudget(now func() time.Time, sleep func(context.Context, time.Duration) error) *Budget {
	return &Budget{now: now, sleep: sleep, shares: map[string]*share{}}
}

// A Spending is what a request costs.
type Spending struct {
	Tenant string // empty where it is not known: all such requests share
	// Application marks a write to applications; App is the object ID of the
	// one that is written, empty for a new one.
	Application bool
	App         string
}

// Enter waits for the request's turn. Leave must be called once the request
// has ended; the error is the context's, and then there is nothing to leave.
func (b *Budget) Enter(ctx context.Context, s Spending) (leave func(), err error) {
	v := &visit{}
	if err := b.visit(ctx, v, s); err != nil {
		v.leave()
		return nil, err
	}
	return v.leave, nil
}

// A visit holds parts of a share, to be given back newest first.
type visit struct{ back []func() }

func (v *visit) holds(giveBack func()) { v.back = append(v.back, giveBack) }

func (v *visit) leave() {
	for _, giveBack := range slices.Backward(v.back) {
		giveBack()
	}
}

func (b *Budget) visit(ctx context.Context, v *visit, s Spending) error {
	sh := b.join(s.Tenant)
	v.holds(func() { b.part(sh) })
	if s.Application && s.App != "" {
		t := b.turnOf(sh, s.App)
		v.holds(func() { b.giveUp(sh, s.App, t) })
		if err := v.take(ctx, t.free); err != nil {
			return err
		}
	}
	if s.Application {
		if err := b.pace(ctx, sh); err != nil {
			return err
		}
	}
	return v.take(ctx, sh.slots)
}

func (v *visit) take(ctx context.Context, from chan struct{}) error {
	select {
	case <-from:
		v.holds(func() { from <- struct{}{} })
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pace waits until the tenant may write an application again.
func (b *Budget) pace(ctx context.Context, sh *share) error {
	r := sh.writes.ReserveN(b.now(), 1)
	wait := r.DelayFrom(b.now())
	if wait <= 0 {
		return ctx.Err()
	}
	if err := b.sleep(ctx, wait); err != nil {
		r.CancelAt(b.now())
		return err
	}
	return nil
}

func (b *Budget) join(tenant string) *share {
	b.mu.Lock()
	defer b.mu.Unlock()
	sh := b.shares[tenant]
	if sh == nil {
		b.forget()
		sh = &share{slots: filled(inFlight), writes: rate.NewLimiter(writesPerSecond, 1), apps: map[string]*turn{}}
		b.shares[tenant] = sh
	}
	sh.users++
	return sh
}

// forget drops the shares that are as good as new.
func (b *Budget) forget() {
	if len(b.shares) < maxShares {
		return
	}
	for tenant, sh := range b.shares {
		if sh.users == 0 && sh.writes.TokensAt(b.now()) >= 1 {
			delete(b.shares, tenant)
		}
	}
}

func (b *Budget) part(sh *share) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sh.users--
}

func (b *Budget) turnOf(sh *share, app string) *turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := sh.apps[app]
	if t == nil {
		t = &turn{free: filled(1)}
		sh.apps[app] = t
	}
	t.users++
	return t
}

func (b *Budget) giveUp(sh *share, app string, t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(sh.apps, app)
	}
}

func filled(n int) chan struct{} {
	c := make(chan struct{}, n)
	for range n {
		c <- struct{}{}
	}
	return c
}
