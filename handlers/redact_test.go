package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// hinted is a scene in which secrets are talked about wherever they can be: on
// the environment, in runs of the checks, in a plan that replaces one.
func hinted(t *testing.T) (s scene, hints []string) {
	t.Helper()
	s = sharedScene(t)
	env, err := s.store.Environment(t.Context(), s.env)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range env.Result.App.Secrets {
		hints = append(hints, secret.Hint)
	}
	form := asks(s.tenant(home))
	run := s.b.checked(form)
	s.run = strings.TrimPrefix(run.at.Path, "/runs/")
	hints = append(hints, form.Get("secret")[:3])
	if len(hints) < 2 || slices.Contains(hints, "") {
		t.Fatalf("hints %q", hints)
	}
	return s, hints
}

// shows reports whether the page shows how a secret begins: three characters
// and dots, or in words.
func shows(body, hint string) bool {
	for _, form := range []string{hint + "…", "begins with " + hint, `"hint": "` + hint, hint + "•"} {
		if strings.Contains(body, form) {
			return true
		}
	}
	return false
}

func TestHowASecretBeginsIsShownToAdminsAlone(t *testing.T) {
	s, hints := hinted(t)
	people := map[string]*browser{aViewer: s.browser(), aSupport: s.browser(), anAdmin: s.b}
	people[aViewer].enter(home, aViewer)
	people[aSupport].enter(home, aSupport)
	client := s.clientIDOf(s.path)
	seen := map[string]int{}
	for name, b := range people {
		ids := 0
		for _, r := range s.handlers.Table() {
			if r.Method != http.MethodGet || endless(r.Path) || r.Answers || strings.HasPrefix(r.Path, "/_gallery") || strings.HasPrefix(r.Path, "/sign-in") || strings.HasSuffix(r.Path, "/leave") {
				continue
			}
			for _, query := range []string{"", "?whole=yes"} {
				p := b.get(s.address(r.Path) + query)
				if p.status != 200 {
					continue
				}
				for _, hint := range hints {
					if shows(p.body, hint) {
						seen[name]++
						if name != anAdmin {
							t.Errorf("%s shows %s how a secret begins", r.Path, name)
						}
					}
				}
				if strings.Contains(p.body, client) {
					ids++
				}
			}
		}
		if ids == 0 {
			t.Errorf("%s never sees the client ID", name)
		}
	}
	if seen[anAdmin] < 3 {
		t.Errorf("the admin sees it on %d pages only: this test proves nothing", seen[anAdmin])
	}
}

func (c *console) clientIDOf(path string) string {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), strings.TrimPrefix(path, "/environments/"))
	if err != nil || env.Result == nil {
		c.t.Fatal(err)
	}
	return string(env.Result.App.ClientID)
}

func TestAnEventStreamShowsNoOneMoreThanThePage(t *testing.T) {
	s, hints := hinted(t)
	support := s.browser()
	support.enter(home, aSupport)
	support.allows("read", "/")
	p := support.submit(support.get("/diagnose"), "Run the checks", asks(s.tenant(home)))
	events := support.get(p.at.Path + "/events")
	for _, hint := range hints {
		if shows(events.body, hint) || shows(support.all.String(), hint) {
			t.Error("a stream shows how a secret begins")
		}
	}
	if !strings.Contains(events.body, "event: go") {
		t.Errorf("the stream does not lead on: %s", events.body)
	}
}
