package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each start with a key that is none ends, names what is wrong and shows
// nothing of the key.
func TestServeRefusesKeysThatAreNone(t *testing.T) {
	dir := t.TempDir()
	good := keyFileAt(t, filepath.Join(dir, "good"))
	encoded := func(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }
	sequence := make([]byte, 32)
	for i := range sequence {
		sequence[i] = byte(i)
	}
	for name, c := range map[string]struct{ text, says string }{
		"empty":            {" ", "bytes"},
		"short":            {encoded(bytes.Repeat([]byte("Zq9!"), 4)), "16 bytes"},
		"long":             {encoded(bytes.Repeat([]byte("Zq9!"), 9)), "36 bytes"},
		"all zero":         {encoded(make([]byte, 32)), "not random"},
		"a sequence":       {encoded(sequence), "not random"},
		"a typed sentence": {encoded([]byte("The-quick-brown-fox_jumps.over_1")), "not random"},
		"not base64":       {"Zq9!Zq9!Zq9!Zq9!Zq9!", "not base64"},
	} {
		file := filepath.Join(dir, "bad")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for way, start := range map[string]struct {
			args []string
			env  string
		}{
			"in a file":                {[]string{"--key-file", file}, ""},
			"as the old one":           {[]string{"--key-file", good, "--key-file", file}, ""},
			"in the variable":          {nil, c.text},
			"second in the variable":   {nil, readFile(t, good) + " " + c.text},
			"for a database of others": {[]string{"--key-file", file, "--database", canaryURL}, ""},
		} {
			if strings.Contains(way, "variable") && strings.TrimSpace(c.text) == "" {
				continue
			}
			code, said := serveWith(t, dir, start.args, start.env)
			if code != 1 || !strings.Contains(said, c.says) {
				t.Errorf("%s, %s: exit code %d: %s", name, way, code, said)
			}
			if text := strings.TrimSpace(c.text); len(text) > 4 && strings.Contains(said, text) || strings.Contains(said, readFile(t, good)) {
				t.Errorf("%s, %s: the key is shown: %s", name, way, said)
			}
		}
	}
}

const someID = "11111111-2222-3333-4444-555555555555"

func TestKeysAreNeitherGuessedNorMade(t *testing.T) {
	dir := t.TempDir()
	good, open := keyFileAt(t, filepath.Join(dir, "good")), keyFileAt(t, filepath.Join(dir, "open"))
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing")
	for name, c := range map[string]struct {
		args []string
		env  string
		says string
	}{
		"both ways":                    {[]string{"--key-file", good}, readFile(t, good), "one of --key-file and CONSENTRY_KEY"},
		"none for a shared database":   {[]string{"--database", canaryURL}, "", "--key-file or CONSENTRY_KEY"},
		"missing for a shared one":     {[]string{"--database", canaryURL, "--key-file", missing}, "", "is missing"},
		"none where people sign in":    {[]string{"--cloud", "public", "--sign-in", "entra", "--client-id", someID, "--tenant", someID}, "", "--key-file or CONSENTRY_KEY"},
		"missing old one":              {[]string{"--key-file", good, "--key-file", missing}, "", "is missing"},
		"a key that others could read": {[]string{"--key-file", open}, "", "chmod 600"},
	} {
		if code, said := serveWith(t, dir, c.args, c.env); code != 1 || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("a key was made: %v", err)
	}
}

func TestTheVariableHoldsSeveralKeysTheFirstEncrypts(t *testing.T) {
	dir := t.TempDir()
	one, two := keyFileAt(t, filepath.Join(dir, "one")), keyFileAt(t, filepath.Join(dir, "two"))
	files, err := DataFlags{KeyFile: []string{one, two}}.keys(false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(keyVariable, readFile(t, one)+"\n"+readFile(t, two)+"\n")
	variable, err := DataFlags{}.keys(true, io.Discard)
	if err != nil || len(variable) != 2 || variable[0] != files[0] || variable[1] != files[1] {
		t.Errorf("%d keys, %v", len(variable), err)
	}
}

// serveWith starts a console that must not come to answer.
func serveWith(t *testing.T, dir string, args []string, env string) (code int, said string) {
	t.Helper()
	if !strings.Contains(strings.Join(args, " "), "--database") {
		args = append([]string{"--data", filepath.Join(dir, "data")}, args...)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"serve", "--listen", "localhost:0"}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1", keyVariable+"="+env, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"))
	o := (&bed{t: t}).finish(cmd)
	return o.code, o.stdout + o.stderr
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}
