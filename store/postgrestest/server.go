package postgrestest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A Server is a PostgreSQL that one test has to itself, to stop and start it.
type Server struct {
	tb  testing.TB
	run *server
}

// New starts a server for this test alone; it ends with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	run, err := launch()
	giveUp(tb, err)
	tb.Cleanup(func() { _ = run.guard.Close() })
	return &Server{tb, run}
}

// Database gives the URL of an empty database on it.
func (s *Server) Database() (url string) {
	s.tb.Helper()
	url, _ = create(s.tb, s.run)
	return url
}

// Restart ends the server in a mode of pg_ctl (smart, fast or immediate, which
// is a crash) and starts it again.
func (s *Server) Restart(mode string) {
	s.tb.Helper()
	s.Stop(mode)
	s.Start()
}

// Stop ends the server in a mode of pg_ctl.
func (s *Server) Stop(mode string) {
	s.tb.Helper()
	if err := s.run.control("stop", "-m", mode); err != nil {
		s.tb.Fatalf("postgrestest: %v", err)
	}
}

// Start starts the server after Stop, with the same URL.
func (s *Server) Start() {
	s.tb.Helper()
	if err := s.run.start(); err != nil {
		s.tb.Fatalf("postgrestest: %v", err)
	}
}

// Program is the path of one of PostgreSQL's programs, such as pg_dump. The
// test skips, or fails where CI is set, when it is missing.
func Program(tb testing.TB, name string) string {
	tb.Helper()
	folder, err := programs()
	giveUp(tb, err)
	return filepath.Join(folder, name)
}

// server is a running PostgreSQL.
type server struct {
	programs, folder string
	// guard ends the server and removes its folder when it is closed, which
	// happens at the latest when this process ends.
	guard io.Closer
	// url is that of the database every server has; admin is the same for
	// whoever may do the most.
	url, admin string
}

// launch makes a cluster in a folder of its own and starts it. It is reached
// through a socket in that folder, so that no port can be taken already.
func launch() (s *server, err error) {
	folder, err := programs()
	if err != nil {
		return nil, err
	}
	s = &server{programs: folder}
	// Not os.TempDir: the path of a socket may have no more than 107 bytes.
	if s.folder, err = os.MkdirTemp("/tmp", "postgrestest-"); err != nil {
		return nil, err
	}
	if err := giveAway(s.folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	if s.guard, err = s.watch(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	s.url, s.admin = s.as("consentry"), s.as(superuser)
	if err = s.initialize(); err == nil {
		err = s.start()
	}
	for _, grant := range ordinary {
		if err == nil {
			err = execute(s.admin, grant)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.guard.Close())
	}
	return s, nil
}

// superuser is who the cluster belongs to. What a role may not, it may.
const superuser = "postgres"

// ordinary makes the role that programs connect as. As in a well-kept service
// it is no superuser: policies and rights hold it.
var ordinary = []string{
	"CREATE ROLE consentry LOGIN CREATEDB",
	"GRANT CREATE ON DATABASE postgres TO consentry",
}

func (s *server) as(role string) (address string) {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(role, "any"), Path: "/postgres",
		RawQuery: url.Values{"host": {s.folder}}.Encode()}).String()
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }

func (s *server) initialize() error {
	return s.command("initdb", "-D", s.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
}

// settings make it quick, not safe: what it holds lives as long as a test.
var settings = []string{
	"fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB", "max_wal_size=256MB", "listen_addresses=",
}

func (s *server) start() error {
	options := "-k " + s.folder
	for _, set := range settings {
		options += " -c " + set
	}
	return s.control("start", "-w", "-l", filepath.Join(s.folder, "log"), "-o", options)
}

func (s *server) control(args ...string) error {
	return s.command("pg_ctl", append(args, "-s", "-D", s.data())...)
}

// command runs one of PostgreSQL's programs to its end. Its output goes to a
// file: a pipe would stay open in the server it starts.
func (s *server) command(name string, args ...string) error {
	out, err := os.CreateTemp("", "postgrestest-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(filepath.Join(s.programs, name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.folder, out, out
	if err := unprivileged(cmd); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said)
	}
	return nil
}

// watch starts a process that waits until its input ends, which happens when
// this process is over in whatever way, and then ends the server and removes
// its folder.
func (s *server) watch() (io.Closer, error) {
	cmd := exec.Command("/bin/sh", "-c", `trap '' HUP INT TERM; cat >/dev/null
"$1" stop -s -m immediate -D "$2/data" >/dev/null 2>&1; cd /; rm -rf "$2"`, "sh", filepath.Join(s.programs, "pg_ctl"), s.folder)
	cmd.Dir = s.folder
	if err := unprivileged(cmd); err != nil {
		return nil, err
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return guard{input, cmd}, nil
}

// guard is the watching process and the pipe it waits at.
type guard struct {
	input io.Closer
	cmd   *exec.Cmd
}

// Close lets the process do its work and waits for it.
func (g guard) Close() error { return errors.Join(g.input.Close(), g.cmd.Wait()) }

// programs is the folder with PostgreSQL's programs: that of initdb in PATH,
// or the newest of Debian's.
func programs() (folder string, err error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, newestFirst)
	for _, folder := range found {
		if complete(folder) {
			return folder, nil
		}
	}
	return "", errMissing
}

// newestFirst orders Debian's folders, /usr/lib/postgresql/15/bin, by version.
func newestFirst(a, b string) int { return cmp.Compare(versionOf(b), versionOf(a)) }

// versionOf is 0 for a folder that is not named after a version.
func versionOf(folder string) float64 {
	v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64)
	if err != nil {
		return 0
	}
	return v
}

// complete: the folder has the server too, not the client programs alone.
func complete(folder string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}
