package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"
)

// A LivingSession is one that has not ended.
type LivingSession struct {
	// Hash is that of its id, under which it is kept.
	Hash []byte
	// Data is what was saved, decrypted; nil for a damaged record.
	Data []byte
	// Used is about when it was last used: within a tenth of the idle limit.
	// Ends is when it ends whatever happens.
	Used, Ends time.Time
}

// LivingSessions lists every session that has not ended, the newest first. It
// knows nothing of people: whoever shows the list leaves out what is not for
// the eyes of whoever asks.
func (s *Store) LivingSessions(ctx context.Context) ([]LivingSession, error) {
	list, err := all(ctx, s.read, func(row scanner) (l LivingSession, err error) {
		var idle int64
		var idleAt time.Time
		if err := row.Scan(&l.Hash, &l.Data, &idle, instant{&idleAt}, instant{&l.Ends}); err != nil {
			return l, err
		}
		l.Used = idleAt.Add(-time.Duration(idle) * time.Millisecond)
		// One that is damaged is listed without its data: the others count.
		l.Data, err = s.seal.open(sessionData, hex.EncodeToString(l.Hash), "", l.Data)
		if err != nil {
			s.log.WarnContext(ctx, "a session's record does not open", "session", hex.EncodeToString(l.Hash)[:12])
		}
		return l, nil
	}, `SELECT id_hash, data, idle, idle_at, dead_at FROM sessions
		WHERE NOT ended AND idle_at > $1 AND dead_at > $1 ORDER BY dead_at DESC, id_hash`, millis(s.now()))
	if err != nil {
		return nil, fmt.Errorf("store: sessions: %w", err)
	}
	return list, nil
}
