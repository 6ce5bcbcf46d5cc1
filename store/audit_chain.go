package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
)

// auditFormat leads the bytes that are hashed. It changes with what follows
// it: the row's number and time, 8 bytes each with the highest first, then the
// hash of the row before and the row's texts in the order of hashed, each
// after its length in 4 bytes. The hash is SHA-256. Anybody who can read the
// table can compute it again without this program.
const auditFormat = "consentry audit 1\n"

// hashed are a row's texts in the order in which they are hashed.
func (r AuditRow) hashed() []string {
	return []string{string(r.Prev), string(r.ActorTenant), string(r.ActorID), r.Actor, r.Session, r.Role, r.Action, r.Object,
		string(r.Tenant), string(r.Home), r.Result, r.RequestID, r.IP, r.Detail}
}

// sum is what the row's hash must be.
func (r AuditRow) sum() []byte {
	out := []byte(auditFormat)
	out = binary.BigEndian.AppendUint64(out, uint64(r.Seq))
	out = binary.BigEndian.AppendUint64(out, uint64(millis(r.At)))
	for _, part := range r.hashed() {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	sum := sha256.Sum256(out)
	return sum[:]
}

const auditColumns = `seq, at, actor_tenant, actor_id, actor, session, role, action, object, tenant, home, result, request_id, ip, detail, prev, hash`

func scanAudit(row scanner) (AuditRow, error) {
	var r AuditRow
	err := row.Scan(&r.Seq, instant{&r.At}, &r.ActorTenant, &r.ActorID, &r.Actor, &r.Session, &r.Role, &r.Action, &r.Object,
		&r.Tenant, &r.Home, &r.Result, &r.RequestID, &r.IP, &r.Detail, &r.Prev, &r.Hash)
	return r, err
}

// chain puts the row behind the newest one. Counting up the head locks it for
// this transaction, in databases with several writers too.
func chain(ctx context.Context, tx *sql.Tx, r AuditRow) error {
	err := tx.QueryRowContext(ctx, `UPDATE audit_head SET seq = seq + 1 RETURNING seq, hash`).Scan(&r.Seq, &r.Prev)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the head of the audit log is missing")
	}
	if err != nil {
		return err
	}
	r.Hash = r.sum()
	_, err = tx.ExecContext(ctx, `INSERT INTO audit (`+auditColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		r.Seq, millis(r.At), r.ActorTenant, r.ActorID, r.Actor, r.Session, r.Role, r.Action, r.Object,
		r.Tenant, r.Home, r.Result, r.RequestID, r.IP, r.Detail, r.Prev, r.Hash)
	if err != nil {
		return err
	}
	n, err := touched(ctx, tx, `UPDATE audit_head SET hash = $1 WHERE seq = $2`, r.Hash, r.Seq)
	if err == nil && n != 1 {
		return fmt.Errorf("the head of the audit log has %d rows", n)
	}
	return err
}
