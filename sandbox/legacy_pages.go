package sandbox

import (
	"bytes"
	"net/http"
)

// legacyPages are the pages of the retired OAuth, each within the layout.
var legacyPages = parsePages("legacyaccept", "legacyerror", "legacyregister")

// A vsspsPageFunc answers under one of the paths that are no operations.
type vsspsPageFunc func(*world, http.ResponseWriter, *http.Request)

// vsspsPages are these paths.
var vsspsPages = map[string]vsspsPageFunc{
	"/_signin":          serveSignInPage,
	signedInPath:        legacyPage((*legacyVisit).signedIn),
	"/oauth2/authorize": legacyPage((*legacyVisit).legacyAuthorize),
	"/oauth2/token":     serveLegacyToken,
	"/app/register":     legacyPage((*legacyVisit).register),
}

func vsspsPage(path string) vsspsPageFunc { return vsspsPages[path] }

// serveSignInPage is where requests without a good token end that follow
// redirects: a page that no program should take for data.
func serveSignInPage(_ *world, rw http.ResponseWriter, _ *http.Request) {
	writeHTML(rw, http.StatusNonAuthoritativeInfo, signInPage, "it has no sign-in page for Azure DevOps itself. Send a bearer token.")
}

// register is the page on which apps were registered. It takes none any more.
func (v *legacyVisit) register() legacyAnswer {
	if v.r.Method == http.MethodPost {
		return legacyAnswer{status: http.StatusForbidden, page: "legacyregister"}
	}
	return legacyAnswer{status: http.StatusOK, page: "legacyregister"}
}

// legacyFailure is a page where the app hears nothing.
func legacyFailure(status int, message string) legacyAnswer {
	return legacyAnswer{status: status, page: "legacyerror", data: message}
}

func (a legacyAnswer) write(rw http.ResponseWriter) {
	h := rw.Header()
	if a.to != "" {
		h.Set("Location", a.to)
		rw.WriteHeader(a.status)
		return
	}
	var b bytes.Buffer
	if err := legacyPages[a.page].Execute(&b, a.data); err != nil {
		writeDevOpsInternalError(rw)
		return
	}
	h.Set("Content-Type", contentHTML)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	rw.WriteHeader(a.status)
	_, _ = rw.Write(b.Bytes()) // a caller that left has no use for the rest
}
