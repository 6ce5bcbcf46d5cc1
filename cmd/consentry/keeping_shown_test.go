package main

import (
	"strings"
	"testing"
)

// A secret that was shown after the backup was made is in use by the time the
// backup is restored, which knows nothing of that: it is not taken away as one
// that nobody has.
func TestASecretThatWasShownAfterTheBackupStays(t *testing.T) {
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply")
	b.mustKeep(0, "Wrote", "backup", "--data", b.path("data"), "--out", b.path("backup.db"))
	b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
	b.mustKeep(0, "Restored", "restore", "--from", b.path("backup.db"), "--data", b.path("restored"), "--key-file", b.path("key"))
	if o := b.run("--plan", "--data", b.path("restored")); o.code != 0 || strings.Contains(o.stdout, "Remove") {
		t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	b.mustRun(0, "--apply", "--data", b.path("restored"))
	b.checkSecret(b.path("secret"), b.checkTenant())
}
