package sandbox

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSealedValuesOpenAsWhatTheyAreOnly(t *testing.T) {
	s := newLoginState(time.Now)
	sealed := refreshToken{ClientID: "c", Account: account{"t", "u"}, TenantID: "t", Wanted: asked{resource: "r", names: []string{"n"}, short: true}, OIDC: []string{"openid"}, Issued: time.Now().UTC().Truncate(time.Millisecond)}
	value, err := s.seal(sealedRefresh, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.refreshToken(value); got == nil || got.Account != sealed.Account || got.Wanted.resource != "r" || !got.Wanted.short || !got.Issued.Equal(sealed.Issued) {
		t.Errorf("opened as %+v", got)
	}
	if s.code(value) != nil {
		t.Error("a refresh token is taken for a code")
	}
	if newLoginState(time.Now).refreshToken(value) != nil {
		t.Error("another sandbox opens it")
	}
	if strings.Contains(value, "openid") {
		t.Error("it can be read")
	}
	for i := range len(value) {
		changed := []byte(value)
		if changed[i] ^= 1; s.refreshToken(string(changed)) != nil && i < len(value)-1 { // the last letter has bits to spare
			t.Fatalf("opens with letter %d changed", i)
		}
	}
	if s.refreshToken(value[:len(value)-4]) != nil || s.refreshToken("") != nil || s.refreshToken(sealedPrefix) != nil {
		t.Error("a part of it opens")
	}
}

func TestOpenSignInsAreForgottenBeyondANumber(t *testing.T) {
	now := time.Now()
	s := newLoginState(time.Now)
	for i := range mostOpen + 3 {
		s.browsers[strconv.Itoa(i)] = &browser{seen: now.Add(time.Duration(i) * time.Millisecond)}
	}
	s.sweep(now)
	if len(s.browsers) != mostOpen || s.browsers["2"] != nil || s.browsers["3"] == nil {
		t.Errorf("%d sessions are remembered, the oldest of them: %v", len(s.browsers), s.browsers["2"])
	}
}
