package store

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
)

func oneRow(r AuditRow) iter.Seq2[AuditRow, error] {
	return func(yield func(AuditRow, error) bool) { yield(r, nil) }
}

var exported = AuditRow{Seq: 7, At: time.Date(2026, 3, 1, 9, 30, 0, 5e6, time.UTC), ActorTenant: "t", ActorID: "o", Actor: `=HYPERLINK("x")`, Role: "admin",
	Action: "sign-in", Object: "+1", Tenant: "-2", Result: "done", Detail: `{"name":"a,\"b"}`, IP: "@x", Session: "\tx", RequestID: "r\n1", Home: "'", Prev: []byte{1}, Hash: []byte{0xab}}

func TestCSVCellsAreNoFormulas(t *testing.T) {
	var out strings.Builder
	if n, err := WriteAudit(&out, AuditCSV, true, oneRow(exported)); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	want := [][]string{auditNames, {"2026-03-01T09:30:00.005Z", `'=HYPERLINK("x")`, "t", "o", "admin", "sign-in", "'+1", "'-2", "done", `{"name":"a,\"b"}`, "'@x", "'\tx", "r\n1", "'", "7", "01", "ab"}}
	if err != nil || len(lines) != 2 || !slices.Equal(lines[0], want[0]) || !slices.Equal(lines[1], want[1]) {
		t.Errorf("%v\ngot  %q\nwant %q", err, lines, want)
	}
}

func TestJSONIsAnArrayOfObjects(t *testing.T) {
	for name, c := range map[string]struct {
		rows iter.Seq2[AuditRow, error]
		want int
	}{
		"none": {func(func(AuditRow, error) bool) {}, 0},
		"one":  {oneRow(exported), 1},
		"two": {func(yield func(AuditRow, error) bool) {
			if yield(exported, nil) {
				yield(AuditRow{Detail: "edited"}, nil)
			}
		}, 2},
	} {
		var out strings.Builder
		n, err := WriteAudit(&out, AuditJSON, true, c.rows)
		var got []map[string]any
		if jerr := json.Unmarshal([]byte(out.String()), &got); jerr != nil || err != nil || n != c.want || len(got) != c.want {
			t.Fatalf("%s: %v, %v: %s", name, jerr, err, out.String())
		}
		if c.want > 0 {
			detail, _ := got[0]["detail"].(map[string]any)
			if got[0]["actor"] != exported.Actor || got[0]["seq"] != 7.0 || detail["name"] != `a,"b` || got[0]["hash"] != "ab" {
				t.Errorf("%s: %v", name, got[0])
			}
		}
	}
}

func TestAnExportEndsWithTheErrorThatEndedTheRows(t *testing.T) {
	lost := errors.New("the connection was lost")
	for _, format := range []string{AuditJSON, AuditCSV} {
		_, err := WriteAudit(&strings.Builder{}, format, true, func(yield func(AuditRow, error) bool) {
			if yield(exported, nil) {
				yield(AuditRow{}, lost)
			}
		})
		if !errors.Is(err, lost) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := WriteAudit(&strings.Builder{}, "xml", true, oneRow(exported)); err == nil {
		t.Error("exported as xml")
	}
}

// Whatever a cell holds, it comes back as it was, but for the mark, and no
// spreadsheet computes it.
func FuzzCSVCell(f *testing.F) {
	for _, seed := range []string{"", "=1", "+1", "-1", "@x", "\t=1", "\r=1", "a\"b,c\nd", "'=1", "=\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		row := exported
		row.Object = cell
		var out strings.Builder
		if _, err := WriteAudit(&out, AuditCSV, true, oneRow(row)); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(lines) != 2 || len(lines[1]) != len(auditNames) {
			t.Fatalf("%v: %q", err, out.String())
		}
		got := lines[1][6]
		if got != "" && strings.ContainsRune("=+-@\t\r\n", rune(got[0])) {
			t.Errorf("%q is a formula", got)
		}
		same := strings.ReplaceAll(cell, "\r\n", "\n") // which the reader makes of it
		if strings.TrimPrefix(got, "'") != strings.TrimPrefix(same, "'") {
			t.Errorf("%q became %q", cell, got)
		}
	})
}

// Numbers and hashes go through the rows of all tenants.
func TestAnExportForATenantHasNoNumbers(t *testing.T) {
	for _, format := range []string{AuditJSON, AuditCSV} {
		var out strings.Builder
		if n, err := WriteAudit(&out, format, false, oneRow(exported)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		for _, name := range []string{"seq", "home", "prev", "hash"} {
			if strings.Contains(out.String(), name) {
				t.Errorf("%s has %s: %s", format, name, out.String())
			}
		}
	}
}
