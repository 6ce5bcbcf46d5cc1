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
	if e.Created != nil && e.Created.Secret != nil && (e.SecretKept || e.SecretShown) {
		h.known[e.Created.Secret.KeyID] = true
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

// secretName is the display name of the secret that a request asks for; empty
// when it asks for none.
func secretName(r entra.Request) string {
	given, _ := r.Body["passwordCredential"].(map[string]any) // addPassword
	if list, _ := r.Body["passwordCredentials"].([]any); len(list) > 0 {
		given, _ = list[0].(map[string]any) // a new application
	}
	name, _ := given["displayName"].(string)
	return name
}

// lost reports whether a secret is one of ours whose value nobody has: we
// asked for it, and its value neither is kept nor was shown. A secret that
// another machine asked for is never lost: that machine may have its value.
func (h history) lost(s entra.Secret) bool { return h.asked[s.Name] && !h.known[s.KeyID] }
