package setup

import (
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// A history is what the journal tells about the environment's past.
type history struct {
	// last is the newest entry of each step.
	last map[StepID]Entry
	// asked are the names of the secrets we asked for.
	asked map[string]bool
	// known are the secrets whose value is kept or was shown.
	known map[entra.KeyID]bool
	// asking is the newest request for a secret, until one of ours that was
	// lost is removed: nothing is open then.
	asking *Entry
	// client is the newest application of ours; empty once it was removed.
	client entra.ClientID
	// created is when we last made an object that others depend on.
	created time.Time
}

// newHistory reads the entries, oldest first.
func newHistory(entries []Entry) history {
	h := history{last: map[StepID]Entry{}, asked: map[string]bool{}, known: map[entra.KeyID]bool{}}
	for _, e := range entries {
		h.last[e.Step] = e
		h.noteSecret(e)
		h.noteObjects(e)
	}
	return h
}

func (h *history) noteSecret(e Entry) {
	if name := secretName(e.Request); name != "" {
		h.asked[name] = true
		h.asking = &e
	}
	if e.State != Done {
		return
	}
	if _, removed := e.Step.secret(); removed {
		h.asking = nil
	}
	if key := createdKey(e.Created); key != "" && (e.SecretKept || e.SecretShown) {
		h.known[key] = true
	}
}

func (h *history) noteObjects(e Entry) {
	if e.State != Done {
		return
	}
	if e.Request.Method == "DELETE" {
		h.forget(e.Step)
	}
	if e.Created == nil {
		return
	}
	if app := e.Created.Application; app != nil {
		h.client, h.created = app.ClientID, e.Ended
	}
	if e.Created.Principal != nil {
		h.created = e.Ended
	}
}

// forget drops what went with a deleted object: it is not waited for when it
// is made again.
func (h *history) forget(deleted StepID) {
	for id := range h.last {
		if strings.HasPrefix(string(id), grantPrefix) {
			delete(h.last, id)
		}
	}
	if deleted == stepApplication {
		h.client, h.asking = "", nil
	}
}

// createdKey is the key of the secret or certificate that was made.
func createdKey(c *entra.Created) entra.KeyID {
	switch {
	case c == nil:
	case c.Secret != nil:
		return c.Secret.KeyID
	case c.Certificate != nil:
		return c.Certificate.KeyID
	}
	return ""
}

// secretName is the display name of the secret that a request asks for, or of
// the certificate whose key pair was made for it; empty when it does neither.
func secretName(r entra.Request) string {
	given, _ := r.Body["passwordCredential"].(map[string]any) // addPassword
	if list, _ := r.Body["passwordCredentials"].([]any); len(list) > 0 {
		given, _ = list[0].(map[string]any) // a new application
	}
	if list, _ := r.Body["keyCredentials"].([]any); len(list) > 0 {
		given, _ = list[len(list)-1].(map[string]any) // the new one stands last, with its key
		if _, isNew := given["key"]; !isNew {
			return ""
		}
	}
	name, _ := given["displayName"].(string)
	if _, operation, _ := entra.MarkedSecret(name); strings.HasPrefix(operation, givenPrefix) {
		return "" // its private key is whoever's who brought it
	}
	return name
}

// lost reports whether a secret is one of ours whose value nobody has: we
// asked for it, and its value neither is kept nor was shown. A secret that
// another machine asked for is never lost: that machine may have its value.
func (h history) lost(s entra.Secret) bool { return h.asked[s.Name] && !h.known[s.KeyID] }

// removed reports whether we asked for a secret or certificate to be removed,
// whatever came of it.
func (h history) removed(key entra.KeyID) bool {
	for _, step := range []StepID{lostSecretStep(key), oldSecretStep(key)} {
		if e, ok := h.last[step]; ok && e.State != Failed {
			return true
		}
	}
	return false
}
