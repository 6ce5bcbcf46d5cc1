package sandbox

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// apiVersion is what the request asks for, by parameter or Accept header.
func apiVersion(r *http.Request) string {
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "api-version") && values[0] != "" {
			return values[0]
		}
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		if _, params, err := mime.ParseMediaType(strings.TrimSpace(part)); err == nil && params["api-version"] != "" {
			return params["api-version"]
		}
	}
	return ""
}

// checkVersion refuses versions as the service does: reads may leave the
// version out, writes may not, and preview resources want the flag.
func checkVersion(r *http.Request, preview bool) *devopsError {
	version := apiVersion(r)
	if version == "" {
		if has([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method) {
			return nil
		}
		return errDevOpsVersionMissing.with(r.Method)
	}
	number, flag, flagged := strings.Cut(version, "-")
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || flagged && !strings.HasPrefix(flag, "preview"):
		return errDevOpsArgument.with("The api-version " + strconv.Quote(version) + " is not valid.")
	case v < 1 || v > 7.2:
		return errDevOpsVersionRange.with(version)
	case preview && !flagged:
		return errDevOpsPreview.with(version)
	}
	return nil
}
