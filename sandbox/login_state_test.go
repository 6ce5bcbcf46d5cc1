package sandbox

import (
	"testing"
	"time"
)

func TestWhatHasExpiredIsForgotten(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	l.token("organizations", redeem(a, code)).ok()
	l.device("organizations", azureCLI, "openid").ok()
	l.visitor().open(l.authorizeURL("organizations", a)).shows("Sign in")
	s := l.w.login
	s.sweep(l.clock)
	if len(s.redeemed) != 1 || len(s.devices) != 1 || len(s.interactions) != 1 || len(s.browsers) != 2 || len(s.repeats) != 1 {
		t.Errorf("what is valid stays: %d %d %d %d %d", len(s.redeemed), len(s.devices), len(s.interactions), len(s.browsers), len(s.repeats))
	}
	s.sweep(l.clock.Add(refreshLifetime + 25*time.Hour))
	if len(s.redeemed)+len(s.devices)+len(s.interactions)+len(s.browsers)+len(s.repeats) != 0 {
		t.Error("something stays for ever")
	}
}
