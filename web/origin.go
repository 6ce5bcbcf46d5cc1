package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// checkHost answers only to the names this console is known by, which stops
// DNS rebinding and cache poisoning before any routing. A page asked for under
// another of them leads to the first: the way back from a sign-in leads there,
// and would not find the cookie of another name.
func (s *Shell) checkHost(c *gin.Context) {
	host := strings.ToLower(c.Request.Host)
	switch {
	case !slices.Contains(s.config.Hosts, host):
		// Nothing else can be found under this name, a stylesheet neither.
		s.fail(c, &Error{Status: http.StatusMisdirectedRequest, Next: Link{Label: "Open " + s.origin(), Href: s.origin() + "/"},
			Public: "This console does not answer to the name in the address bar. It is at " + s.origin() + "."})
	case host != s.config.Hosts[0] && c.Request.Method == http.MethodGet && !isProbe(c.Request.URL.Path):
		c.Redirect(http.StatusTemporaryRedirect, s.origin()+c.Request.URL.RequestURI())
		c.Abort()
	default:
		c.Next()
	}
}

// isProbe: whoever watches the console uses any of its names.
func isProbe(path string) bool { return path == healthPath || path == readyPath }

// origin is where the console's pages live.
func (s *Shell) origin() string { return s.scheme() + "://" + s.config.Hosts[0] }

func (s *Shell) scheme() string {
	if s.config.Secure {
		return "https"
	}
	return "http"
}

var crossOrigin = http.NewCrossOriginProtection()

// checkOrigin lets unsafe methods through only from our own pages: by the
// standard library's rules and the stricter ones on top.
func (s *Shell) checkOrigin(c *gin.Context) {
	err := crossOrigin.Check(c.Request)
	if err == nil && !isSafe(c.Request.Method) {
		err = strictOrigin(c.Request, s.scheme()+"://"+strings.ToLower(c.Request.Host))
	}
	if err != nil {
		s.fail(c, &Error{Status: http.StatusForbidden, Err: err,
			Public: "This request did not come from a page of this console, so nothing was changed. Open the console directly and try again there."})
		return
	}
	c.Next()
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// strictOrigin: "none" and "same-site" are not our page; an Origin must be
// ours with its scheme; and who has our cookie must show where they come from.
// A page with Referrer-Policy no-referrer sends "Origin: null", which counts
// only beside the browser's word that it is ours.
func strictOrigin(r *http.Request, ours string) error {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	switch {
	case site != "" && site != "same-origin":
		return fmt.Errorf("Sec-Fetch-Site is %q", site)
	case origin != "" && origin != ours && (origin != "null" || site == ""):
		return fmt.Errorf("the Origin is %q", origin)
	case site == "" && origin == "":
		if _, err := r.Cookie(cookieName); err == nil {
			return fmt.Errorf("neither Sec-Fetch-Site nor Origin, but a session cookie")
		}
	}
	return nil
}

// wantedBy are the ways a browser fetches a page or its data. As a script, a
// style, an image or a frame of any page, ours are never asked for.
var wantedBy = []string{"", "document", "empty"}

// checkFetch refuses what another site's page would fetch to use what is
// private in it.
func (s *Shell) checkFetch(c *gin.Context) {
	h := c.Request.Header
	if h.Get("Sec-Fetch-Mode") == "no-cors" || !slices.Contains(wantedBy, h.Get("Sec-Fetch-Dest")) {
		s.fail(c, &Error{Status: http.StatusForbidden, Public: "This address is a page, not a part of one. Open it in the browser itself."})
		return
	}
	c.Next()
}
