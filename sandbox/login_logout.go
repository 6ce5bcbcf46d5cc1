package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// logout is GET and POST /{tenant}/oauth2/v2.0/logout.
func (v *visit) logout() *loginAnswer {
	if _, e := v.segment(); e != nil {
		return v.errorPage(e)
	}
	b := v.browser()
	leaving := v.accountsOf(b, cmp.Or(v.param("logout_hint"), v.param("login_hint")))
	b.accounts = slices.DeleteFunc(b.accounts, func(a account) bool { return slices.Contains(leaving, a) })
	v.renew(b)
	to := v.param("post_logout_redirect_uri")
	if to == "" || !v.registeredAnywhere(to) {
		return v.messagePage("Signed out", "You signed out of your account. It's a good idea to close all browser windows.")
	}
	if state := v.param("state"); state != "" {
		return v.found(joinRedirect(to, "state="+escapeParameter(state), false))
	}
	return v.found(to)
}

// registeredAnywhere: which app the person leaves is not part of the request.
func (v *visit) registeredAnywhere(uri string) bool {
	for _, id := range v.order {
		for _, a := range v.tenants[id].apps {
			if _, ok := a.matchRedirect(uri); ok {
				return true
			}
		}
	}
	return false
}

// lookup is the page that error_uri leads to.
func (v *visit) lookup() *loginAnswer {
	digits := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(v.param("code"))), "AADSTS")
	code, err := strconv.Atoi(digits)
	e, ok := signInErrors[code]
	if err != nil || !ok || e.unlisted {
		return v.page(http.StatusNotFound, "message", pageView{Title: "Error lookup", Message: "This error code is not known."})
	}
	return v.messagePage(fmt.Sprintf("AADSTS%d", code), e.text)
}
