package graph

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func TestRefusalsAreTold(t *testing.T) {
	long := strings.Repeat("ü", maxMessage+1)
	tests := []struct {
		name, body string
		want       entra.ServiceError
	}{
		{"complete", `{"error":{"code":"Request_MultipleObjectsWithSameKeyValue","message":"already in use","details":[{"code":"ObjectConflict","message":"m","target":"None"},{"code":"second"}],"innerError":{"date":"2026-11-21T12:00:00","request-id":"inner"}}}`,
			entra.ServiceError{Code: "Request_MultipleObjectsWithSameKeyValue", Message: "already in use", Detail: "ObjectConflict"}},
		{"no message", `{"error":{"code":"c"}}`, entra.ServiceError{Code: "c", Message: "Conflict"}},
		{"message is an object", `{"error":{"code":"c","message":{"lang":"en","value":"v"}}}`, entra.ServiceError{Code: "c", Message: "Conflict"}},
		{"code is a number", `{"error":{"code":5,"message":"m"}}`, entra.ServiceError{Message: "m"}},
		{"details is a string", `{"error":{"code":"c","message":"m","details":"none"}}`, entra.ServiceError{Code: "c", Message: "m"}},
		{"innerError is null", `{"error":{"code":"c","message":"m","innerError":null}}`, entra.ServiceError{Code: "c", Message: "m"}},
		{"error is a string", `{"error":"invalid_request"}`, entra.ServiceError{Message: "Conflict"}},
		{"empty object", `{}`, entra.ServiceError{Message: "Conflict"}},
		{"an array", `[1]`, entra.ServiceError{Message: "Conflict"}},
		{"cut off", `{"error":{"code":"c","mess`, entra.ServiceError{Message: "Conflict"}},
		{"HTML", `<html>Bad Gateway</html>`, entra.ServiceError{Message: "Conflict"}},
		{"nothing", ``, entra.ServiceError{Message: "Conflict"}},
		{"a text without end", `{"error":{"code":"c","message":"` + long + `"}}`, entra.ServiceError{Code: "c", Message: long[:2*maxMessage] + "…"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newWire(t, always(http.StatusConflict, tt.body))
			_, err := c.Do(t.Context(), changes[0].change)
			tt.want.Service, tt.want.Status, tt.want.RequestID = "Microsoft Graph", 409, "graph-request-id"
			if got := serviceError(t, err); *got != tt.want {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

func TestRequestIDOfARefusalWithoutTheHeader(t *testing.T) {
	w, c := newWire(t, inTurn(
		func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(400)
			rw.Write([]byte(`{"error":{"code":"c","message":"m","innerError":{"request-id":"inner"}}}`))
		},
		func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(400) },
	))
	if got := serviceError(t, read(t, c)).RequestID; got != "inner" {
		t.Errorf("RequestID = %q, want the body's", got)
	}
	got := serviceError(t, read(t, c)).RequestID
	if got == "" || got != w.got[1].header.Get("client-request-id") {
		t.Errorf("RequestID = %q, want what we called the request", got)
	}
}

// broken are successes that are none: each must be told as no answer.
func broken() map[string]http.HandlerFunc {
	gzipped := func(n int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(`{"value":[],"x":"`))
		z.Write(bytes.Repeat([]byte("a"), n))
		z.Write([]byte(`"}`))
		z.Close()
		return b.Bytes()
	}
	return map[string]http.HandlerFunc{
		"a page instead of JSON": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			rw.Write([]byte(`{"id":"looks like JSON"}`))
		},
		"no content type": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header()["Content-Type"] = nil
			rw.Write([]byte(`{}`))
		},
		"empty":               always(200, ""),
		"empty object":        always(200, "{}"),
		"null":                always(200, "null"),
		"an array":            always(200, "[]"),
		"a string":            always(200, `"x"`),
		"numbers for strings": always(200, `{"id":1,"appId":2,"displayName":3,"value":4,"keyId":5,"secretText":6}`),
		"nulls in the list":   always(200, `{"value":[null]}`),
		"objects for lists":   always(200, `{"id":{},"appId":"y","value":{"a":1},"tags":{},"passwordCredentials":7}`),
		"GUIDs that are none": always(200, `{"id":"x","appId":"y","passwordCredentials":[{"keyId":"no guid"}],"keyId":"no guid","appOwnerOrganizationId":"no guid","value":[{"keyId":"no"}],"consentType":7}`),
		"204 for a creation":  func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(204) },
		"5 MiB":               always(200, `{"value":[],"x":"`+strings.Repeat("a", 5<<20)+`"}`),
		"a gzip bomb": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Write(gzipped(64 << 20))
		},
		"fewer bytes than promised": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Length", strconv.Itoa(len(createdApplication)+1))
			rw.Write([]byte(createdApplication))
		},
	}
}

