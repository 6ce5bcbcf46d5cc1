package sandbox

import (
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// federatedAlgorithms are those that other issuers may sign with; the
// signature is looked at last, see checkFederated.
var federatedAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.ES256}

// presented reads an assertion that somebody else than the client issued.
func presented(raw string, c client) (assertionClaims, bool) {
	var claims assertionClaims
	token, err := jwt.ParseSigned(raw, federatedAlgorithms)
	if err != nil || token.UnsafeClaimsWithoutVerification(&claims) != nil {
		return claims, false
	}
	return claims, strings.HasPrefix(claims.Issuer, "https://") && !strings.EqualFold(claims.Issuer, c.AppID)
}

// checkFederated holds a token of another issuer against the federated
// credentials of the registration. Where one fits, Entra would fetch the
// issuer's keys; the sandbox reaches nobody outside and says so as Entra does
// when it cannot. Only the platform that is part of it is there.
func (v *visit) checkFederated(raw string, claims assertionClaims, a *application) *refusal {
	matching := slices.DeleteFunc(slices.Clone(a.federated), func(c *federatedCredential) bool { return c.Issuer != claims.Issuer })
	if len(matching) == 0 {
		return aadsts(700211, "issuer", claims.Issuer)
	}
	matching = slices.DeleteFunc(matching, func(c *federatedCredential) bool { return c.Subject != claims.Subject })
	if len(matching) == 0 {
		return aadsts(700213, "subject", claims.Subject)
	}
	if !slices.ContainsFunc(matching, func(c *federatedCredential) bool { return claims.Audience.Contains(c.Audiences[0]) }) {
		return aadsts(700212, "audience", strings.Join(claims.Audience, ", "))
	}
	return v.checkWorkload(raw, claims)
}
