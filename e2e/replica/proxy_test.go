package replica

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
	"github.com/consentry/consentry/store/postgrestest"
)

// A farm is several consoles behind a balancer without sticky sessions.
type farm struct {
	t       *testing.T
	box     *drive.Sandbox
	proxy   *drive.Proxy
	setting drive.Setting
	all     []*drive.Console
}

func newFarm(t *testing.T, replicas int) *farm {
	t.Helper()
	f := &farm{t: t, box: drive.StartSandbox(t), proxy: drive.StartProxy(t)}
	f.setting = drive.Setting{Sandbox: f.box, Database: postgrestest.Start(t), Folder: t.TempDir(), Args: []string{"--base-url", f.proxy.Base, "--linger", "500ms"}}
	for range replicas {
		f.add()
	}
	return f
}

// add starts one more console.
func (f *farm) add() *drive.Console {
	f.t.Helper()
	s := f.setting
	s.Listen = drive.FreePort(f.t)
	c := drive.StartConsole(f.t, s)
	f.proxy.Behind(s.Listen)
	f.all = append(f.all, c)
	return c
}

// in opens a browser at the balancer and signs the administrator in.
func (f *farm) in() *drive.Browser {
	f.t.Helper()
	b := drive.Open(f.t, f.proxy.Base)
	b.SignIn(f.box, drive.Healthy, "admin")
	return b
}

// Whoever is sent from one replica to the next with each request notices
// nothing: the sign-in begins at one and ends at another, and so does all else.
func TestEachRequestMayGoToAnotherReplica(t *testing.T) {
	f := newFarm(t, 2)
	b := f.in()
	environment := b.Environment("farmed")
	b.Proven(b.Apply(environment))
	wantOne(t, f.box, "farmed")
	form := b.RevealForm(environment)
	values := make([]string, 8)
	var wg sync.WaitGroup
	for i := range values {
		wg.Go(func() {
			p, err := b.Raw(http.MethodPost, form, url.Values{}, "Accept", "application/json")
			if err != nil {
				t.Error(err)
				return
			}
			if values[i] = p.Body; p.Status != http.StatusOK && p.Status != http.StatusGone && p.Status != http.StatusTooManyRequests {
				t.Errorf("%d %s", p.Status, p.Body)
			}
		})
	}
	wg.Wait()
	shown := slices.DeleteFunc(values, func(v string) bool { return !strings.Contains(v, `"secret"`) })
	if len(shown) != 1 {
		t.Errorf("the secret was shown %d times", len(shown))
	}
	for _, c := range f.all {
		if f.proxy.Served(c.Setting.Listen) < 5 {
			t.Errorf("%s answered %d requests: the test proves little", c.Setting.Listen, f.proxy.Served(c.Setting.Listen))
		}
	}
	if resets := f.proxy.Resets(); len(resets) != 0 {
		t.Error(resets)
	}
}

// A replica that is asked to end, at whatever point of a setup, is not missed:
// no request is cut off, and another one goes on at once with what it leaves.
func TestAReplicaThatIsAskedToEndIsNotMissed(t *testing.T) {
	f := newFarm(t, 2)
	b := f.in()
	for _, at := range []struct{ name, method, path, when string }{
		{"app-on-its-way", "POST", "/v1.0/applications", "before"},
		{"app-made", "POST", "/v1.0/applications", "after"},
		{"principal-on-its-way", "POST", "/v1.0/servicePrincipals", "before"},
		{"consent-given", "POST", "/v1.0/oauth2PermissionGrants", "after"},
	} {
		environment := b.Environment(at.name)
		f.box.Fault(held(at.method, at.path, at.when))
		op := b.Apply(environment)
		drive.Eventually(t, at.name, func() bool { return f.box.Struck() == 1 })
		leave := f.visit(t, b, environment)
		leaving := f.holder(op)
		leaving.Signal(syscall.SIGTERM)
		drive.Eventually(t, "it says that it is not ready", func() bool { return !f.proxy.Ready(leaving.Setting.Listen) })
		f.box.Fault("[]")
		if code := leaving.ExitCode(t); code != 0 {
			t.Errorf("%s: exit code %d", at.name, code)
		}
		b.Proven(op)
		leave()
		wantOne(t, f.box, at.name)
		revealed(t, b, environment)
		if resets := f.proxy.Resets(); len(resets) != 0 {
			t.Errorf("%s: %s", at.name, resets)
		}
		f.add()
	}
}

