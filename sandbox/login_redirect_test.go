package sandbox

import "testing"

func TestRedirectURIsAreComparedExactly(t *testing.T) {
	for _, c := range []struct {
		registered, requested string
		same                  bool
	}{
		{"https://app.example.com/cb", "https://app.example.com/cb", true},
		{"https://app.example.com/cb", "https://app.example.com/cb/", false},
		{"https://app.example.com/cb", "https://app.example.com/CB", false},
		{"https://app.example.com/cb", "https://app.example.com:8443/cb", false},
		{"https://app.example.com/cb", "http://app.example.com/cb", false},
		{"https://app.example.com/cb", "https://app.example.com/cb?x=1", false},
		{"https://app.example.com/cb", "https://app.example.com.evil.example/cb", false},
		{"https://app.example.com", "https://app.example.com/", true},
		{"http://localhost", "http://localhost:8400", true},
		{"http://localhost", "http://localhost:8400/", true},
		{"http://localhost:3000/cb", "http://localhost:4000/cb", true},
		{"http://localhost:3000/cb", "http://localhost:3000/other", false},
		{"https://localhost:3000/cb", "https://localhost:4000/cb", false},
		{"http://127.0.0.1/cb", "http://127.0.0.1:4000/cb", true},
		{"http://127.0.0.1/cb", "http://localhost:4000/cb", false},
		{"urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob", true},
		{"msal1234://auth", "msal1234://auth", true},
	} {
		if got := sameRedirect(c.registered, c.requested); got != c.same {
			t.Errorf("%s requested as %s: %t", c.registered, c.requested, got)
		}
	}
}

func TestParametersAreEscapedInLowerCase(t *testing.T) {
	if got, want := escapeParameter("It's a/b: é~\r\n(1.0_-*!)"), "It%27s+a%2fb%3a+%c3%a9%7e%0d%0a(1.0_-*!)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheAnswerIsPutBehindTheRedirectURI(t *testing.T) {
	for _, c := range []struct {
		uri      string
		fragment bool
		want     string
	}{
		{"https://a.example/cb", false, "https://a.example/cb?x=1#"},
		{"https://a.example/cb?y=2", false, "https://a.example/cb?y=2&x=1#"},
		{"https://a.example/cb", true, "https://a.example/cb#x=1"},
		{"https://a.example", false, "https://a.example/?x=1#"},
		{"http://localhost:8400", false, "http://localhost:8400/?x=1#"},
		{"msal1://auth", false, "msal1://auth/?x=1#"},
	} {
		if got := joinRedirect(c.uri, "x=1", c.fragment); got != c.want {
			t.Errorf("%s: %s, want %s", c.uri, got, c.want)
		}
	}
}
