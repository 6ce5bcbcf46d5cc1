package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/remind"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// galleryRotations is a rotation at each of its steps.
func galleryRotations(env store.Environment, p preset.Preset) []galleryPage {
	day := 24 * time.Hour
	old := entra.Secret{KeyID: "77777777-2222-3333-4444-555555555555", Name: entra.SecretName("Frontegg Integration", env.Name, "OP"), Hint: "abc", Start: galleryTime.Add(-168 * day), End: galleryTime.Add(12 * day)}
	next := entra.Secret{KeyID: "88888888-2222-3333-4444-555555555555", Name: entra.SecretName("Frontegg Integration", env.Name, "NEXT"), Hint: "xyz", Start: galleryTime.Add(-time.Hour), End: galleryTime.Add(180 * day)}
	who := entra.Person{Tenant: env.Tenant, ID: "6", UPN: "admin@contoso.example"}
	waiting := store.KeptSecret{ID: "k", Environment: env.ID, Operation: "NEXT", KeyID: next.KeyID, Hint: "xyz", Created: next.Start, Expires: next.End, DropAt: galleryTime.Add(23 * time.Hour), Owner: who, Usable: true}
	taken := waiting
	taken.RevealedAt = galleryTime.Add(-30 * time.Minute)
	proof := func(p trial.Proof) *trial.Proof {
		p.Tenant, p.ClientID, p.Scope, p.By, p.Started, p.Ended = string(env.Tenant), env.Result.App.ClientID, trial.ProofScope, who, galleryTime.Add(-time.Minute), galleryTime.Add(-time.Minute)
		return &p
	}
	refused := trial.Explain(7000215, "invalid_client")
	soon := refused
	soon.Transient = true
	handed := store.Credential{KeyID: next.KeyID, Handed: galleryTime.Add(-10 * time.Minute), HandedBy: who}
	both := setup.Overlap{Old: &old, New: &next}
	states := []struct {
		name    string
		overlap setup.Overlap
		kept    []store.KeptSecret
		known   store.Credential
		change  func(*rotation)
	}{
		{name: "rotate", overlap: setup.Overlap{Old: &old}},
		{name: "rotate-nothing-in-use"},
		{name: "rotate-forbidden", overlap: setup.Overlap{Old: &old}, change: func(r *rotation) { r.forbidden = true }},
		{name: "rotate-shortened", overlap: setup.Overlap{Old: &old}, change: func(r *rotation) {
			r.limit = "The tenant's policy lets a client secret last 90 days at most, so it lasts that long."
		}},
		{name: "rotate-choose", change: func(r *rotation) {
			r.actual.App = &entra.Application{Secrets: []entra.Secret{{KeyID: "1", Name: "by hand", Hint: "hnd", End: old.End}, {KeyID: "2", Name: "of the old team", Hint: "tea", End: next.End}}}
		}},
		{name: "rotate-take", overlap: both, kept: []store.KeptSecret{waiting}},
		{name: "rotate-take-of-another-person", overlap: both, kept: []store.KeptSecret{{ID: "k", KeyID: next.KeyID, Usable: true, Owner: entra.Person{Tenant: env.Tenant, ID: "7", UPN: "other@contoso.example"}}}},
		{name: "rotate-hand-over", overlap: both, kept: []store.KeptSecret{taken}},
		{name: "rotate-prove", overlap: both, kept: []store.KeptSecret{taken}, known: handed},
		{name: "rotate-proving", overlap: both, kept: []store.KeptSecret{taken}, known: withProof(handed, proof(trial.Proof{State: trial.Proving, Attempts: 2, Failure: &soon}))},
		{name: "rotate-refuted", overlap: both, known: withProof(handed, proof(trial.Proof{State: trial.Refuted, Attempts: 9, Failure: &refused}))},
		{name: "rotate-retire", overlap: both, kept: []store.KeptSecret{taken}, known: withProof(handed, proof(trial.Proof{State: trial.Proven, Attempts: 3, Lifetime: time.Hour}))},
		{name: "rotate-by-consent", overlap: both, kept: []store.KeptSecret{taken}, known: withProof(handed, proof(trial.Proof{State: trial.Proven, Attempts: 1, Trial: "t"}))},
		{name: "rotate-over", overlap: setup.Overlap{Old: &next}, change: func(r *rotation) {
			r.ops = []store.Operation{{ID: "o", Kind: store.RetireOperation, State: store.OperationDone, Started: galleryTime}}
		}},
		{name: "rotate-stopped", overlap: setup.Overlap{Old: &old}, change: func(r *rotation) {
			r.ops = []store.Operation{{ID: "o", Kind: store.RotateOperation, State: store.OperationFailed, Started: galleryTime}}
		}},
		{name: "rotate-lost-and-more", overlap: setup.Overlap{Old: &old, New: &next, Elsewhere: true, Lost: []entra.Secret{old}, More: []entra.Secret{next}}},
	}
	var pages []galleryPage
	for _, s := range states {
		r := rotation{env: env, preset: p, overlap: s.overlap, kept: s.kept, read: galleryTime, actual: setup.Actual{App: &entra.Application{}}}
		if s.known.KeyID != "" {
			r.known = []store.Credential{s.known}
		}
		if s.change != nil {
			s.change(&r)
		}
		pages = append(pages, galleryPage{s.name, "rotate.html", rotateView(r, who, galleryTime)})
	}
	return pages
}

func withProof(c store.Credential, p *trial.Proof) store.Credential {
	c.Proof = p
	return c
}

// galleryReminded adds the reminders to an environment's page.
func galleryReminded(page *environmentPage, env store.Environment) *environmentPage {
	page.Reminders = galleryReminders(env)
	return page
}

// galleryReminders is what an environment says about reminders.
func galleryReminders(env store.Environment) *reminderView {
	v := viewReminders(remind.Settings{Webhook: &remind.Webhook{}, Mail: &remind.Mail{}, Operator: "operations@contoso.example"}, env, nil, []string{"team@contoso.example"}, []store.Reminder{
		{Days: 30, Channel: "webhook", State: store.ReminderSent, Started: galleryTime.Add(-18 * 24 * time.Hour)},
		{Days: 30, Channel: "mail:team@contoso.example", State: store.ReminderFailed, Started: galleryTime.Add(-time.Hour), Error: "the mail server answered 450 (sending SMTP RCPT TO command)"},
	}, galleryTime)
	return v
}
