package entra

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// MaxRedirectURI is how many characters one redirect URI may have
// [MicrosoftDocs/entra-docs/docs/identity-platform/reply-url.md].
const MaxRedirectURI = 256

// MaxRedirectURIs is how many an application may have over all platforms.
func MaxRedirectURIs(a Audience) int {
	if a.personal() {
		return 100
	}
	return 256
}

// personal reports whether personal Microsoft accounts can sign in.
func (a Audience) personal() bool { return a == AnyAccount || a == PersonalOnly }

// redirectForbidden are characters no redirect URI may hold.
const redirectForbidden = "!$'(),;"

// customScheme is the scheme of an app on a phone or desktop; schemes that
// run or read things in a browser are not meant.
var (
	customScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	activeScheme = map[string]bool{"javascript": true, "data": true, "vbscript": true, "file": true, "blob": true, "about": true, "http": true, "https": true}
)

// Validate checks the URI against the rules of the sign-in service, which
// itself only answers that "web" is invalid. The error says which rule is
// broken and names the mend.
func (r RedirectURI) Validate(a Audience) error {
	if err := checkRedirectText(r.URI); err != nil {
		return err
	}
	u, err := url.Parse(r.URI)
	if err != nil || !u.IsAbs() {
		return fmt.Errorf("the redirect URI %q is not a whole address: begin it with https://", r.URI)
	}
	if r.Platform == PublicClient && customScheme.MatchString(u.Scheme) && !activeScheme[u.Scheme] {
		return nil
	}
	if err := checkRedirectHost(r.URI, u); err != nil {
		return err
	}
	if (u.RawQuery != "" || u.ForceQuery) && a.personal() {
		return fmt.Errorf("the redirect URI may hold no ? while personal accounts can sign in: remove what follows it, or choose organizational accounts only")
	}
	return nil
}

// checkRedirectText tests what needs no parsing: length and characters.
func checkRedirectText(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("the redirect URI is missing: copy it from the integration, where it is also called callback or redirect URL")
	case len(s) > MaxRedirectURI:
		return fmt.Errorf("the redirect URI has %d characters and %d are allowed: shorten it", len(s), MaxRedirectURI)
	case strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return fmt.Errorf("the redirect URI holds a blank or an invisible character: remove it")
	case strings.ContainsFunc(s, func(c rune) bool { return c > 0x7f }):
		return fmt.Errorf("the redirect URI holds a letter outside ASCII: write the host in its xn-- form and the path percent-encoded")
	case strings.ContainsAny(s, redirectForbidden):
		return fmt.Errorf("the redirect URI holds %q, which Microsoft does not allow (nor any of ! $ ' ( ) , ;): remove it", s[strings.IndexAny(s, redirectForbidden)])
	case strings.Contains(s, "*"):
		return fmt.Errorf("the redirect URI holds a wildcard (*): register each address by itself")
	case strings.Contains(s, "#"):
		return fmt.Errorf("the redirect URI holds a # part: remove it and what follows")
	case strings.ContainsAny(s, `\<>"{}|^`+"`"):
		return fmt.Errorf("the redirect URI holds a character that no address has, or a placeholder that is not filled in: replace it")
	}
	return nil
}

// checkRedirectHost tests scheme, host and port of a web address.
func checkRedirectHost(s string, u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("the redirect URI begins with %s: and must begin with https:// (http:// only with localhost)", u.Scheme)
	case host == "" || u.Opaque != "":
		return fmt.Errorf("the redirect URI %q has no host: write it as https://host/path", s)
	case u.User != nil:
		return fmt.Errorf("the redirect URI holds a user name before @: remove it")
	case strings.Contains(host, ":"):
		return fmt.Errorf("the redirect URI names an IPv6 address, which Microsoft does not take: use localhost or a host name")
	case !hostPattern.MatchString(host):
		return fmt.Errorf("the host %q of the redirect URI is not a host name: use letters, digits, hyphens and full stops", host)
	case !validPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return fmt.Errorf("the port of the redirect URI must be a number from 1 to 65535: correct or remove it")
	case u.Scheme == "http" && host != "localhost" && host != "127.0.0.1":
		return fmt.Errorf("the redirect URI must use https (http:// only with localhost): replace http:// by https://")
	}
	return nil
}

func validPort(p string) bool {
	n, err := strconv.Atoi(p)
	return p == "" || err == nil && n >= 1 && n <= 65535
}

// ValidateRedirectURIs checks a whole list: each by itself, their number, and
// that no address stands twice, on whichever platforms.
func ValidateRedirectURIs(all []RedirectURI, a Audience) error {
	if most := MaxRedirectURIs(a); len(all) > most {
		return fmt.Errorf("there are %d redirect URIs and %d are allowed: remove some", len(all), most)
	}
	seen := map[string]Platform{}
	for _, r := range all {
		if err := r.Validate(a); err != nil {
			return err
		}
		key := strings.ToLower(r.URI)
		if p, twice := seen[key]; twice {
			return fmt.Errorf("the redirect URI %s stands twice (%s and %s): an address can be on one platform only, remove one", r.URI, p, r.Platform)
		}
		seen[key] = r.Platform
	}
	return nil
}

// Matches reports whether the sign-in service sends a code to the address
// sent when r is registered: equal letter for letter in path and query, with
// two exceptions of Microsoft's: the port of an http loopback address is
// ignored, and an address without path is the same as one with "/".
func (r RedirectURI) Matches(sent string) bool {
	if r.URI == sent {
		return true
	}
	a, errA := url.Parse(r.URI)
	b, errB := url.Parse(sent)
	return errA == nil && errB == nil && a.Host != "" && comparedAs(a) == comparedAs(b)
}

// comparedAs is a redirect URI with everything dropped that Microsoft does
// not look at.
func comparedAs(u *url.URL) string {
	scheme, host, path := strings.ToLower(u.Scheme), strings.ToLower(u.Host), u.EscapedPath()
	if scheme == "http" && isLoopbackHost(strings.ToLower(u.Hostname())) {
		host = strings.ToLower(u.Hostname())
	}
	if path == "" {
		path = "/"
	}
	rest := *u
	rest.Scheme, rest.Host, rest.Path, rest.RawPath = "", "", "", ""
	return scheme + "://" + host + path + rest.String()
}
