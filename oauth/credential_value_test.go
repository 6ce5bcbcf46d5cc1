package oauth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// TestAValueProvesTheAppAsWhatItIs: what is kept or pasted goes where a client
// secret goes, and shows by its form what it is.
func TestAValueProvesTheAppAsWhatItIs(t *testing.T) {
	r := aRegistration(t)
	r.federate("console")
	c, id := r.client(nil), entra.ClientID(r.console.ClientID)
	for kind, value := range map[entra.CredentialKind]string{
		entra.ClientSecretKind: r.console.ClientSecret,
		entra.CertificateKind:  r.certificate(time.Now().AddDate(0, 6, 0)),
		entra.FederatedKind:    r.workloadToken("console") + "\n",
	} {
		v := entra.NewSensitive(value)
		if got := oauth.KindOf(v); got != kind {
			t.Errorf("%s is taken for %s", kind, got)
		}
		tokens, err := c.ClientCredentials(t.Context(), r.tenant.ID, id, v, "https://graph.microsoft.com/.default")
		if err != nil || tokens.Access.IsZero() {
			t.Errorf("%s: %v", kind, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", oauth.Value(v), oauth.Value(v), oauth.Value(v)); strings.Contains(text, strings.TrimSpace(value)) || strings.Contains(text, "PRIVATE") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestAClientAssertionMadeElsewhereProvesTheApp(t *testing.T) {
	r := aRegistration(t)
	pair := oauth.Value(entra.NewSensitive(r.certificate(time.Now().AddDate(0, 6, 0))))
	c, id := r.client(nil), entra.ClientID(r.console.ClientID)
	form, err := pair.Proof(id, c.Cloud.Login+"/"+r.tenant.ID+"/oauth2/v2.0/token", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	assertion := entra.NewSensitive(form.Get("client_assertion"))
	if _, err := c.ClientCredentials(t.Context(), r.tenant.ID, id, assertion, "https://graph.microsoft.com/.default"); err != nil {
		t.Error(err)
	}
}

func TestAKeyThatCannotBeReadIsNotSent(t *testing.T) {
	c := &oauth.Client{Cloud: entra.Cloud{Login: "https://login.invalid"}}
	_, err := c.ClientCredentials(t.Context(), "contoso.com", "11111111-1111-1111-1111-111111111111", entra.NewSensitive("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"), "x")
	var unsent *entra.NoAnswerError
	if !errors.As(err, &unsent) || unsent.Sent || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func TestASecretWithDotsIsNoToken(t *testing.T) {
	for _, s := range []string{"ey8Q~a.b.c-_~0123456789012345678901234567", "abc.def.ghi", ""} {
		if got := oauth.KindOf(entra.NewSensitive(s)); got != entra.ClientSecretKind {
			t.Errorf("%q is taken for %s", s, got)
		}
	}
}
