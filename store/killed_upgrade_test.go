package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
)

// killAt and killIn tell this test binary, started again, to bring the
// database in childPath up to date and to be killed at that statement.
const killAt, killIn = "STORE_TEST_KILL_AT", "STORE_TEST_KILL_IN"

// upgradeUntilKilled migrates; the kill comes from its driver.
func upgradeUntilKilled(at string, left int64, database string) error {
	kind := both[database]
	plain, err := sql.Open(kind.driver, "")
	if err != nil {
		return err
	}
	lethal := &lethalDriver{Driver: plain.Driver()}
	lethal.left.Store(left)
	sql.Register("lethal", lethal)
	db, err := sql.Open("lethal", at)
	if err != nil {
		return err
	}
	files, err := migrations(kind.dialect)
	if err != nil {
		return err
	}
	m, err := newMigrator(kind.dialect, db, files, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return m.up(context.Background())
}

// lethalDriver is a driver whose process dies, as by kill -9, instead of
// sending a statement, once it has sent so many.
type lethalDriver struct {
	driver.Driver
	left atomic.Int64
}

func (d *lethalDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return &lethalConn{c, d}, nil
}

// step dies when it is time to.
func (d *lethalDriver) step() {
	if d.left.Add(-1) > 0 {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until it comes
}

type lethalConn struct {
	driver.Conn
	of *lethalDriver
}

func (c *lethalConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.of.step()
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *lethalConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.of.step()
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *lethalConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return &lethalTx{tx, c.of}, err
}

type lethalTx struct {
	driver.Tx
	of *lethalDriver
}

func (tx *lethalTx) Commit() error {
	tx.of.step()
	return tx.Tx.Commit()
}

// killedUpgrade brings a database up to date in a process that is killed at a
// statement; ended reports that it came to its end before.
func killedUpgrade(t *testing.T, database string, o Options, at int) (ended bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+both[database].dsn(o), killAt+"="+strconv.Itoa(at), killIn+"="+database)
	cmd.Stderr = io.Discard
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case !errors.As(err, &exit) || exit.Exited():
		t.Fatalf("killed at statement %d, it ended with %v", at, err)
	}
	return false
}

func TestAnUpgradeThatIsKilledAtAnyStatementIsDoneByTheNextStart(t *testing.T) {
	for database := range both {
		t.Run(database, func(t *testing.T) {
			killed := 0
			for at := 1; ; at++ {
				ended := false
				t.Run(fmt.Sprint("statement ", at), func(t *testing.T) {
					o := fixtureOf(t, database, 2)
					ended = killedUpgrade(t, database, o, at)
					wantFixture(t, o, 2)
				})
				if ended || t.Failed() {
					break
				}
				killed++
			}
			if killed < 20 {
				t.Errorf("it was killed at %d statements only", killed)
			}
		})
	}
}
