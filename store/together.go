package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
)

// mostTogether bounds how many writes share a transaction.
const mostTogether = 64

// A rush is what makes quick what every request of a page does.
type rush struct {
	writes writeQueue
	// session is the query that every request begins with; nil before the first.
	session atomic.Pointer[sql.Stmt]
}

// A writeQueue is of short writes. On SQLite they wait for one connection anyway, and
// nearly all of the waiting is for the disk at the end of each transaction:
// those that come while one is under way share the next.
type writeQueue struct {
	mu      sync.Mutex
	waiting []*queuedWrite
	busy    bool
}

type queuedWrite struct {
	do   func(*sql.Tx) error
	err  error
	done chan struct{}
}

// together is inTx for a short write that may share its transaction with
// others. It fails alone, but is committed, or not, with them.
func (s *Store) together(ctx context.Context, f func(tx *sql.Tx) error) error {
	if _, sqlite := s.Database(); !sqlite { // the server does the same by itself
		return s.inTx(ctx, f)
	}
	w := &queuedWrite{do: f, done: make(chan struct{})}
	if s.rush.writes.join(w) {
		go s.writeQueued(context.WithoutCancel(ctx))
	}
	<-w.done
	return w.err
}

// join adds a write; it reports whether somebody has to begin with the queue.
func (q *writeQueue) join(w *queuedWrite) (begin bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, w)
	begin = !q.busy
	q.busy = true
	return begin
}

// next takes those that share a transaction; none are left when it is empty.
func (q *writeQueue) next() []*queuedWrite {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), mostTogether)
	list := q.waiting[:n:n]
	q.waiting, q.busy = q.waiting[n:], n > 0
	return list
}

func (s *Store) writeQueued(ctx context.Context) {
	for list := s.rush.writes.next(); len(list) > 0; list = s.rush.writes.next() {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			for _, w := range list {
				if err := apart(ctx, tx, w); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range list {
			if err != nil {
				w.err = err
			}
			close(w.done)
		}
	}
}

// apart carries one write out so that its failure undoes nothing of the
// others. An error of its own is of the transaction.
func apart(ctx context.Context, tx *sql.Tx, w *queuedWrite) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT apart"); err != nil {
		return err
	}
	if w.err = classify(w.do(tx)); w.err != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO apart"); err != nil {
			return errors.Join(w.err, err) // a full disk ends the whole transaction
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE apart")
	return err
}
