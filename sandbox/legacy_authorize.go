package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A legacyRequest is a request of the authorization endpoint that an app may
// hear of.
type legacyRequest struct {
	app   *legacyApp
	state string
}

// legacyAuthorize is GET and POST /oauth2/authorize: the page on which a user
// accepts what an app asks for, and its form.
func (v *legacyVisit) legacyAuthorize() legacyAnswer {
	app := v.legacy.apps[strings.ToLower(v.form.Get("client_id"))]
	req := legacyRequest{app, v.form.Get("state")}
	switch {
	case app == nil, v.form.Get("redirect_uri") != app.CallbackURL, v.form.Get("response_type") != "Assertion":
		return legacyFailure(http.StatusBadRequest, "Exception of type 'Microsoft.VisualStudio.Services.Web.Profile.Controllers.DelegatedAuthorizationException' was thrown")
	case !sameScopes(strings.Fields(v.form.Get("scope")), app.Scopes):
		return req.answer("error", "InvalidScope")
	}
	s := v.session()
	u := v.user(s)
	switch {
	case u == nil:
		return v.signIn(s)
	case v.r.Method == http.MethodPost:
		return v.decide(req, s)
	}
	return legacyAnswer{status: http.StatusOK, page: "legacyaccept", data: legacyAcceptView{
		App: app.Name, Company: app.Company, Name: u.UserPrincipalName, Form: s.form, Permissions: legacyPermissions(app.Scopes),
	}}
}

// legacyAcceptView is what the page shows.
type legacyAcceptView struct {
	App, Company, Name, Form string
	Permissions              []permissionView
}

// sameScopes compares what an app asks for with what it is registered for:
// neither more nor less, nor a scope that contains the registered one.
func sameScopes(asked, registered []string) bool {
	slices.Sort(asked)
	return slices.Equal(slices.Compact(asked), slices.Sorted(slices.Values(registered)))
}

func legacyPermissions(scopes []string) []permissionView {
	resource := azureDevOpsPrincipal()
	views := make([]permissionView, len(scopes))
	for i, name := range scopes {
		views[i] = permissionViewOf(resource, name)
	}
	return views
}

// decide takes the form of the page.
func (v *legacyVisit) decide(req legacyRequest, s *legacySession) legacyAnswer {
	switch {
	case v.r.PostForm.Get("form") != s.form:
		return legacyFailure(http.StatusBadRequest, "This form was not shown here. Go back to the application and start again.")
	case v.r.PostForm.Get("action") != "accept":
		return req.answer("error", "access_denied")
	}
	u := v.user(s)
	id, now := newGUID(), v.now()
	granted := &legacyAuthorization{ends: now.Add(legacyRefreshLifetime), caller: caller{
		TenantID: s.account.tenantID, AppID: req.app.ID, ObjectID: u.ID, UserPrincipalName: u.UserPrincipalName,
		DisplayName: u.DisplayName, Audience: legacyIssuer, Resource: devopsAppID, legacy: true,
	}}
	code, err := v.newLegacyToken(id, &granted.caller, append(slices.Clone(req.app.Scopes), legacyGrantScope), legacyCodeLifetime)
	if err != nil {
		return legacyFailure(http.StatusInternalServerError, "The sandbox failed: "+err.Error())
	}
	v.legacy.authorize(id, granted)
	return req.answer("code", code)
}

// answer sends the browser back to the app; state goes along with errors too.
func (req legacyRequest) answer(name, value string) legacyAnswer {
	query := url.Values{name: {value}}.Encode()
	if req.state != "" {
		query += "&" + url.Values{"state": {req.state}}.Encode()
	}
	sign := "?"
	if strings.Contains(req.app.CallbackURL, "?") {
		sign = "&"
	}
	return legacyAnswer{status: http.StatusFound, to: req.app.CallbackURL + sign + query}
}
