package store

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// The formats of WriteAudit.
const (
	AuditJSON = "json" // an array of objects
	AuditCSV  = "csv"  // RFC 4180 with a line of names
)

// auditNames are the columns of an export, in the order of their values. Those
// of the chain come last.
var auditNames = []string{"time", "actor", "actor_tenant", "actor_id", "role", "action", "object", "tenant", "result", "detail",
	"ip", "session", "request_id", "home", "seq", "prev", "hash"}

// chainNames is how many of them tell of the chain, which goes through the
// rows of all tenants.
const chainNames = 4

// values are a row's for export, in the order of auditNames; the hashes in
// hexadecimal.
func (r AuditRow) values() []string {
	return []string{r.At.Format("2006-01-02T15:04:05.000Z"), r.Actor, string(r.ActorTenant), string(r.ActorID), r.Role,
		r.Action, r.Object, string(r.Tenant), r.Result, r.Detail, r.IP, r.Session, r.RequestID,
		string(r.Home), strconv.FormatInt(r.Seq, 10), hex.EncodeToString(r.Prev), hex.EncodeToString(r.Hash)}
}

// WriteAudit writes rows in a format and says how many. With whole they come
// with their numbers and hashes, which is for somebody who may read the rows
// of all tenants.
func WriteAudit(w io.Writer, format string, whole bool, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	columns := len(auditNames)
	if !whole {
		columns -= chainNames
	}
	switch format {
	case AuditJSON:
		return writeAuditJSON(w, columns, rows)
	case AuditCSV:
		return writeAuditCSV(w, columns, rows)
	}
	return 0, fmt.Errorf("store: the audit log is exported as %s or %s, not as %q", AuditJSON, AuditCSV, format)
}

func writeAuditCSV(w io.Writer, columns int, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write(auditNames[:columns]); err != nil {
		return 0, err
	}
	for r, err := range rows {
		if err != nil {
			return n, err
		}
		cells := r.values()[:columns]
		for i := range cells {
			cells[i] = noFormula(cells[i])
		}
		if err := out.Write(cells); err != nil {
			return n, err
		}
		n++
	}
	out.Flush()
	return n, out.Error()
}

// noFormula keeps a spreadsheet from taking a text for a formula.
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func writeAuditJSON(w io.Writer, columns int, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	if _, err := io.WriteString(w, "["); err != nil {
		return 0, err
	}
	for r, err := range rows {
		if err != nil {
			return n, err
		}
		object, err := r.object(columns)
		if err != nil {
			return n, err
		}
		if n > 0 {
			object = "," + object
		}
		if _, err := io.WriteString(w, "\n"+object); err != nil {
			return n, err
		}
		n++
	}
	_, err = io.WriteString(w, "\n]\n")
	return n, err
}

// object is the row as a JSON object with its names in order; the number and
// the detail are what they are, the rest is text.
func (r AuditRow) object(columns int) (string, error) {
	members := make([]string, columns)
	for i, value := range r.values()[:columns] {
		switch auditNames[i] {
		case "seq", "detail":
			if !json.Valid([]byte(value)) { // somebody edited it
				value = "null"
			}
		default:
			text, err := json.Marshal(value)
			if err != nil {
				return "", err
			}
			value = string(text)
		}
		members[i] = `"` + auditNames[i] + `":` + value
	}
	return "{" + strings.Join(members, ",") + "}", nil
}
