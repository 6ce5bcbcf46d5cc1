package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// result is what the operation leaves behind: from the last reading, or,
// where that failed, from what the answers told.
func (c *convergence) result(want Desired) Result {
	r := Result{Changed: c.done, Left: c.left(), Proven: c.proven, Words: c.words(want)}
	if c.ids != nil {
		r.App, r.Principal = c.ids.app, c.ids.principal
	}
	if c.actual.App == nil {
		return r
	}
	r.App = *c.actual.App
	if c.actual.Principal != "" {
		r.Principal = c.actual.Principal
	}
	r.proves(want, c.now())
	return r
}

// proves finds what the application proves itself with.
func (r *Result) proves(want Desired, now time.Time) {
	switch want.Credential {
	case entra.FederatedKind:
		return
	case entra.CertificateKind:
		for _, o := range liveCertificates(r.App, want.Name, now) {
			if given := want.Certificate; given == nil && !brought(o) || given != nil && sameCertificate(o, want.Name, entra.Fingerprint(given.DER)) {
				r.Certificate = &o
				return
			}
		}
		return
	}
	if live := liveSecrets(r.App, want.Name, now); len(live) > 0 {
		r.Secret = &live[0]
	}
}

// Current is the secret that the application proves itself with, or its
// certificate as far as they have the same; nil where it needs neither, or
// nothing was read.
func (r *Result) Current() *entra.Secret {
	switch {
	case r == nil:
		return nil
	case r.Certificate != nil:
		s := asSecret(*r.Certificate)
		return &s
	}
	return r.Secret
}

// left are the pending steps without those done since the last reading.
func (c *convergence) left() []Step {
	return slices.DeleteFunc(c.steps.Pending(), func(s Step) bool {
		return c.acted && slices.ContainsFunc(c.done, func(d Step) bool { return d.ID == s.ID })
	})
}

// words are what a person should read.
func (c *convergence) words(want Desired) []string {
	kind, value, step := "client secret", "value", stepSecret
	if want.Credential == entra.CertificateKind {
		kind, value, step = "certificate", "private key", stepCertificate
	}
	replaced := "It was removed; a new one is still to be made."
	if slices.ContainsFunc(c.done, func(s Step) bool { return s.ID == step }) {
		replaced = "It was removed and replaced by a new one."
	}
	var out []string
	for _, s := range c.done {
		if key, _ := s.ID.secret(); strings.HasPrefix(string(s.ID), lostSecretPrefix) {
			out = append(out, fmt.Sprintf("The %s with ID %s was lost: it was made, but nobody has its %s. %s", kind, key, value, replaced))
		}
	}
	out = append(out, c.vanished()...)
	for _, s := range c.steps.Steps {
		if s.Action == Keep && s.Note != "" {
			out = append(out, s.Note)
		}
	}
	if !want.Consent {
		out = append(out, "Nobody consented for the whole tenant: people are asked when they connect, or an administrator consents.")
	}
	return out
}

// vanished are the credentials that were there at the first reading and are
// gone at the last although nothing here removed them: changes of one
// application's credentials at the same moment can undo each other.
func (c *convergence) vanished() []string {
	if c.before == nil || c.before.App == nil || c.actual.App == nil || c.before.App.ID != c.actual.App.ID {
		return nil
	}
	var out []string
	check := func(kind string, key entra.KeyID, name string) {
		if !c.shows(key) && !c.history.removed(key) {
			out = append(out, fmt.Sprintf("The %s %q with ID %s was there before and is gone, and nothing here removed it. Changes of one application's credentials at the same moment can undo each other: whatever used it needs a new one.", kind, describe(entra.Secret{Name: name}), key))
		}
	}
	for _, s := range c.before.App.Secrets {
		check("client secret", s.KeyID, s.Name)
	}
	for _, o := range c.before.App.Certificates {
		check("certificate", o.KeyID, o.Name)
	}
	return out
}

// Proof is the result of a run that found nothing to do: what was read.
func Proof(want Desired, actual Actual, plan Plan, now time.Time) Result {
	c := &convergence{Engine: &Engine{Now: func() time.Time { return now }}, actual: actual, steps: plan, proven: len(plan.Pending()) == 0}
	return c.result(want)
}
