package graph

import (
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

func FuzzRefusal(f *testing.F) {
	f.Add(409, "7", []byte(`{"error":{"code":"Request_MultipleObjectsWithSameKeyValue","message":"m","details":[{"code":"ObjectConflict"}],"innerError":{"request-id":"r"}}}`))
	f.Add(503, "Fri, 31 Dec 1999 23:59:59 GMT", []byte(`{"error":{"code":"Directory_ConcurrencyViolation"}}`))
	f.Add(429, "a", []byte(`{"error":[]}`))
	f.Add(500, "", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, wait string, body []byte) {
		a := answer{outbound.Answer{Status: status, Header: http.Header{"Retry-After": {wait}}, Body: body, ClientRequestID: "ours", Sent: true}}
		e := refusal(&exchange{answer: a, received: epoch})
		if e.Status != status || e.RequestID == "" || utf8.RuneCountInString(e.Message) > maxMessage+1 || e.RetryAfter < 0 {
			t.Errorf("%+v", e)
		}
		if entra.OutcomeUnknown(e) != (status >= 500 || status == 408) {
			t.Errorf("status %d: the outcome is told wrong", status)
		}
		contended(a)
	})
}
