package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
)

// newGUID returns a random version 4 GUID in lower case.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// stableID is a GUID that follows from its parts: the same in every sandbox,
// so that scripts and bookmarks survive a restart.
func stableID(parts ...string) string {
	b := []byte(hexDigest(parts...)[:32])
	b[12], b[16] = '4', "89ab"[b[16]&3]
	return fmt.Sprintf("%s-%s-%s-%s-%s", b[:8], b[8:12], b[12:16], b[16:20], b[20:32])
}

func hexDigest(parts ...string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte("consentry sandbox\x00"+strings.Join(parts, "\x00"))))
}
