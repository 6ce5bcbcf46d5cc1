package remind

import (
	"errors"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestAMailArrivesByEveryKindOfConnection(t *testing.T) {
	for security, s := range map[string]*sink{StartTLS: newSink(t, false, true), DirectTLS: newSink(t, true, false), PlainSMTP: newSink(t, false, false)} {
		if err := s.mail(security).Send(t.Context(), aNotice(), "team@contoso.example", "the-key", noon); err != nil {
			t.Errorf("%s: %v", security, err)
			continue
		}
		got := s.got()
		if len(got) != 1 {
			t.Errorf("%s: %d mails", security, len(got))
			continue
		}
		for _, want := range []string{"Subject: shop: the client secret ends in 12 days", "To: <team@contoso.example>", "From: <consentry@contoso.example>",
			"Message-ID: <the-key@contoso.example>", "Auto-Submitted: auto-generated", "environments/e1/rotate"} {
			if !strings.Contains(got[0], want) {
				t.Errorf("%s: it lacks %q: %s", security, want, got[0])
			}
		}
		if security == StartTLS && !s.heard("STARTTLS") {
			t.Error("STARTTLS was not used")
		}
	}
}

func TestAMailServerWithoutTheAskedForSecurityIsNotGivenAnything(t *testing.T) {
	plain := newSink(t, false, false)
	if err := plain.mail(StartTLS).Send(t.Context(), aNotice(), "team@contoso.example", "k", noon); err == nil {
		t.Error("a server without STARTTLS was used")
	}
	o := newSink(t, false, true).options(StartTLS)
	o.TLS = nil
	m, err := NewMail(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), aNotice(), "team@contoso.example", "k", noon); err == nil {
		t.Error("a certificate that nobody vouches for was taken")
	}
	if plain.heard("MAIL") || len(plain.got()) != 0 {
		t.Error("something was sent")
	}
}

func TestTheMailServersPasswordIsSentOverTLSAndShownNowhere(t *testing.T) {
	s := newSink(t, false, true)
	o := s.options(StartTLS)
	o.User, o.Password = "mailer", entra.NewSensitive("password-canary")
	m, err := NewMail(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), aNotice(), "team@contoso.example", "k", noon); err != nil {
		t.Fatal(err)
	}
	if !s.heard("AUTH PLAIN") {
		t.Error("nobody signed in")
	}
	s.instead("AUTH", "535 password-canary is wrong")
	err = m.Send(t.Context(), aNotice(), "team@contoso.example", "k", noon)
	if err == nil || errors.Is(err, errUnsure) {
		t.Errorf("a refused sign-in: %v", err)
	}
	if strings.Contains(strings.ReplaceAll(err.Error(), "password-canary is wrong", ""), "canary") {
		t.Errorf("the error holds the password: %v", err)
	}
}

// What the server refused, or what broke before it had everything, was not
// delivered; what broke after that may have been.
func TestWhatIsKnownOfAMailThatFailed(t *testing.T) {
	tests := []struct {
		name, at, answer string
		unsure           bool
	}{
		{"the recipient is refused", "RCPT", "550 nobody of that name", false},
		{"the sender is refused", "MAIL", "553 not you", false},
		{"hung up before the mail", "DATA", "drop", false},
		{"the whole mail is refused", ".", "554 looks like spam", false},
		{"put off", ".", "451 later", false},
		{"hung up after the mail", ".", "drop", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink(t, false, false)
			s.instead(tt.at, tt.answer)
			err := s.mail(PlainSMTP).Send(t.Context(), aNotice(), "team@contoso.example", "k", noon)
			if err == nil || errors.Is(err, errUnsure) != tt.unsure {
				t.Errorf("unsure %v: %v", errors.Is(err, errUnsure), err)
			}
		})
	}
	s := newSink(t, false, false)
	s.instead("RSET", "drop")
	s.instead("QUIT", "drop")
	if err := s.mail(PlainSMTP).Send(t.Context(), aNotice(), "team@contoso.example", "k", noon); err != nil || len(s.got()) != 1 {
		t.Errorf("taken, then hung up: %v, %d mails", err, len(s.got()))
	}
	s.listener.Close()
	if err := s.mail(PlainSMTP).Send(t.Context(), aNotice(), "team@contoso.example", "k", noon); err == nil || errors.Is(err, errUnsure) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestMailSettingsThatCannotBeAreRefused(t *testing.T) {
	good := MailOptions{Server: "smtp.example.com:587", Security: StartTLS, From: "a@example.com"}
	if _, err := NewMail(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*MailOptions){
		"no port":                        func(o *MailOptions) { o.Server = "smtp.example.com" },
		"no host":                        func(o *MailOptions) { o.Server = ":587" },
		"a port in words":                func(o *MailOptions) { o.Server = "smtp.example.com:smtp" },
		"no encryption to another host":  func(o *MailOptions) { o.Security = PlainSMTP },
		"an unknown security":            func(o *MailOptions) { o.Security = "ssl" },
		"a user without a password":      func(o *MailOptions) { o.User = "me" },
		"a password without a user":      func(o *MailOptions) { o.Password = entra.NewSensitive("canary") },
		"a sender that is no address":    func(o *MailOptions) { o.From = "Consentry" },
		"a sender with another's header": func(o *MailOptions) { o.From = "a@example.com\r\nBcc: b@example.com" },
	} {
		o := good
		change(&o)
		if _, err := NewMail(o); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsAMailAddress(t *testing.T) {
	for _, typed := range []string{"a@example.com", " team+x@contoso.onmicrosoft.com ", "o'neil@example.com"} {
		if got, err := Address(typed); err != nil || got != strings.TrimSpace(typed) {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "a", "a@b", "A <a@example.com>", "a@example.com, b@example.com", "a@example.com\nBcc: x@example.com", "a b@example.com",
		strings.Repeat("a", 250) + "@example.com", "<a@example.com>"} {
		if got, err := Address(typed); err == nil {
			t.Errorf("%q counts as %q", typed, got)
		}
	}
}
