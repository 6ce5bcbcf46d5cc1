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

// auditNames are the columns of an export, in the order of their values.
var auditNames = []string{"seq", "time", "actor", "actor_tenant", "actor_id", "role", "action", "object", "tenant", "result", "detail",
	"ip", "session", "request_id", "home", "prev", "hash"}

// values are a row's for export, in the order of auditNames; the hashes in
// hexadecimal.
func (r AuditRow) values() []string {
	return []string{strconv.FormatInt(r.Seq, 10), r.At.Format("2006-01-02T15:04:05.000Z"), r.Actor, string(r.ActorTenant), string(r.ActorID), r.Role,
		r.Action, r.Object, string(r.Tenant), r.Result, r.Detail, r.IP, r.Session, r.RequestID, string(r.Home), hex.EncodeToString(r.Prev), hex.EncodeToString(r.Hash)}
}

// WriteAudit writes rows in a format and says how many.
func WriteAudit(w io.Writer, format string, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	switch format {
	case AuditJSON:
		return writeAuditJSON(w, rows)
	case AuditCSV:
		return writeAuditCSV(w, rows)
	}
	return 0, fmt.Errorf("store: the audit log is exported as %s or %s, not as %q", AuditJSON, AuditCSV, format)
}

func writeAuditCSV(w io.Writer, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write(auditNames); err != nil {
		return 0, err
	}
	for r, err := range rows {
		if err != nil {
			return n, err
		}
		cells := r.values()
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

func writeAuditJSON(w io.Writer, rows iter.Seq2[AuditRow, error]) (n int, err error) {
	if _, err := io.WriteString(w, "["); err != nil {
		return 0, err
	}
	for r, err := range rows {
		if err != nil {
			return n, err
		}
		object, err := r.object()
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
func (r AuditRow) object() (string, error) {
	members := make([]string, len(auditNames))
	for i, value := range r.values() {
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
