package sandbox

import (
	"crypto/rand"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

var secretSet = &entitySet{
	name: "microsoft.graph.passwordCredential", typeName: "microsoft.graph.passwordCredential",
	resource: "Application", of: reflect.TypeFor[passwordCredential](),
}

// defaultSecretLifetime is that of a secret whose end nobody named, in years.
const defaultSecretLifetime = 2

// firstSecrets makes the secrets that the creation of an application asks for.
func (q *graphRequest) firstSecrets(a *application, asked any) ([]passwordCredential, *graphError) {
	list, isList := asked.([]any)
	if asked != nil && !isList {
		return nil, errInvalidValue.with("passwordCredentials", applicationSet.resource)
	}
	secrets := []passwordCredential{}
	for _, entry := range list {
		doc, isObject := entry.(map[string]any)
		if !isObject {
			return nil, errInvalidValue.with("passwordCredentials", applicationSet.resource)
		}
		made, fault := q.newSecret(q.holderOf(a, len(secrets)), doc)
		if fault != nil {
			return nil, fault
		}
		secrets = append(secrets, *made)
	}
	return secrets, nil
}

// A secretHolder is what a new secret is for.
type secretHolder struct {
	rules   []credentialRule // of the tenant, as far as they are about it
	created time.Time        // of the registration
	full    bool             // it may have no further one
}

func (q *graphRequest) holderOf(a *application, existing int) secretHolder {
	return secretHolder{q.tenant.appPolicy().ofApplications(), a.CreatedDateTime, a.personal() && existing >= maxSecretsPersonal}
}

// newSecret makes a secret as the document asks and the tenant's policy
// permits.
func (q *graphRequest) newSecret(h secretHolder, doc map[string]any) (*passwordCredential, *graphError) {
	policy := q.tenant.appPolicy().ID
	if _, forbidden := restrictionIn(h.rules, passwordAddition, h.created); forbidden {
		return nil, errSecretsForbidden.with(policy)
	}
	// An id sent along is not the one it gets [nais/azurerator].
	if fault := (bodyRule{secretSet, []string{"hint", "secretText"}}).check(doc); fault != nil {
		return nil, fault
	}
	s, fault := merged(&passwordCredential{StartDateTime: q.at.Truncate(time.Second)}, doc, secretSet)
	if fault != nil {
		return nil, errInvalidValue.with("passwordCredentials", applicationSet.resource)
	}
	if s.EndDateTime.IsZero() {
		s.EndDateTime = s.StartDateTime.AddDate(defaultSecretLifetime, 0, 0)
	}
	s.StartDateTime, s.EndDateTime = s.StartDateTime.UTC(), s.EndDateTime.UTC()
	lifetime := s.EndDateTime.Sub(s.StartDateTime)
	switch {
	case lifetime <= 0, h.full:
		return nil, errInvalidValue.with("passwordCredentials", applicationSet.resource)
	case !permitsLifetime(h.rules, passwordLifetime, h.created, lifetime):
		return nil, errSecretLifetime.with(policy)
	}
	text := newSecretText()
	s.KeyID, s.SecretText, s.Hint, s.value, s.activeAt = newGUID(), &text, text[:3], text, q.at
	return s, nil
}

// newSecretText has the form of Entra's secrets, and a marker by which nobody
// takes it for a real one: abc8Q~SANDBOX…, 40 characters.
func newSecretText() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	const marker = "8Q~SANDBOX"
	random := make([]byte, 40-len(marker))
	rand.Read(random) // never fails: crypto/rand ends the process instead
	for i, b := range random {
		random[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(random[:3]) + marker + string(random[3:])
}

// concealed are secrets as they are read later: without their texts.
func concealed(secrets []passwordCredential) []passwordCredential {
	hidden := slices.Clone(secrets)
	for i := range hidden {
		hidden[i].SecretText = nil
	}
	return hidden
}

func addPassword(q *graphRequest, a *application) (reply, *graphError) {
	s, fault := q.askedSecret(q.holderOf(a, len(a.PasswordCredentials)))
	if fault != nil {
		return reply{}, fault
	}
	next := *a
	next.PasswordCredentials = withSecret(a.PasswordCredentials, s)
	q.tenant.addApp(&next)
	return q.secretOnce(s), nil
}

// askedSecret makes the secret that the body asks for.
func (q *graphRequest) askedSecret(h secretHolder) (*passwordCredential, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return nil, fault
	}
	asked, isObject := doc["passwordCredential"].(map[string]any)
	if doc["passwordCredential"] != nil && !isObject {
		return nil, &errBody
	}
	return q.newSecret(h, asked)
}

func withSecret(secrets []passwordCredential, s *passwordCredential) []passwordCredential {
	return append(slices.Clone(secrets), concealed([]passwordCredential{*s})...)
}

// secretOnce is the one answer that has a secret's text.
func (q *graphRequest) secretOnce(s *passwordCredential) reply {
	context := property{"@odata.context", q.metadata(secretSet.name)}
	return reply{status: http.StatusOK, body: append(object{context}, propertiesOf(s, nil)...)}
}

func removePassword(q *graphRequest, a *application) (reply, *graphError) {
	left, fault := q.withoutSecret(a.PasswordCredentials)
	if fault != nil {
		return reply{}, fault
	}
	next := *a
	next.PasswordCredentials = left
	q.tenant.addApp(&next)
	return reply{status: http.StatusNoContent}, nil
}

// withoutSecret are the secrets but the one that the body names.
func (q *graphRequest) withoutSecret(secrets []passwordCredential) ([]passwordCredential, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return nil, fault
	}
	id, _ := doc["keyId"].(string)
	left := slices.DeleteFunc(slices.Clone(secrets), func(s passwordCredential) bool { return strings.EqualFold(s.KeyID, id) })
	if len(left) == len(secrets) {
		return nil, &errNoSuchSecret
	}
	return left, nil
}
