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
	records map[string]*memoryRecord
}

// A memoryRecord without data was ended; it stays, so that nothing saves the
// session again.
type memoryRecord struct {
	data           []byte
	idle           time.Duration
	idleAt, deadAt time.Time
}

// LoadSession implements SessionStore.
func (m *MemorySessions) LoadSession(_ context.Context, hash []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[string(hash)]
	if !m.lives(r) {
		return nil, fs.ErrNotExist
	}
	r.idleAt = m.Now().Add(r.idle)
	return r.data, nil
}

func (m *MemorySessions) lives(r *memoryRecord) bool {
	now := m.Now()
	return r != nil && r.data != nil && now.Before(r.idleAt) && now.Before(r.deadAt)
}

// SaveSession implements SessionStore.
func (m *MemorySessions) SaveSession(_ context.Context, hash []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var was []byte
	if r := m.records[string(hash)]; m.lives(r) {
		was = r.data
	}
	data, err := change(was)
	if err != nil {
		return err
	}
	return m.put(hash, data, idle, absolute)
}

func (m *MemorySessions) put(hash, data []byte, idle, absolute time.Duration) error {
	if m.records == nil {
		m.records = map[string]*memoryRecord{}
	}
	dead := m.Now().Add(absolute)
	if old := m.records[string(hash)]; old != nil {
		if !m.lives(old) {
			return fs.ErrNotExist
		}
		dead = old.deadAt
	}
	m.records[string(hash)] = &memoryRecord{data: data, idle: idle, idleAt: m.Now().Add(idle), deadAt: dead}
	return nil
}

// ReplaceSession implements SessionStore.
func (m *MemorySessions) ReplaceSession(_ context.Context, old, new []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[string(old)]
	if !m.lives(r) {
		return fs.ErrNotExist
	}
	data, err := change(r.data)
	if err != nil {
		return err
	}
	r.data = nil
	return m.put(new, data, idle, absolute)
}

// DeleteSession implements SessionStore.
func (m *MemorySessions) DeleteSession(_ context.Context, hash []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.records[string(hash)]; r != nil {
		r.data = nil
	}
	return nil
}
