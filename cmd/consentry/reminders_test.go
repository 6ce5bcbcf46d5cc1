package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/remind"
)

func secretFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhichReminderSettingsCanBeUsed(t *testing.T) {
	good := secretFile(t, "0123456789abcdef-canary\n", 0o600)
	tests := []struct {
		name  string
		flags RemindFlags
		wrong string // flags, sorted
		ways  int
	}{
		{"none", RemindFlags{}, "", 0},
		{"a webhook", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: good}, "", 1},
		{"a mail server", RemindFlags{SMTP: "smtp.example.com:587", SMTPFrom: "a@example.com", RemindTo: "ops@example.com"}, "", 1},
		{"both, with a password", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: good,
			SMTP: "smtp.example.com:465", SMTPSecurity: "tls", SMTPUser: "me", SMTPPasswordFile: good, SMTPFrom: "a@example.com"}, "", 2},
		{"a webhook without a secret", RemindFlags{WebhookURL: "https://hooks.example.com/x"}, "webhook-secret-file", 0},
		{"a webhook over http", RemindFlags{WebhookURL: "http://hooks.example.com/x", WebhookSecretFile: good}, "webhook-url", 0},
		{"a secret without a webhook", RemindFlags{WebhookSecretFile: good}, "webhook-url", 0},
		{"a secret that everybody reads", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: secretFile(t, "0123456789abcdef", 0o644)}, "webhook-secret-file", 0},
		{"an empty secret", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: secretFile(t, "\n", 0o600)}, "webhook-secret-file", 0},
		{"a secret that is too short", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: secretFile(t, "canary", 0o600)}, "webhook-secret-file", 0},
		{"nothing of a webhook is right", RemindFlags{WebhookURL: "ftp://hooks.example.com/x"}, "webhook-secret-file webhook-url", 0},
		{"nothing of a mail server is right", RemindFlags{SMTP: "smtp", SMTPFrom: "a", RemindTo: "b", SMTPPasswordFile: "/nowhere/canary"}, "remind-to smtp-from smtp-password-file", 0},
		{"a missing file", RemindFlags{WebhookURL: "https://hooks.example.com/x", WebhookSecretFile: "/nowhere/canary"}, "webhook-secret-file", 0},
		{"an address without a mail server", RemindFlags{RemindTo: "ops@example.com"}, "smtp", 0},
		{"no sender", RemindFlags{SMTP: "smtp.example.com:587"}, "smtp-from", 0},
		{"no address to tell", RemindFlags{SMTP: "smtp.example.com:587", SMTPFrom: "a@example.com", RemindTo: "ops"}, "remind-to", 1},
		{"mail in the clear", RemindFlags{SMTP: "smtp.example.com:25", SMTPSecurity: "none", SMTPFrom: "a@example.com"}, "smtp", 0},
		{"a user without a password", RemindFlags{SMTP: "smtp.example.com:587", SMTPUser: "me", SMTPFrom: "a@example.com"}, "smtp", 0},
	}
	for _, tt := range tests {
		var s remind.Settings
		problems := tt.flags.problems(&s)
		if got := strings.Join(slices.Sorted(maps.Keys(problems)), " "); got != tt.wrong {
			t.Errorf("%s: %q, want %q (%v)", tt.name, got, tt.wrong, problems)
		}
		ways := 0
		for _, on := range []bool{s.Webhook != nil, s.Mail != nil} {
			if on {
				ways++
			}
		}
		if ways != tt.ways {
			t.Errorf("%s: %d ways, want %d", tt.name, ways, tt.ways)
		}
		_, err := tt.flags.reminders()
		if (err == nil) != (tt.wrong == "") || err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
