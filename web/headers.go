package web

import (
	"encoding/base64"

	"github.com/gin-gonic/gin"
)

// The policy around the nonce, which is fresh for each answer.
const (
	policyBefore = "default-src 'none'; script-src 'nonce-"
	policyAfter  = "' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; " +
		"report-uri " + reportPath
	// Browsers that know report-to leave report-uri out of account, and take
	// the address that belongs to it over https alone.
	policyByTLS = "; report-to csp"
	endpoints   = `csp="` + reportPath + `"`
)

// fixedHeaders go with every answer, errors and files included.
var fixedHeaders = map[string][]string{
	"X-Content-Type-Options": {"nosniff"},
	// same-origin, not no-referrer: with the latter Chromium sends
	// "Origin: null" for our own forms on plain http.
	"Referrer-Policy":              {"same-origin"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Permissions-Policy": {"accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), " +
		"encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), " +
		"picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()"},
	"Cache-Control": {"no-store"},
	"Vary":          {"Cookie", "Sec-Fetch-Site"},
}

// oneYear is for an answer over https; browsers ignore it on any other.
const oneYear = "max-age=31536000; includeSubDomains"

func (s *Shell) securityHeaders(c *gin.Context) {
	st := stateOf(c)
	st.nonce = base64.RawURLEncoding.EncodeToString(random(16))
	h := c.Writer.Header()
	for name, values := range fixedHeaders {
		h[name] = values[:len(values):len(values)] // whoever adds to it makes a copy
	}
	policy := policyBefore + st.nonce + policyAfter
	if st.client.https {
		policy += policyByTLS
		h["Reporting-Endpoints"] = []string{endpoints}
		h["Strict-Transport-Security"] = []string{oneYear}
	}
	h["Content-Security-Policy"] = []string{policy}
	c.Next()
}
