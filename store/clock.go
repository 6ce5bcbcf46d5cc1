package store

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"
)

// steady is a clock that starts right and never jumps, whoever sets the
// machine's: it follows the time that has gone by.
func steady() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Since(start)) }
}

// A sharedClock tells the time of the database server, so that replicas agree
// whatever their own clocks say. It asks now and then and in between follows
// the time that has gone by.
type sharedClock struct {
	// elapsed is the time since this process began to count.
	elapsed func() time.Duration
	mu      sync.Mutex
	server  time.Time     // the server's time …
	at      time.Duration // … when this much had gone by
}

// Now is the server's time.
func (c *sharedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server.Add(c.elapsed() - c.at)
}

const (
	askEvery = time.Minute
	// slowest is how long an answer may have been on its way to be of use.
	slowest = 2 * time.Second
)

// ask sets the clock. The answer was true somewhere between question and
// answer; the middle is taken.
func (c *sharedClock) ask(ctx context.Context, db *sql.DB) error {
	var ms int64
	before := c.elapsed()
	err := db.QueryRowContext(ctx, `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`).Scan(&ms)
	took := c.elapsed() - before
	if err != nil {
		return classify(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if took < slowest || c.server.IsZero() {
		c.server, c.at = fromMillis(ms), before+took/2
	}
	return nil
}

// keep asks again and again until ctx ends.
func (c *sharedClock) keep(ctx context.Context, db *sql.DB, log *slog.Logger) {
	for pause(ctx, askEvery) == nil {
		asking, cancel := context.WithTimeout(ctx, slowest)
		err := c.ask(asking, db)
		cancel()
		if err != nil && ctx.Err() == nil {
			log.Debug("the database's clock could not be read; the last reading still serves", "error", err.Error())
		}
	}
}

// setClocks gives the store the server's time, unless a test brought a clock.
func (s *Store) setClocks(ctx context.Context, o Options) error {
	if o.Now != nil {
		s.clock, s.leaseClock = o.Now, o.Now
		return nil
	}
	start := time.Now()
	c := &sharedClock{elapsed: func() time.Duration { return time.Since(start) }}
	// The first connection is made before the clock is read, so that making it
	// does not count.
	if err := s.write.PingContext(ctx); err != nil {
		return classify(err)
	}
	if err := c.ask(ctx, s.write); err != nil {
		return err
	}
	s.clock, s.leaseClock = c.Now, c.Now
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	var keeper sync.WaitGroup
	keeper.Go(func() { c.keep(keeping, s.write, s.log) })
	s.release = func() error {
		stop()
		keeper.Wait()
		return nil
	}
	return nil
}
