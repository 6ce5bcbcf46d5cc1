package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/explain"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestExplanationsReadAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/explain/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		o := inProcess(t, "explain", file)
		golden := strings.TrimSuffix(file, ".txt") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(o.stdout), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if o.stdout != string(want) {
			t.Errorf("%s is explained differently; look at the difference after go test ./cmd/consentry -run Golden -update:\n%s", file, o.stdout)
		}
	}
}

func TestExplainSaysNoSecretAgain(t *testing.T) {
	t.Parallel()
	o := inProcess(t, "explain", "testdata/explain/redirect.txt")
	for _, private := range []string{"abc8Q~", "adele.vance"} {
		if strings.Contains(o.stdout, private) {
			t.Errorf("the text shows %q", private)
		}
	}
	if o.code != 2 || !strings.HasPrefix(o.stdout, "Careful: ") {
		t.Errorf("exit code %d; the text begins %.80q", o.code, o.stdout)
	}
}

func TestExplainWarnsOnceOfEachKind(t *testing.T) {
	t.Parallel()
	const secret, token = " client_secret=abc8Q~ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567", " Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiI0OTliODRhYyJ9.c2lnbmF0dXJlc2lnbmF0dXJl"
	o := piped(t, "AADSTS50011: does not match"+strings.Repeat(secret, 3)+token)
	if n := strings.Count(o.stdout, "Careful: "); n != 2 || !strings.Contains(o.stdout, "a client secret at 3 places (the first is bytes ") {
		t.Errorf("%d warnings:\n%.600s", n, o.stdout)
	}
}

// explained is the JSON that programs read.
type explained struct {
	ID     json.RawMessage `json:"id"`
	Causes []struct {
		ID         string             `json:"id"`
		Confidence float64            `json:"confidence"`
		Evidence   []explain.Evidence `json:"evidence"`
		WhoFixes   string             `json:"who_fixes"`
		Decides    *string            `json:"decides"`
		Summary    string             `json:"summary"`
		Steps      []string           `json:"steps"`
	} `json:"causes"`
	Codes    []string `json:"codes"`
	Entities struct {
		ClientID      string   `json:"client_id"`
		RedirectURI   string   `json:"redirect_uri"`
		Scopes        []string `json:"scopes"`
		CorrelationID string   `json:"correlation_id"`
		Timestamp     string   `json:"timestamp"`
	} `json:"entities"`
	Line  int    `json:"line"`
	Error string `json:"error"`
}

func TestExplainJSONIsWhatProgramsRead(t *testing.T) {
	t.Parallel()
	paste, err := os.ReadFile("testdata/explain/redirect.txt")
	if err != nil {
		t.Fatal(err)
	}
	o := inProcess(t, "explain", "--json", "testdata/explain/redirect.txt")
	var r explained
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	first := r.Causes[0]
	if o.code != 2 || first.ID != "redirect_uri_mismatch" || first.WhoFixes != "app_owner" || first.Decides == nil || *first.Decides != "redirect-uri-registered" || len(first.Steps) == 0 || first.Summary == "" {
		t.Errorf("exit code %d: %+v", o.code, first)
	}
	for _, e := range first.Evidence {
		if string(paste[e.Start:e.End]) != e.Text {
			t.Errorf("bytes %d to %d are %q, not %q", e.Start, e.End, paste[e.Start:e.End], e.Text)
		}
	}
	if len(first.Evidence) == 0 || !slices.Equal(r.Codes, []string{"AADSTS50011"}) {
		t.Errorf("codes %q, evidence %v", r.Codes, first.Evidence)
	}
	if e := r.Entities; e.ClientID != "3f6a9c12-5d7e-4b80-a1c2-6e8f0b3d5a03" || e.RedirectURI != "https://gateway.contoso.com/oauth/callback/" || e.CorrelationID == "" || e.Timestamp == "" || e.Scopes == nil {
		t.Errorf("entities %+v", e)
	}
}

