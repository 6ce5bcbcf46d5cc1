package drive

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Console is a consentry in a process of its own.
type Console struct {
	*Process
	tb testing.TB
	// Base is its own address, such as http://localhost:40123.
	Base string
	// Setting is what it was started with; Restart uses it again.
	Setting Setting
}

// A Setting is what a console is started with.
type Setting struct {
	Sandbox *Sandbox
	// Database is the URL of a PostgreSQL database; empty means a SQLite file
	// in Folder.
	Database string
	// Folder holds the key, and the SQLite file, and outlives the process;
	// empty means a new one.
	Folder string
	// Listen is host and port; empty means a free port of localhost.
	Listen string
	// Args are further arguments of serve.
	Args []string
}

// StartConsole starts a console and waits until it listens.
func StartConsole(tb testing.TB, s Setting) *Console {
	tb.Helper()
	if s.Folder == "" {
		s.Folder = tb.TempDir()
	}
	if s.Listen == "" {
		s.Listen = "localhost:0"
	}
	args := []string{"serve", "--listen", s.Listen, "--cloud", s.Sandbox.CloudFile, "--key-file", s.file(tb, "key", newKey())}
	if s.Database == "" {
		args = append(args, "--data", s.Data())
	} else {
		args = append(args, "--database-file", s.file(tb, "database", s.Database))
	}
	p := Start(tb, append(args, s.Args...)...)
	c := &Console{Process: p, tb: tb, Setting: s}
	c.Base = strings.TrimPrefix(p.Line(tb, "Consentry is at "), "Consentry is at ")
	return c
}

// file is a file of the folder that only its owner reads; it is made with the
// text unless it is there.
func (s Setting) file(tb testing.TB, name, text string) (path string) {
	tb.Helper()
	path = filepath.Join(s.Folder, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return path
	}
	if err != nil {
		tb.Fatal(err)
	}
	_, err = f.WriteString(text + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

// newKey is an encryption key in its text form.
func newKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

// Data is the folder with the SQLite file.
func (s Setting) Data() string { return filepath.Join(s.Folder, "data") }

// Restart starts a console on the same data at the same address; the process
// before must have ended.
func (c *Console) Restart() *Console {
	c.tb.Helper()
	if c.Running() {
		c.tb.Fatal("the console has not ended")
	}
	if _, port, err := net.SplitHostPort(c.Setting.Listen); err == nil && port == "0" {
		c.Setting.Listen = strings.TrimPrefix(c.Base, "http://")
	}
	return StartConsole(c.tb, c.Setting)
}
