package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

func TestTokensSurviveSealing(t *testing.T) {
	want := oauth.Tokens{
		Access: entra.NewSensitive("a"), Refresh: entra.NewSensitive("r"), ID: entra.NewSensitive("i"),
		TokenType: "Bearer", Scopes: []string{workScope}, Lifetime: time.Hour, Expires: began,
	}
	got, err := oauth.OpenTokens(want.Seal())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if printed := fmt.Sprintf("%+v", oauth.Tokens{Access: entra.NewSensitive("canary")}); strings.Contains(printed, "canary") {
		t.Error("tokens print themselves")
	}
}

func TestOpenTokensDoesNotQuoteWhatItCannotRead(t *testing.T) {
	_, err := oauth.OpenTokens([]byte(`{"access": 7canary}`))
	if err == nil || strings.Contains(err.Error(), "7") {
		t.Errorf("error %v", err)
	}
}

func TestClaims(t *testing.T) {
	jwt := func(payload string) entra.Sensitive {
		return entra.NewSensitive("e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln")
	}
	got, err := oauth.Claims(jwt(`{"aud":"x","exp":1795262400,"scp":"a b"}`))
	if err != nil || got["aud"] != "x" || got["exp"] != json.Number("1795262400") {
		t.Errorf("claims %v, %v", got, err)
	}
	for name, token := range map[string]entra.Sensitive{
		"nothing":         {},
		"opaque":          entra.NewSensitive("EwBwA8l6BAAU"),
		"two parts":       entra.NewSensitive("a.b"),
		"not base64":      entra.NewSensitive("a.!!.c"),
		"not an object":   jwt(`"canary"`),
		"null":            jwt(`null`),
		"not JSON at all": jwt(`canary`),
	} {
		claims, err := oauth.Claims(token)
		if err == nil {
			t.Errorf("%s: decoded to %v", name, claims)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes the token: %v", name, err)
		}
	}
}