// piped runs "consentry explain" as a process that reads its standard input.
func piped(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	c := exec.Command(os.Args[0], append([]string{"explain"}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1")
	c.Stdin = strings.NewReader(in)
	return (&bed{t: t}).finish(c)
}

func TestExplainReadsAFileOrAPipe(t *testing.T) {
	t.Parallel()
	const paste = "AADSTS7000222: The provided client secret keys are expired."
	for name, c := range map[string]struct {
		in   string
		args []string
		code int
	}{
		"a pipe":                   {paste, nil, 2},
		"a pipe, named":            {paste, []string{"-"}, 2},
		"nothing that decides":     {"hello", []string{"-"}, 3},
		"UTF-16 with its mark":     {utf16le(paste), nil, 2},
		"UTF-16, high byte first":  {utf16be(paste), nil, 2},
		"UTF-8 with a mark":        {"\ufeff" + paste, nil, 2},
		"nothing at all":           {"", nil, 1},
		"a megabyte and more":      {paste + strings.Repeat(" and so on", explain.MaxPaste/10), nil, 2},
		"bytes that are no UTF-8":  {paste + "\xff\xfe\x00\xc3", nil, 2},
		"colours of a terminal":    {"\x1b[31m" + paste + "\x1b[0m\x07", nil, 2},
		"a file that is not there": {paste, []string{"testdata/nope.txt"}, 1},
	} {
		o := piped(t, c.in, c.args...)
		if o.code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s%s", name, o.code, c.code, o.stdout, o.stderr)
		}
		if c.code == 2 && !strings.Contains(o.stdout, "(secret_expired, ") {
			t.Errorf("%s: said %.200q", name, o.stdout)
		}
		if strings.ContainsAny(o.stdout, "\x1b\x07") {
			t.Errorf("%s: what a terminal obeys came through", name)
		}
		if cut := strings.Contains(o.stdout, "Only the first 1048576 bytes"); cut != (name == "a megabyte and more") {
			t.Errorf("%s: says that it was cut: %v", name, cut)
		}
	}
}

func utf16le(s string) string { return "\xff\xfe" + utf16With(s, 0, 8) }
func utf16be(s string) string { return "\xfe\xff" + utf16With(s, 8, 0) }

func utf16With(s string, first, second int) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u >> first))
		b.WriteByte(byte(u >> second))
	}
	return b.String()
}

func TestExplainLinesAnswersEachLine(t *testing.T) {
	t.Parallel()
	const good, vague = `"AADSTS50011: The redirect URI does not match"`, `"it does not work"`
	for name, c := range map[string]struct {
		in   string
		ids  []string // "error" for a line that could not be read
		code int
	}{
		"ids of any kind":              {`{"id":"a","paste":` + good + `}` + "\n" + `{"id":7,"paste":` + vague + `}` + "\n" + `{"id":{"x":[1]},"paste":` + good + "}\n", []string{`"a"`, "7", `{"x":[1]}`}, 2},
		"no line feed at the end":      {`{"id":1,"paste":` + good + `}`, []string{"1"}, 2},
		"line feeds of Windows":        {`{"id":1,"paste":` + good + "}\r\n\r\n" + `{"id":2,"paste":` + good + "}\r\n", []string{"1", "2"}, 2},
		"only what does not decide":    {`{"id":1,"paste":` + vague + "}\n", []string{"1"}, 3},
		"no line":                      {"\n\n", nil, 0},
		"further fields are no matter": {`{"id":1,"paste":` + good + `,"root_cause":"x"}`, []string{"1"}, 2},
		"a bad line costs only itself": {`{"id":1,"paste":` + good + "}\nnot JSON\n" + `{"id":3,"paste":` + good + "}\n", []string{"1", "error 2", "3"}, 1},
		"no id":                        {`{"paste":` + good + `}`, []string{"error 1"}, 1},
		"no paste keeps the id":        {`{"id":"x"}`, []string{`error 1 "x"`}, 1},
		"a paste that is no text":      {`{"id":1,"paste":5}` + "\n" + `[]`, []string{"error 1", "error 2"}, 1},
		"a line that is far too long":  {`{"id":1,"paste":"` + strings.Repeat("x", longestLine) + "\"}\n" + `{"id":2,"paste":` + good + "}\n", []string{"error 1", "2"}, 1},
	} {
		o := piped(t, c.in, "--jsonl")
		var got []string
		for line := range strings.Lines(o.stdout) {
			var r explained
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%s: %v: %.200q", name, err, line)
			}
			if r.Error == "" {
				got = append(got, string(r.ID))
				continue
			}
			got = append(got, strings.TrimSpace(fmt.Sprintf("error %d %s", r.Line, r.ID)))
		}
		if !slices.Equal(got, c.ids) || o.code != c.code {
			t.Errorf("%s: answers %q, exit code %d, want %q and %d\n%s", name, got, o.code, c.ids, c.code, o.stderr)
		}
	}
}

