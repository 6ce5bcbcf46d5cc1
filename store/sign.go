package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Sign adds a seal to text, so that it can be known again as ours after it
// went through other hands. Nothing is kept: it holds for as long as the key
// is given, be it as an old one. The text stays readable. A purpose keeps what was signed for one use from
// being taken for another.
func (s *Store) Sign(purpose, text string) string {
	return text + "." + base64.RawURLEncoding.EncodeToString(s.seal.sealers[0].mac(purpose, text))
}

// Signed gives the text back if Sign made it for this purpose.
func (s *Store) Signed(purpose, signed string) (text string, ok bool) {
	at := strings.LastIndexByte(signed, '.')
	if at < 0 {
		return "", false
	}
	text = signed[:at]
	given, err := base64.RawURLEncoding.Strict().DecodeString(signed[at+1:])
	for _, key := range s.seal.sealers {
		if err == nil && hmac.Equal(given, key.mac(purpose, text)) {
			return text, true
		}
	}
	return "", false
}

func (s *sealer) mac(purpose, text string) []byte {
	h := hmac.New(sha256.New, s.signing)
	h.Write(s.binding(place{table: "signed", column: purpose}, text, ""))
	return h.Sum(nil)
}
