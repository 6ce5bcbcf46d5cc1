package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
)

// jobs are the workers, and the schedule of what comes round.
func jobs(o Options) (*river.Workers, []*river.PeriodicJob, error) {
	workers := river.NewWorkers()
	err := river.AddWorkerSafely(workers, &operationWorker{do: o.Operation, log: o.Log})
	rounds := &periodicWorker{rounds: map[string]Periodic{}, log: o.Log}
	var schedule []*river.PeriodicJob
	for _, p := range o.Periodic {
		if p.Name == "" || p.Every < time.Second || p.Do == nil || rounds.rounds[p.Name].Do != nil {
			return nil, nil, fmt.Errorf("the periodic job %q needs a name of its own, at least a second, and something to do", p.Name)
		}
		rounds.rounds[p.Name] = p
		if p.Everywhere {
			continue
		}
		args, opts := periodicArgs{p.Name}, onceIn(p.Every)
		schedule = append(schedule, river.NewPeriodicJob(river.PeriodicInterval(p.Every),
			func() (river.JobArgs, *river.InsertOpts) { return args, opts }, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return workers, schedule, errors.Join(err, river.AddWorkerSafely(workers, rounds))
}

// onceIn keeps a second leader from ordering the same round again. A round
// that a killed process left as running does not keep the next from coming.
func onceIn(every time.Duration) *river.InsertOpts {
	return &river.InsertOpts{Queue: periodicQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: every}}
}

// operationWorker carries out whichever operation is next.
type operationWorker struct {
	river.WorkerDefaults[operationArgs]
	do  func(context.Context) error
	log *slog.Logger
}

// Work implements river.Worker. Its error makes River look again; what an
// operation came to stands in the journal.
func (w *operationWorker) Work(ctx context.Context, _ *river.Job[operationArgs]) error {
	return contained(ctx, w.log, "an operation", w.do)
}

// periodicArgs name a round.
type periodicArgs struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (periodicArgs) Kind() string { return "periodic" }

type periodicWorker struct {
	river.WorkerDefaults[periodicArgs]
	rounds map[string]Periodic
	log    *slog.Logger
}

// Timeout implements river.Worker.
func (w *periodicWorker) Timeout(job *river.Job[periodicArgs]) time.Duration {
	return max(w.rounds[job.Args.Name].Every, time.Minute)
}

// Work implements river.Worker.
func (w *periodicWorker) Work(ctx context.Context, job *river.Job[periodicArgs]) error {
	if p, ok := w.rounds[job.Args.Name]; ok { // else it was ordered by a replica of another version
		round(ctx, w.log, p)
	}
	return nil
}

func round(ctx context.Context, log *slog.Logger, p Periodic) {
	if err := contained(ctx, log, p.Name, p.Do); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "a round of what is done regularly failed; the next tries again", "round", p.Name, "error", err.Error())
	}
}

// everywhere are those that each process does.
func everywhere(all []Periodic) (own []Periodic) {
	for _, p := range all {
		if p.Everywhere {
			own = append(own, p)
		}
	}
	return own
}

// goRound does what comes round, from one stretch after the start on.
func (q *Queue) goRound(ctx context.Context, p Periodic) {
	ticker := time.NewTicker(p.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(ctx, max(p.Every, time.Minute))
		round(ctx, q.log, p)
		cancel()
	}
}

// contained keeps a defect from reaching River, which would write the panic's
// value into its table.
func contained(ctx context.Context, log *slog.Logger, what string, f func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "a defect", "in", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errDefect
		}
	}()
	return f(ctx)
}

var errDefect = errors.New("work: a defect; the log has the details")
