package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// givenPrefix begins what stands for the operation in the name of a
// certificate that somebody brought: it is followed by the beginning of its
// fingerprint, so that it is known again from any machine. Its private key is
// theirs, so such a one is never lost.
const givenPrefix = "given-"

// credential are the steps that give the application what it proves itself
// with, and only the one kind that is wanted: another kind that is there stays
// until a person retires it.
func (p planner) credential() []Step {
	switch p.want.Credential {
	case entra.CertificateKind:
		return p.certificate()
	case entra.FederatedKind:
		return p.federated()
	}
	return p.secret()
}

// certificate decides about the certificate: the one that was given, or one
// of ours whose private key somebody has.
func (p planner) certificate() []Step {
	if p.actual.App == nil {
		return []Step{p.addCertificate(nil)}
	}
	if given := p.want.Certificate; given != nil {
		print := entra.Fingerprint(given.DER)
		if i := slices.IndexFunc(p.actual.App.Certificates, func(c entra.Certificate) bool { return sameCertificate(c, p.want.Name, print) }); i >= 0 {
			return []Step{keepCertificate(p.actual.App.Certificates[i])}
		}
		return []Step{p.addCertificate(nil)}
	}
	var good []entra.Certificate
	var removals []Step
	left := p.actual.App.Certificates
	remove := func(id StepID, c entra.Certificate, note string) {
		s := p.removeCertificate(id, left, c, note)
		if n := len(removals); n > 0 {
			s.After = append(s.After, removals[n-1].ID) // each sends the whole list, with what the one before left
		}
		removals = append(removals, s)
		left = slices.DeleteFunc(slices.Clone(left), func(o entra.Certificate) bool { return o.KeyID == c.KeyID })
	}
	for _, c := range liveCertificates(*p.actual.App, p.want.Name, p.now) {
		switch {
		case p.history.lost(asSecret(c)):
			remove(lostSecretStep(c.KeyID), c, "Nobody has its private key: the answer that confirmed it was lost, or it was never looked at in time.")
		case p.want.NewSecret && !p.isNew(asSecret(c)) && !brought(c):
			remove(oldSecretStep(c.KeyID), c, "It is replaced: the integration works again once it has the new one.")
		case !brought(c) && (!p.want.NewSecret || p.isNew(asSecret(c))):
			good = append(good, c)
		}
	}
	if len(good) > 0 {
		return append(removals, keepCertificate(good[0]))
	}
	return append(removals, p.addCertificate(removals))
}

// outdated refuses to add a certificate that was given and has ended since.
func (p planner) outdated(steps []Step) error {
	given := p.want.Certificate
	if given == nil || p.now.Before(given.End) || !slices.ContainsFunc(steps, func(s Step) bool { return s.Action == Create }) {
		return nil
	}
	return fmt.Errorf("the certificate that was given ended on %s: give a new one", given.End.UTC().Format(time.DateOnly))
}

// brought reports whether somebody gave the certificate, and has its key.
func brought(c entra.Certificate) bool {
	_, operation, _ := entra.MarkedSecret(c.Name)
	return strings.HasPrefix(operation, givenPrefix)
}

// liveCertificates are those with the environment's marker that have not
// expired, newest first.
func liveCertificates(app entra.Application, environment string, now time.Time) []entra.Certificate {
	var live []entra.Certificate
	for _, c := range app.Certificates {
		if _, ours := entra.IsOurSecret(c.Name, environment); ours && !c.ExpiredAt(now) {
			live = append(live, c)
		}
	}
	slices.SortStableFunc(live, func(a, b entra.Certificate) int { return b.Start.Compare(a.Start) })
	return live
}

// sameCertificate compares by the certificate itself, and by the name we gave
// it where the directory does not tell the certificate.
func sameCertificate(c entra.Certificate, environment, print string) bool {
	if c.Fingerprint != "" {
		return c.Fingerprint == print
	}
	operation, ours := entra.IsOurSecret(c.Name, environment)
	return ours && operation == givenPrefix+print[:16]
}

// asSecret is what certificates and secrets have in common.
func asSecret(c entra.Certificate) entra.Secret {
	return entra.Secret{KeyID: c.KeyID, Name: c.Name, Hint: c.Thumbprint[:min(8, len(c.Thumbprint))], Start: c.Start, End: c.End}
}

