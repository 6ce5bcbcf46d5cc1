package handlers_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func TestSixteenAtOnceGetTheSecretOnce(t *testing.T) {
	s := newScene(t)
	address := s.path + "/secret/" + s.secret + "/reveal"
	answers := make([]page, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = s.b.send("POST", address, url.Values{}, "Accept", []string{"application/json", "text/html"}[i%2])
		})
	}
	wg.Wait()
	got := 0
	for _, p := range answers {
		switch {
		case p.status == 200 && (strings.Contains(p.body, `"secret":`) || strings.Contains(p.body, "Copy it now")):
			got++
		case p.status != 410:
			t.Errorf("%d %s", p.status, p.body)
		}
	}
	if got != 1 {
		t.Errorf("%d of 16 got the secret", got)
	}
	s.b.send("POST", address, url.Values{}).want(410, "was shown already", "replace it")
}

func TestASecretIsForWhoMadeItAlone(t *testing.T) {
	s := newScene(t)
	address := s.path + "/secret/" + s.secret + "/reveal"
	if p := s.browser().send("POST", address, url.Values{}); !strings.Contains(p.location, "/sign-in") {
		t.Errorf("nobody signed in: %d to %s", p.status, p.location)
	}
	for _, other := range []struct{ scenario, name string }{{"healthy", "developer"}, {"admin consent required", "admin"}} {
		b := s.browser()
		b.signIn(other.scenario, other.name)
		b.get(s.path+"/secret").want(200, "Another person created it").without(address)
		for _, accept := range []string{"application/json", "text/html"} {
			b.send("POST", address, url.Values{}, "Accept", accept).want(404).without("sbx", `"secret"`)
		}
	}
	other := s.b.connected()
	s.b.send("POST", other+"/secret/"+s.secret+"/reveal", url.Values{}).want(404)
	if got := s.b.reveal(s.path); got == "" {
		t.Error("the attempts of others used it up")
	}
}

func TestASecretSurvivesARestartUntilItIsShown(t *testing.T) {
	s := newScene(t)
	s.restart()
	b := s.browser()
	b.signIn("healthy", "admin")
	if b.reveal(s.path) == "" {
		t.Error("it is gone")
	}
}

func TestASecretNobodyTookIsForgottenAfterADay(t *testing.T) {
	s := newScene(t)
	s.later(23 * time.Hour)
	s.sweep()
	if kept, err := s.store.Secrets(t.Context(), s.env); err != nil || !kept[0].Usable {
		t.Fatalf("gone too early: %+v, %v", kept, err)
	}
	s.later(2 * time.Hour)
	s.sweep()
	if dump := s.secretRow(); dump != 0 {
		t.Error("the value is still in the database")
	}
	s.browser().get(s.path+"/secret").want(200, "cannot be shown again", "Nobody took the secret")
}

// secretRow counts the values that are still in the database.
func (s scene) secretRow() (n int) {
	s.t.Helper()
	db := s.database()
	defer db.Close()
	if err := db.QueryRowContext(s.t.Context(), "SELECT COUNT(*) FROM secrets WHERE value IS NOT NULL AND environment = $1", s.env).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s scene) handOver() page {
	s.t.Helper()
	p := s.b.get(s.path + "/hand-off")
	all := url.Values{}
	p.doc().Find("input[name=handed]").Each(func(_ int, in *goquery.Selection) { all.Add("handed", in.AttrOr("value", "")) })
	return s.b.submit(p, "Save what is done", all).want(200)
}

func TestAKeptSecretGoesWhenTestAndHandOffAreDone(t *testing.T) {
	for _, order := range []string{"test first", "hand-off first"} {
		t.Run(order, func(t *testing.T) {
			s := newScene(t)
			s.handOver()
			if s.secretRow() != 1 {
				t.Fatal("it went before it was shown and tested with")
			}
			s.b.reveal(s.path)
			if order == "hand-off first" {
				s.handOver()
			}
			if s.secretRow() != 1 {
				t.Fatal("it went before it was tested with")
			}
			s.b.consent(s.test, "healthy", "user")
			s.b.eventually(s.test, "works")
			if order == "test first" {
				s.handOver()
			}
			s.handlers.Wait(t.Context())
			if s.secretRow() != 0 {
				t.Error("its value is still kept")
			}
		})
	}
}

