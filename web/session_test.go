package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/sessions"
)

// gates lets a test stop a request half-way: it says that it is there, and
// goes on when told to.
type gates struct{ there, goOn chan struct{} }

// sessionConsole has routes whose requests can be held while another of the
// same browser comes in between.
func sessionConsole(t *testing.T) (http.Handler, gates) {
	t.Helper()
	s, err := New(Config{
		Hosts: []string{"localhost:8080"}, Sessions: &MemorySessions{Now: time.Now}, Person: func(*Session) PersonLine { return PersonLine{} },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Engine()
	if err != nil {
		t.Fatal(err)
	}
	g := gates{make(chan struct{}), make(chan struct{})}
	held := func(then func(*Session) error) gin.HandlerFunc {
		return s.Handle(func(c *gin.Context) (Response, error) {
			g.there <- struct{}{}
			<-g.goOn
			return Text("done"), then(SessionOf(c))
		})
	}
	now := func(then func(*Session) error) gin.HandlerFunc {
		return s.Handle(func(c *gin.Context) (Response, error) { return Text("done"), then(SessionOf(c)) })
	}
	e.POST("/set/:key", func(c *gin.Context) {
		now(func(s *Session) error { return s.Set(c.Param("key"), true) })(c)
	})
	e.POST("/held-set", held(func(s *Session) error { return s.Set("held", true) }))
	e.POST("/held-delete", held(func(s *Session) error { s.Delete("a"); return nil }))
	e.POST("/renew", now(func(s *Session) error { s.Renew(); return nil }))
	e.POST("/end", now(func(s *Session) error { s.End(); return nil }))
	e.POST("/use-and-fail", now(func(s *Session) error { s.Delete("a"); return errors.New("it failed") }))
	e.GET("/keys", s.Handle(func(c *gin.Context) (Response, error) { return JSON(http.StatusOK, SessionOf(c).Keys("")), nil }))
	return e, g
}

func keys(t *testing.T, h http.Handler, c *http.Cookie) string {
	t.Helper()
	return strings.TrimSpace(body(t, do(t, h, "GET", "/keys", nil, c)))
}

func TestRequestsSideBySideDoNotOverwriteEachOthersChanges(t *testing.T) {
	h, g := sessionConsole(t)
	c := cookieOf(do(t, h, "POST", "/set/a", sameOrigin))
	answer := make(chan *http.Response)
	go func() { answer <- do(t, h, "POST", "/held-set", sameOrigin, c) }()
	<-g.there
	do(t, h, "POST", "/set/b", sameOrigin, c)
	g.goOn <- struct{}{}
	if r := <-answer; r.StatusCode != 200 {
		t.Fatalf("%d", r.StatusCode)
	}
	if got := keys(t, h, c); got != `["a","b","held"]` {
		t.Errorf("the session holds %s", got)
	}
}

func TestASessionEndedWhileARequestIsUnderWay(t *testing.T) {
	for _, c := range []struct {
		name, end, held string
		want            int
	}{
		{"signed out, something was to be remembered", "/end", "/held-set", 403},
		{"signed out, something was to be forgotten", "/end", "/held-delete", 200},
		{"signed in again, something was to be remembered", "/renew", "/held-set", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, g := sessionConsole(t)
			cookie := cookieOf(do(t, h, "POST", "/set/a", sameOrigin))
			answer := make(chan *http.Response)
			go func() { answer <- do(t, h, "POST", c.held, sameOrigin, cookie) }()
			<-g.there
			do(t, h, "POST", c.end, sameOrigin, cookie)
			g.goOn <- struct{}{}
			r := <-answer
			if r.StatusCode != c.want {
				t.Errorf("%d, want %d", r.StatusCode, c.want)
			}
			if got := cookieOf(r); got != nil {
				t.Errorf("it sets the cookie %q, which would end the newer session", got.Value)
			}
			if got := keys(t, h, cookie); got != "null" {
				t.Errorf("the ended session lives again with %s", got)
			}
		})
	}
}

func TestWhatAFailedRequestUsedUpStaysUsedUp(t *testing.T) {
	h, _ := sessionConsole(t)
	c := cookieOf(do(t, h, "POST", "/set/a", sameOrigin))
	if r := do(t, h, "POST", "/use-and-fail", sameOrigin, c); r.StatusCode != 500 {
		t.Fatalf("%d", r.StatusCode)
	}
	if got := keys(t, h, c); got != "null" {
		t.Errorf("the session holds %s", got)
	}
}

func TestManyRequestsAtOnceEachKeepTheirOwnKey(t *testing.T) {
	h, _ := sessionConsole(t)
	c := cookieOf(do(t, h, "POST", "/set/a", sameOrigin))
	var wg sync.WaitGroup
	for _, key := range strings.Split("bcdefghijk", "") {
		wg.Go(func() { do(t, h, "POST", "/set/"+key, sameOrigin, c) })
	}
	wg.Wait()
	var got []string
	if err := json.Unmarshal([]byte(keys(t, h, c)), &got); err != nil || len(got) != 11 {
		t.Errorf("%d of 11 keys are kept: %v", len(got), err)
	}
}

// What was read before is not what is read after a change.
func TestAValueIsReadAsItIsNow(t *testing.T) {
	type person struct{ Name string }
	s := &Session{inner: sessions.NewSession(nil, "x")}
	var got person
	if s.Get("who", &got) {
		t.Error("there is somebody before anybody came")
	}
	for _, name := range []string{"Ada", "Eve", "Ada"} {
		if err := s.Set("who", person{name}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got = person{}
			if !s.Get("who", &got) || got.Name != name {
				t.Errorf("it is %q, want %q", got.Name, name)
			}
			got.Name = "changed by whoever read it"
		}
		var other struct{ Name, More string }
		if !s.Get("who", &other) || other.Name != name {
			t.Errorf("into another type it is %+v", other)
		}
	}
	s.Delete("who")
	if s.Get("who", &got) {
		t.Error("who was forgotten is still there")
	}
	list := []string{"a"}
	if err := s.Set("list", list); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []string
		if !s.Get("list", &got) || got[0] != "a" {
			t.Errorf("the list is %q", got)
		}
		got[0] = "changed by whoever read it"
	}
}
