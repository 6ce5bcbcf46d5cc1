package store

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// A place is a column that holds ciphertext. Each has a key of its own,
// derived from the one key.
type place struct{ table, column string }

// The columns that hold ciphertext.
var (
	keyCheck       = place{"encryption_keys", "check_value"}
	secretValue    = place{"secrets", "value"}
	sessionData    = place{"sessions", "data"}
	operatorTokens = place{"operators", "tokens"}
	trialFlow      = place{"trials", "flow"}
	runDocument    = place{"runs", "document"}
)

var places = []place{keyCheck, secretValue, sessionData, operatorTokens, trialFlow, runDocument}

// A ciphertext is: format (1 byte), key id (4), nonce (12), sealed text and
// tag. The key id makes it possible to accept an older key beside a newer one.
const (
	sealFormat   = 1
	keyIDSize    = 4
	headerLength = 1 + keyIDSize
)

// sealer encrypts and opens column values with AES-256-GCM.
type sealer struct {
	header  []byte // format and key id
	aeads   map[place]cipher.AEAD
	signing []byte // key of Sign
}

func newSealer(k Key) *sealer {
	s := &sealer{
		header:  append([]byte{sealFormat}, derive(k, "key id", keyIDSize)...),
		aeads:   make(map[place]cipher.AEAD, len(places)),
		signing: derive(k, "signing", keySize),
	}
	for _, p := range places {
		s.aeads[p] = newAEAD(derive(k, "column "+p.table+"."+p.column, keySize))
	}
	return s
}

// derive never fails for the lengths used here: HKDF gives up to 8160 bytes.
func derive(k Key, purpose string, length int) []byte {
	out, err := hkdf.Key(sha256.New, k.bytes[:], nil, "consentry "+purpose, length)
	if err != nil {
		panic(err)
	}
	return out
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a wrong key length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for another block size than AES's
	}
	return aead
}

func (s *sealer) keyID() string { return hex.EncodeToString(s.header[1:]) }

// seal encrypts plain for one row; tenant is empty where the row has none.
func (s *sealer) seal(p place, row, tenant string, plain []byte) []byte {
	return s.aeads[p].Seal(bytes.Clone(s.header), nil, plain, s.binding(p, row, tenant))
}

// open gives the plain text back, or ErrUnreadable when the ciphertext was
// changed or belongs to another row, column, tenant or key.
func (s *sealer) open(p place, row, tenant string, sealed []byte) ([]byte, error) {
	if !bytes.HasPrefix(sealed, s.header) {
		return nil, fmt.Errorf("%s.%s: %w", p.table, p.column, ErrUnreadable)
	}
	plain, err := s.aeads[p].Open(nil, nil, sealed[headerLength:], s.binding(p, row, tenant))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", p.table, p.column, ErrUnreadable)
	}
	return plain, nil
}

// binding is the additional data: each part with its length, so that no two
// places give the same bytes.
func (s *sealer) binding(p place, row, tenant string) []byte {
	out := bytes.Clone(s.header)
	for _, part := range []string{p.table, p.column, row, tenant} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// checkText is what the check value of a key holds.
const checkText = "consentry key check"

// checkKey proves that the database was encrypted with this key, or, in a new
// database, leaves the proof for the next start.
func (s *Store) checkKey(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var known int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM encryption_keys`).Scan(&known); err != nil {
			return err
		}
		if known == 0 {
			return s.leaveCheck(ctx, tx)
		}
		return s.proveKey(ctx, tx)
	})
}

func (s *Store) leaveCheck(ctx context.Context, tx *sql.Tx) error {
	id := s.seal.keyID()
	_, err := tx.ExecContext(ctx, `INSERT INTO encryption_keys (id, check_value, created) VALUES ($1, $2, $3)`,
		id, s.seal.seal(keyCheck, id, "", []byte(checkText)), millis(s.now()))
	return err
}

func (s *Store) proveKey(ctx context.Context, tx *sql.Tx) error {
	id := s.seal.keyID()
	var sealed []byte
	err := tx.QueryRowContext(ctx, `SELECT check_value FROM encryption_keys WHERE id = $1`, id).Scan(&sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if plain, err := s.seal.open(keyCheck, id, "", sealed); err != nil || string(plain) != checkText {
		return fmt.Errorf("%w: use the key file that was in use when the database was made, or start with a new database", ErrWrongKey)
	}
	return nil
}
