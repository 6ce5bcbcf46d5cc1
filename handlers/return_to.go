package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// localPath accepts only a path of this console; everything else becomes "/".
// What it gives back was taken apart and put together again, so that no
// browser reads another host into it.
func localPath(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r >= 0x7f }) { // browsers escape these
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// pagesOf are the pages that have the form of an address, where another one
// than that of the thing itself.
var pagesOf = map[string]string{
	"/environments/:id/apply":          "/setup/review",
	"/environments/:id/secret/replace": "/secret",
	"/environments/:id/remove":         "/remove",
	"/environments/:id/customer":       "/customer",
	"/environments/:id/test":           "/test",
	"/environments/:id/checks":         "/checks",
	"/environments/:id/hand-off":       "/hand-off",
}

// comeBack is the page to return to after a detour: the one asked for, or the
// one whose form was sent.
func comeBack(c *gin.Context) string {
	u := c.Request.URL
	if c.Request.Method == http.MethodGet {
		return localPath(u.RequestURI())
	}
	route, id := c.FullPath(), c.Param("id")
	switch {
	case strings.HasPrefix(route, "/environments/:id/setup/"), route == "/setup/:integration", route == "/diagnose", route == "/legacy/:integration":
		return localPath(u.Path)
	case route == "/tests":
		return "/tests/new"
	case route == "/runs/:id/fix":
		return fixAddress(id, chosenChange(c.PostForm))
	case pagesOf[route] != "":
		return "/environments/" + id + pagesOf[route]
	}
	for _, of := range []string{"/environments/", "/operations/", "/tests/", "/runs/"} {
		if strings.HasPrefix(route, of+":id") {
			return of + id
		}
	}
	return "/"
}

func signInAndBack(c *gin.Context) string { return signInFor(comeBack(c)) }

// signInFor is the way to the sign-in page and from there to path.
func signInFor(path string) string { return signInPath(levelSignIn, false, path) }

// signInPath is the page that says what is asked for before anything is; back
// is a path of ours.
func signInPath(need level, again bool, back string) string {
	return "/sign-in?" + signInQuery(need, again, back)
}

// beginPath leads to Microsoft at once.
func beginPath(need level, again bool, back string) string {
	return "/sign-in/begin?" + signInQuery(need, again, back)
}

func signInQuery(need level, again bool, back string) string {
	q := "return=" + url.QueryEscape(back)
	if need > levelSignIn {
		q = "for=" + need.String() + "&" + q
	}
	if again {
		q = "again=1&" + q
	}
	return q
}
