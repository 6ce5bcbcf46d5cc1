package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/consentry/consentry/store"
)

// keep is a command about the bed's database, or another one's.
func (b *bed) keep(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1")
	return c
}

func (b *bed) mustKeep(code int, says string, args ...string) outcome {
	b.t.Helper()
	o := b.finish(b.keep(args...))
	if o.code != code || !strings.Contains(o.stdout+o.stderr, says) {
		b.t.Fatalf("%v: exit code %d, want %d and %q\n%s%s", args, o.code, code, says, o.stdout, o.stderr)
	}
	return o
}

// lived is a bed whose database has a setup behind it.
func lived(t *testing.T) (b *bed, data, key string) {
	t.Helper()
	b = newBed(t, "healthy")
	b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
	return b, b.path("data"), b.path("key")
}

func execute(t *testing.T, data, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+database(data))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func TestTheLogIsVerifiedWhileTheConsoleRunsAndWithoutTheKey(t *testing.T) {
	b, data, key := lived(t)
	s := b.serve()
	whole := b.mustKeep(0, "The audit log is whole: ", "audit", "verify", "--data", data)
	if !strings.Contains(whole.stdout, "no signed head") {
		t.Errorf("said %s", whole.stdout)
	}
	head := strings.TrimSpace(b.mustKeep(0, "audit-head/", "audit", "head", "--data", data, "--key-file", key).stdout)
	b.mustKeep(0, "It holds 1 signed head.", "audit", "verify", "--data", data, "--key-file", key, "--head", head)
	log := b.write("log", `{"msg":"x"}`+"\n"+`{"msg":"audit head","head":"`+head+`"}`+"\n")
	b.mustKeep(0, "It holds 2 signed heads.", "audit", "verify", "--data", data, "--key-file", key, "--head", head, "--head", log)
	s.stop()
}

// Whoever can write to the file can drop the triggers; the chain tells.
func TestTamperingIsNamedByTheRow(t *testing.T) {
	b, data, key := lived(t)
	head := strings.TrimSpace(b.mustKeep(0, "audit-head/", "audit", "head", "--data", data, "--key-file", key).stdout)
	execute(t, data, `DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; CREATE TABLE saved AS SELECT * FROM audit; CREATE TABLE saved_head AS SELECT * FROM audit_head`)
	for name, c := range map[string]struct{ change, says string }{
		"edit":     {`UPDATE audit SET actor = 'somebody else' WHERE seq = 2`, "row 2 of the audit log was changed"},
		"delete":   {`DELETE FROM audit WHERE seq = 2`, "row 2 of the audit log is missing"},
		"swap":     {`UPDATE audit SET seq = -1 WHERE seq = 1; UPDATE audit SET seq = 1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = -1`, "row 1 of the audit log does not follow"},
		"truncate": {`DELETE FROM audit WHERE seq > 1`, "row 2 of the audit log is missing"},
		"truncate with the head": {`DELETE FROM audit WHERE seq > 1; UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit)`,
			"row 2 of the audit log is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			execute(t, data, c.change)
			b.mustKeep(1, c.says, "audit", "verify", "--data", data, "--key-file", key, "--head", head)
			execute(t, data, `DELETE FROM audit; INSERT INTO audit SELECT * FROM saved; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM saved_head`)
			b.mustKeep(0, "whole", "audit", "verify", "--data", data)
		})
	}
}

func TestHeadsThatAreNoneAreRefused(t *testing.T) {
	b, data, key := lived(t)
	head := strings.TrimSpace(b.mustKeep(0, "audit-head/", "audit", "head", "--data", data, "--key-file", key).stdout)
	forged := strings.Replace(head, "audit-head/", "audit-head/9", 1)
	for _, c := range []struct{ head, says string }{
		{forged, "not of this console's key"}, {"nothing", "no signed head"}, {b.write("empty", "no head here"), "no signed head in it"},
	} {
		b.mustKeep(1, c.says, "audit", "verify", "--data", data, "--key-file", key, "--head", c.head)
	}
	b.mustKeep(1, "is missing", "audit", "verify", "--data", data, "--key-file", b.path("no-key"), "--head", head)
	b.mustKeep(1, "there is no database", "audit", "verify", "--data", b.path("nowhere"))
	if _, err := os.Stat(b.path("no-key")); !os.IsNotExist(err) {
		t.Errorf("a key was made: %v", err)
	}
}

