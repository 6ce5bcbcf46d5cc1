package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// newGUID returns a random version 4 GUID in lower case.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return formatGUID(b)
}

// stableID is a GUID that follows from its parts: the same in every sandbox,
// so that scripts and bookmarks survive a restart.
func stableID(parts ...string) string {
	sum := digest(parts)
	// Which variant a GUID is of was once taken from a letter; bookmarks keep.
	sum[8] = "0123456789abcdef"[sum[8]>>4]&3<<4 | sum[8]&0x0f
	return formatGUID([16]byte(sum[:16]))
}

// formatGUID writes 16 bytes as a version 4 GUID.
func formatGUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:36], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

func hexDigest(parts ...string) string {
	sum := digest(parts)
	return hex.EncodeToString(sum[:])
}

func digest(parts []string) [sha256.Size]byte {
	return sha256.Sum256([]byte("consentry sandbox\x00" + strings.Join(parts, "\x00")))
}
