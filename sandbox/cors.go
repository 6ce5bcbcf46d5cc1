package sandbox

import (
	"net/http"
	"strings"
)

// A crossOrigin is what a service lets scripts of other origins do. Data is
// had for tokens and never for cookies, so any origin may ask.
type crossOrigin struct {
	exposed string // headers of an answer that a script may read
	methods string // that a script may use, told with every answer; empty: told to preflights, the one asked for
	headers string // that a script may send in any case; further ones as asked for
}

var (
	// graphCrossOrigin exposes what Microsoft Graph does [microsoft/dev-proxy];
	// its answer to a preflight is not sourced.
	graphCrossOrigin = crossOrigin{exposed: "ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, ReadWriteConsistencyToken, SdkVersion, WWW-Authenticate, x-ms-client-gcc-tenant, Retry-After"}
	// devopsCrossOrigin is as captured from dev.azure.com.
	devopsCrossOrigin = crossOrigin{
		methods: "OPTIONS,GET,POST,PATCH,PUT,DELETE",
		exposed: "ActivityId,X-TFS-Session,X-MS-ContinuationToken,X-VSS-GlobalMessage,ETag",
		headers: "authorization",
	}
)

const corsMaxAge = "3600" // seconds for which a browser may keep a preflight's answer

// opened lets scripts of any origin call h. A preflight is answered before
// anything asks for a token: browsers send none with it.
func (c crossOrigin) opened(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "" {
			h.ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Access-Control-Allow-Origin", "*")
		rw.Header().Set("Access-Control-Expose-Headers", c.exposed)
		method := r.Header.Get("Access-Control-Request-Method")
		preflight := r.Method == http.MethodOptions && method != ""
		if preflight || c.methods != "" {
			c.permit(rw.Header(), method, r.Header.Get("Access-Control-Request-Headers"))
		}
		if preflight {
			rw.WriteHeader(http.StatusOK)
			return
		}
		h.ServeHTTP(rw, r)
	})
}

// permit says what a script may send that asks for a method and a list of headers.
func (c crossOrigin) permit(h http.Header, method, headers string) {
	if c.methods != "" {
		method = c.methods
	}
	if c.headers != "" && !strings.Contains(strings.ToLower(headers), c.headers) {
		headers = strings.TrimPrefix(headers+", "+c.headers, ", ")
	}
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers", headers)
	h.Set("Access-Control-Max-Age", corsMaxAge)
}