func TestTheExportIsWholeAndLoggedItself(t *testing.T) {
	b, data, _ := lived(t)
	o := b.mustKeep(0, "operation-started", "audit", "export", "--data", data)
	var rows []struct {
		Seq                   int64
		Actor, Action, Result string
		Detail                map[string]string
	}
	if err := json.Unmarshal([]byte(o.stdout), &rows); err != nil || len(rows) < 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	file := b.path("log.csv")
	b.mustKeep(0, "", "audit", "export", "--data", data, "--format", "csv", "--out", file, "--action", "audit-exported")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	lines, err := csv.NewReader(strings.NewReader(readFile(t, file))).ReadAll()
	if err != nil || len(lines) != 4 || lines[1][5] != "audit-exported" || lines[1][8] != "intent" || lines[2][8] != "done" || !strings.Contains(lines[2][9], fmt.Sprintf(`"count":"%d"`, len(rows))) {
		t.Errorf("%v: %q", err, lines)
	}
	if actor := lines[1][1]; !strings.Contains(actor, " on ") || lines[1][4] != "command line" {
		t.Errorf("done by %q as %q", actor, lines[1][4])
	}
	b.mustKeep(1, "give a day such as", "audit", "export", "--data", data, "--from", "21.11.2026")
	b.mustKeep(1, "secret-revealed", "audit", "export", "--data", data, "--action", "revealed")
	b.mustKeep(1, "is there already", "audit", "export", "--data", data, "--out", file)
	none := b.mustKeep(0, "[", "audit", "export", "--data", data, "--to", "2001-01-01")
	if json.Unmarshal([]byte(none.stdout), &rows) != nil || len(rows) != 0 {
		t.Errorf("got %s", none.stdout)
	}
}

func TestABackupOfARunningConsoleIsRestoredElsewhereAndServed(t *testing.T) {
	b, data, key := lived(t)
	s := b.serve()
	file, other := b.path("backup.db"), b.path("restored")
	b.mustKeep(0, "1 environment, 1 operation", "backup", "--data", data, "--out", file)
	b.mustKeep(1, "is there already", "backup", "--data", data, "--out", file)
	s.stop()
	before := sha256.Sum256([]byte(readFile(t, file)))
	b.mustKeep(1, "there is no file", "restore", "--from", b.path("nowhere"), "--data", other, "--key-file", key)
	b.mustKeep(1, file+" was made with another key than the one given: the key does not match", "restore", "--from", file, "--data", other, "--key-file", keyFileAt(t, b.path("other-key")))
	o := b.mustKeep(0, "1 environment, 1 operation", "restore", "--from", file, "--data", other, "--key-file", key)
	if !strings.Contains(o.stdout, "chain is whole") || !strings.Contains(o.stdout, "signs in again") {
		t.Errorf("said %s", o.stdout)
	}
	b.mustKeep(1, "the database is not empty", "restore", "--from", file, "--data", other, "--key-file", key)
	b.mustKeep(0, "whole", "audit", "verify", "--data", other)
	if sha256.Sum256([]byte(readFile(t, file))) != before {
		t.Error("the backup was changed")
	}
	again := b.serve("--data", other)
	again.stop()
	if o := b.mustRun(0, "--plan", "--data", other); strings.Contains(o.stdout, "POST /applications") {
		t.Errorf("the restored console knows nothing of the app:\n%s", o.stdout)
	}
}

// What the sandbox gave is nowhere in what is kept about it.
func TestNoCanaryIsInTheLogAnExportOrABackup(t *testing.T) {
	b, data, _ := lived(t)
	s := b.serve()
	b.mustKeep(0, "Wrote", "backup", "--data", data, "--out", b.path("backup.db"))
	b.mustKeep(0, "", "audit", "export", "--data", data, "--out", b.path("log.json"))
	b.mustKeep(0, "", "audit", "export", "--data", data, "--format", "csv", "--out", b.path("log.csv"))
	s.stop()
	value := readFile(t, b.path("secret"))
	canaries := []string{"8Q~SANDBOX", value, b.tenant.Automation.ClientSecret}
	if !strings.Contains(value, canaries[0]) {
		t.Fatalf("the secret %q has no marker", value)
	}
	for _, file := range []string{"backup.db", "log.json", "log.csv", "data/consentry.db"} {
		content := strings.ToLower(readFile(t, b.path(file)))
		if len(content) < 100 {
			t.Errorf("%s has %d bytes", file, len(content))
		}
		for _, canary := range canaries {
			for form, text := range forms(canary) {
				if strings.Contains(content, strings.ToLower(text)) {
					t.Errorf("%s holds %q, %s", file, canary, form)
				}
			}
		}
		if strings.Contains(content, "eyj0exai") || strings.Contains(content, "eyjhbgci") { // how tokens begin
			t.Errorf("%s holds a token", file)
		}
	}
}

