package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"time"
)

// An AuditFilter picks rows of the audit log; its zero value picks all that
// the caller may read.
type AuditFilter struct {
	Action string // exactly
	Actor  string // part of the name, in any case, or the object ID exactly
	// From is the first moment, To the first one that is not picked any more.
	From, To time.Time
}

// auditBatch is how many rows are read at once where all are wanted: nobody
// who reads slowly holds the database up.
const auditBatch = 500

// auditList names the list for its cursors.
const auditList = "audit log"

// AuditPage lists up to most picked rows, newest first, of those the caller
// may read. cursor is what the page before gave as next; the first page has
// none, and the last gives none. ErrCursor: it was not given to this caller.
// It holds a row's hash rather than its number, which counts through the rows
// of all tenants.
func (s *Store) AuditPage(ctx context.Context, f AuditFilter, cursor string, most int) (rows []AuditRow, next string, err error) {
	w := f.where(ctx)
	if cursor != "" {
		last, err := s.hashIn(ctx, cursor)
		if err != nil {
			return nil, "", fmt.Errorf("store: audit log: %w", err)
		}
		w.add("seq < (SELECT seq FROM audit WHERE hash = $%d)", last)
	}
	most = min(max(most, 1), MaxPage)
	rows, err = all(ctx, s.read, scanAudit, `SELECT `+auditColumns+` FROM audit`+w.clause()+fmt.Sprintf(` ORDER BY seq DESC LIMIT %d`, most+1), w.args...)
	if err != nil {
		return nil, "", fmt.Errorf("store: audit log: %w", err)
	}
	if len(rows) <= most {
		return rows, "", nil
	}
	rows = rows[:most]
	next, err = s.cursor(ctx, auditList, []any{hex.EncodeToString(rows[most-1].Hash)})
	return rows, next, err
}

// hashIn is the hash of the row that a page ended with.
func (s *Store) hashIn(ctx context.Context, cursor string) ([]byte, error) {
	key, err := s.placeIn(ctx, auditList, cursor, 1)
	if err != nil {
		return nil, err
	}
	text, _ := key[0].(string)
	hash, err := hex.DecodeString(text)
	if err != nil {
		return nil, ErrCursor
	}
	return hash, nil
}

// AuditLog reads every picked row that the caller may read, oldest first. It
// ends with the row that was the newest when it was asked.
func (s *Store) AuditLog(ctx context.Context, f AuditFilter) iter.Seq2[AuditRow, error] {
	return func(yield func(AuditRow, error) bool) {
		last, _, err := s.auditHead(ctx)
		if err != nil {
			yield(AuditRow{}, err)
			return
		}
		s.auditBatches(ctx, f.where(ctx), last, yield)
	}
}

// auditBatches gives the rows up to last, oldest first.
func (s *Store) auditBatches(ctx context.Context, w where, last int64, yield func(AuditRow, error) bool) {
	w.add("seq <= $%d", last)
	for after := int64(0); ; {
		next := w.with("seq > $%d", after)
		rows, err := all(ctx, s.read, scanAudit, `SELECT `+auditColumns+` FROM audit`+next.clause()+fmt.Sprintf(` ORDER BY seq LIMIT %d`, auditBatch), next.args...)
		if err != nil {
			yield(AuditRow{}, fmt.Errorf("store: audit log: %w", err))
			return
		}
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
			after = r.Seq
		}
		if len(rows) < auditBatch {
			return
		}
	}
}

func (s *Store) auditHead(ctx context.Context) (seq int64, hash []byte, err error) {
	if err := s.read.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head`).Scan(&seq, &hash); err != nil {
		return 0, nil, fmt.Errorf("store: head of the audit log: %w", notFound(err))
	}
	return seq, hash, nil
}

// where is what picks the filter's rows among those the caller may read.
func (f AuditFilter) where(ctx context.Context) where {
	var w where
	if tenant, everything := scope(ctx); !everything {
		w.add("home = $%d AND home <> ''", tenant)
	}
	if f.Action != "" {
		w.add("action = $%d", f.Action)
	}
	if f.Actor != "" {
		w.add(`(LOWER(actor) LIKE $%d ESCAPE '\' OR actor_id = $%d)`, "%"+escapeLike.Replace(strings.ToLower(f.Actor))+"%", f.Actor)
	}
	if !f.From.IsZero() {
		w.add("at >= $%d", millis(f.From))
	}
	if !f.To.IsZero() {
		w.add("at < $%d", millis(f.To))
	}
	return w
}

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// where is a list of conditions that all must hold, with their arguments.
type where struct {
	conditions []string
	args       []any
}

// add adds a condition; each %d in it becomes the number of an argument.
func (w *where) add(condition string, args ...any) {
	numbers := make([]any, len(args))
	for i := range args {
		numbers[i] = len(w.args) + i + 1
	}
	w.conditions, w.args = append(w.conditions, fmt.Sprintf(condition, numbers...)), append(w.args, args...)
}

// with is w and one condition more.
func (w where) with(condition string, args ...any) where {
	more := where{w.conditions[:len(w.conditions):len(w.conditions)], w.args[:len(w.args):len(w.args)]}
	more.add(condition, args...)
	return more
}

func (w where) clause() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}
