package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/consentry/consentry/store"
)

// A configBed has files that settings name.
type configBed struct {
	t   *testing.T
	dir string
}

func newConfigBed(t *testing.T) *configBed {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, variablePrefix) && !strings.HasPrefix(name, testPrefix) {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	b := &configBed{t, t.TempDir()}
	b.file("key", 0o600, randomKey())
	b.file("open-key", 0o644, randomKey())
	b.file("zero-key", 0o600, base64.StdEncoding.EncodeToString(make([]byte, 32)))
	b.file("short-key", 0o600, base64.StdEncoding.EncodeToString([]byte("canary-short-key")))
	b.file("text-key", 0o600, "canary, not base64")
	b.file("database-url", 0o600, "postgres://consentry:canary@127.0.0.1/consentry")
	b.file("open-database-url", 0o644, "postgres://consentry:canary@127.0.0.1/consentry")
	b.file("cloud.json", 0o600, `{"name":"lab","login":"https://login.example","graph":"https://graph.example","devops":"https://devops.example","vssps":"https://vssps.example"}`)
	b.file("sandbox.json", 0o600, `{"name":"sandbox","login":"http://127.0.0.1:1/login","graph":"http://127.0.0.1:1/graph","devops":"http://127.0.0.1:1/devops","vssps":"http://127.0.0.1:1/vssps"}`)
	b.file("bad-cloud.json", 0o600, `{"login":"http://canary.example"}`)
	b.file("open/consentry.db", 0o644, "")
	return b
}

