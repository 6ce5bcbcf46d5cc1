package store

import (
	"strings"
	"testing"
)

func TestSignedTextIsKnownAgain(t *testing.T) {
	key := NewKey()
	s, again, other := &Store{seal: newKeyring(key)}, &Store{seal: newKeyring(key)}, &Store{seal: newKeyring(NewKey())}
	for _, text := range []string{"abc", "", "a.b.c", "ü ."} {
		signed := s.Sign("link", text)
		if got, ok := again.Signed("link", signed); !ok || got != text {
			t.Errorf("%q came back as %q, %v", text, got, ok)
		}
		if _, ok := other.Signed("link", signed); ok {
			t.Errorf("%q holds under another key", text)
		}
		if _, ok := s.Signed("other use", signed); ok {
			t.Errorf("%q holds for another purpose", text)
		}
	}
}

func TestForgedTextIsNot(t *testing.T) {
	s := &Store{seal: newKeyring(NewKey())}
	signed := s.Sign("link", "abc")
	mac := strings.TrimPrefix(signed, "abc.")
	for _, forged := range []string{"", ".", "abc", "abc.", "abd." + mac, "abc." + mac[:len(mac)-1], "abc." + mac + "A", "abc." + mac + "=", "abc.." + mac, "." + mac, strings.ToUpper(signed)} {
		if text, ok := s.Signed("link", forged); ok {
			t.Errorf("%q is taken for %q", forged, text)
		}
	}
}
