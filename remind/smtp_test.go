package remind

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A sink is an SMTP server that keeps what it is given.
type sink struct {
	t        *testing.T
	listener net.Listener
	cert     tls.Certificate
	trust    *x509.CertPool
	// direct: the connection is TLS from the start. secured: STARTTLS is
	// offered.
	direct, secured bool

	mu    sync.Mutex
	mails []string
	said  []string // every command
	// refuse answers a command's beginning in another way; "." is the end of a
	// mail. "drop" hangs up.
	refuse map[string]string
}

func newSink(t *testing.T, direct, secured bool) *sink {
	t.Helper()
	borrowed := httptest.NewTLSServer(nil) // for its certificate of example.com and 127.0.0.1
	t.Cleanup(borrowed.Close)
	pool := x509.NewCertPool()
	pool.AddCert(borrowed.Certificate())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{t: t, listener: l, cert: borrowed.TLS.Certificates[0], trust: pool, direct: direct, secured: secured, refuse: map[string]string{}}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); open.Wait() })
	return s
}

func (s *sink) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	if s.direct {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}})
	}
	in, secure := bufio.NewReader(conn), s.direct
	fmt.Fprint(conn, "220 sink\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		answer := s.answer(line, secure)
		if answer == "drop" {
			return
		}
		fmt.Fprint(conn, answer+"\r\n")
		switch {
		case line == "STARTTLS" && strings.HasPrefix(answer, "220"):
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}})
			in, secure = bufio.NewReader(conn), true
		case line == "DATA" && strings.HasPrefix(answer, "354"):
			if answer = s.take(in); answer == "drop" {
				return
			}
			fmt.Fprint(conn, answer+"\r\n")
		case line == "QUIT":
			return
		}
	}
}

// answer is what the server says to a command.
func (s *sink) answer(line string, secure bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
	for begins, instead := range s.refuse {
		if begins != "." && strings.HasPrefix(line, begins) {
			return instead
		}
	}
	switch {
	case strings.HasPrefix(line, "EHLO") && s.secured && !secure:
		return "250-sink\r\n250 STARTTLS"
	case strings.HasPrefix(line, "EHLO") && secure:
		return "250-sink\r\n250 AUTH PLAIN"
	case line == "STARTTLS":
		return "220 go on"
	case line == "DATA":
		return "354 go on"
	case strings.HasPrefix(line, "AUTH"):
		return "235 welcome"
	case line == "QUIT":
		return "221 bye"
	}
	return "250 fine"
}

// take reads a mail to its end.
func (s *sink) take(in *bufio.Reader) string {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "drop"
		}
		if strings.TrimRight(line, "\r\n") == "." {
			break
		}
		text.WriteString(line)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if instead, ok := s.refuse["."]; ok {
		return instead
	}
	s.mails = append(s.mails, text.String())
	return "250 taken"
}

func (s *sink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

func (s *sink) instead(of, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer == "" {
		delete(s.refuse, of)
		return
	}
	s.refuse[of] = answer
}

func (s *sink) heard(begins string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.said {
		if strings.HasPrefix(line, begins) {
			return true
		}
	}
	return false
}

func (s *sink) options(security string) MailOptions {
	return MailOptions{Server: s.listener.Addr().String(), Security: security, From: "consentry@contoso.example", TLS: &tls.Config{RootCAs: s.trust, MinVersion: tls.VersionTLS12}}
}

func (s *sink) mail(security string) *Mail {
	s.t.Helper()
	m, err := NewMail(s.options(security))
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}
