package outbound_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/consentry/consentry/outbound"
)

func TestCheckJSON(t *testing.T) {
	for body, ok := range map[string]bool{
		`{}`: true, `[]`: true, `null`: true, `"x"`: true, ` {"a":{"a":[{"a":1},{"a":2}]},"b":1e99} `: true,
		`{"a":1,"b":2,"A":3}`: true, // other letters, another name
		"":                    false, `{`: false, `{"a"`: false, `{"a":`: false, `[1,`: false, `{"a":1}}`: false,
		`{} {}`: false, `{"a":1,"a":1}`: false, `{"a":1,"\u0061":2}`: false, `[{"x":{"a":1,"b":2,"a":3}}]`: false,
		"{\"a\":\"\xff\"}": false, `{'a':1}`: false, `<html>`: false, `{"a":01}`: false, `{"a":1,}`: false,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): true,
		strings.Repeat("[", 102) + strings.Repeat("]", 102): false,
		strings.Repeat("[", 1<<20):                          false,
	} {
		err := outbound.CheckJSON([]byte(body))
		if (err == nil) != ok {
			t.Errorf("%.40q: %v, want it to be taken: %v", body, err, ok)
		}
	}
}

func TestItsErrorsQuoteNothing(t *testing.T) {
	for _, body := range []string{`{"canary":1,"canary":2}`, `{"a":canary}`, `canary`, `{"a":"canary`} {
		if err := outbound.CheckJSON([]byte(body)); err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "'c'") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":null}]}`, `{"a":1,"a":2}`, `[[[]]]`, `"\ud800"`, `{"a":1}x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if outbound.CheckJSON(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Errorf("%q is no JSON and was taken", data)
		}
	})
}
