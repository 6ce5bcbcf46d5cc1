package sandbox

import (
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as a SHA-1 thumbprint
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// assertionType is the one kind of client_assertion (RFC 7523).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionLeeway is how far the clock of a client may be off.
const assertionLeeway = 5 * time.Minute

// assertionClaims is what a client signs. Its jti is not looked at: Microsoft's
// own libraries send an assertion again until it expires.
type assertionClaims struct {
	Audience  jwt.Audience `json:"aud"`
	Issuer    string       `json:"iss"`
	Subject   string       `json:"sub"`
	NotBefore int64        `json:"nbf"`
	Expires   int64        `json:"exp"`
}

// checkAssertion holds a signed client assertion against the certificates of
// the registration (private_key_jwt).
func (v *visit) checkAssertion(req tokenRequest) *refusal {
	switch kind := v.param("client_assertion_type"); kind {
	case assertionType:
	case "":
		return aadsts(900144, "parameter", "client_assertion_type")
	default:
		return aadsts(90023, "parameter", "client_assertion_type")
	}
	if claims, foreign := presented(req.proof.assertion, req.client); foreign {
		return v.checkFederated(req.proof.assertion, claims, req.client.application)
	}
	token, err := jwt.ParseSigned(req.proof.assertion, []jose.SignatureAlgorithm{jose.RS256, jose.PS256})
	if err != nil {
		return aadsts(50027)
	}
	var claims assertionClaims
	if e := verifyAssertion(req.client.application, token, &claims, v.at); e != nil {
		return e
	}
	switch {
	case !strings.EqualFold(claims.Issuer, req.client.AppID), !strings.EqualFold(claims.Subject, req.client.AppID):
		return aadsts(50012)
	case !claims.current(v.at):
		return aadsts(700024, "now", issueTime(v.at), "from", issueTime(time.Unix(claims.NotBefore, 0)), "until", issueTime(time.Unix(claims.Expires, 0)))
	case !slices.ContainsFunc(claims.Audience, func(aud string) bool { return v.isTokenEndpoint(aud, req.segment) }):
		return aadsts(700023).as(invalidClient)
	}
	return nil
}

// verifyAssertion finds the certificate by the thumbprint in the header and
// reads the claims if its key signed them.
func verifyAssertion(a *application, token *jwt.JSONWebToken, claims *assertionClaims, now time.Time) *refusal {
	named := namedThumbprint(token.Headers[0])
	i := slices.IndexFunc(a.KeyCredentials, func(k keyCredential) bool { return k.hasThumbprint(named) })
	if i < 0 {
		reason := "The key was not found."
		if named != nil {
			reason += ", Thumbprint of key used by client: '" + strings.ToUpper(hex.EncodeToString(named)) + "'"
		}
		return aadstsApp(700027, a, "what", "The certificate with identifier used to sign the client assertion is not registered on application.", "reason", reason)
	}
	const invalid = "Client assertion contains an invalid signature."
	key := a.KeyCredentials[i]
	public, _ := key.certificate.PublicKey.(*rsa.PublicKey) // others are not taken in
	if err := token.Claims(public, claims); err != nil {
		return aadstsApp(700027, a, "what", invalid, "reason", "The provided signature value did not match the expected signature value., "+key.found())
	}
	if now.Before(key.StartDateTime) || !now.Before(key.EndDateTime) {
		return aadstsApp(700027, a, "what", invalid, "reason", "The key used is expired., "+key.found())
	}
	return nil
}

// namedThumbprint is the hash by which a header names its certificate: x5t
// with SHA-1, x5t#S256 with SHA-256, or either of them as kid.
func namedThumbprint(h jose.Header) []byte {
	for _, name := range []jose.HeaderKey{"x5t#S256", "x5t"} {
		if text, _ := h.ExtraHeaders[name].(string); text != "" {
			return decodedThumbprint(text)
		}
	}
	if print, err := hex.DecodeString(h.KeyID); err == nil && len(print) > 0 {
		return print
	}
	return decodedThumbprint(h.KeyID)
}

// decodedThumbprint reads base64 in either alphabet, padded or not: Microsoft's
// library for Go writes the padded one that is not for URLs.
func decodedThumbprint(text string) []byte {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	print, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(print) == 0 {
		return nil
	}
	return print
}

func (k keyCredential) hasThumbprint(print []byte) bool {
	switch len(print) {
	case sha1.Size:
		sum := sha1.Sum(k.certificate.Raw) //nolint:gosec // see import
		return string(sum[:]) == string(print)
	case sha256.Size:
		sum := sha256.Sum256(k.certificate.Raw)
		return string(sum[:]) == string(print)
	}
	return false
}

// found is how messages tell of the certificate that a thumbprint led to.
func (k keyCredential) found() string {
	const layout = "01/02/2006 15:04:05"
	return "Thumbprint of key used by client: '" + thumbprint(k.certificate) +
		"', Found key 'Start=" + k.StartDateTime.Format(layout) + ", End=" + k.EndDateTime.Format(layout) + "'"
}

// current reports whether the assertion holds now; it need not say from when.
func (c assertionClaims) current(now time.Time) bool {
	from, until := time.Unix(c.NotBefore, 0), time.Unix(c.Expires, 0)
	return !now.Add(assertionLeeway).Before(from) && now.Add(-assertionLeeway).Before(until)
}

// isTokenEndpoint reports whether an audience is this tenant's token endpoint
// or issuer, by any name of the service and of the tenant.
func (v *visit) isTokenEndpoint(audience string, at tenantSegment) bool {
	rest, known := v.belowAuthority(audience)
	if !known {
		return false
	}
	name, path, _ := strings.Cut(rest, "/")
	segment, e := v.resolveTenant(name)
	return e == nil && segment.key() == at.key() && has([]string{"", "v2.0", "oauth2/token", "oauth2/v2.0/token"}, strings.TrimRight(path, "/"))
}

// belowAuthority cuts the service's own address off a URL.
func (v *visit) belowAuthority(address string) (string, bool) {
	bases := []string{v.origin, publicOrigins[serviceLogin]}
	for _, alias := range loginAliases {
		bases = append(bases, "https://"+alias)
	}
	for _, base := range bases {
		if rest, below := strings.CutPrefix(address, base+"/"); below {
			return rest, true
		}
	}
	return "", false
}
