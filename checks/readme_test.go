package checks

import (
	"os"
	"strings"
	"testing"
)

// The table of checks stands in the README between these lines.
const (
	tableBegins = "<!-- checks: generated, see checks.Table -->\n"
	tableEnds   = "<!-- end of checks -->"
)

func TestReadmeShowsAllChecks(t *testing.T) {
	const file = "../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("the README has no place for the table: put the lines %q and %q there", tableBegins, tableEnds)
	}
	want := Table(All)
	if *update {
		if err := os.WriteFile(file, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Error("the table of checks in the README is not that of the code: go test ./checks -run Readme -update")
	}
}
