package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

// cut sends the beginning of a longer answer and hangs up.
func cut(body string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestATokenAnswerCutAnywhereIsNone(t *testing.T) {
	l := startLogin(t)
	for n := 0; n < len(goodAnswer); n += 17 {
		for name, answer := range map[string]http.HandlerFunc{"broken off": cut(goodAnswer, n), "ended early": answer(200, "application/json", goodAnswer[:n])} {
			l.token = answer
			_, err := l.client().Redeem(t.Context(), aFlow(), theCode, theSecret)
			var lost *entra.NoAnswerError
			if !errors.As(err, &lost) || !lost.Sent || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s after %d bytes: %v", name, n, err)
			}
		}
	}
}

func TestATokenAnswerWithTwoMeaningsIsNone(t *testing.T) {
	l := startLogin(t)
	for _, body := range []string{
		strings.Replace(goodAnswer, `{`, `{"access_token":"another",`, 1),
		goodAnswer + goodAnswer,
	} {
		l.token = answer(200, "application/json", body)
		_, err := l.client().Redeem(t.Context(), aFlow(), theCode, theSecret)
		var lost *entra.NoAnswerError
		if !errors.As(err, &lost) || !lost.Sent || !entra.IsGUID(lost.RequestID) {
			t.Errorf("%v", err)
		}
	}
}
