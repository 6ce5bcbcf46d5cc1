package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/store/postgrestest"
)

// read is a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// knownSettings are those of serve.
func knownSettings(t *testing.T) *settings {
	t.Helper()
	var c cli
	s := newSettings(nil)
	if _, err := newParser(&c, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheOperatorsPageNamesEverySettingAndNoOther(t *testing.T) {
	page, s := read(t, "docs/operations.md"), knownSettings(t)
	table, _, _ := strings.Cut(page[strings.Index(page, "| Setting |"):], "\n\n")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(table, -1) {
		named[m[1]] = true
		if s.known[m[1]] == nil {
			t.Errorf("--%s is no setting", m[1])
		}
	}
	for name := range s.known {
		if !named[name] {
			t.Errorf("--%s is not in the table of settings", name)
		}
	}
	for _, m := range regexp.MustCompile(`CONSENTRY_[A-Z_]+`).FindAllString(page, -1) {
		if s.known[flagOf(m)] == nil && !slices.Contains(otherVariables, m) {
			t.Errorf("%s is no variable", m)
		}
	}
}

func TestTheOperatorsPageNamesMetricsThatThereAre(t *testing.T) {
	sources := read(t, "metrics/metrics.go") + read(t, "metrics/sources.go")
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z_]+)", (?:Help: )?"[A-Z]`).FindAllStringSubmatch(sources, -1) {
		there["consentry_"+m[1]] = true
	}
	page := read(t, "docs/operations.md")
	for _, m := range regexp.MustCompile(`consentry_[a-z_]+`).FindAllString(page, -1) {
		if !there[m] {
			t.Errorf("%s is no metric", m)
		}
	}
	for name := range there {
		if !strings.Contains(page, name) {
			t.Errorf("%s is not explained", name)
		}
	}
}

// A unit is a systemd unit file: the values of each directive, by section.
func unit(t *testing.T, text string) map[string]map[string][]string {
	t.Helper()
	out, section := map[string]map[string][]string{}, ""
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
			out[section] = map[string][]string{}
		case !ok || section == "" || !regexp.MustCompile(`^[A-Z][A-Za-z]+$`).MatchString(name):
			t.Fatalf("%q is no directive", line)
		default:
			out[section][name] = append(out[section][name], value)
		}
	}
	return out
}

func TestTheUnitIsHardenedAndKnowsTheSettings(t *testing.T) {
	u := unit(t, read(t, "docs/systemd/consentry.service"))
	service, s := u["Service"], knownSettings(t)
	for _, hardened := range []string{
		"DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
		"ProtectKernelModules=yes", "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "RestrictNamespaces=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
		"SystemCallArchitectures=native", "UMask=0077", "RestrictSUIDSGID=yes", "StateDirectoryMode=0700",
	} {
		name, value, _ := strings.Cut(hardened, "=")
		if !slices.Contains(service[name], value) {
			t.Errorf("%s is missing", hardened)
		}
	}
	for _, e := range service["Environment"] {
		name, _, _ := strings.Cut(e, "=")
		if name != "HOME" && s.known[flagOf(name)] == nil {
			t.Errorf("%s is no setting", name)
		}
	}
	for _, line := range append(service["ExecStart"], service["ExecStartPre"]...) {
		checkLine(t, s, strings.Fields(line)[1:])
	}
	if len(service["ExecStart"]) != 1 || len(service["LoadCredential"]) == 0 || u["Install"]["WantedBy"] == nil || u["Unit"]["Description"] == nil {
		t.Errorf("the unit is not whole: %v", u)
	}
}

// checkLine holds a command line of a document to what there is.
func checkLine(t *testing.T, s *settings, args []string) {
	t.Helper()
	if len(args) == 0 || !isConsole(args[0]) {
		t.Errorf("%q does not run the console", args)
		return
	}
	for _, a := range args[1:] {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if s.known[name] == nil {
			t.Errorf("%s is no flag of it", a)
		}
	}
}

// A composition is what matters of a compose file.
type composition struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Command     []string          `yaml:"command"`
		User        string            `yaml:"user"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		SecurityOpt []string          `yaml:"security_opt"`
		Environment map[string]string `yaml:"environment"`
		Secrets     []string          `yaml:"secrets"`
		Volumes     []string          `yaml:"volumes"`
		Ports       []string          `yaml:"ports"`
		NetworkMode string            `yaml:"network_mode"`
		Grace       string            `yaml:"stop_grace_period"`
		Deploy      struct {
			Replicas int `yaml:"replicas"`
		} `yaml:"deploy"`
	} `yaml:"services"`
	Secrets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
	Configs map[string]struct {
		Content string `yaml:"content"`
	} `yaml:"configs"`
	Volumes  map[string]any `yaml:"volumes"`
	Networks map[string]any `yaml:"networks"`
}

