package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// Writes that share a transaction succeed and fail each for itself.
func TestWritesTogetherFailAlone(t *testing.T) {
	s := openAt(t, t.TempDir()+"/consentry.db", NewKey(), time.Now)
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { // the first keeps the connection until all others wait
		err := s.together(t.Context(), func(*sql.Tx) error { close(held); <-hold; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	odd := errors.New("odd")
	const many = 150
	for i := range many {
		all.Go(func() {
			err := s.together(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.ExecContext(t.Context(), `INSERT INTO operators (tenant, id, person, tokens, updated) VALUES ($1, 'x', '{}', x'00', 0)`, fmt.Sprint(i))
				if err == nil && i%2 == 1 {
					err = odd // what it wrote goes with it
				}
				return err
			})
			if i%2 == 1 && !errors.Is(err, odd) || i%2 == 0 && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	for waiting := 0; waiting < many; {
		s.rush.writes.mu.Lock()
		waiting = len(s.rush.writes.waiting)
		s.rush.writes.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	close(hold)
	all.Wait()
	var kept int
	if err := s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM operators`).Scan(&kept); err != nil || kept != many/2 {
		t.Errorf("%d rows are kept, %v; want %d", kept, err, many/2)
	}
}

// When the database takes no write, nobody is told that theirs is kept.
func TestWritesTogetherAreLostTogether(t *testing.T) {
	s := openAt(t, t.TempDir()+"/consentry.db", NewKey(), time.Now)
	if err := s.write.Close(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := s.together(context.Background(), func(*sql.Tx) error { return nil }); err == nil {
				t.Error("it is said to be kept")
			}
		})
	}
	all.Wait()
}