// A request that is on its way when its replica is asked to end is answered,
// and what it began is carried out by whoever comes.
func TestARequestOnItsWayIsAnswered(t *testing.T) {
	f := newFarm(t, 2)
	b := f.in()
	environment := b.Environment("asked-before")
	f.box.Fault(held("GET", "/v1.0/applications", "before")) // applying reads first
	answered := make(chan drive.Page, 1)
	go func() {
		p, err := b.Raw(http.MethodPost, environment+"/apply", url.Values{})
		if err != nil {
			t.Error(err)
		}
		answered <- p
	}()
	drive.Eventually(t, "the request reads the directory", func() bool { return f.box.Struck() == 1 })
	for _, c := range f.all {
		c.Signal(syscall.SIGTERM)
		drive.Eventually(t, "it says that it is not ready", func() bool { return !f.proxy.Ready(c.Setting.Listen) })
	}
	f.box.Fault("[]")
	p := <-answered
	op := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(op, "/operations/") {
		t.Fatalf("%d %s", p.Status, op)
	}
	for _, c := range f.all {
		if code := c.ExitCode(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
	}
	if resets := f.proxy.Resets(); len(resets) != 0 {
		t.Error(resets)
	}
	f.add()
	b.Proven(op)
	wantOne(t, f.box, "asked-before")
}

// holder is the replica that carries an operation out.
func (f *farm) holder(operation string) (holder *drive.Console) {
	f.t.Helper()
	id := strings.TrimPrefix(operation, "/operations/")
	drive.Eventually(f.t, "somebody carries the operation out", func() bool {
		for _, c := range f.all {
			if strings.Contains(c.Log(), `"operation is carried out here","operation":"`+id) {
				holder = c
			}
		}
		return holder != nil
	})
	return holder
}

// visit asks for pages and sends forms all the time, until the answer is
// called. Nothing that it is answered may be a failure.
func (f *farm) visit(t *testing.T, b *drive.Browser, environment string) (leave func()) {
	t.Helper()
	stop := make(chan struct{})
	var visitors sync.WaitGroup
	for _, ask := range []func() (drive.Page, error){
		func() (drive.Page, error) { return b.Raw(http.MethodGet, environment, nil) },
		func() (drive.Page, error) { return b.Raw(http.MethodGet, "/explain", nil) },
		func() (drive.Page, error) {
			return b.Raw(http.MethodPost, environment+"/contacts", url.Values{"contacts": {"ada@contoso.example"}})
		},
	} {
		visitors.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				p, err := ask()
				if err != nil {
					t.Error(err)
					return
				}
				if p.Status >= 500 {
					t.Errorf("%s: %d %s", p.At, p.Status, p.Text())
				}
			}
		})
	}
	return func() {
		close(stop)
		visitors.Wait()
	}
}

// One that is asked twice waits for nothing, and still loses nothing.
func TestAskedToEndTwiceItWaitsForNothing(t *testing.T) {
	f := newFarm(t, 2)
	b := f.in()
	environment := b.Environment("hurried")
	f.box.Fault(held("POST", "/v1.0/applications", "after"))
	op := b.Apply(environment)
	drive.Eventually(t, "the request is at the sandbox", func() bool { return f.box.Struck() == 1 })
	leaving := f.holder(op)
	leaving.Signal(syscall.SIGTERM)
	drive.Eventually(t, "it says that it is not ready", func() bool { return !f.proxy.Ready(leaving.Setting.Listen) })
	leaving.Signal(syscall.SIGTERM)
	if code := leaving.ExitCode(t); code != 0 { // although the request is still held
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(leaving.Log(), "nothing is waited for any more") {
		t.Error("it waited")
	}
	f.box.Fault("[]")
	b.Proven(op)
	wantOne(t, f.box, "hurried")
	revealed(t, b, environment)
}
