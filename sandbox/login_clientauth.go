package sandbox

import (
	"crypto/subtle"
	"net/url"
	"slices"
	"time"
)

// A clientProof is how a client says who it is.
type clientProof struct {
	clientID  string
	secret    string
	assertion string // a signed one instead of a secret
}

// readProof reads the form, or HTTP Basic where both values are form-encoded
// (RFC 6749, 2.3.1).
func (v *visit) readProof() clientProof {
	p := clientProof{
		clientID: v.param("client_id"), secret: v.param("client_secret"),
		assertion: v.param("client_assertion"),
	}
	id, secret, ok := v.request.BasicAuth()
	if !ok {
		return p
	}
	id, idErr := url.QueryUnescape(id)
	secret, secretErr := url.QueryUnescape(secret)
	if idErr == nil && secretErr == nil {
		p.clientID, p.secret = id, secret
	}
	return p
}

// authenticateClient checks the proof against what the platform asks for and
// returns the claim that tells how it was done. Missing is the code for a
// confidential client without any proof.
func (v *visit) authenticateClient(req tokenRequest, p platform, missing int) (acr string, e *refusal) {
	switch {
	case p == platformSPA && !v.crossOrigin():
		return "", aadsts(9002327)
	case p != platformSPA && v.crossOrigin():
		return "", aadsts(9002326)
	case p != platformWeb && (req.proof.secret != "" || req.proof.assertion != ""):
		return "", aadsts(700025)
	case p != platformWeb:
		return publicClientACR, nil
	case req.proof.assertion != "":
		return certificateACR, v.checkAssertion(req)
	case req.proof.secret == "":
		return "", aadsts(missing)
	}
	return secretACR, req.checkSecret(v.at)
}

// checkSecret compares with every client secret of the registration and, where
// one tenant is addressed, of the service principal there.
func (req tokenRequest) checkSecret(now time.Time) *refusal {
	secrets := req.client.PasswordCredentials
	if t := req.segment.tenant; t != nil && t.principalOf(req.client.AppID) != nil {
		secrets = slices.Concat(secrets, t.principalOf(req.client.AppID).PasswordCredentials)
	}
	appID := req.client.AppID
	for _, c := range secrets {
		if subtle.ConstantTimeCompare([]byte(c.value), []byte(req.proof.secret)) != 1 {
			continue
		}
		switch {
		case !now.Before(c.EndDateTime):
			return aadsts(7000222, "appId", appID)
		case now.Before(c.activeAt), now.Before(c.StartDateTime):
			return aadsts(7000215, "appId", appID)
		}
		return nil
	}
	return aadsts(7000215, "appId", appID)
}

// platformOf is the platform a grant is redeemed on: that of the redirect URI
// the code or the refresh token came through.
func (v *visit) platformOf(req tokenRequest) platform {
	switch req.grant {
	case "client_credentials":
		return platformWeb
	case "authorization_code":
		if c := v.world.login.code(v.param("code")); c != nil && c.ClientID == req.client.AppID {
			return c.Platform
		}
		if p, ok := req.client.matchRedirect(v.param("redirect_uri")); ok {
			return p
		}
	case "refresh_token":
		if t := v.world.login.refreshToken(v.param("refresh_token")); t != nil && t.ClientID == req.client.AppID {
			return t.Platform
		}
	}
	if isTrue(req.client.IsFallbackPublicClient) {
		return platformPublic
	}
	return platformWeb
}
