package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
)

// CheckCmd asks why an integration does not work, or whether it will.
type CheckCmd struct {
	ClientID     string            `placeholder:"ID" help:"Application (client) ID that the integration uses."`
	Tenant       string            `help:"Tenant that the integration signs people in at: ID, domain or organizations."`
	SecretEnv    string            `placeholder:"VAR" help:"Environment variable that holds the integration's client secret."`
	RedirectURI  string            `name:"redirect-uri" placeholder:"URI" help:"Redirect URI that the integration sends."`
	Scope        []string          `sep:"none" help:"Scopes that the integration asks for, as it sends them; can be given several times."`
	Organization string            `placeholder:"NAME" help:"Azure DevOps organization, by name or address."`
	Project      string            `placeholder:"NAME" help:"Project in the organization."`
	Preset       string            `placeholder:"ID" help:"Integration: its redirect URI, scopes and rules count where none are given."`
	Input        map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"What the integration's redirect URI is made of, such as host=gateway.example.com."`
	SignInURL    string            `name:"sign-in-url" placeholder:"URL" help:"Address of the sign-in page that the integration opens."`
	directoryFlags
	Cloud    string        `default:"public" help:"public, sandbox (the one running at 127.0.0.1:18080), or a JSON file with the base URLs, such as the line that the sandbox prints."`
	Check    []string      `placeholder:"ID" help:"Only this check and those it comes after; can be given several times."`
	List     bool          `help:"List all checks and ask nothing."`
	JSON     bool          `name:"json" xor:"format" help:"Print facts and results as JSON, which the console opens as well."`
	JUnit    bool          `name:"junit" xor:"format" help:"Print JUnit XML, a case for each check."`
	SARIF    bool          `name:"sarif" xor:"format" help:"Print SARIF 2.1.0, a rule for each check."`
	Markdown bool          `xor:"format" help:"Print Markdown, for a ticket or a chat."`
	Unmasked bool          `help:"Leave names of tenants, organizations and people in JSON, JUnit, SARIF and Markdown."`
	Timeout  time.Duration `default:"1m" help:"How long to wait for the services together; what is missing then is unknown."`
}

// Help is what --help says besides.
func (*CheckCmd) Help() string {
	return "Exit codes: 0 nothing wrong, as far as was given to look at; 2 something keeps people from connecting, or will; 3 nothing wrong was found, but something that blocks could not be learned although what it takes was given, or a check named with --check could not be decided; 1 error."
}

// Run checks, and ends with 0 when nothing is wrong, 2 when something is, 3
// when nothing was found but something that blocks could not be decided
// although what it takes was given, or a check that was named could not.
func (c *CheckCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	some, err := c.selected()
	if err != nil {
		return err
	}
	if c.List {
		return c.list(stdout, some)
	}
	given, err := c.given()
	if err != nil {
		return err
	}
	access, err := c.access(ctx, stderr)
	if err != nil {
		return err
	}
	facts := access.Start(given)
	if err := c.ask(ctx, &facts, some, diagnose.Sources(access), stdout, stderr); err != nil {
		return err
	}
	whole := c.Unmasked || c.forTerminal()
	report := checks.NewReport(facts, version(), whole).Only(some)
	if err := c.write(stdout, report); err != nil {
		return err
	}
	if code := c.exit(report); code != 0 {
		return exitCode(code)
	}
	return nil
}

// exit is how the program ends. A check that was named must have been decided
// for nothing to be wrong, whatever was given to decide it.
func (c *CheckCmd) exit(r checks.Report) int {
	open := slices.ContainsFunc(r.Results, func(x checks.Result) bool {
		return x.Outcome == checks.Unknown && slices.Contains(c.Check, x.ID)
	})
	if r.Summary.Verdict == checks.Right && open {
		return checks.Undecided.ExitCode()
	}
	return r.Summary.Verdict.ExitCode()
}

// slowAfter is when somebody who waits is told that it takes longer.
const slowAfter = 10 * time.Second

// ask gathers the facts. Who reads along sees each result as it becomes true;
// what was not looked at is left to the report.
func (c *CheckCmd) ask(ctx context.Context, facts *checks.Facts, some []*checks.Check, sources []checks.Source, stdout, stderr io.Writer) error {
	slow := time.AfterFunc(slowAfter, func() {
		fmt.Fprintf(stderr, "Some services have not answered yet; the longest wait is %s.\n", c.Timeout)
	})
	defer slow.Stop()
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	for r := range checks.Run(limited, facts, some, sources) {
		if !c.forTerminal() || r.NotGiven {
			continue
		}
		if _, err := fmt.Fprintln(stdout, r.Row()); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return errors.New("stopped before the checks were done")
	}
	return nil
}

// forTerminal: the report is text for whoever gave the command, who knows the
// names in it.
func (c *CheckCmd) forTerminal() bool { return !c.JSON && !c.JUnit && !c.SARIF && !c.Markdown }

func (c *CheckCmd) write(out io.Writer, r checks.Report) error {
	switch {
	case c.JSON:
		return r.WriteJSON(out)
	case c.JUnit:
		return r.WriteJUnit(out)
	case c.SARIF:
		return r.WriteSARIF(out)
	case c.Markdown:
		_, err := io.WriteString(out, r.Markdown())
		return err
	}
	if _, err := fmt.Fprintln(out); err != nil { // after the rows
		return err
	}
	if err := r.WriteText(out); err != nil {
		return err
	}
	_, err := io.WriteString(out, c.further(r))
	return err
}

// further says which flags would let more be looked at.
func (c *CheckCmd) further(r checks.Report) string {
	missing := map[checks.Group]bool{}
	for _, x := range r.Results {
		if check := x.Check(); check != nil && x.NotGiven {
			missing[check.Group] = true
		}
	}
	var w words
	for _, way := range []struct {
		open bool
		say  string
	}{
		{missing[checks.WithSecret] && c.SecretEnv == "", "with the client secret: --secret-env VAR"},
		{missing[checks.WithGraph] && c.SignIn == "none", "signed in to the directory: --sign-in azure-cli, or auto"},
		{missing[checks.WithToken], "with a test consent: in the console, consentry serve"},
	} {
		if way.open {
			w.line(2, "", way.say)
		}
	}
	if w.Len() == 0 {
		return ""
	}
	return "\nMore can be looked at\n" + w.String()
}

// access puts the clients together; nothing is sent yet.
func (c *CheckCmd) access(ctx context.Context, stderr io.Writer) (diagnose.Access, error) {
	cloud, err := setupCloud(ctx, c.Cloud)
	if err != nil {
		return diagnose.Access{}, err
	}
	transport, err := graph.Transport(cloud)
	if err != nil {
		return diagnose.Access{}, err
	}
	client := &http.Client{Transport: transport}
	a := diagnose.Access{
		Cloud:  cloud,
		SignIn: &oauth.Client{Cloud: cloud, HTTP: client},
		DevOps: &azuredevops.Client{Cloud: cloud, HTTP: client},
		Prober: diagnose.Dialer{Transport: transport},
	}
	if a.Secret, err = c.secret(); err != nil {
		return diagnose.Access{}, err
	}
	directory, err := c.directory(cloud, c.Tenant, stderr)
	if directory != nil {
		a.Directory = directory
	}
	return a, err
}

// secret is read from the environment: a flag would show in the list of
// processes.
func (c *CheckCmd) secret() (entra.Sensitive, error) {
	return secretFrom("--secret-env", c.SecretEnv)
}
