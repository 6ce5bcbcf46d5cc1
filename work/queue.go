package work

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// Options say where the wake-ups are kept and what they lead to. DB, Operation
// and Log are required.
type Options struct {
	// DB holds the wake-ups; it must stay open until the queue has stopped. In
	// SQLite it should have one connection of its own.
	DB     *sql.DB
	SQLite bool
	// Operation looks for an operation that waits and carries it out; with none
	// waiting it returns at once. It may run concurrently. An error means that
	// the journal could not be asked, not that an operation failed.
	Operation func(context.Context) error
	// Operations is how many run at once in this process; zero means 8.
	Operations int
	// Periodic is what comes round on a schedule, once for all replicas.
	Periodic []Periodic
	Log      *slog.Logger
}

// A Periodic is done once in each stretch of time by one of the replicas,
// never for longer than a stretch or a minute, whichever is longer. An error
// or a panic is logged, and the next round tries again.
type Periodic struct {
	Name  string
	Every time.Duration // at least a second
	Do    func(context.Context) error
	// Everywhere lets each process do it, rather than one of them: River takes
	// up to twenty seconds to find another when the one that is to order the
	// rounds has died.
	Everywhere bool
}

// The queues: what comes round does not wait behind operations.
const (
	operationQueue = "operations"
	periodicQueue  = "periodic"
)

const (
	operationsAtOnce = 8
	periodicAtOnce   = 4
	// fetchPause is the least time between two looks for wake-ups, pollEvery
	// the longest: how late a wake-up of another replica is noticed. Those of
	// this process are noticed at once.
	fetchPause = 10 * time.Millisecond
	pollEvery  = time.Second
	// operationLimit is when a worker is given up. An operation has a shorter
	// limit of its own; this one is for what ignores it.
	operationLimit = 30 * time.Minute
	// completedFor and failedFor are how long the rows of past jobs stay.
	completedFor = 5 * time.Minute
	failedFor    = 24 * time.Hour
)

// A Queue wakes workers, in this process and in the other replicas.
type Queue struct {
	client *river.Client[*sql.Tx]
	// own are the rounds that this process does by itself.
	own  []Periodic
	log  *slog.Logger
	stop context.CancelFunc
	done sync.WaitGroup
}

// New brings River's tables up to date. Nothing begins before Start.
func New(ctx context.Context, o Options) (*Queue, error) {
	if o.DB == nil || o.Operation == nil || o.Log == nil {
		return nil, errors.New("work: Options need DB, Operation and Log")
	}
	log := quiet(o.Log)
	driver := driverOf(o)
	if err := migrate(ctx, o, driver, log); err != nil {
		return nil, err
	}
	workers, periodic, err := jobs(o)
	if err != nil {
		return nil, fmt.Errorf("work: %w", err)
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{
			operationQueue: {MaxWorkers: standard(o.Operations, operationsAtOnce)},
			periodicQueue:  {MaxWorkers: periodicAtOnce},
		},
		Workers: workers, PeriodicJobs: periodic, Logger: log,
		FetchCooldown: fetchPause, FetchPollInterval: pollEvery,
		JobTimeout: operationLimit, RescueStuckJobsAfter: 2 * operationLimit,
		CompletedJobRetentionPeriod: completedFor, CancelledJobRetentionPeriod: completedFor, DiscardedJobRetentionPeriod: failedFor,
	})
	if err != nil {
		return nil, fmt.Errorf("work: %w", err)
	}
	return &Queue{client: client, own: everywhere(o.Periodic), log: o.Log}, nil
}

// Start begins to work on what somebody woke, and with the rounds. What waits
// in the journal otherwise is not looked for: wake it with Nudge. Ending ctx
// stops nothing; Stop does.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("work: start: %w", err)
	}
	ctx, q.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, p := range q.own {
		q.done.Go(func() { q.goRound(ctx, p) })
	}
	return nil
}

func driverOf(o Options) riverdriver.Driver[*sql.Tx] {
	if o.SQLite {
		return riversqlite.New(o.DB)
	}
	return riverdatabasesql.New(o.DB)
}

// standard is used where nothing was given.
func standard(given, otherwise int) int {
	if given > 0 {
		return given
	}
	return otherwise
}

// Wake lets somebody look for an operation that waits, once tx is committed
// and not before. The fence is that of the operation when it began to wait.
func (q *Queue) Wake(ctx context.Context, tx *sql.Tx, operation string, fence int64) error {
	if _, err := q.client.InsertTx(ctx, tx, operationArgs{operation, fence}, nil); err != nil {
		return fmt.Errorf("work: wake: %w", err)
	}
	return nil
}

// Nudge is Wake outside of a transaction. River tells its workers in this
// process of such a wake-up at once, and of one in a transaction only at their
// next look, up to a second later: whoever woke in a transaction nudges after
// it. The two leave one job.
func (q *Queue) Nudge(ctx context.Context, operation string, fence int64) error {
	if _, err := q.client.Insert(ctx, operationArgs{operation, fence}, nil); err != nil {
		return fmt.Errorf("work: wake: %w", err)
	}
	return nil
}

// Stop lets nothing more begin and waits until what runs has ended; when ctx
// ends first, its contexts are ended and it is waited for a moment longer.
func (q *Queue) Stop(ctx context.Context) error {
	if q.stop == nil {
		return nil // it was not started
	}
	q.stop()
	defer q.done.Wait()
	err := q.client.Stop(ctx)
	if err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
	defer cancel()
	if err := q.client.StopAndCancel(last); err != nil {
		return fmt.Errorf("work: what ran did not end in time: %w", err)
	}
	return nil
}

// lastMoment is for what was told to end at once.
const lastMoment = 2 * time.Second

// operationArgs name what is woken, for people who look into River's tables.
// The worker takes whichever operation is next.
//
// A job is unique for as long as it waits or runs, within a stretch of
// uniqueFor only: a process that is killed leaves its job behind as running,
// and that must not keep the operation from being woken again.
type operationArgs struct {
	Operation string `json:"operation"`
	Fence     int64  `json:"fence"`
}

// Kind implements river.JobArgs.
func (operationArgs) Kind() string { return "operation" }

// uniqueFor is short, so that recovering is not held up.
const uniqueFor = 10 * time.Second

// InsertOpts implements river.JobArgsWithInsertOpts.
func (operationArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: operationQueue, MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: uniqueFor, ByState: underWay}}
}

// underWay are the states of a job that is not over.
var underWay = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}
