package explain

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// A labelled is one real report with its answer.
type labelled struct {
	ID           string   `json:"id"`
	Paste        string   `json:"paste"`
	RootCause    string   `json:"root_cause"`
	AlsoAccept   []string `json:"also_accept"`
	Diagnosable  string   `json:"diagnosable_from_paste"`
	Codes        []string `json:"codes"`
	WhoFixes     string   `json:"who_fixes"`
	Format       string   `json:"format"`
	PasteQuality string   `json:"paste_quality"`
}

// rank is the place of the first accepted cause, 0 when there is none.
func (l labelled) rank(r Result) int {
	for i, c := range r.Causes {
		if c.ID == l.RootCause || slices.Contains(l.AlsoAccept, c.ID) {
			return i + 1
		}
	}
	return 0
}

func readCorpus(t *testing.T, path string) []labelled {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skip("the collected reports are not beside this repository")
	}
	defer f.Close()
	var all []labelled
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, MaxPaste*2)
	for lines.Scan() {
		var l labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("%s: %d reports, %v", path, len(all), lines.Err())
	}
	return all
}

// score counts, of the reports that can be diagnosed as told, those with the
// right answer first and among the first three.
func score(all []labelled, diagnosable string, miss func(labelled, Result)) (first, three, n int) {
	for _, l := range all {
		if l.Diagnosable != diagnosable {
			continue
		}
		n++
		r := Explain(l.Paste)
		rank := l.rank(r)
		if rank == 1 {
			first++
		} else if miss != nil {
			miss(l, r)
		}
		if rank >= 1 && rank <= 3 {
			three++
		}
	}
	return first, three, n
}

func answers(r Result) string {
	var out []string
	for _, c := range r.Causes[:min(3, len(r.Causes))] {
		out = append(out, c.ID)
	}
	return strings.Join(out, ", ")
}

// Collected reports that a person could diagnose from the paste alone must
// be answered rightly: 95 of 100 at once, 98 among the first three.
func TestCollectedReportsAreDiagnosed(t *testing.T) {
	all := readCorpus(t, "../../shared/cases/examples.jsonl")
	first, three, n := score(all, "yes", func(l labelled, r Result) {
		t.Logf("%s: %s, not %s", l.ID, answers(r), l.RootCause)
	})
	t.Logf("%d of %d first, %d among three", first, n, three)
	if first*100 < n*95 || three*100 < n*98 {
		t.Errorf("%d of %d right at once, %d among the first three", first, n, three)
	}
	first, three, n = score(all, "partly", nil)
	t.Logf("of those that the paste alone only partly tells, %d of %d first, %d among three", first, n, three)
}

// TestMeasureCorpus measures against reports named by EXPLAIN_CORPUS; with
// EXPLAIN_MISSES set it prints what was missed.
func TestMeasureCorpus(t *testing.T) {
	path := os.Getenv("EXPLAIN_CORPUS")
	if path == "" {
		t.Skip("EXPLAIN_CORPUS names no file of labelled reports")
	}
	all := readCorpus(t, path)
	for _, d := range []string{"yes", "partly", "no"} {
		var miss func(labelled, Result)
		if os.Getenv("EXPLAIN_MISSES") != "" {
			miss = func(l labelled, r Result) {
				t.Logf("%s [%s]: %s, not %s %v\n\t%.300q", l.ID, d, answers(r), l.RootCause, l.AlsoAccept, l.Paste)
			}
		}
		missed := map[string]int{}
		first, three, n := score(all, d, func(l labelled, r Result) {
			missed[l.RootCause]++
			if miss != nil {
				miss(l, r)
			}
		})
		t.Logf("%s: missed %v", d, missed)
		t.Logf("%s: %d of %d first (%.1f %%), %d among three (%.1f %%)", d, first, n, 100*float64(first)/float64(max(n, 1)), three, 100*float64(three)/float64(max(n, 1)))
	}
}
