package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
)

// rekeyBatch is how many values are encrypted anew in one transaction.
const rekeyBatch = 100

// Rekeyed is what Rekey did.
type Rekeyed struct {
	Values int // how many were encrypted anew
	// Retired are the ids of the keys that nothing is left under: their files
	// are not needed any more.
	Retired []string
	// Unreadable are the values that no key opens, as table/row. As long as
	// there are any, no key is retired.
	Unreadable []string
	// Left are the values that are under another key than the first all the
	// same, besides those: somebody else goes on writing with it. That key is
	// not retired.
	Left int
}

// Rekey encrypts everything anew that is encrypted with an old key, batch by
// batch, and then forgets the old keys. It may be stopped at any time and
// called again; others may read and write meanwhile, as long as all of them
// encrypt with the new key. After each batch progress hears how many values
// were done.
func (s *Store) Rekey(ctx context.Context, progress func(done int)) (Rekeyed, error) {
	var r Rekeyed
	detail := map[string]string{"new-key": s.seal.sealers[0].keyID()}
	if err := s.Audit(ctx, AuditEvent{Action: "key-rotated", Result: AuditIntent, Detail: detail}); err != nil {
		return r, err
	}
	for _, p := range places {
		if err := s.rekeyColumn(ctx, p, &r, progress); err != nil {
			return r, fmt.Errorf("store: rekey: %s.%s: %w", p.table, p.column, err)
		}
	}
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if r.Retired, r.Left, err = s.retireKeys(ctx, tx); err != nil {
			return err
		}
		r.Left = max(0, r.Left-len(r.Unreadable))
		detail["count"], detail["old-key"] = strconv.Itoa(r.Values), fmt.Sprint(r.Retired)
		e := AuditEvent{Action: "key-rotated", Result: AuditDone, Detail: detail}
		if len(r.Unreadable) > 0 || r.Left > 0 {
			e.Result = AuditFailed
		}
		return s.audit(ctx, tx, e)
	})
	if err != nil {
		return r, fmt.Errorf("store: rekey: %w", err)
	}
	return r, nil
}

func (s *Store) rekeyColumn(ctx context.Context, p place, r *Rekeyed, progress func(done int)) error {
	for skip := 0; ; {
		var done int
		var bad []string
		err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
			done, bad, err = s.rekeySome(ctx, tx, p, skip)
			return err
		})
		if err != nil {
			return err
		}
		skip, r.Values, r.Unreadable = skip+len(bad), r.Values+done, append(r.Unreadable, bad...)
		if done+len(bad) == 0 {
			return nil
		}
		progress(r.Values)
	}
}

// rekeySome takes one batch, after those that do not open. One that somebody
// else changes meanwhile is left: it has the new key then.
func (s *Store) rekeySome(ctx context.Context, tx *sql.Tx, p place, skip int) (done int, bad []string, err error) {
	values, err := all(ctx, tx, scanSealed, `SELECT `+p.columns()+` FROM `+p.table+` WHERE `+p.underOther()+
		fmt.Sprintf(` ORDER BY %s LIMIT %d OFFSET %d`, p.row, rekeyBatch, skip), s.seal.sealers[0].header)
	if err != nil {
		return 0, nil, err
	}
	for _, v := range values {
		plain, err := s.seal.open(p, v.name(), v.tenant, v.sealed)
		if err != nil {
			bad = append(bad, p.table+"/"+v.name())
			continue
		}
		n, err := touched(ctx, tx, `UPDATE `+p.table+` SET `+p.column+` = $1 WHERE `+p.row+` = $2 AND `+p.column+` = $3`,
			s.seal.seal(p, v.name(), v.tenant, plain), v.row, v.sealed)
		if err != nil {
			return 0, nil, err
		}
		done += int(n)
	}
	return done, bad, nil
}

// columns are what scanSealed reads.
func (p place) columns() string {
	tenant := p.tenant
	if tenant == "" {
		tenant = "''"
	}
	return p.row + ", " + tenant + ", " + p.column
}

// underOther picks the values that do not begin with the header in $1.
func (p place) underOther() string {
	return fmt.Sprintf(`%s IS NOT NULL AND SUBSTR(%s, 1, %d) <> $1`, p.column, p.column, headerLength)
}

// A sealedValue is a ciphertext with what it is bound to.
type sealedValue struct {
	row    any // text, or bytes
	tenant string
	sealed []byte
}

func scanSealed(row scanner) (v sealedValue, err error) {
	return v, row.Scan(&v.row, &v.tenant, &v.sealed)
}

// name is the row as ciphertexts are bound to it.
func (v sealedValue) name() string {
	if b, ok := v.row.([]byte); ok {
		return hex.EncodeToString(b)
	}
	return fmt.Sprint(v.row)
}

// retireKeys forgets the keys that nothing is left under, but the one that
// encrypts, and says how much is left under the others.
func (s *Store) retireKeys(ctx context.Context, tx *sql.Tx) (retired []string, left int, err error) {
	proofs, err := keyProofs(ctx, tx)
	if err != nil {
		return nil, 0, err
	}
	for _, proof := range proofs {
		if bytes.HasPrefix(proof.sealed, s.seal.sealers[0].header) {
			continue
		}
		n, err := valuesUnder(ctx, tx, proof.sealed[:headerLength])
		if err != nil {
			return retired, left, err
		}
		if n > 0 {
			left += n
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM encryption_keys WHERE id = $1`, proof.id); err != nil {
			return retired, left, err
		}
		retired = append(retired, proof.id)
	}
	return retired, left, nil
}

// valuesUnder counts what is encrypted with the key of a header.
func valuesUnder(ctx context.Context, q querier, header []byte) (sum int, err error) {
	for _, p := range places {
		var n int
		err := q.QueryRowContext(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE SUBSTR(%s, 1, %d) = $1`, p.table, p.column, headerLength), header).Scan(&n)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// Unreadable opens everything that is encrypted and names what does not open,
// as table/row: a database restored with all of its keys has none.
func (s *Store) Unreadable(ctx context.Context) (bad []string, opened int, err error) {
	for _, p := range places {
		values, err := all(ctx, s.read, scanSealed, `SELECT `+p.columns()+` FROM `+p.table+` WHERE `+p.column+` IS NOT NULL ORDER BY `+p.row)
		if err != nil {
			return nil, 0, fmt.Errorf("store: %s.%s: %w", p.table, p.column, err)
		}
		for _, v := range values {
			if _, err := s.seal.open(p, v.name(), v.tenant, v.sealed); err != nil {
				bad = append(bad, p.table+"/"+v.name())
			}
		}
		opened += len(values)
	}
	return bad, opened - len(bad), nil
}
