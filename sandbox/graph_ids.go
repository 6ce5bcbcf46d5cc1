package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

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
