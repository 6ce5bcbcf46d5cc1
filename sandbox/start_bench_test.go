package sandbox

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// BenchmarkStart measures what a person waits longer for a sandbox whose
// largest tenant has 10,000 registrations more, each with a service principal,
// against marshalling those registrations once, which is what a single look at
// all of them costs. Both take turns, and the medians' ratio must stay below
// the target; milliseconds are shown only.
func BenchmarkStart(b *testing.B) {
	const apps, target = 10_000, 1.5
	started := func(n int) float64 {
		began := time.Now()
		s, err := Start(b.Context(), Options{Apps: n})
		took := time.Since(began)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		return took.Seconds()
	}
	large, err := newWorld(Options{Apps: apps}.withDefaults())
	if err != nil {
		b.Fatal(err)
	}
	t := large.tenantOf("contoso.sandbox.invalid")
	all := ordered(t.appOrder, t.apps)
	var without, with, marshalling []float64
	for b.Loop() {
		for range 11 {
			without, with = append(without, started(0)), append(with, started(apps))
			began := time.Now()
			if _, err := json.Marshal(all); err != nil {
				b.Fatal(err)
			}
			marshalling = append(marshalling, time.Since(began).Seconds())
		}
	}
	longer := median(with) - median(without)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(without)*1000, "ms-without")
	b.ReportMetric(longer*1000, "ms-longer")
	withinTarget(b, longer/median(marshalling), target, "of-marshalling", "10,000 registrations make the start longer by %.2f times what marshalling them takes, target at most %.2f times")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// withinTarget reports a ratio with its target, and fails when it is missed.
func withinTarget(b *testing.B, ratio, target float64, unit, missed string) {
	b.Helper()
	b.ReportMetric(ratio, unit)
	b.ReportMetric(target, "target")
	if ratio > target {
		b.Errorf(missed, ratio, target)
	}
}
