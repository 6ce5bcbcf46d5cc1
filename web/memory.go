package web

import (
	"context"
	"io/fs"
	"sync"
	"time"
)

// MemorySessions keeps sessions in memory, for tests and for a console whose
// sessions need not survive it. Idle and absolute limits are enforced.
type MemorySessions struct {
	Now func() time.Time

	mu      sync.Mutex
	records map[string]memoryRecord
}

type memoryRecord struct {
	data           []byte
	idleAt, deadAt time.Time
}

// LoadSession implements SessionStore.
func (m *MemorySessions) LoadSession(_ context.Context, hash []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[string(hash)]
	if !ok || !m.Now().Before(r.idleAt) || !m.Now().Before(r.deadAt) {
		return nil, fs.ErrNotExist
	}
	return r.data, nil
}

// SaveSession implements SessionStore.
func (m *MemorySessions) SaveSession(_ context.Context, hash, data []byte, idle, absolute time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(hash, data, idle, absolute)
	return nil
}

func (m *MemorySessions) put(hash, data []byte, idle, absolute time.Duration) {
	if m.records == nil {
		m.records = map[string]memoryRecord{}
	}
	dead := m.Now().Add(absolute)
	if old, ok := m.records[string(hash)]; ok {
		dead = old.deadAt
	}
	m.records[string(hash)] = memoryRecord{data: data, idleAt: m.Now().Add(idle), deadAt: dead}
}

// ReplaceSession implements SessionStore.
func (m *MemorySessions) ReplaceSession(_ context.Context, old, new, data []byte, idle, absolute time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, string(old))
	m.put(new, data, idle, absolute)
	return nil
}

// DeleteSession implements SessionStore.
func (m *MemorySessions) DeleteSession(_ context.Context, hash []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, string(hash))
	return nil
}
