package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// newGUID returns a random version 4 GUID in lower case.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isGUID reports whether s is a GUID in its 8-4-4-4-12 form.
func isGUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil
}

// grantID is the id of the one grant that a client can have on a resource for
// a principal: like Entra's, an opaque string made of their ids, so that
// granting again what was revoked gives the same id.
func grantID(clientID, resourceID string, principal *string) string {
	key := clientID + resourceID
	if principal != nil {
		key += *principal
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(key, "-", ""))
	if err != nil {
		raw = []byte(key)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
