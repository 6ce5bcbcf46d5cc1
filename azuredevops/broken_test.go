package azuredevops_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestAListCutAnywhereIsNone(t *testing.T) {
	whole := `{"count":2,"value":[{"id":"1","name":"` + strings.Repeat("n", 300) + `","state":"wellFormed"},{"id":"2","name":"Mobile"}]}`
	n := 0
	_, client := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, whole[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	for ; n < len(whole); n += 97 {
		_, err := client.Projects(t.Context(), "contoso", theToken)
		var lost *entra.NoAnswerError
		if !errors.As(err, &lost) || !lost.Sent || !entra.IsGUID(lost.RequestID) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
}

func TestAListThatIsNoListIsNone(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a name twice": reply(200, `{"count":0,"value":[],"value":[{"id":"1"}]}`),
		"two lists":    reply(200, `{"count":0,"value":[]}{"count":0,"value":[]}`),
		"a text":       reply(200, "OK", "Content-Type", "text/plain"),
		"nothing":      reply(200, ""),
	} {
		_, client := start(t, answer)
		_, err := client.Projects(t.Context(), "contoso", theToken)
		var lost *entra.NoAnswerError
		if !errors.As(err, &lost) || lost.RequestID == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