func TestSuccessThatCannotBeReadIsNoAnswer(t *testing.T) {
	creations := []entra.Change{
		changes[0].change,
		entra.AddSecret{App: appID, Secret: entra.NewSecret{Name: "n", End: secretEnd}},
		entra.CreateServicePrincipal{ClientID: clientID},
		entra.CreateGrant{Client: appID, Resource: clientID, Type: entra.AllPrincipals},
	}
	for name, answer := range broken() {
		for _, ch := range creations {
			if name == "GUIDs that are none" {
				if _, ok := ch.(entra.CreateGrant); ok {
					continue // a grant has no GUID of its own
				}
			}
			t.Run(name+" for "+ch.Request().Path, func(t *testing.T) {
				w, c := newWire(t, answer)
				_, err := c.Do(t.Context(), ch)
				if err == nil {
					t.Fatal("no error")
				}
				if lost := noAnswer(t, err); !lost.Sent || !entra.OutcomeUnknown(err) {
					t.Errorf("%v: the change may have been made, but the error denies it", err)
				}
				w.expect("POST /v1.0" + ch.Request().Path)
			})
		}
	}
}

func TestReadsThatCannotBeReadFail(t *testing.T) {
	for name, answer := range broken() {
		t.Run(name, func(t *testing.T) {
			_, c := newWire(t, answer)
			if found, err := c.ApplicationsByTag(t.Context(), "t"); err == nil {
				t.Errorf("ApplicationsByTag = %v without error: a missing list must not read as an empty one", found)
			}
			if found, err := c.ServicePrincipals(t.Context(), clientID); err == nil {
				t.Errorf("ServicePrincipals = %v without error", found)
			}
			if found, _, err := c.GrantsOf(t.Context(), clientID); err == nil {
				t.Errorf("GrantsOf = %v without error", found)
			}
			if found, err := c.Tenant(t.Context()); err == nil {
				t.Errorf("Tenant = %v without error", found)
			}
		})
	}
}

func TestAnswerCutAnywhere(t *testing.T) {
	for n := 0; n < len(createdApplication)-1; n += 97 {
		_, c := newWire(t, always(201, createdApplication[:n]))
		_, err := c.Do(t.Context(), changes[0].change)
		if err == nil || !noAnswer(t, err).Sent {
			t.Errorf("cut after %d bytes: error %v", n, err)
		}
	}
}

func TestRequestsThatNeverLeave(t *testing.T) {
	w, _ := newWire(t, always(200, emptyList))
	closed := httptestClosed()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	cred := TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive("token"), epoch.Add(time.Hour), nil
	})
	distrusting, err := New(entra.Cloud{Graph: w.server.URL}, cred, Options{HTTP: &http.Client{Transport: &http.Transport{}}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		ctx    context.Context
		client *Client
	}{
		{"nobody listens", t.Context(), w.client(closed, cred)},
		{"the certificate is not trusted", t.Context(), distrusting},
		{"given up before", canceled, w.client(w.server.URL, cred)},
	}
	for _, tt := range tests {
		_, err := tt.client.Do(tt.ctx, changes[0].change)
		if lost := noAnswer(t, err); lost.Sent || entra.OutcomeUnknown(err) {
			t.Errorf("%s: %v; want to be told that nothing was sent", tt.name, err)
		}
		if strings.Contains(err.Error(), "token") && strings.Contains(err.Error(), "Bearer") {
			t.Errorf("%s: the error shows the token", tt.name)
		}
	}
	w.expect()
}

func TestErrorsDoNotRepeatWhatWasTyped(t *testing.T) {
	_, c := newWire(t, drop)
	_, err := c.SearchApplications(t.Context(), "Erika Mustermann")
	if err == nil || strings.Contains(err.Error(), "Mustermann") {
		t.Errorf("error %v; want one without the search text", err)
	}
}
