package handlers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whoever loses the connection while the answer is on its way may have shown
// the secret to somebody on that way: it counts as shown.
func TestASecretLostOnTheWayCountsAsShown(t *testing.T) {
	s := newScene(t)
	address := s.path + "/secret/" + s.secret + "/reveal"
	at, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range s.b.jar.Cookies(at) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n",
		address, at.Host, strings.Join(cookies, "; "))
	first, err := bufio.NewReaderSize(conn, 16).Peek(12)
	if err != nil || string(first) != "HTTP/1.1 200" {
		t.Fatalf("%q, %v", first, err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := s.store.Secrets(t.Context(), s.env)
	if err != nil || kept[0].RevealedAt.IsZero() {
		t.Fatalf("%+v, %v", kept, err)
	}
	p := s.b.send("POST", address, url.Values{}).want(410, "was shown already", string(kept[0].KeyID), "Rotate the client secret")
	if href := p.doc().Find("main a:contains('Rotate')").AttrOr("href", ""); href != s.path+"/rotate" {
		t.Errorf("it leads to %q", href)
	}
	s.b.get(s.path+"/rotate").want(200, "Add the next secret")
}

// Nobody has the value of a secret that was not taken in time, so a setup
// takes it away and makes another.
func TestASecretNobodyTookIsRemovedAndMadeAnew(t *testing.T) {
	s := newScene(t)
	s.later(25 * time.Hour)
	s.sweep()
	s.later(-25 * time.Hour) // the cloud's clock stood still
	s.b = s.browser()
	s.b.signIn("healthy", "admin")
	before := s.secretsOf(s.b, s.path)
	s.b.get(s.path).want(200, "Make another client secret")
	s.b.get(s.path+"/rotate").want(200, "is lost: nobody has its value")
	op := s.b.submit(s.b.get(s.path+"/setup/review").want(200, "Remove the client secret"), "Apply", nil)
	s.b.done(op.at.Path)
	if after := s.secretsOf(s.b, s.path); len(after) != 1 || after[0].KeyID == before[0].KeyID {
		t.Errorf("before %+v, afterwards %+v", before, after)
	}
	s.b.reveal(s.path)
}
