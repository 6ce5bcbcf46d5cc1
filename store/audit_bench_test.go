package store

import "testing"

// A row of the log, chained, against one bare row in a transaction of its own:
// both wait for the disk, the chained one for four pages instead of one.
func BenchmarkAudit(b *testing.B) {
	s := openForBenchmark(b)
	if _, err := s.write.ExecContext(b.Context(), `CREATE TABLE bare (seq INTEGER PRIMARY KEY, text TEXT)`); err != nil {
		b.Fatal(err)
	}
	ctx := As(b.Context(), adminCaller)
	versus(b, 2.6, 20, func() error {
		return s.Audit(ctx, AuditEvent{Action: "sign-in", Result: AuditDone, Object: "session/0123456789ab", Detail: map[string]string{"way": "browser"}})
	}, func() error {
		tx, err := s.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO bare (text) VALUES ($1)`, "session/0123456789ab signed in from a browser"); err != nil {
			return err
		}
		return tx.Commit()
	})
}
