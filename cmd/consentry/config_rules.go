package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A configRule finds one thing that keeps a setting from being used.
type configRule struct {
	flag string // that the problem is told of
	// wrong says what is wrong and how it is mended, without the value; empty
	// for nothing.
	wrong func(*checked) string
}

// A checked is what the rules look at.
type checked struct {
	*ServeCmd
	cloud    entra.Cloud // zero when it cannot be told
	database string      // URL; empty for a file
}

// allRules are applied in this order: earlier ones find the cloud and the
// database that later ones look at.
var allRules = [][]configRule{placeRules, listenRules, dataRules, signInRules, entraRules, identityRules, remindRules, productionRules}

// check applies every rule.
func (s *ServeCmd) check() problems {
	s.shared = s.SignIn == sharedSignIn && s.Cloud != sandboxCloud
	c := &checked{ServeCmd: s}
	var out problems
	if s.settings != nil {
		out = slices.Clone(s.settings.wrong)
	}
	for _, rules := range allRules {
		for _, r := range rules {
			if text := r.wrong(c); text != "" {
				out = append(out, s.of(r.flag, text))
			}
		}
	}
	return out
}

var placeRules = []configRule{
	{"cloud", func(c *checked) string {
		if c.Cloud == sandboxCloud {
			c.cloud = entra.Cloud{Name: sandboxCloud}
			return withoutSandbox()
		}
		var err error
		if c.cloud, err = cloudOf(c.Cloud); err != nil {
			return "give public, sandbox, or a JSON file with the base URLs of a cloud: " + withoutValues(withoutPath(err))
		}
		return ""
	}},
}

var dataRules = []configRule{
	databaseRule("database"), databaseRule("database-file"),
	{"database", func(c *checked) string {
		if u, err := url.Parse(c.Database); err == nil && u.User != nil && c.givenAs("database") == onCommandLine {
			if _, has := u.User.Password(); has {
				return "it holds a password, and others on this machine can read arguments: give it as " + variableOf("database") + " or in the file that --database-file names"
			}
		}
		return ""
	}},
	{"database", func(c *checked) string {
		if c.database != "" && c.Cloud == sandboxCloud {
			return "the in-process sandbox ends with the console, and what a shared database says of it would stay: leave it out, or give --cloud public"
		}
		return ""
	}},
	{"database-file", func(c *checked) string { return foreignEyes(c.DatabaseFile) }},
	{"data", func(c *checked) string {
		folder, err := dataFolder(c.Data, c.cloud)
		if err != nil || c.database != "" || c.Data == "" && c.Cloud == sandboxCloud {
			return ""
		}
		return foreignEyes(database(folder))
	}},
	{"key-file", func(c *checked) string { return unfitKey(c) }},
	{configFlag, func(c *checked) string {
		if c.settings == nil || c.settings.file == nil || c.settings.file.values["database"] == nil {
			return ""
		}
		return foreignEyes(c.settings.file.name)
	}},
}

// databaseRule looks at the address of the database, where it stands in the
// setting.
func databaseRule(flag string) configRule {
	return configRule{flag, func(c *checked) string {
		if (flag == "database-file") != (c.Database == "" && c.DatabaseFile != "") {
			return ""
		}
		var err error
		if c.database, err = c.databaseURL(); err != nil {
			return withoutPath(err)
		}
		return unfitDatabase(c.database)
	}}
}

var signInRules = []configRule{
	{"tenant", func(c *checked) string {
		if c.Tenant == anyOrganization {
			return ""
		}
		if _, err := entra.ParseTenant(c.Tenant); err != nil {
			return "it is neither a Directory (tenant) ID nor a domain such as contoso.onmicrosoft.com"
		}
		return ""
	}},
	{"client-id", func(c *checked) string {
		if c.ClientID == "" {
			return ""
		}
		if _, err := entra.ParseClientID(c.ClientID); err != nil {
			return "it is no Application (client) ID, such as 11111111-2222-3333-4444-555555555555"
		}
		return ""
	}},
}

// givenAs is where a flag's value comes from.
func (c *checked) givenAs(flag string) string {
	if c.settings == nil {
		return ""
	}
	return c.settings.sources[flag]
}

func isPort(s string) bool {
	_, err := net.LookupPort("tcp", s)
	return err == nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// unfitDatabase says what is wrong with a PostgreSQL address.
func unfitDatabase(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql":
		return "give an address such as postgres://user@host/database?sslmode=verify-full"
	case u.Path == "" || u.Path == "/":
		return "the address names no database: add it behind the host"
	case !isLocalDatabase(u) && u.Query().Get("sslmode") != "verify-full":
		return "the connection to another machine must be verified: add sslmode=verify-full"
	}
	return ""
}

// isLocalDatabase: on this machine, or over a socket.
func isLocalDatabase(u *url.URL) bool {
	host := u.Hostname()
	if socket := u.Query().Get("host"); socket != "" {
		host = socket
	}
	return host == "" || strings.HasPrefix(host, "/") || isLoopback(host)
}

// unfitKey says why the keys cannot be used. A single one that is missing is
// made, but not where several consoles need the same.
func unfitKey(c *checked) string {
	shared := c.shared || c.database != ""
	path, err := c.keyPath()
	if err == nil && !shared && len(c.KeyFile) < 2 && os.Getenv(keyVariable) == "" && missing(path) {
		return ""
	}
	if _, err = c.keys(shared, io.Discard); err == nil {
		return ""
	}
	text := withoutPath(err)
	for _, path := range append(c.KeyFile, path) {
		text = strings.ReplaceAll(text, " "+path, "")
	}
	return text
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// foreignEyes says that others may read the file; a missing one is nobody's.
func foreignEyes(path string) string {
	info, err := os.Stat(path)
	if path == "" || err != nil || info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("others on this machine may use the file (mode %04o): run chmod 600 on it", info.Mode().Perm())
}

// address is one that an error quotes.
var address = regexp.MustCompile(`"[^"\s]*[/:][^"\s]*"`)

// withoutValues is an error's text without the addresses and file in it.
func withoutValues(text string) string {
	if i := strings.Index(text, "cloud file: "); i >= 0 {
		text = text[i:]
	}
	return address.ReplaceAllString(text, "it")
}

// withoutPath is an error's text without the names of files in it.
func withoutPath(err error) string {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
