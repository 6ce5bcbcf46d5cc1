package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/consentry/consentry/web"
	"github.com/consentry/consentry/work"
)

// beginWork begins with what goes on apart from requests: the operations that
// wait, what processes left that died, and what comes round.
func (c *console) beginWork(ctx context.Context, log *slog.Logger) error {
	db, sqlite := c.store.Database()
	q, err := work.New(ctx, work.Options{DB: db, SQLite: sqlite, Operation: c.handlers.Work, Periodic: c.rounds(), Log: log})
	if err != nil {
		return err
	}
	c.store.WakeBy(q)
	if err := q.Start(ctx); err != nil {
		return err
	}
	c.queue = q
	if err := c.handlers.Recover(ctx); err != nil {
		return errors.Join(fmt.Errorf("go on with what was left: %w", err), c.endWork(ctx))
	}
	return nil
}

// sweepEvery is short so that a redirect URI which a dead process left on an
// app is gone within a minute: until another process orders the rounds, and
// the test it was for no longer counts as alive, takes half of that.
const sweepEvery = 20 * time.Second

// rounds are what one of the replicas does regularly.
func (c *console) rounds() []work.Periodic {
	return []work.Periodic{
		{Name: "recover", Every: 5 * time.Second, Do: c.handlers.Recover, Everywhere: true},
		{Name: "sweep", Every: sweepEvery, Do: c.handlers.Sweep},
		{Name: "remind", Every: time.Hour, Do: c.handlers.Remind},
		{Name: "audit-head", Every: headEvery, Do: c.logHead},
	}
}

// drainTime is how long what is under way may take when the console stops.
const drainTime = 20 * time.Second

// serve answers until ctx ends. Then no work is taken up any more, and what is
// under way may end; a second signal cuts that short.
func (c *console) serve(ctx context.Context, l net.Listener, f *front, log *slog.Logger) error {
	var beside sync.WaitGroup
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx)) // to the end
	beside.Go(func() { f.serveWatch(watching, log) })
	beside.Go(func() { c.sweep(ctx, log) }) // the first round is a while ahead
	hurry, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var ended error
	err := web.Server{Handler: f.pages, TLS: f.tls, Log: log, Linger: f.linger, Hurry: hurry, Stopping: func() {
		f.shell.Drain()
		go hurryAtSignal(hurry, stop, log)
		beside.Go(func() { ended = c.endWork(hurry) })
	}}.Serve(ctx, l)
	switch {
	case ctx.Err() == nil: // it stopped by itself
		beside.Go(func() { ended = c.endWork(hurry) })
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		log.Warn("requests that did not end in time were cut off")
		err = nil
	}
	unwatch()
	beside.Wait()
	return errors.Join(err, ended)
}

func (c *console) sweep(ctx context.Context, log *slog.Logger) {
	if err := c.handlers.Sweep(ctx); err != nil && ctx.Err() == nil {
		log.Warn("what is over could not be swept; it is tried again", "error", err.Error())
	}
}

// hurryAtSignal waits for a signal that says that nothing more is waited for.
func hurryAtSignal(ctx context.Context, hurry func(), log *slog.Logger) {
	again, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-again.Done()
	if ctx.Err() == nil {
		log.Warn("asked to end once more; nothing is waited for any more")
	}
	hurry()
}

// endWork gives the operations up at their next step, for another process or
// the next start to go on with, and lets everything else end.
func (c *console) endWork(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	c.handlers.GiveUp()
	var both sync.WaitGroup
	both.Go(func() { c.handlers.Runs.Stop(ctx) })
	err := c.queue.Stop(ctx)
	both.Wait()
	c.handlers.Wait(ctx)
	return err
}
