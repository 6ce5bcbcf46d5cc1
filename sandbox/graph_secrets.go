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
		made, fault := q.newSecret(a, len(secrets), doc)
		if fault != nil {
			return nil, fault
		}
		secrets = append(secrets, *made)
	}
	return secrets, nil
}

// newSecret makes a secret as the document asks and the tenant's policy
// permits, for an application that has some already.
func (q *graphRequest) newSecret(a *application, existing int, doc map[string]any) (*passwordCredential, *graphError) {
	rules := q.tenant.appPolicy()
	if _, forbidden := rules.restriction(passwordAddition, a.CreatedDateTime); forbidden {
		return nil, errSecretsForbidden.with(rules.ID)
	}
	if fault := (bodyRule{secretSet, []string{"keyId", "hint", "secretText", "customKeyIdentifier"}}).check(doc); fault != nil {
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
	case lifetime <= 0, a.personal() && existing >= maxSecretsPersonal:
		return nil, errInvalidValue.with("passwordCredentials", applicationSet.resource)
	case !rules.permitsLifetime(passwordLifetime, a, lifetime):
		return nil, errSecretLifetime.with(rules.ID)
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
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	asked, isObject := doc["passwordCredential"].(map[string]any)
	if doc["passwordCredential"] != nil && !isObject {
		return reply{}, &errBody
	}
	s, fault := q.newSecret(a, len(a.PasswordCredentials), asked)
	if fault != nil {
		return reply{}, fault
	}
	next := *a
	next.PasswordCredentials = append(slices.Clone(a.PasswordCredentials), concealed([]passwordCredential{*s})...)
	q.tenant.addApp(&next)
	context := property{"@odata.context", q.metadata(secretSet.name)}
	return reply{status: http.StatusOK, body: append(object{context}, propertiesOf(s, nil)...)}, nil
}

func removePassword(q *graphRequest, a *application) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	id, _ := doc["keyId"].(string)
	next := *a
	next.PasswordCredentials = slices.DeleteFunc(slices.Clone(a.PasswordCredentials), func(s passwordCredential) bool {
		return strings.EqualFold(s.KeyID, id)
	})
	if len(next.PasswordCredentials) == len(a.PasswordCredentials) {
		return reply{}, &errNoSuchSecret
	}
	q.tenant.addApp(&next)
	return reply{status: http.StatusNoContent}, nil
}