// A knownCause is what these tests read of explain's table.
type knownCause struct {
	Decides string `json:"decides"`
}

func knowledge(t *testing.T) []knownCause {
	t.Helper()
	data, err := os.ReadFile("../../explain/data/causes.json")
	if err != nil {
		t.Fatal(err)
	}
	var causes []knownCause
	if err := json.Unmarshal(data, &causes); err != nil || len(causes) == 0 {
		t.Fatal(len(causes), err)
	}
	return causes
}

// shellWords are the arguments that a shell makes of a command line.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh to try command lines in")
	}
	out, err := exec.Command(shell, "-c", `words() { for w; do printf '%s\n' "$w"; done; }; words `+line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestEveryCommandThatDecidesCanBeGiven(t *testing.T) {
	t.Parallel()
	full := explain.Entities{ClientID: "3f6a9c12-5d7e-4b80-a1c2-6e8f0b3d5a03", Tenant: "contoso.com", RedirectURI: "https://a.example/cb", Scopes: []string{"vso.work", "openid"}, Organization: "contoso", Project: "Web Shop"}
	tried := map[string]bool{"": true}
	for _, c := range knowledge(t) {
		if tried[c.Decides] {
			continue
		}
		tried[c.Decides] = true
		check, ok := checks.Lookup(c.Decides)
		if !ok {
			t.Errorf("explain names the check %s, which there is not", c.Decides)
			continue
		}
		if check.Group == checks.WithToken {
			continue
		}
		for _, e := range []explain.Entities{full, {}} {
			line := checkCommand(check, e)
			o := inProcess(t, append(shellWords(t, line)[1:], "--list")...) // reads all flags and asks nothing
			if o.code != 0 || !strings.Contains(o.stdout, "  "+check.ID+" ") {
				t.Errorf("%s: exit code %d: %s", line, o.code, o.stderr)
			}
			if check.Group != checks.Anonymous && !strings.Contains(line, "--client-id ") {
				t.Errorf("%s does not name the app", line)
			}
		}
	}
}

func TestCommandIsSafeInAShell(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"plain", "two words", "it's", `$(touch owned)`, "`id`", "a;b|c&d", "-x", `"quoted"`, "line\nfeed", "\x1b[31m", "*", "~", "", "ä€", `back\slash`, "!history"} {
		if got := shellWords(t, shellQuoted(value)); !slices.Equal(got, []string{checks.Visible(value)}) {
			t.Errorf("%q became %q in the shell", value, got)
		}
	}
	check, _ := checks.Lookup("organization-exists")
	if line := checkCommand(check, explain.Entities{Organization: "-rf /", Scopes: []string{}}); line != "consentry check --check organization-exists --organization='-rf /'" {
		t.Errorf("%s", line)
	}
}
