package crash

import (
	"net/url"
	"slices"
	"strings"

	"github.com/consentry/consentry/e2e/drive"
)

// A flow is something the console does with several requests to the directory.
type flow struct {
	name string
	// prepare walks up to the button that begins it.
	prepare func(w *world)
	// button stands on page, below the environment's address; done is what the
	// operation's page says in the end.
	page, button, done string
	// fill is what is typed into the form beside what stands there.
	fill url.Values
	// behind: its requests are sent behind the answer, and left waits for them.
	behind bool
	// left waits, where there is something to wait for, and checks what is in
	// the tenant.
	left func(w *world)
}

func flows() []flow {
	return []flow{
		{name: "setup", prepare: environmentMade, page: "/setup/review", button: "Apply", done: "proven by reading everything back", left: leftBySetup},
		{name: "rotation-add", prepare: secretTaken, page: "/rotate", button: "Add the next secret", done: "beside the one in use", left: leftByAdd},
		{name: "rotation-retire", prepare: newSecretProven, page: "/rotate", button: "Retire ", done: "The old client secret is gone", left: leftByRetire},
		{name: "redirect-uri-add", prepare: secretTaken, page: "/test", button: "Prepare the test", fill: url.Values{"add_uri": {"yes"}}, left: leftByTest},
		{name: "redirect-uri-remove", prepare: testBegun, button: "It shows nothing: stop waiting", behind: true, left: leftByTest},
	}
}

// named is one of the flows.
func named(name string) flow {
	all := flows()
	return all[slices.IndexFunc(all, func(f flow) bool { return f.name == name })]
}

func environmentMade(w *world) { w.env = w.b.Environment(environment) }

func secretTaken(w *world) {
	environmentMade(w)
	w.carryOut(named("setup"))
	w.take()
}

func newSecretProven(w *world) {
	secretTaken(w)
	w.carryOut(named("rotation-add"))
	w.take()
	page := w.b.Get(w.env + "/rotate")
	w.b.Submit(page, "Save", url.Values{"handed": {page.Doc().Find("input[name=handed]").AttrOr("value", "")}})
	w.b.Submit(w.b.Get(w.env+"/rotate"), "Prove it now", nil)
	w.b.Eventually(w.env+"/rotate", "Microsoft gave a token for it")
}

func testBegun(w *world) {
	secretTaken(w)
	f := named("redirect-uri-add")
	w.press(w.form(f))
	if w.test == "" {
		w.t.Fatal("the test does not begin")
	}
}

func leftBySetup(w *world) {
	w.t.Helper()
	d := w.box.Directory(drive.Healthy)
	principals := d.Principals(w.app().AppID)
	if len(principals) != 1 {
		w.t.Fatalf("%d service principals, want one", len(principals))
	}
	var resources []string
	for _, g := range d.Grants(principals[0]) {
		resources = append(resources, g.ResourceID)
	}
	slices.Sort(resources)
	if len(resources) != 2 || resources[0] == resources[1] {
		w.t.Errorf("consents to the resources %q, want one to each of two", resources)
	}
	w.wantLive(1)
	w.take()
}

func leftByAdd(w *world) {
	w.t.Helper()
	w.wantLive(2)
	w.take()
}

func leftByRetire(w *world) {
	w.t.Helper()
	w.wantLive(1)
	w.b.Get(w.env+"/rotate").Want(200, "The last rotation is over")
}

// leftByTest gives the test up, if it still waits, and expects that the
// callback is taken away whoever has to do it.
func leftByTest(w *world) {
	w.t.Helper()
	if w.test != "" {
		if p := w.b.Get(w.test); p.Has("It shows nothing: stop waiting") {
			w.b.Submit(p, "It shows nothing: stop waiting", nil)
		}
	}
	drive.Eventually(w.t, "the callback is taken away", func() bool {
		return !slices.ContainsFunc(w.app().Web.RedirectURIs, func(u string) bool { return strings.HasSuffix(u, "/test/callback") })
	})
	if uris := w.app().Web.RedirectURIs; !slices.Equal(uris, []string{"https://app.example.com/callback"}) {
		w.t.Errorf("the app's redirect URIs are %q", uris)
	}
	w.wantLive(1)
}
