package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/sandbox"
)

// integrationSecret is the variable of --secret-env in these tests.
const integrationSecret = "INTEGRATION_SECRET"

// in is the bed with another tenant of the same sandbox.
func (b *bed) in(scenario string) *bed {
	b.t.Helper()
	other := *b
	for _, tenant := range b.box.Ready().Tenants {
		if tenant.Scenario == scenario {
			other.tenant = tenant
			return &other
		}
	}
	b.t.Fatalf("the sandbox has no tenant %q", scenario)
	return nil
}

// checkCommand is "consentry check" with what the tenant's integration uses.
func (b *bed) checkCommand(args ...string) *exec.Cmd {
	c := b.tenant.Connection
	line := []string{"check", "--cloud", b.cloud, "--client-id", c.ClientID, "--tenant", b.tenant.Domain, "--preset", c.Integration,
		"--redirect-uri", c.RedirectURIs[0], "--organization", c.Organization, "--project", c.Project}
	for _, s := range c.Scopes {
		line = append(line, "--scope", s)
	}
	cmd := exec.Command(os.Args[0], append(line, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1", integrationSecret+"="+c.ClientSecret, secretVariable+"="+b.tenant.Automation.ClientSecret)
	return cmd
}

// everything is what can be given to the command.
func (b *bed) everything(args ...string) []string {
	return append([]string{"--secret-env", integrationSecret, "--sign-in", "application", "--sign-in-client-id", b.tenant.Automation.ClientID}, args...)
}

func (b *bed) check(args ...string) outcome {
	b.t.Helper()
	return b.finish(b.checkCommand(args...))
}

// readBack reads the JSON as the console does.
func (o outcome) readBack(t *testing.T) checks.Report {
	t.Helper()
	r, err := checks.ReadReport([]byte(o.stdout))
	if err != nil {
		t.Fatalf("%v\n%s%s", err, o.stdout, o.stderr)
	}
	return r
}

func roots(r checks.Report) []string {
	var out []string
	for _, root := range r.Summary.Roots {
		if c, ok := checks.Lookup(root.ID); ok && c.Severity != checks.Advises {
			out = append(out, root.ID)
		}
	}
	return out
}

func TestCheckFindsTheRootInEachTenant(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	for _, c := range []struct {
		scenario string
		code     int
		roots    []string
	}{
		{"healthy", 0, nil},
		{"expired secret", 2, []string{"secret-present"}},
		{"expiring secret", 2, []string{"secret-lasts"}},
		{"single-tenant app", 2, []string{"audience-multitenant"}},
		{"app disabled", 2, []string{"service-principal-enabled"}},
		{"organization not connected", 2, []string{"organization-connected"}},
		{"organization of another tenant", 2, []string{"organization-in-tenant"}},
		{"Azure DevOps principal missing", 2, []string{"devops-principal-exists"}},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			b := b.in(c.scenario)
			o := b.check(b.everything("--json")...)
			r := o.readBack(t)
			if o.code != c.code || r.Summary.Verdict.ExitCode() != c.code {
				t.Errorf("exit code %d with the verdict %s, want %d", o.code, r.Summary.Verdict, c.code)
			}
			for _, id := range c.roots {
				if !slices.Contains(roots(r), id) {
					t.Errorf("roots %q lack %s", roots(r), id)
				}
			}
			if c.roots == nil && len(roots(r)) > 0 {
				t.Errorf("roots %q", roots(r))
			}
		})
	}
}

func TestCheckMasksWhatOthersRead(t *testing.T) {
	t.Parallel()
	b := newBed(t, "expired secret")
	c := b.tenant.Connection
	names := []string{b.tenant.ID, b.tenant.Domain, c.Organization, c.Project, "Litware"}
	for _, format := range []string{"--json", "--junit", "--sarif", "--markdown"} {
		masked, whole := b.check(b.everything(format)...), b.check(b.everything(format, "--unmasked")...)
		for _, name := range names {
			if strings.Contains(strings.ToLower(masked.stdout), strings.ToLower(name)) {
				t.Errorf("%s names %s", format, name)
			}
		}
		if !strings.Contains(whole.stdout, "Litware") {
			t.Errorf("%s --unmasked does not name the tenant", format)
		}
		for _, o := range []outcome{masked, whole} {
			if strings.Contains(o.stdout+o.stderr, c.ClientSecret) || strings.Contains(o.stdout+o.stderr, b.tenant.Automation.ClientSecret) {
				t.Errorf("%s holds a secret", format)
			}
			if o.code != 2 {
				t.Errorf("%s: exit code %d: %s", format, o.code, o.stderr)
			}
		}
	}
}

func TestCheckFormatsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	var suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Tests   int      `xml:"tests,attr"`
	}
	if err := xml.Unmarshal([]byte(b.check("--junit").stdout), &suites); err != nil || suites.Tests != len(checks.All) {
		t.Errorf("JUnit: %d tests of %d checks, %v", suites.Tests, len(checks.All), err)
	}
	var log struct {
		Version string `json:"version"`
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string } `json:"rules"`
				} `json:"driver"`
			} `json:"tool"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(b.check("--sarif").stdout), &log); err != nil || log.Version != "2.1.0" || len(log.Runs[0].Tool.Driver.Rules) != len(checks.All) {
		t.Errorf("SARIF: %+v, %v", log.Version, err)
	}
	if text := b.check("--markdown").stdout; !strings.HasPrefix(text, "# ") {
		t.Errorf("Markdown: %s", text)
	}
}

func TestCheckShowsEachResultOnceAndThenTheReport(t *testing.T) {
	t.Parallel()
	b := newBed(t, "expired secret")
	o := b.check("--secret-env", integrationSecret)
	rows, report, ok := strings.Cut(o.stdout, "\n\n")
	if !ok || o.code != 2 {
		t.Fatalf("exit code %d:\n%s%s", o.code, o.stdout, o.stderr)
	}
	seen := map[string]bool{}
	for row := range strings.Lines(rows) {
		id := row[strings.Index(row, "(")+1 : strings.Index(row, ")")]
		if seen[id] {
			t.Errorf("%s comes twice", id)
		}
		seen[id] = true
	}
	for _, id := range []string{"tenant-exists", "secret-not-expired", "organization-exists", "services-reachable"} {
		if !seen[id] {
			t.Errorf("no row of %s", id)
		}
	}
	if seen["registration-exists"] {
		t.Error("a row for what nobody signed in to see")
	}
	for _, want := range []string{"1 thing stops sign-in", "Not so: The client secret has not expired (secret-not-expired)", "To do (app owner): ", "Follows from it: secret-active", "Not known, and what would make it known:", "registration-exists", "--sign-in azure-cli", "Checks: "} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	if !strings.HasPrefix(report, "1 thing stops sign-in") {
		t.Errorf("the report begins with %.80q", report)
	}
}

func TestWhatCouldNotBeDecidedEndsWith3(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	if o := b.check("--check", "redirect-uri-registered"); o.code != 3 {
		t.Errorf("a check that was named, nobody signed in: exit code %d\n%s", o.code, o.stdout)
	}
	if o := b.check("--check", "redirect-uri-well-formed"); o.code != 0 {
		t.Errorf("a check that can be decided: exit code %d\n%s", o.code, o.stdout)
	}
	if o := b.check("--timeout", "1ns", "--json"); o.code != 3 {
		t.Errorf("no time at all: exit code %d", o.code)
	}
	fault := sandbox.Fault{Service: "login", Method: "GET", Path: "/" + b.tenant.Domain + "/v2.0/.well-known/openid-configuration", Action: sandbox.Action{Status: 503}}
	if err := b.box.SetFaults(fault); err != nil {
		t.Fatal(err)
	}
	o := b.check("--json")
	for _, r := range o.readBack(t).Results {
		if r.ID == "tenant-exists" && (r.Outcome != checks.Unknown || r.NotGiven) {
			t.Errorf("tenant-exists is %s", r.Outcome)
		}
	}
	if o.code != 3 {
		t.Errorf("the sign-in service does not answer: exit code %d", o.code)
	}
}

func TestNamedChecksComeWithThoseTheyComeAfter(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	r := b.check("--check", "tenant-exists", "--check", "scopes-known", "--json").readBack(t)
	var got []string
	for _, x := range r.Results {
		got = append(got, x.ID)
	}
	want := closure("tenant-exists", "scopes-known")
	if !slices.Equal(got, want) || len(want) >= len(checks.All) {
		t.Errorf("checks %q, want %q", got, want)
	}
}

// closure are checks with all they come after, in the order of display.
func closure(ids ...string) []string {
	all := map[string]bool{}
	for len(ids) > 0 {
		c, _ := checks.Lookup(ids[0])
		all[c.ID], ids = true, append(ids[1:], c.After...)
	}
	var out []string
	for _, c := range checks.All {
		if all[c.ID] {
			out = append(out, c.ID)
		}
	}
	return out
}

// inProcess runs a command line here.
func inProcess(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs)
	return outcome{code, out.String(), errs.String()}
}

func TestListNamesAllChecks(t *testing.T) {
	t.Parallel()
	text := inProcess(t, "check", "--list")
	var list []listedCheck
	if err := json.Unmarshal([]byte(inProcess(t, "check", "--list", "--json").stdout), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(checks.All) || text.code != 0 {
		t.Errorf("%d checks listed of %d, exit code %d", len(list), len(checks.All), text.code)
	}
	for i, c := range checks.All {
		if !strings.Contains(text.stdout, c.ID+" ") || list[i].ID != c.ID || list[i].Why == "" || list[i].Cites == "" {
			t.Errorf("%s is not listed, or not whole: %+v", c.ID, list[i])
		}
	}
	if table := inProcess(t, "check", "--list", "--markdown").stdout; table != checks.Table(checks.All) {
		t.Errorf("the table: %s", table)
	}
}

func TestCheckRefusesWhatItCannotUse(t *testing.T) {
	t.Setenv("EMPTY_FOR_TEST", "")
	for says, args := range map[string]string{
		"nothing to check yet":           "check",
		"there is no such check":         "check --client-id x --check nope",
		"--preset \"nope\" is unknown":   "check --preset nope",
		"--input goes with --preset":     "check --client-id x --input a=b",
		"Frontegg has no such input":     "check --preset frontegg --input foo=b",
		"EMPTY_FOR_TEST is empty":        "check --client-id x --secret-env EMPTY_FOR_TEST",
		"goes with --sign-in":            "check --client-id x --sign-in-client-id 11111111-1111-4111-8111-111111111111",
		"--sign-in-tenant":               "check --client-id x --sign-in auto --sign-in-tenant no/tenant",
		"an application signs in to one": "check --client-id x --sign-in application --sign-in-client-id 11111111-1111-4111-8111-111111111111",
		"--sign-in-client-id: ":          "check --client-id x --tenant contoso.com --sign-in application",
		"can't be used together":         "check --client-id x --json --sarif",
		"--cloud nowhere.json":           "check --client-id x --cloud nowhere.json",
	} {
		o := inProcess(t, strings.Fields(args)...)
		if o.code != 1 || !strings.Contains(o.stderr, says) || o.stdout != "" {
			t.Errorf("%s: exit code %d, said %q, want %q; printed %q", args, o.code, o.stderr, says, o.stdout)
		}
	}
}
