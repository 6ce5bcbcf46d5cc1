package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// A place is a column that holds ciphertext. Each has a key of its own,
// derived from the one key.
type place struct {
	table, column string
	// row and tenant are the columns whose values the ciphertext is bound to;
	// tenant is empty where the table has none.
	row, tenant string
}

// The columns that hold ciphertext.
var (
	secretValue    = place{"secrets", "value", "id", "owner_tenant"}
	sessionData    = place{"sessions", "data", "id_hash", ""}
	operatorTokens = place{"operators", "tokens", "id", "tenant"}
	trialFlow      = place{"trials", "flow", "id", "flow_tenant"}
	runDocument    = place{"runs", "document", "id", "tenant"}
	// keyCheck is one value for each key and goes with it.
	keyCheck = place{"encryption_keys", "check_value", "id", ""}
)

// places are those that another key takes over.
var places = []place{secretValue, sessionData, operatorTokens, trialFlow, runDocument}

// A ciphertext is: format (1 byte), key id (4), nonce (12), sealed text and
// tag. The key id makes it possible to accept an older key beside a newer one.
const (
	sealFormat   = 1
	keyIDSize    = 4
	headerLength = 1 + keyIDSize
)

// sealer encrypts and opens column values with AES-256-GCM and one key.
type sealer struct {
	header  []byte // format and key id
	aeads   map[place]cipher.AEAD
	signing []byte // key of Sign
}

func newSealer(k Key) *sealer {
	s := &sealer{
		header:  append([]byte{sealFormat}, derive(k, "key id", keyIDSize)...),
		aeads:   make(map[place]cipher.AEAD, len(places)+1),
		signing: derive(k, "signing", keySize),
	}
	for _, p := range append(places[:len(places):len(places)], keyCheck) {
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
