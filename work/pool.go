package work

import (
	"context"
	"errors"
	"sync"
)

// Limits of a Pool. A zero means the standard value, given in brackets.
type Limits struct {
	AtOnce        int // how much runs at once (16)
	TenantAtOnce  int // and of that for one tenant (8)
	Waiting       int // how much waits for its turn (200)
	TenantWaiting int // and of that for one tenant (50)
}

// Why a Pool takes nothing in.
var (
	ErrFull    = errors.New("work: too much is under way and waiting")
	ErrStopped = errors.New("work: nothing is begun any more")
)

// A Pool runs what must stay in this process, because it needs what only this
// process knows. Its places go round among the tenants, so that nobody waits
// behind another tenant's many. The zero Pool is ready to use.
type Pool struct {
	// Limits must not be changed once the pool is in use.
	Limits Limits

	mu      sync.Mutex
	tenants map[string]*lane
	turns   []string // tenants with something waiting; the first was served the longest ago
	running int
	waiting int
	stopped bool
	cancels map[*Place]context.CancelFunc
	idle    chan struct{} // closed when nothing runs any more; nil unless somebody waits for that
}

// A lane is what one tenant has in the pool.
type lane struct {
	running int
	waiting []*Place
	// reserved places count as waiting until they are used or given back.
	reserved int
}

// A Place is a right to run something.
type Place struct {
	pool   *Pool
	tenant string
	do     func(context.Context)
	used   bool
}

// Reserve takes a place for a tenant before what needs it is made. ErrFull or
// ErrStopped: there is none. It must be used with Run or given back.
func (p *Pool) Reserve(tenant string) (*Place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(tenant)
	switch {
	case p.stopped:
		return nil, ErrStopped
	case p.waiting >= standard(p.Limits.Waiting, 200), len(l.waiting)+l.reserved >= standard(p.Limits.TenantWaiting, 50):
		p.tidy(tenant)
		return nil, ErrFull
	}
	p.waiting++
	l.reserved++
	return &Place{pool: p, tenant: tenant}, nil
}

// Run uses the place: f runs when its turn has come. Its context ends when
// the pool gives it up; f may begin with one that has ended already.
func (at *Place) Run(f func(context.Context)) {
	p := at.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.used {
		panic("work: a place is used once")
	}
	at.used, at.do = true, f
	l := p.lane(at.tenant)
	l.reserved--
	l.waiting = append(l.waiting, at)
	if len(l.waiting) == 1 {
		p.turns = append(p.turns, at.tenant)
	}
	p.next()
}

// GiveBack ends a reservation. After Run it does nothing.
func (at *Place) GiveBack() {
	p := at.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.used {
		return
	}
	at.used = true
	p.waiting--
	p.lane(at.tenant).reserved--
	p.tidy(at.tenant)
	p.tell()
}

// Stop lets nothing more begin and waits until what runs has ended; when ctx
// ends first, the contexts of all that runs are ended. What waits is begun
// with a context that has ended, so that it can put its affairs in order.
func (p *Pool) Stop(ctx context.Context) {
	p.mu.Lock()
	p.stopped = true
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	for len(p.turns) > 0 {
		p.begin(p.take(0))
	}
	p.tell()
	p.mu.Unlock()
	select {
	case <-idle:
		return
	case <-ctx.Done():
	}
	p.mu.Lock()
	for _, cancel := range p.cancels {
		cancel()
	}
	p.mu.Unlock()
	<-idle
}

// next begins what may begin.
func (p *Pool) next() {
	for p.stopped || p.running < standard(p.Limits.AtOnce, 16) {
		i := p.turn()
		if i < 0 {
			return
		}
		p.begin(p.take(i))
	}
}

// turn is the first tenant in line that may have one more at once; -1 for
// none.
func (p *Pool) turn() int {
	for i, tenant := range p.turns {
		if p.stopped || p.tenants[tenant].running < standard(p.Limits.TenantAtOnce, 8) {
			return i
		}
	}
	return -1
}

// take removes the oldest of the i-th tenant in line, who goes to the end.
func (p *Pool) take(i int) *Place {
	tenant := p.turns[i]
	l := p.tenants[tenant]
	at := l.waiting[0]
	l.waiting = l.waiting[1:]
	p.turns = append(p.turns[:i], p.turns[i+1:]...)
	if len(l.waiting) > 0 {
		p.turns = append(p.turns, tenant)
	}
	return at
}

func (p *Pool) begin(at *Place) {
	ctx, cancel := context.WithCancel(context.Background())
	if p.stopped {
		cancel()
	}
	if p.cancels == nil {
		p.cancels = map[*Place]context.CancelFunc{}
	}
	p.cancels[at] = cancel
	p.waiting--
	p.running++
	p.lane(at.tenant).running++
	go func() {
		defer p.ended(at, cancel)
		at.do(ctx)
	}()
}

func (p *Pool) ended(at *Place, cancel context.CancelFunc) {
	cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.cancels, at)
	p.running--
	p.lane(at.tenant).running--
	p.tidy(at.tenant)
	p.next()
	p.tell()
}

// tell says that nothing runs any more to whoever waits for that.
func (p *Pool) tell() {
	if p.idle != nil && p.running+p.waiting == 0 {
		close(p.idle)
		p.idle = nil
	}
}

func (p *Pool) lane(tenant string) *lane {
	if p.tenants == nil {
		p.tenants = map[string]*lane{}
	}
	if p.tenants[tenant] == nil {
		p.tenants[tenant] = &lane{}
	}
	return p.tenants[tenant]
}

// tidy forgets a tenant that has nothing here.
func (p *Pool) tidy(tenant string) {
	if l := p.lane(tenant); l.running+l.reserved+len(l.waiting) == 0 {
		delete(p.tenants, tenant)
	}
}
