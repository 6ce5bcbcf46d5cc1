package sandbox

import (
	"cmp"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// WorkloadIssuer is the one issuer of federated tokens that the sandbox can
// reach: a platform that tells the programs it runs who they are. GET
// /workload-token gives a token of it.
const WorkloadIssuer = "https://workloads.sandbox.invalid"

const (
	workloadLifetime = time.Hour
	// exchangeAudience is that of federated credentials unless told otherwise.
	exchangeAudience = "api://AzureADTokenExchange"
)

// serveWorkloadToken gives a token of the platform as plain text, as the file
// that a platform mounts holds it.
func (s *Sandbox) serveWorkloadToken(w http.ResponseWriter, r *http.Request) {
	subject, now := r.URL.Query().Get("subject"), s.options.Now()
	if subject == "" {
		http.Error(w, "Give the workload's name as subject.", http.StatusBadRequest)
		return
	}
	token, err := s.world.login.sign(map[string]any{
		"iss": WorkloadIssuer, "sub": subject, "aud": cmp.Or(r.URL.Query().Get("audience"), exchangeAudience),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(workloadLifetime).Unix(),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(token)) // an answer that cannot be written has no reader
}

// checkWorkload holds a token that fits a federated credential against its
// issuer's keys.
func (v *visit) checkWorkload(raw string, claims assertionClaims) *refusal {
	if claims.Issuer != WorkloadIssuer {
		return aadsts(50166)
	}
	key, err := v.world.login.key()
	if err != nil {
		v.failed = err
		return aadsts(50166)
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || token.Claims(&key.private.PublicKey, &assertionClaims{}) != nil {
		return aadsts(50013)
	}
	if !claims.current(v.at) {
		return aadsts(700024, "now", issueTime(v.at), "from", issueTime(time.Unix(claims.NotBefore, 0)), "until", issueTime(time.Unix(claims.Expires, 0)))
	}
	return nil
}
