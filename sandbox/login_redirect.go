package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A platform is where a redirect URI is registered; it decides how a code is
// redeemed.
type platform string

const (
	platformWeb    platform = "web"
	platformSPA    platform = "spa"
	platformPublic platform = "publicClient"
)

// matchRedirect finds a requested redirect URI among the registered ones.
func (a *application) matchRedirect(requested string) (platform, bool) {
	for _, p := range []struct {
		platform platform
		uris     []string
	}{{platformWeb, a.Web.RedirectURIs}, {platformSPA, a.SPA.RedirectURIs}, {platformPublic, a.PublicClient.RedirectURIs}} {
		for _, registered := range p.uris {
			if sameRedirect(registered, requested) {
				return p.platform, true
			}
		}
	}
	return "", false
}

// sameRedirect compares exactly, letter case included; only the port of a
// loopback address and the slash of an empty path do not matter.
func sameRedirect(registered, requested string) bool {
	return registered == requested || redirectKey(registered) == redirectKey(requested)
}

func redirectKey(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return uri
	}
	if h := u.Hostname(); u.Scheme == "http" && (h == "localhost" || h == "127.0.0.1") {
		u.Host = h
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// A redirectTarget is where and how an app hears the outcome.
type redirectTarget struct {
	uri   string
	mode  string // query, fragment or form_post
	state string
}

// The values of response_mode.
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeFormPost = "form_post"
)

// A field is one parameter of an answer to the app, in its place.
type field struct{ Name, Value string }

// send takes the browser to the app with an answer; state goes after the
// fields, as on the wire.
func (v *visit) send(to redirectTarget, fields ...field) *loginAnswer {
	if to.mode == modeFormPost {
		nonce := opaque("", 16)
		answer := v.page(http.StatusOK, "formpost", map[string]any{"Action": to.uri, "Fields": fields, "Nonce": nonce})
		answer.nonce = nonce
		return answer
	}
	pairs := make([]string, 0, len(fields))
	for _, f := range fields {
		pairs = append(pairs, f.Name+"="+escapeParameter(f.Value))
	}
	return v.found(joinRedirect(to.uri, strings.Join(pairs, "&"), to.mode == modeFragment))
}

// found redirects a browser.
func (v *visit) found(location string) *loginAnswer {
	return &loginAnswer{status: http.StatusFound, to: location}
}

// joinRedirect puts the answer behind a redirect URI. One without path gets
// its slash; a URL without fragment gets an empty one, so that the browser
// does not carry over that of an earlier page.
func joinRedirect(uri, parameters string, fragment bool) string {
	if u, err := url.Parse(uri); err == nil && u.Host != "" && u.Path == "" {
		u.Path = "/"
		uri = u.String()
	}
	switch {
	case fragment:
		return uri + "#" + parameters
	case strings.Contains(uri, "?"):
		return uri + "&" + parameters + "#"
	}
	return uri + "?" + parameters + "#"
}

// refusalFields is an error as the app hears it.
func (v *visit) refusalFields(e *refusal) []field {
	fields := []field{{"error", e.oauth}, {"error_description", v.redirectDescription(e)}}
	if uri := v.errorURI(e); uri != "" {
		fields = append(fields, field{"error_uri", uri})
	}
	return fields
}

func (v *visit) redirectDescription(e *refusal) string {
	return fmt.Sprintf("%s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", e.line(), v.trace, v.correlation, v.timestamp())
}

// sendRefusal tells the app what went wrong.
func (v *visit) sendRefusal(to redirectTarget, e *refusal) *loginAnswer {
	return v.send(to, withState(v.refusalFields(e), to.state)...)
}

// sendCanceled is what leaving the sign-in or approval page gives: an error
// without description.
func (v *visit) sendCanceled(to redirectTarget) *loginAnswer {
	return v.send(to, withState([]field{{"error", accessDenied}, {"error_subcode", "cancel"}}, to.state)...)
}

func withState(fields []field, state string) []field {
	if state == "" {
		return fields
	}
	return append(fields, field{"state", state})
}

// escapeParameter escapes as the service does: lower-case hexadecimal, + for
// a blank.
func escapeParameter(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('+')
		case isUnreserved(c):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.!*()", c) >= 0
}