func keepCertificate(c entra.Certificate) Step {
	return Step{ID: stepCertificate, Action: Keep,
		Title: fmt.Sprintf("Keep the certificate %q, valid until %s", describe(asSecret(c)), c.End.UTC().Format(time.DateOnly))}
}

func (p planner) newCertificate() entra.NewCertificate {
	if given := p.want.Certificate; given != nil {
		c := *given
		c.Name = entra.SecretName(p.want.Secret.Description, p.want.Name, givenPrefix+entra.Fingerprint(c.DER)[:16])
		return c
	}
	secret := p.newSecret()
	return entra.NewCertificate{Name: secret.Name, Start: p.now.UTC().Add(-clockAllowance).Truncate(time.Second), End: secret.End}
}

// addCertificate sends the whole list, with what is there.
func (p planner) addCertificate(removals []Step) Step {
	c := entra.AddCertificate{Certificate: p.newCertificate()}
	after := []StepID{stepApplication}
	for _, r := range removals {
		after = append(after, r.ID)
	}
	if p.actual.App != nil {
		c.App, c.Existing = p.actual.App.ID, slices.DeleteFunc(slices.Clone(p.actual.App.Certificates), func(o entra.Certificate) bool {
			return slices.ContainsFunc(removals, func(r Step) bool { return r.ID == lostSecretStep(o.KeyID) || r.ID == oldSecretStep(o.KeyID) })
		})
	}
	s := step(stepCertificate, Create, c, whoChangesApps, after...)
	s.Title = fmt.Sprintf("Add the certificate %q", cmp.Or(describe(entra.Secret{Name: c.Certificate.Name}), p.want.Secret.Description))
	s.Diffs = []Diff{{Field: "certificate valid until", New: c.Certificate.End.UTC().Format(time.DateOnly)}}
	if p.want.Certificate == nil {
		s.Title = fmt.Sprintf("Make a key pair and add its certificate %q", p.want.Secret.Description)
		s.Note = "Its key pair is made here; the private key is shown once and is not sent to Microsoft."
	}
	return s
}

func (p planner) removeCertificate(id StepID, there []entra.Certificate, c entra.Certificate, note string) Step {
	s := step(id, Remove, entra.RemoveCertificate{App: p.actual.App.ID, Existing: there, Key: c.KeyID}, whoChangesApps, stepApplication)
	s.Title = fmt.Sprintf("Remove the certificate %q with ID %s", describe(asSecret(c)), c.KeyID)
	s.Note = note
	return s
}

// federated decides about the federated credential: the same issuer and
// subject can be there once only.
func (p planner) federated() []Step {
	want := *p.want.Federated
	var there []entra.FederatedCredential
	if p.actual.App != nil {
		there = p.actual.App.Federated
	}
	i := slices.IndexFunc(there, want.Same)
	if i >= 0 && there[i].Audience == want.Audience {
		return []Step{{ID: stepFederated, Action: Keep, Title: fmt.Sprintf("Keep the federated credential %q for %s", there[i].Name, there[i].Subject)}}
	}
	var before []Step
	if i >= 0 {
		old := step(oldFederatedStep(there[i].Name), Remove, entra.RemoveFederatedCredential{App: p.actual.App.ID, Name: there[i].Name}, whoChangesApps, stepApplication)
		old.Note = fmt.Sprintf("It takes tokens for the audience %s, and issuer and subject can be there once only.", there[i].Audience)
		before = append(before, old)
		there = slices.Delete(slices.Clone(there), i, i+1)
	}
	want.Name = freeName(want.Name, there)
	c := entra.AddFederatedCredential{Credential: want}
	if p.actual.App != nil {
		c.App = p.actual.App.ID
	}
	after := []StepID{stepApplication}
	for _, b := range before {
		after = append(after, b.ID)
	}
	s := step(stepFederated, Create, c, whoChangesApps, after...)
	s.Diffs = []Diff{{Field: "issuer", New: want.Issuer}, {Field: "subject", New: want.Subject}, {Field: "audience", New: want.Audience}}
	if len(there) >= entra.MaxFederated {
		s.Note = fmt.Sprintf("The application has %d federated credentials, which is as many as it may have: remove one first.", len(there))
	}
	return append(before, s)
}

// freeName is the name, or the first numbered one that is not taken.
func freeName(name string, there []entra.FederatedCredential) string {
	free := name
	for n := 2; slices.ContainsFunc(there, func(f entra.FederatedCredential) bool { return strings.EqualFold(f.Name, free) }); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}
