package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
	"github.com/consentry/consentry/store/postgrestest"
)

func TestMain(m *testing.M) { drive.Main(m) }

// A pair is two consoles on one database.
type pair struct {
	t   *testing.T
	box *drive.Sandbox
	a   *drive.Console
	b   *drive.Console
}

func newPair(t *testing.T) *pair {
	t.Helper()
	url := postgrestest.Start(t)
	p := &pair{t: t, box: drive.StartSandbox(t)}
	setting := drive.Setting{Sandbox: p.box, Database: url, Folder: t.TempDir()}
	p.a = drive.StartConsole(t, setting)
	p.b = drive.StartConsole(t, setting)
	return p
}

// at tells which of the two carries an operation out, and the other one.
func (p *pair) at(operation string) (here, there *drive.Console) {
	p.t.Helper()
	id := strings.TrimPrefix(operation, "/operations/")
	drive.Eventually(p.t, "somebody carries the operation out", func() bool {
		for _, c := range []*drive.Console{p.a, p.b} {
			if strings.Contains(c.Log(), `"operation is carried out here","operation":"`+id) {
				here = c
			}
		}
		return here != nil
	})
	if here == p.a {
		return p.a, p.b
	}
	return p.b, p.a
}

// in opens a browser at a console and signs the administrator in.
func (p *pair) in(c *drive.Console) *drive.Browser {
	p.t.Helper()
	b := drive.Open(p.t, c.Base)
	b.SignIn(p.box, drive.Healthy, "admin")
	return b
}

// held stops the nth request of a kind at the sandbox, before it is carried
// out or after, until the rules are replaced.
func held(method, path, when string) string {
	return fmt.Sprintf(`[{"service":"graph","method":%q,"path":%q,"nth":1,"times":1,"action":{"hold":%q}}]`, method, path, when)
}

// wantOne checks what a finished setup leaves in the tenant, however often it
// was cut off: one app, one service principal, one consent for each resource,
// one live secret.
func wantOne(t *testing.T, box *drive.Sandbox, environment string) {
	t.Helper()
	d := box.Directory(drive.Healthy)
	apps := d.Apps(environment)
	if len(apps) != 1 {
		t.Fatalf("%d app registrations, want one", len(apps))
	}
	if ours := apps[0].Ours(environment); len(ours) != 1 {
		t.Errorf("%d live secrets of ours, want one", len(ours))
	}
	principals := d.Principals(apps[0].AppID)
	if len(principals) != 1 {
		t.Fatalf("%d service principals, want one", len(principals))
	}
	var resources []string
	for _, g := range d.Grants(principals[0]) {
		resources = append(resources, g.ResourceID)
	}
	slices.Sort(resources)
	if n := len(slices.Compact(slices.Clone(resources))); n != 2 || len(resources) != 2 {
		t.Errorf("consents to the resources %q, want one to each of two", resources)
	}
}

// revealed takes the environment's secret, which must be shown.
func revealed(t *testing.T, b *drive.Browser, environment string) string {
	t.Helper()
	value, p := b.Reveal(b.RevealForm(environment))
	if value == "" {
		t.Fatalf("the secret is not shown: %d %s", p.Status, p.Body)
	}
	return value
}

// wantQuiet checks that no process wrote the text into its log.
func wantQuiet(t *testing.T, text string, of ...*drive.Console) {
	t.Helper()
	for _, c := range of {
		if strings.Contains(c.Log()+c.Printed(), text) {
			t.Errorf("the log of %s holds the secret", c.Base)
		}
	}
}