func randomKey() string {
	dir, err := os.MkdirTemp("", "key")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "key")
	if _, _, err := store.LoadOrMakeKey(path); err != nil {
		panic(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (b *configBed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *configBed) file(name string, mode os.FileMode, text string) string {
	b.t.Helper()
	path := b.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// A config is a way to start the console.
type config struct {
	args []string          // {dir} stands for the bed's folder
	env  map[string]string // without the prefix
	file string            // what --config names
}

func (b *configBed) check(c config) (code int, out, errs string) {
	b.t.Helper()
	fill := strings.NewReplacer("{dir}", b.dir)
	args := []string{"check-config"}
	if !slices.Contains(c.args, "--key-file") && c.env["KEY_FILE"] == "" && !strings.Contains(c.file, "key-file") {
		args = append(args, "--key-file", b.path("key"))
	}
	if !slices.Contains(c.args, "--data") && c.env["DATABASE"]+c.env["DATABASE_FILE"] == "" && !strings.Contains(strings.Join(c.args, " ")+c.file, "database") {
		args = append(args, "--data", b.path("data"))
	}
	for _, a := range c.args {
		args = append(args, fill.Replace(a))
	}
	if c.file != "" {
		args = append(args, "--config", b.file("settings.yaml", 0o600, fill.Replace(c.file)))
	}
	for name, value := range c.env {
		b.t.Setenv(variablePrefix+name, fill.Replace(value))
	}
	var stdout, stderr bytes.Buffer
	code = run(b.t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// badConfigs are ways to start the console that must be refused, with the key
// and words of the mend.
var badConfigs = []struct {
	name string
	config
	says []string
}{
	{"beyond this machine for whoever comes", config{args: []string{"--listen", "0.0.0.0:8080"}}, []string{"listen:", "--sign-in entra"}},
	{"plain http by a name", config{args: []string{"--base-url", "http://consentry.example"}}, []string{"base-url:", "give https"}},
	{"an address that is none", config{args: []string{"--base-url", "canary"}}, []string{"base-url:", "https://consentry.example"}},
	{"an address with a path", config{args: []string{"--base-url", "https://localhost/canary"}}, []string{"base-url:", "scheme and host alone"}},
	{"half of a certificate", config{args: []string{"--tls-cert", "{dir}/key"}}, []string{"tls-cert:", "go together"}},
	{"a certificate that is none", config{args: []string{"--tls-cert", "{dir}/key", "--tls-key", "{dir}/key"}}, []string{"tls-cert:", "cannot be used"}},
	{"every proxy is believed", config{args: []string{"--trusted-proxy", "0.0.0.0/0"}}, []string{"trusted-proxy:"}},
	{"whoever says it is a proxy", config{args: []string{"--trusted-proxy", "*"}}, []string{"trusted-proxy:"}},
	{"metrics without an address", config{args: []string{"--metrics", "9090"}}, []string{"metrics:", "127.0.0.1:9090"}},
	{"metrics as a number in the file", config{file: "metrics: 9090\n"}, []string{"metrics (", "127.0.0.1:9090"}},
	{"a time without a unit in the file", config{file: "session-idle: 15\n"}, []string{"session-idle (", "such as 15m"}},
	{"metrics among the pages", config{args: []string{"--metrics", "localhost:8080"}}, []string{"metrics:", "address of their own"}},
	{"a webhook that is read along", config{args: []string{"--webhook-url", "http://hook.example", "--webhook-secret-file", "{dir}/key"}}, []string{"webhook-url:", "https://"}},
	{"a webhook that signs nothing", config{args: []string{"--webhook-url", "https://hook.example"}}, []string{"webhook-secret-file:", "missing"}},
	{"a secret of the webhook that others read", config{args: []string{"--webhook-url", "https://hook.example", "--webhook-secret-file", "{dir}/open-key"}}, []string{"webhook-secret-file:", "chmod 600"}},
	{"mail from nobody", config{args: []string{"--smtp", "mail.example:587"}}, []string{"smtp-from:"}},
	{"mail without a server", config{args: []string{"--smtp-from", "consentry@example.com"}}, []string{"smtp:", "missing"}},
	{"no port", config{args: []string{"--listen", "localhost"}}, []string{"listen:", "host and port"}},
	{"a port that is none", config{args: []string{"--listen", "localhost:99999"}}, []string{"listen:", "0 to 65535"}},
	{"a cloud that is an address", config{args: []string{"--cloud", "https://canary.example"}}, []string{"cloud:", "public, sandbox"}},
	{"a sovereign cloud, where Azure DevOps is not", config{args: []string{"--cloud", "usgov"}}, []string{"cloud:", "public, sandbox"}},
	{"a cloud file with plain http", config{args: []string{"--cloud", "{dir}/bad-cloud.json"}}, []string{"cloud:", "https"}},
	{"the sandbox in production", config{args: []string{"--production", "--cloud", "sandbox"}}, []string{"cloud:", "real tenants only"}},
	{"a sandbox elsewhere in production", config{args: []string{"--production", "--cloud", "{dir}/sandbox.json"}}, []string{"cloud:", "real tenants only"}},
	{"made-up pages in production", config{args: []string{"--production", "--cloud", "public", "--gallery"}}, []string{"gallery:", "leave it out"}},
	{"a shared database for the in-process sandbox", config{args: []string{"--cloud", "sandbox"}, env: map[string]string{"DATABASE": "postgres://consentry@127.0.0.1/consentry"}}, []string{"database (CONSENTRY_DATABASE):", "sandbox"}},
	{"another database than PostgreSQL", config{args: []string{"--cloud", "public"}, env: map[string]string{"DATABASE": "mysql://canary@database.example/consentry"}}, []string{"database (CONSENTRY_DATABASE):", "postgres://"}},
	{"no database in the address", config{args: []string{"--cloud", "public"}, env: map[string]string{"DATABASE": "postgres://consentry:canary@127.0.0.1"}}, []string{"database (CONSENTRY_DATABASE):", "names no database"}},
	{"a database elsewhere that is not verified", config{args: []string{"--cloud", "public"}, env: map[string]string{"DATABASE": "postgres://consentry:canary@database.example/consentry?sslmode=require"}}, []string{"database (CONSENTRY_DATABASE):", "sslmode=verify-full"}},
	{"a password among the arguments", config{args: []string{"--cloud", "public", "--database", "postgres://consentry:canary@127.0.0.1/consentry"}}, []string{"database:", "--database-file"}},
	{"a file and a database", config{args: []string{"--cloud", "public", "--data", "{dir}/data"}, env: map[string]string{"DATABASE": "postgres://consentry@127.0.0.1/consentry"}}, []string{"database (CONSENTRY_DATABASE):", "--data"}},
	{"a database file that others read", config{args: []string{"--cloud", "public", "--data", "{dir}/open"}}, []string{"data:", "chmod 600"}},
	{"an address of the database that others read", config{args: []string{"--cloud", "public", "--database-file", "{dir}/open-database-url"}}, []string{"database-file:", "chmod 600"}},
	{"an address of the database that is not there", config{args: []string{"--cloud", "public", "--database-file", "{dir}/none"}}, []string{"database-file:"}},
	{"a key that others read", config{args: []string{"--key-file", "{dir}/open-key"}}, []string{"key-file:", "chmod 600"}},
	{"a key of zeros", config{args: []string{"--key-file", "{dir}/zero-key"}}, []string{"key-file:", "openssl rand"}},
	{"a key that is too short", config{args: []string{"--key-file", "{dir}/short-key"}}, []string{"key-file:", "must have 32"}},
	{"a key that is a text", config{args: []string{"--key-file", "{dir}/text-key"}}, []string{"key-file:", "not base64"}},
	{"no key for consoles that share a database", config{args: []string{"--cloud", "public", "--key-file", "{dir}/none", "--database-file", "{dir}/database-url"}}, []string{"key-file:", "openssl rand"}},
	{"keys in two places", config{args: []string{"--key-file", "{dir}/key"}, env: map[string]string{"KEY": "canary"}}, []string{"key-file:", "one of"}},
	{"a tenant with a path", config{args: []string{"--tenant", "canary.example/../common"}}, []string{"tenant:", "Directory (tenant) ID"}},
	{"a client ID that is none", config{env: map[string]string{"CLIENT_ID": "canary"}}, []string{"client-id (CONSENTRY_CLIENT_ID):", "Application (client) ID"}},
	{"somebody's own identity for whoever comes", config{args: []string{"--cloud", "public", "--identity", "azure-cli", "--listen", "0.0.0.0:8080"}}, []string{"listen:", "use it as you"}},
	{"somebody's own identity for several people", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--identity", "azure-cli"}}, []string{"identity:", "--sign-in local"}},
	{"a person without an app registration", config{args: []string{"--cloud", "public", "--identity", "device-code"}}, []string{"identity:", "--client-id"}},
	{"everybody's sandbox", config{args: []string{"--cloud", "{dir}/sandbox.json", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--base-url", "https://consentry.example"}}, []string{"base-url:", "--cloud public"}},
	{"people of whatever tenant", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555"}}, []string{"allow-tenant:", "name each"}},
	{"a tenant by its domain", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "canary.example"}}, []string{"allow-tenant:", "domains change hands"}},
	{"nobody's app registration", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee"}}, []string{"client-id:", "consentry bootstrap"}},
	{"a client secret that others read", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--client-secret-file", "{dir}/open-key"}}, []string{"client-secret-file:"}},
	{"a certificate without its key", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--client-certificate-file", "{dir}/key"}}, []string{"client-certificate-file:"}},
	{"a platform's token of one person's console", config{args: []string{"--client-federated-token-file", "{dir}/key"}}, []string{"client-federated-token-file:", "--sign-in entra"}},
	{"two proofs", config{args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--client-secret-file", "{dir}/key", "--client-federated-token-file", "{dir}/key"}}, []string{"client-secret-file:", "in one way"}},
	{"a secret among the arguments", config{args: []string{"--client-secret", "canary"}}, []string{"unknown flag --client-secret"}},
	{"a session without end", config{args: []string{"--session-life", "1000h"}}, []string{"session-life:", "24h or less"}},
	{"a session that ends at once", config{args: []string{"--session-idle", "1ms"}}, []string{"session-idle:"}},
	{"an idle time that ends nothing", config{args: []string{"--session-idle", "9h"}}, []string{"session-idle:", "--session-life"}},
	{"an unknown variable", config{env: map[string]string{"KEYFILE": "canary"}}, []string{"CONSENTRY_KEYFILE", "no setting has this name"}},
	{"a key that nobody knows", config{file: "trust-everybody: true\n"}, []string{"trust-everybody (", "no setting has this name"}},
	{"a key twice", config{file: "debug: true\ndebug: false\n"}, []string{"config (", "line 2"}},
	{"settings within settings", config{file: "cloud:\n  name: canary\n"}, []string{"cloud (", "one value"}},
	{"no YAML", config{file: "cloud: [canary\n"}, []string{"config (", "line"}},
	{"a switch that is neither", config{file: "debug: canary\n"}, []string{"debug (", "true or false"}},
	{"a choice that is none", config{file: "sign-in: canary\n"}, []string{"sign-in (", "none of its values"}},
	{"a file that is not there", config{args: []string{"--config", "{dir}/none.yaml"}}, []string{"config", "no such file"}},
	{"settings from settings", config{file: "config: other.yaml\n"}, []string{"config (", "no setting"}},
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	if len(badConfigs) < 25 {
		t.Errorf("only %d are tried", len(badConfigs))
	}
	for _, c := range badConfigs {
		t.Run(c.name, func(t *testing.T) {
			b := newConfigBed(t)
			code, out, errs := b.check(c.config)
			if code == 0 || out != "" {
				t.Errorf("exit code %d: %s", code, out)
			}
			for _, want := range c.says {
				if !strings.Contains(errs, want) {
					t.Errorf("%q is not in: %s", want, errs)
				}
			}
			if strings.Contains(errs, "canary") {
				t.Errorf("a value is told: %s", errs)
			}
			if strings.Count(errs, "\n  ") != 1 && !strings.Contains(errs, "unknown flag") {
				t.Errorf("want one problem: %s", errs)
			}
		})
	}
}

func TestGoodConfigurationsAreTaken(t *testing.T) {
	for name, c := range map[string]config{
		"nothing given":               {},
		"the public cloud":            {args: []string{"--cloud", "public", "--production"}},
		"a cloud file":                {args: []string{"--cloud", "{dir}/cloud.json"}},
		"from the environment":        {env: map[string]string{"CLOUD": "public", "LISTEN": "127.0.0.1:0", "DEBUG": "true"}},
		"from a file":                 {file: "cloud: public\nlisten: '[::1]:8080'\ndebug: true\ntenant: contoso.onmicrosoft.com\n"},
		"from JSON":                   {file: `{"cloud": "public", "debug": false}`},
		"a shared database":           {args: []string{"--cloud", "public"}, env: map[string]string{"DATABASE": "postgres://consentry:canary@database.example/consentry?sslmode=verify-full"}},
		"a database over a socket":    {args: []string{"--cloud", "public", "--database", "postgres:///consentry?host=/run/postgresql"}},
		"an address in a file":        {args: []string{"--cloud", "public", "--database-file", "{dir}/database-url"}},
		"a key that will be made":     {args: []string{"--key-file", "{dir}/new/key"}},
		"for several people":          {args: []string{"--cloud", "public", "--sign-in", "entra", "--client-id", "11111111-2222-3333-4444-555555555555", "--allow-tenant", "aaaabbbb-0000-cccc-1111-dddd2222eeee", "--listen", "0.0.0.0:8080", "--base-url", "https://consentry.example", "--trusted-proxy", "10.0.0.1", "--client-secret-file", "{dir}/key", "--production"}},
		"a secret of another command": {env: map[string]string{"CLIENT_SECRET": "canary"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newConfigBed(t)
			code, out, errs := b.check(c)
			if code != 0 || errs != "" || !strings.HasPrefix(out, "The settings can be used.") || strings.Contains(out, "canary") {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnceWithTheirSources(t *testing.T) {
	b := newConfigBed(t)
	_, _, errs := b.check(config{
		args: []string{"--listen", "nowhere"},
		env:  map[string]string{"TENANT": "../canary", "CLOUDS": "canary"},
		file: "client-id: canary\nnonsense: canary\ndebug: perhaps\n",
	})
	for _, want := range []string{"6 settings cannot be used", "\n  listen: ", "\n  tenant (CONSENTRY_TENANT): ", "\n  CONSENTRY_CLOUDS (environment): ", "\n  client-id (" + b.path("settings.yaml") + "): ", "\n  nonsense (", "\n  debug ("} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not in: %s", want, errs)
		}
	}
	if strings.Contains(errs, "canary") {
		t.Errorf("a value is told: %s", errs)
	}
}

func TestAFlagComesBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	b := newConfigBed(t)
	file := b.file("settings.yaml", 0o600, "listen: localhost:1\ntenant: one.example\nclient-id: 11111111-2222-3333-4444-555555555555\n")
	t.Setenv("CONSENTRY_LISTEN", "localhost:2")
	t.Setenv("CONSENTRY_TENANT", "two.example")
	var c cli
	from := newSettings(os.Environ())
	parser, err := newParser(&c, from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := parser.Parse([]string{"serve", "--config", file, "--listen", "localhost:3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Serve.Listen != "localhost:3" || c.Serve.Tenant != "two.example" || c.Serve.ClientID != "11111111-2222-3333-4444-555555555555" {
		t.Errorf("%q, %q, %q", c.Serve.Listen, c.Serve.Tenant, c.Serve.ClientID)
	}
	from.close(ctx)
	for flag, want := range map[string]string{"listen": onCommandLine, "tenant": "CONSENTRY_TENANT", "client-id": file} {
		if got := from.sources[flag]; got != want {
			t.Errorf("%s comes from %q, want %q", flag, got, want)
		}
	}
}

func TestEverySettingHasAVariableAndAKey(t *testing.T) {
	var c cli
	from := newSettings(nil)
	parser, err := newParser(&c, from)
	if err != nil {
		t.Fatal(err)
	}
	if len(from.known) < 10 {
		t.Fatalf("only %d settings", len(from.known))
	}
	for name, flag := range from.known {
		if flagOf(variableOf(name)) != name {
			t.Errorf("--%s has the variable %s, which is of --%s", name, variableOf(name), flagOf(variableOf(name)))
		}
		if len(flag.Tag.Envs) > 0 {
			t.Errorf("--%s is read from the environment by kong, who quotes what it cannot read", name)
		}
	}
	for _, command := range parser.Model.Children {
		if command.Name == "check-config" {
			checkSameFlags(t, from.known, command.Flags)
		}
	}
}

func checkSameFlags(t *testing.T, serve map[string]*kong.Flag, flags []*kong.Flag) {
	t.Helper()
	for _, f := range flags {
		if f.Name != "help" && serve[f.Name] == nil {
			t.Errorf("check-config has --%s, which serve has not", f.Name)
		}
	}
	if len(flags) < len(serve) {
		t.Errorf("check-config has %d flags, serve %d", len(flags), len(serve))
	}
}

// TestEveryRuleIsOfASetting: a rule that names no flag would be told of nothing.
func TestEveryRuleIsOfASetting(t *testing.T) {
	var c cli
	from := newSettings(nil)
	if _, err := newParser(&c, from); err != nil {
		t.Fatal(err)
	}
	for _, rules := range allRules {
		for _, r := range rules {
			if from.known[r.flag] == nil {
				t.Errorf("a rule is about --%s, which serve has not", r.flag)
			}
		}
	}
}

func TestOtherCommandsRefuseAFileTheyCannotRead(t *testing.T) {
	b := newConfigBed(t)
	file := b.file("bad.yaml", 0o600, "nonsense: canary\n")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"backup", "--config", file, "--out", b.path("copy")}, &out, &errs)
	if code == 0 || !strings.Contains(errs.String(), "nonsense") || strings.Contains(errs.String(), "canary") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
