package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An authorizeRequest asks for a user's sign-in and consent.
type authorizeRequest struct {
	segment   tenantSegment
	client    client
	target    redirectTarget
	platform  platform
	responses []string // of response_type
	scope     scopeRequest
	nonce     string
	demand
	tellTime   bool // the client asks for auth_time
	challenge  string
	method     string
	clientInfo bool
	v1         bool
}

// authorize is GET and POST /{tenant}/oauth2/v2.0/authorize.
func (v *visit) authorize() *loginAnswer {
	if v.param("client_id") == devopsAppID {
		return v.devopsSignIn()
	}
	req, e := v.readTarget()
	if e == nil {
		e = v.readAuthorize(req)
	}
	if e != nil {
		return v.deliver(req, e)
	}
	return v.begin(&authorizeGoal{req}, req.segment, req.demand)
}

// readTarget reads what must hold before anything may be sent to the app.
// Until then its target is empty.
func (v *visit) readTarget() (*authorizeRequest, *refusal) {
	req := &authorizeRequest{v1: v.v1, demand: demand{prompt: v.param("prompt")}}
	if m := v.request.Method; m != http.MethodGet && m != http.MethodPost {
		return req, aadsts(900561, "validVerbs", "GET, POST", "verb", m)
	}
	var e *refusal
	if req.segment, e = v.segment(); e != nil {
		return req, e
	}
	req.client, req.target, req.platform, e = v.readApp(req.segment, v.param("client_id"))
	return req, e
}

// readApp finds the app and the redirect URI of a request that a browser
// brings. An error with a target may be sent there.
func (v *visit) readApp(at tenantSegment, clientID string) (client, redirectTarget, platform, *refusal) {
	if clientID == "" {
		return client{}, redirectTarget{}, "", aadsts(900144, "parameter", "client_id")
	}
	c, admission := v.findClient(clientID, at)
	if c.application == nil {
		return c, redirectTarget{}, "", admission
	}
	uri, p, e := c.chooseRedirect(v.param("redirect_uri"))
	if e != nil {
		return c, redirectTarget{}, "", e
	}
	return c, redirectTarget{uri: uri, mode: modeQuery, state: v.param("state")}, p, admission
}

// chooseRedirect holds the requested redirect URI against the registered
// ones; without one, the first registered is taken.
func (c client) chooseRedirect(requested string) (string, platform, *refusal) {
	registered := c.redirectURIs()
	if len(registered) == 0 {
		return "", "", aadsts(500113)
	}
	if requested == "" {
		requested = registered[0]
	}
	if u, err := url.Parse(requested); err != nil || !u.IsAbs() {
		return "", "", aadsts(90102)
	}
	p, ok := c.matchRedirect(requested)
	if !ok {
		return "", "", aadsts(50011, "redirectUri", requested, "appId", c.AppID)
	}
	return requested, p, nil
}

// readAuthorize reads the rest; its errors go to the app.
func (v *visit) readAuthorize(req *authorizeRequest) *refusal {
	req.hint, req.nonce = v.param("login_hint"), v.param("nonce")
	req.clientInfo = v.param("client_info") == "1"
	for _, read := range []func(*authorizeRequest) *refusal{v.readResponse, v.readScope, v.readPrompt, v.readMaxAge, v.readChallenge} {
		if e := read(req); e != nil {
			return e
		}
	}
	return nil
}

// readResponse reads response_type and response_mode.
func (v *visit) readResponse(req *authorizeRequest) *refusal {
	mode := v.param("response_mode")
	if mode == modeFragment || mode == modeFormPost {
		req.target.mode = mode
	}
	types := strings.Fields(v.param("response_type"))
	if len(types) == 0 {
		return aadsts(900144, "parameter", "response_type")
	}
	req.responses = types
	if slices.ContainsFunc(types, func(t string) bool { return !has([]string{"code", "id_token", "token"}, t) }) {
		return aadsts(70005, "responseType", v.param("response_type"))
	}
	frontChannel := has(types, "id_token") || has(types, "token")
	if frontChannel && mode == "" {
		req.target.mode = modeFragment
	}
	switch {
	case !has([]string{"", modeQuery, modeFragment, modeFormPost}, mode):
		return aadsts(70007, "responseMode", mode)
	case frontChannel && mode == modeQuery:
		req.target.mode = modeFragment
		return aadsts(70007, "responseMode", mode)
	case has(types, "id_token") && !req.client.Web.ImplicitGrantSettings.EnableIDTokenIssuance:
		return aadsts(700054)
	case has(types, "token") && !req.client.Web.ImplicitGrantSettings.EnableAccessTokenIssuance:
		return aadsts(700051)
	case has(types, "id_token") && v.param("nonce") == "":
		return aadsts(900144, "parameter", "nonce")
	}
	return nil
}

// readScope reads scope; the endpoint without "v2.0" takes a resource.
func (v *visit) readScope(req *authorizeRequest) (e *refusal) {
	if req.v1 {
		req.scope = resourceScope(v.param("resource"))
		return nil
	}
	if v.param("resource") != "" {
		return aadsts(901002)
	}
	if strings.TrimSpace(v.param("scope")) == "" {
		return aadsts(900144, "parameter", "scope")
	}
	req.scope, e = parseScopes(v.param("scope"))
	return e
}

func (v *visit) readPrompt(req *authorizeRequest) *refusal {
	known := []string{"", promptNone, promptLogin, promptConsent, promptSelect}
	if req.v1 && req.prompt == promptAdminConsent || has(known, req.prompt) {
		return nil
	}
	return aadsts(90023, "parameter", "prompt")
}

// readChallenge reads the PKCE parameters.
func (v *visit) readChallenge(req *authorizeRequest) *refusal {
	req.challenge, req.method = v.param("code_challenge"), v.param("code_challenge_method")
	if req.method == "" {
		req.method = pkcePlain
	}
	switch {
	case req.challenge == "":
		return nil
	case req.method != pkcePlain && req.method != pkceS256:
		return aadsts(90023, "parameter", "code_challenge_method")
	case len(req.challenge) < 43 || len(req.challenge) > 128:
		return aadsts(501491)
	}
	return nil
}

// pageOnly are the codes that stay on the sign-in service's own pages: the
// app cannot be told, or it is the user who has to act.
var pageOnly = []int{
	50011, 500113, 90102, // the redirect URI cannot be trusted
	700016, 7000112, 650059, 90002, 900023, 90013, 900561, // client or tenant cannot be resolved
	50020, 50034, 50126, 50173, 165000, // somebody else may sign in
	90093, 90094, 90095, 900941, 650056,
}

// pageUnlessSilent stay there as well, unless the app asked not to show any.
var pageUnlessSilent = append([]int{50057, 50105}, accessCodes...)

// deliver brings an error to where it belongs.
func (v *visit) deliver(req *authorizeRequest, e *refusal) *loginAnswer {
	silent, usersTurn := req.prompt == promptNone, slices.Contains(pageUnlessSilent, e.code)
	switch {
	case req.target.uri == "", slices.Contains(pageOnly, e.code), usersTurn && !silent:
		return v.errorPage(e)
	case usersTurn, silent && e.code == 65001:
		e = e.as(interactionRequired)
	}
	return v.sendRefusal(req.target, e)
}
