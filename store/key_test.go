package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestParseKeyRefusesWhatIsNoKey(t *testing.T) {
	b64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	sequence := make([]byte, 32)
	for i := range sequence {
		sequence[i] = byte(i)
	}
	random := NewKey().bytes
	good := random[:]
	for name, test := range map[string]struct{ text, says string }{
		"empty":        {"", "0 bytes"},
		"not base64":   {"hunter2!", "not base64"},
		"short":        {b64(good[:16]), "16 bytes"},
		"long":         {b64(append(random[:], 1)), "33 bytes"},
		"zeros":        {b64(make([]byte, 32)), "not random"},
		"one letter":   {b64(bytes.Repeat([]byte("a"), 32)), "not random"},
		"in sequence":  {b64(sequence), "not random"},
		"typed text":   {b64([]byte("Only-an-example_0123456789-of-it")), "not random"},
		"a word twice": {b64([]byte("changemechangemechangemechangeme")), "not random"},
	} {
		_, err := ParseKey(test.text)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(test.text) > 8 && strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: the message quotes the key", name)
		}
	}
	if k, err := ParseKey(" " + b64(good) + "\n"); err != nil || !bytes.Equal(k.bytes[:], good) {
		t.Errorf("a good key: %v", err)
	}
}

func TestLoadOrMakeKeyMakesOneAndLoadsItAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "consentry.key")
	made, fresh, err := LoadOrMakeKey(path)
	if err != nil || !fresh {
		t.Fatalf("made: %v, %v", fresh, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
	loaded, fresh, err := LoadOrMakeKey(path)
	if err != nil || fresh || loaded != made {
		t.Errorf("loaded: fresh %v, same %v, %v", fresh, loaded == made, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOf16MakingAKeyAtOnceAllGetTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consentry.key")
	keys, made := make([]Key, 16), make([]bool, 16)
	for _, err := range together(16, func(i int) (err error) {
		keys[i], made[i], err = LoadOrMakeKey(path)
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	makers := 0
	for i := range keys {
		if keys[i] != keys[0] {
			t.Error("two keys")
		}
		if made[i] {
			makers++
		}
	}
	if makers != 1 {
		t.Errorf("%d made one", makers)
	}
}

func TestLoadOrMakeKeyRefusesABadFileAndKeepsIt(t *testing.T) {
	random := NewKey().bytes
	good := base64.StdEncoding.EncodeToString(random[:])
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"readable by others": {good, 0o644, "chmod 600"},
		"readable by group":  {good, 0o640, "chmod 600"},
		"cut short":          {good[:20], 0o600, "bytes"},
		"empty":              {"", 0o600, "bytes"},
		"zeros":              {base64.StdEncoding.EncodeToString(make([]byte, 32)), 0o600, "not random"},
	} {
		path := filepath.Join(t.TempDir(), "consentry.key")
		if err := errors.Join(os.WriteFile(path, []byte(test.text), test.mode), os.Chmod(path, test.mode)); err != nil {
			t.Fatal(err)
		}
		_, made, err := LoadOrMakeKey(path)
		if err == nil || made || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: made %v, %v", name, made, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != test.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, _, err := LoadOrMakeKey(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
}

func TestAKeyIsNeverPrinted(t *testing.T) {
	k := NewKey()
	asJSON, err := json.Marshal(map[string]any{"key": k})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", k, "options", Options{Key: k})
	for _, printed := range []string{
		fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %x %s %d", k, k, k, k, k, k), fmt.Sprintf("%+v", Options{Key: k}), string(asJSON), log.String(),
	} {
		for _, form := range []string{fmt.Sprint(k.bytes)[1:20], fmt.Sprintf("%x", k.bytes)[:12], base64.StdEncoding.EncodeToString(k.bytes[:])[:12]} {
			if strings.Contains(printed, form) {
				t.Errorf("the key is in %q", printed)
			}
		}
	}
}

func TestEachColumnHasAKeyOfItsOwn(t *testing.T) {
	s := newSealer(NewKey())
	sealed := s.seal(sessionData, "row", "tenant", []byte("x"))
	for _, p := range places {
		if _, err := s.aeads[p].Open(nil, nil, sealed[headerLength:], s.binding(sessionData, "row", "tenant")); (err == nil) != (p == sessionData) {
			t.Errorf("%v: %v", p, err)
		}
	}
}

func TestNoTwoPlacesGiveTheSameBinding(t *testing.T) {
	s := newSealer(NewKey())
	if bytes.Equal(s.binding(sessionData, "ab", "c"), s.binding(sessionData, "a", "bc")) {
		t.Error("row and tenant run together")
	}
	if bytes.Equal(s.seal(sessionData, "a", "", nil), s.seal(sessionData, "a", "", nil)) {
		t.Error("the same text gives the same ciphertext")
	}
}

// A key that stands in the documentation is no key.
func TestNoKeyOfTheDocumentationIsTaken(t *testing.T) {
	samples := regexp.MustCompile(`[A-Za-z0-9+/]{43}=`)
	read := 0
	for _, pattern := range []string{"../README.md", "../docs/*", "../docs/*/*", "../Makefile", "../Dockerfile"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // a folder
			}
			read++
			for _, sample := range samples.FindAllString(string(text), -1) {
				if _, err := ParseKey(sample); err == nil {
					t.Errorf("%s shows a key that works: %s", file, sample)
				}
			}
		}
	}
	if read < 2 {
		t.Errorf("only %d files were read", read)
	}
}