func TestAReplacedSecretIsTheOneShownAndTestedWith(t *testing.T) {
	s := newScene(t)
	op := s.b.post(s.path+"/secret/replace", nil)
	s.b.done(op.at.Path)
	if n := s.secretRow(); n != 1 {
		t.Errorf("%d values are kept", n)
	}
	test := s.b.prepared(s.path, nil)
	s.b.consent(test, "healthy", "user")
	s.b.eventually(test, "works")
	s.b.send("POST", s.path+"/secret/"+s.secret+"/reveal", url.Values{}).want(410)
	if s.b.reveal(s.path) == "" {
		t.Error("the new one cannot be had")
	}
}

func TestRemovingForgetsTheSecret(t *testing.T) {
	s := newScene(t)
	op := s.b.submit(s.b.get(s.path+"/remove"), "Remove", url.Values{"name": {s.name()}})
	s.b.done(op.at.Path)
	if s.secretRow() != 0 {
		t.Error("its value is still kept")
	}
}

// forms are how a value may hide in bytes.
func forms(v string) []string {
	return []string{v, url.QueryEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)), hex.EncodeToString([]byte(v)), jsonText(v)}
}

func jsonText(v string) string {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	return strings.Trim(string(b), `"`)
}

// Nothing that could be used against a tenant is in an answer but the reveal's,
// in the log, or readable in the database's files.
func TestNoSecretIsWhereItDoesNotBelong(t *testing.T) {
	s := newScene(t)
	secret := s.b.reveal(s.path)
	s.b.all.Reset()
	callback := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	code, state := queryOf(t, callback, "code"), queryOf(t, callback, "state")
	s.b.get(callback)
	s.b.eventually(s.test, "works")
	for _, route := range s.engine.Routes() {
		if route.Method == "GET" && !endless(route.Path) && !strings.HasPrefix(route.Path, "/static") {
			s.b.send("GET", s.address(route.Path), nil)
		}
	}
	pasted := "pst8Q~a-pasted-secret-0123456789"
	s.b.post(s.path+"/test", url.Values{"kind": {"user"}, "where": {"own"}, "scopes": {""}, "secret": {pasted}}).want(422)
	s.b.post(s.path+"/test", url.Values{"kind": {"user"}, "where": {"own"}, "scopes": {"openid"}, "secret": {pasted}, "add_uri": {"no"}}).want(200)

	tokens := s.tokens(s.person("healthy", "admin"))
	cookie := ""
	u, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.b.jar.Cookies(u) {
		cookie = c.Value
	}
	files := s.files()
	for name, value := range map[string]string{
		"client secret": secret, "pasted secret": pasted, "access token": tokens.Access.Reveal(), "refresh token": tokens.Refresh.Reveal(),
		"ID token": tokens.ID.Reveal(), "cookie": cookie, "code": code, "state": state,
	} {
		if len(value) < 16 {
			t.Fatalf("no %s to look for", name)
		}
		for _, form := range forms(value) {
			if strings.Contains(s.logs.String(), form) {
				t.Errorf("the log holds the %s", name)
			}
			if strings.Contains(files, form) {
				t.Errorf("the database's files hold the %s", name)
			}
			// Code and state travel in the address of the way there and back.
			if name != "code" && name != "state" && strings.Contains(s.b.all.String(), form) {
				t.Errorf("an answer holds the %s", name)
			}
		}
	}
	if regexp.MustCompile(`[">]eyJ[\w-]{10}`).MatchString(s.b.all.String()) {
		t.Error("an answer holds a token")
	}
}

func queryOf(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

// files are all bytes of the database's folder.
func (c *console) files() string {
	c.t.Helper()
	var out strings.Builder
	names, err := filepath.Glob(filepath.Join(c.data, "*"))
	if err != nil || len(names) < 2 {
		c.t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			c.t.Fatal(err)
		}
		out.Write(data)
	}
	return out.String()
}
