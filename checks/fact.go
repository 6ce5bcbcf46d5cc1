package checks

import (
	"encoding/json"
	"fmt"
)

// A Fact is something learned, or why it could not be.
type Fact[T any] struct {
	value T
	state factState
	gap   Gap
	// From is the request it came from: "GET /applications(appId='…')".
	From string
}

type factState int

const (
	pending factState = iota // nobody has asked yet
	known
	unknown
)

// A Gap is why a fact is not known.
type Gap struct {
	Why   string `json:"unknown"`         // one sentence: "Nobody is signed in to the directory."
	Would string `json:"would,omitempty"` // what would make it known: "Sign in with …"
	// NotGiven: nobody gave what it takes to ask, or no service tells it.
	NotGiven bool `json:"notGiven,omitempty"`
}

// Known is a fact with the request that showed it.
func Known[T any](value T, from string) Fact[T] {
	return Fact[T]{value: value, state: known, From: from}
}

// NotKnown is a fact that could not be had.
func NotKnown[T any](why, would string) Fact[T] {
	return Fact[T]{state: unknown, gap: Gap{Why: why, Would: would}}
}

// Get returns the value. It panics on a fact that is not known: a check may
// read only what it declares, and is not asked before that is known.
func (f Fact[T]) Get() T {
	if f.state != known {
		panic(fmt.Sprintf("a fact of type %T was read that is not known", f.value))
	}
	return f.value
}

// Known reports whether the value can be read.
func (f Fact[T]) Known() bool { return f.state == known }

// Or returns the value, or another where it is not known.
func (f Fact[T]) Or(other T) T {
	if f.state != known {
		return other
	}
	return f.value
}

func (f *Fact[T]) settled() bool { return f.state != pending }

func (f *Fact[T]) missing() *Gap {
	if f.state == known {
		return nil
	}
	return &f.gap
}

func (f *Fact[T]) forget(g Gap) { *f = Fact[T]{state: unknown, gap: g} }

func (f *Fact[T]) renew() { *f = Fact[T]{} }

func (f *Fact[T]) source() string { return f.From }

// MarshalJSON writes {"value":…,"from":…} or {"unknown":…,"would":…}; a fact
// nobody asked for is null.
func (f Fact[T]) MarshalJSON() ([]byte, error) {
	switch f.state {
	case known:
		return json.Marshal(struct {
			Value T      `json:"value"`
			From  string `json:"from,omitempty"`
		}{f.value, f.From})
	case unknown:
		return json.Marshal(f.gap)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fact[T]) UnmarshalJSON(data []byte) error {
	*f = Fact[T]{}
	if string(data) == "null" {
		return nil
	}
	var read struct {
		Value json.RawMessage `json:"value"`
		From  string          `json:"from"`
		Gap
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	if read.Value == nil {
		f.state, f.gap = unknown, read.Gap
		return nil
	}
	f.state, f.From = known, read.From
	return json.Unmarshal(read.Value, &f.value)
}
