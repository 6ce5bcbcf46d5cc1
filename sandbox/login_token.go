package sandbox

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
)

// A tokenRequest is a request to the token endpoint whose tenant and client
// are known.
type tokenRequest struct {
	segment tenantSegment
	client  client
	grant   string
	proof   clientProof
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// grants are the grant types by name.
var grants = map[string]func(*visit, tokenRequest) (*tokenBody, *refusal){
	"authorization_code": (*visit).redeemCode,
	"refresh_token":      (*visit).refresh,
	"client_credentials": (*visit).clientCredentials,
	deviceGrant:          (*visit).redeemDevice,
	"device_code":        (*visit).redeemDevice, // the name without "v2.0"
	"password":           (*visit).password,
}

// token is POST /{tenant}/oauth2/v2.0/token. The order in which a request is
// checked is: tenant, client, client authentication, grant, redirect URI,
// PKCE, scope, what the user may.
func (v *visit) token() *loginAnswer {
	if v.request.Method == http.MethodOptions {
		return v.preflight()
	}
	req, e := v.readTokenRequest()
	if e != nil {
		return v.errorJSON(e)
	}
	body, e := v.grant(req)
	answer := v.tokenAnswer(body, e)
	answer.forAny = v.readableByScript(req)
	return answer
}

func (v *visit) grant(req tokenRequest) (*tokenBody, *refusal) {
	handle, ok := grants[req.grant]
	if !ok {
		return nil, aadsts(70003, "grantType", req.grant)
	}
	if v.loops(req) {
		return nil, aadsts(50196)
	}
	return handle(v, req)
}

func (v *visit) tokenAnswer(body *tokenBody, e *refusal) *loginAnswer {
	switch {
	case e != nil:
		return v.errorJSON(e)
	case v.v1:
		return v.json(http.StatusOK, body.v1(v.at))
	}
	return v.json(http.StatusOK, body)
}

func (v *visit) readTokenRequest() (req tokenRequest, e *refusal) {
	switch m := v.request.Method; {
	case m != http.MethodPost:
		return req, aadsts(900561, "validVerbs", "POST, OPTIONS", "verb", m)
	case v.badForm:
		return req, aadsts(9002313)
	}
	v.form = v.request.PostForm // parameters in the address are not looked at
	if req.segment, e = v.segment(); e != nil {
		return req, e
	}
	req.proof = v.readProof()
	req.grant = v.param("grant_type")
	switch {
	case req.proof.clientID == "":
		return req, aadsts(900144, "parameter", "client_id")
	case req.grant == "":
		return req, aadsts(900144, "parameter", "grant_type")
	case !v.v1 && v.param("resource") != "":
		return req, aadsts(901002)
	}
	req.client, e = v.findClient(req.proof.clientID, req.segment)
	return req, e
}

// preflight lets any origin's script ask; whether it may read the answer
// depends on the platform.
func (v *visit) preflight() *loginAnswer {
	return &loginAnswer{status: http.StatusOK, forAny: true, extra: http.Header{
		"Access-Control-Allow-Methods": {"POST, OPTIONS"},
		"Access-Control-Allow-Headers": {v.request.Header.Get("Access-Control-Request-Headers")},
		"Access-Control-Max-Age":       {"86400"},
	}}
}

// readableByScript: only single-page apps get the header that lets their
// script read the answer.
func (v *visit) readableByScript(req tokenRequest) bool {
	return v.crossOrigin() && req.client.application != nil && v.platformOf(req) == platformSPA
}

// The same grant this often within the window counts as a loop.
const (
	loopLimit  = 15
	loopWindow = 5 * time.Minute
)

// loops reports whether the client keeps sending the same grant that it
// should have stored the answer of. Polling is meant to repeat, and asking
// for an app's own token again is usual.
func (v *visit) loops(req tokenRequest) bool {
	if req.grant != "authorization_code" && req.grant != "refresh_token" {
		return false
	}
	key := sha256.Sum256([]byte(strings.Join([]string{req.client.AppID, req.grant, v.param("code"), v.param("refresh_token"), v.param("scope")}, "\x00")))
	var recent []time.Time
	for _, t := range v.world.login.repeats[key] {
		if v.at.Sub(t) < loopWindow {
			recent = append(recent, t)
		}
	}
	v.world.login.repeats[key] = append(recent, v.at)
	return len(recent) >= loopLimit
}