func TestTheCompositionIsWhatTheConsoleTakes(t *testing.T) {
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, "docs/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	s, console := knownSettings(t), c.Services["console"]
	checkLine(t, s, console.Command)
	switch {
	case console.Deploy.Replicas != 2:
		t.Errorf("%d consoles", console.Deploy.Replicas)
	case !console.ReadOnly || !slices.Equal(console.CapDrop, []string{"ALL"}) || console.User != "65532:65532" || !slices.Contains(console.SecurityOpt, "no-new-privileges:true"):
		t.Errorf("the console may do too much: %+v", console)
	case len(console.Ports) != 0 || c.Services["database"].NetworkMode != "none":
		t.Error("more than the proxy is reached from outside")
	case console.Grace != "30s":
		t.Errorf("it is killed after %s", console.Grace)
	}
	for name, value := range console.Environment {
		if s.known[flagOf(name)] == nil {
			t.Errorf("%s is no setting", name)
		}
		if file, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(console.Secrets, file) {
			t.Errorf("%s names the secret %s, which the console is not given", name, file)
		}
	}
	for name, service := range c.Services {
		for _, secret := range service.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s takes the secret %s, of which there is no file", name, secret)
			}
		}
		for variable, value := range service.Environment {
			if regexp.MustCompile(`(?i)password|secret|key`).MatchString(variable) && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("%s of %s is a secret in a variable", variable, name)
			}
		}
	}
}

// TestTheCompositionsSettingsAreTaken starts from its variables, with the
// secrets where they can be here.
func TestTheCompositionsSettingsAreTaken(t *testing.T) {
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, "docs/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	b := newConfigBed(t)
	b.file("database-url", 0o600, "postgres://consentry:canary@/consentry?host=/run/postgresql")
	b.file("console", 0o600, certificateWithKey(t))
	env := map[string]string{}
	for name, value := range c.Services["console"].Environment {
		env[strings.TrimPrefix(name, variablePrefix)] = strings.Replace(value, "/run/secrets", b.dir, 1)
	}
	code, out, errs := b.check(config{args: c.Services["console"].Command[1:], env: env})
	if code != 0 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// What its database begins with makes a role that policies hold.
func TestTheCompositionsDatabaseHasAnOrdinaryRole(t *testing.T) {
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, "docs/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	psql, server := postgrestest.Program(t, "psql"), postgrestest.New(t)
	admin, password := postgrestest.AsSuperuser(t, server.Database()), filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	statements := strings.NewReplacer("/run/secrets/database-password", password,
		"consentry", "composed").Replace(c.Configs["role"].Content) // the server has a role of that name
	cmd := exec.Command(psql, "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--dbname="+admin)
	cmd.Stdin = strings.NewReader(statements)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.UserPassword("composed", "canary"), "/composed"
	var log bytes.Buffer
	s, err := store.Open(t.Context(), store.Options{URL: u.String(), Key: store.NewKey(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || strings.Contains(log.String(), "row security") {
		t.Errorf("%v: %s", err, log.String())
	}
}

// certificateWithKey is what bootstrap makes for the console: both in one PEM.
func certificateWithKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func TestTheImageHoldsTheBinaryAlone(t *testing.T) {
	var stages [][]string // the instructions of each
	for line := range strings.SplitSeq(strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " "), "\n") {
		switch {
		case line == "" || line[0] == '#':
			continue
		case strings.HasPrefix(line, "FROM "):
			stages = append(stages, nil)
		case len(stages) == 0:
			t.Fatalf("%q stands before the first stage", line)
		}
		stages[len(stages)-1] = append(stages[len(stages)-1], line)
	}
	if len(stages) != 2 || !regexp.MustCompile(`^FROM golang:1\.\d+\.\d+ AS build$`).MatchString(stages[0][0]) || stages[1][0] != "FROM scratch" {
		t.Fatalf("stages %q", stages)
	}
	build, final := strings.Join(stages[0], "\n"), stages[1]
	for _, want := range []string{"ARG TAGS=nosandbox,nomsgpack", "CGO_ENABLED=0 go build -trimpath", "go mod verify"} {
		if !strings.Contains(build, want) {
			t.Errorf("the build lacks %q", want)
		}
	}
	for _, want := range []string{"USER 65532:65532", "VOLUME /data", `ENTRYPOINT ["/consentry"]`, `CMD ["serve"]`, "STOPSIGNAL SIGTERM"} {
		if !slices.Contains(final, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	allowed := regexp.MustCompile(`^(FROM scratch|COPY --from=build |USER |ENV HOME=/data TMPDIR=/data$|VOLUME |EXPOSE |STOPSIGNAL |ENTRYPOINT \[|CMD \[)`)
	for _, line := range final {
		if !allowed.MatchString(line) {
			t.Errorf("the image has %q", line)
		}
	}
}
