package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An AuditFault is the first row of the audit log that is not as it was
// written.
type AuditFault struct {
	Seq    int64
	Reason string // a sentence's end
}

// Error implements error.
func (f *AuditFault) Error() string {
	return fmt.Sprintf("row %d of the audit log %s", f.Seq, f.Reason)
}

// An AuditSummary is what a whole audit log comes to.
type AuditSummary struct {
	Rows        int64
	First, Last time.Time // of the first and the last row; zero without rows
	// Heads is how many signed heads were compared.
	Heads int
}

// VerifyAudit reads the whole log, of all tenants, and checks each row's hash,
// the order of the rows, that none is missing, and that the rows which signed
// heads name are the ones they were. The error is an *AuditFault where the log
// is not what it was; of several faults it is the first row's.
//
// Rows cut off at the end show only against the head that is kept in the
// database, and where that was set back too, against a signed head that was
// logged elsewhere.
func (s *Store) VerifyAudit(ctx context.Context, heads ...string) (AuditSummary, error) {
	signed, err := s.signedHeads(heads)
	if err != nil {
		return AuditSummary{}, err
	}
	last, hash, err := s.auditHead(ctx)
	if err != nil {
		return AuditSummary{}, err
	}
	v := verifier{signed: signed, last: last, hash: make([]byte, sha256.Size)}
	s.auditBatches(ctx, where{}, last, func(r AuditRow, rerr error) bool {
		if err = rerr; err == nil {
			err = v.next(r)
		}
		return err == nil
	})
	if err == nil {
		err = v.end(hash)
	}
	return AuditSummary{Rows: v.seq, First: v.first, Last: v.at, Heads: len(heads)}, err
}

// verifier walks the chain.
type verifier struct {
	seq       int64
	hash      []byte
	first, at time.Time
	last      int64               // number of the last row by the head
	signed    map[int64]auditHead // by number
}

func (v *verifier) next(r AuditRow) error {
	switch {
	case r.Seq != v.seq+1:
		return &AuditFault{v.seq + 1, fmt.Sprintf("is missing: after row %d comes row %d", v.seq, r.Seq)}
	case !bytes.Equal(r.Prev, v.hash):
		return &AuditFault{r.Seq, fmt.Sprintf("does not follow from row %d: one of the two was changed or moved", v.seq)}
	case !bytes.Equal(r.Hash, r.sum()):
		return &AuditFault{r.Seq, "was changed: its hash does not cover what it says"}
	}
	if h, ok := v.signed[r.Seq]; ok && h.hash != hex.EncodeToString(r.Hash) {
		return &AuditFault{r.Seq, fmt.Sprintf("is not the one that the head signed at %s names: it or one before it was rewritten", h.at)}
	}
	if v.first.IsZero() {
		v.first = r.At
	}
	v.seq, v.hash, v.at = r.Seq, r.Hash, r.At
	return nil
}

// end checks that nothing was cut off.
func (v *verifier) end(hash []byte) error {
	if v.seq < v.last {
		return &AuditFault{v.seq + 1, fmt.Sprintf("is missing: the log ends with row %d and had %d", v.seq, v.last)}
	}
	if !bytes.Equal(hash, v.hash) {
		return &AuditFault{v.seq, "is not the one that was written last"}
	}
	for seq, h := range v.signed {
		if seq > v.seq {
			return &AuditFault{v.seq + 1, fmt.Sprintf("is missing: the log ends with row %d and had %d when its head was signed at %s", v.seq, seq, h.at)}
		}
	}
	return nil
}

// auditHead is what a signed head says: a row, its hash, and when that was the
// newest one.
type auditHead struct {
	seq      int64
	hash, at string
}

// headPurpose keeps a signed head from being anything else.
const headPurpose = "audit head"

// signedHead finds heads in a text such as a log.
var signedHead = regexp.MustCompile(`audit-head/\d{1,19}/[0-9a-f]{64}/[0-9TZ:.-]{20,30}\.[A-Za-z0-9_-]{43}`)

// SignedHead is the newest row's number and hash and the time, signed with the
// console's key, on one line. Logged elsewhere from time to time it shows
// later that no row was rewritten or cut off up to then, not even by somebody
// who can write to the database. It is empty as long as the log is.
func (s *Store) SignedHead(ctx context.Context) (string, error) {
	seq, hash, err := s.auditHead(ctx)
	if err != nil || seq == 0 {
		return "", err
	}
	return s.Sign(headPurpose, fmt.Sprintf("audit-head/%d/%x/%s", seq, hash, s.now().Format("2006-01-02T15:04:05.000Z"))), nil
}

// SignedHeads finds the heads that SignedHead made in a text, such as a log.
func SignedHeads(text string) []string { return signedHead.FindAllString(text, -1) }

// signedHeads reads heads, by number.
func (s *Store) signedHeads(heads []string) (map[int64]auditHead, error) {
	out := make(map[int64]auditHead, len(heads))
	for _, head := range heads {
		text, ok := s.Signed(headPurpose, head)
		if !ok {
			return nil, fmt.Errorf("store: the signature of the head %q is not of this console's key: give the key that signed it as well, after the one in use", head)
		}
		parts := strings.Split(text, "/")
		if len(parts) != 4 {
			return nil, errors.New("store: a signed head has four parts")
		}
		seq, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: signed head: %w", err)
		}
		if other, ok := out[seq]; ok && other.hash != parts[2] {
			return nil, fmt.Errorf("store: %w", &AuditFault{seq, fmt.Sprintf("had one hash when its head was signed at %s and another at %s", other.at, parts[3])})
		}
		out[seq] = auditHead{seq, parts[2], parts[3]}
	}
	return out, nil
}
