package sandbox

import (
	"fmt"
	"testing"
)

// BenchmarkStart measures what a test or a person waits for a sandbox, alone
// and with a large tenant.
func BenchmarkStart(b *testing.B) {
	for _, apps := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("apps=%d", apps), func(b *testing.B) {
			for b.Loop() {
				s, err := Start(b.Context(), Options{Apps: apps})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
