package entra

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Sensitive holds a value that must not be shown by accident: a client
// secret, a token, a code verifier. It prints as "[redacted]" through fmt,
// slog, JSON, text and templates. Only Reveal gives it up, so a search for
// "Reveal()" lists every place where a secret is touched. Two of them are
// never compared with ==; compare what they reveal, in constant time.
type Sensitive struct {
	// value is behind a pointer because fmt calls no methods on unexported
	// fields: of a Sensitive in one, it prints an address and not the value.
	value *string
}

// NewSensitive wraps value.
func NewSensitive(value string) Sensitive { return Sensitive{&value} }

// Reveal returns the value itself; empty for the zero Sensitive.
func (s Sensitive) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no value.
func (s Sensitive) IsZero() bool { return s.Reveal() == "" }

// Hint returns the first three characters, which is what Microsoft Graph
// keeps readable of a secret (passwordCredential.hint).
func (s Sensitive) Hint() string {
	value := s.Reveal()
	if len(value) < 3 {
		return ""
	}
	return value[:3]
}

// String implements fmt.Stringer without giving the value away.
func (s Sensitive) String() string { return redacted }

// Format covers every fmt verb, %x and %#v included.
func (s Sensitive) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText implements encoding.TextMarshaler, and with it JSON.
func (s Sensitive) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (s Sensitive) LogValue() slog.Value { return slog.StringValue(redacted) }
