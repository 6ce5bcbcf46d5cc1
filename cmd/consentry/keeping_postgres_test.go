package main

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/store/postgrestest"
)

// onPostgres are the flags of a command about a PostgreSQL database.
func (b *bed) onPostgres(name, url string) []string {
	return []string{"--database-file", b.write(name, url)}
}

func with(command string, flags ...[]string) []string {
	out := strings.Fields(command)
	for _, f := range flags {
		out = append(out, f...)
	}
	return out
}

// livedOnPostgres is a bed whose PostgreSQL has a setup behind it.
func livedOnPostgres(t *testing.T) (b *bed, url, key string) {
	t.Helper()
	b, url = newBed(t, "healthy"), postgrestest.Start(t)
	key = keyFileAt(t, b.path("key"))
	if o := b.finish(b.onDatabase(url, "--apply", "--secret-out", b.path("secret"))); o.code != 0 {
		t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	return b, url, key
}

func TestTheCommandLineKeepsAPostgreSQLDatabase(t *testing.T) {
	t.Parallel()
	b, url, key := livedOnPostgres(t)
	in, file := b.onPostgres("used", url), b.path("backup.db")
	b.mustKeep(0, "1 environment, 1 operation", with("backup --out "+file, in)...)
	b.mustKeep(1, "is there already", with("backup --out "+file, in)...)
	head := strings.TrimSpace(b.mustKeep(0, "", with("audit head --key-file "+key, in)...).stdout)
	b.mustKeep(0, "1 signed head", with("audit verify --key-file "+key, in, []string{"--head", head})...)
	b.mustKeep(0, "audit-exported", with("audit export", in)...)

	from := "restore --from " + file + " --key-file "
	b.mustKeep(1, "the database is not empty", with(from+key, in)...)
	restored := b.onPostgres("empty", postgrestest.Start(t))
	b.mustKeep(1, "the key does not match", with(from+keyFileAt(t, b.path("other")), restored)...)
	b.mustKeep(0, "chain is whole", with(from+key, restored)...)
	b.mustKeep(1, "the database is not empty", with(from+key, restored)...)
	b.mustKeep(0, "1 environment, 1 operation", with(from+key+" --data "+b.path("as-a-file"))...)

	fresh := keyFileAt(t, b.path("new"))
	b.mustKeep(1, "the key does not match", with("rekey --key-file "+fresh, restored)...)
	b.mustKeep(0, "can go", with("rekey --key-file "+fresh+" --key-file "+key, restored)...)
	b.mustKeep(1, "the key does not match", with("audit head --key-file "+key, restored)...)
	b.mustKeep(0, "whole", with("audit verify", restored)...)
	b.mustKeep(0, "", with("audit head --key-file "+fresh, restored)...)
}