// forms are what a text looks like where it was encoded, however it was
// aligned.
func forms(text string) map[string]string {
	out := map[string]string{"raw": text, "hex": hex.EncodeToString([]byte(text)), "URL-escaped": url.QueryEscape(text)}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), text...))
		out[fmt.Sprintf("base64 shifted by %d", shift)] = encoded[4 : len(encoded)-4]
	}
	return out
}

// A killed rekey leaves some values under one key and some under the other;
// both keys are needed until another one has gone to the end.
func TestARekeyThatWasKilledGoesOn(t *testing.T) {
	b := newBed(t, "healthy")
	data, old, fresh := b.path("data"), keyFileAt(t, b.path("old")), keyFileAt(t, b.path("new"))
	const sessions = 3000
	fillSessions(t, data, old, sessions)
	b.mustKeep(1, "the key does not match", "rekey", "--data", data, "--key-file", fresh)
	rekey := []string{"rekey", "--data", data, "--key-file", fresh, "--key-file", old}
	b.killAtFirstLine(b.keep(rekey...))
	if n := underFirstOf(t, data); n[0] == 0 || n[1] == 0 {
		t.Fatalf("it was not killed in the middle: %v values under each key", n)
	}
	for _, alone := range []string{old, fresh} {
		b.mustKeep(1, "the key does not match", "rekey", "--data", data, "--key-file", alone)
	}
	b.mustKeep(0, "can go", rekey...)
	b.mustKeep(0, "No other was in use", rekey...)
	b.mustKeep(1, "the key does not match", "rekey", "--data", data, "--key-file", old)
	st, _, err := openWith(t, DataFlags{Data: data, KeyFile: []string{fresh}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sessions {
		if got, err := st.LoadSession(t.Context(), sessionHash(i)); err != nil || string(got) != "data" {
			t.Fatalf("session %d: %q, %v", i, got, err)
		}
	}
	if _, err := st.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func sessionHash(i int) []byte {
	sum := sha256.Sum256(fmt.Append(nil, i))
	return sum[:]
}

func fillSessions(t *testing.T, data, key string, n int) {
	t.Helper()
	keys, err := DataFlags{KeyFile: []string{key}}.keys(false, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Path: database(data), Key: keys[0], Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := st.SaveSession(t.Context(), sessionHash(i), func([]byte) ([]byte, error) { return []byte("data"), nil }, time.Hour, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// killAtFirstLine kills the command as soon as it has said something.
func (b *bed) killAtFirstLine(c *exec.Cmd) {
	b.t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.t.Fatalf("it said nothing: %v", err)
	}
	if err := c.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		b.t.Fatalf("it ended by itself after %q", line)
	}
}

// underFirstOf counts the sessions under each key, by the header of what is
// stored.
func underFirstOf(t *testing.T, data string) (n [2]int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(database(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT COUNT(*) FROM sessions GROUP BY SUBSTR(data, 1, 5) ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := 0; rows.Next() && i < len(n); i++ {
		if err := rows.Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// The console's own log is what shows later that rows were cut off.
func TestTheConsoleLogsHeadsThatVerify(t *testing.T) {
	b, data, key := lived(t)
	file := b.write("console.log", "")
	log, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := b.keep("serve", "--listen", "localhost:0", "--cloud", b.cloud, "--data", data, "--key-file", key)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.until("the head is logged", func() bool { return len(store.SignedHeads(readFile(t, file))) > 0 })
	if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
		t.Fatalf("%v: %s", err, readFile(t, file))
	}
	b.mustKeep(0, "It holds 1 signed head.", "audit", "verify", "--data", data, "--key-file", key, "--head", file)
}

// The commands for whoever runs the console find its database by the settings
// that serve goes by, a cloud from a file among them.
func TestTheDatabaseIsFoundByTheConsolesOwnCloud(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/data")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b := newConfigBed(t)
	for cloud, want := range map[string]string{
		"public": "/data/consentry/public/consentry.db", "sandbox": "/data/consentry/sandbox/consentry.db",
		"lab": "/data/consentry/lab/consentry.db", b.path("cloud.json"): "/data/consentry/lab/consentry.db",
	} {
		f := keptFlags{Cloud: cloud}
		if o, err := f.location(slog.New(slog.DiscardHandler)); err != nil || o.Path != want {
			t.Errorf("%s: %s, %v", cloud, o.Path, err)
		}
		if _, err := f.withKeys(slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--key-file") {
			t.Errorf("without a key: %v", err)
		}
	}
}
