package checks

import (
	"maps"
	"slices"

	"github.com/consentry/consentry/entra"
)

// With returns the facts as they would be after a change, once it has spread
// and, for a new secret, once the integration has it; f itself and what it
// points at stay as they are. What only the directory knows (new IDs, a
// secret's hint) stays empty, and facts the change does not touch stay too: a
// token that was issued before is what it was. A change of something the facts
// do not know changes nothing.
func (f Facts) With(ch entra.Change) Facts {
	switch ch := ch.(type) {
	case entra.CreateApplication:
		f.createApplication(ch)
	case entra.UpdateApplication:
		f.changeApplication(ch.App, ch)
	case entra.AddSecret:
		f.addSecret(ch)
	case entra.RemoveSecret:
		f.removeSecret(ch)
	case entra.AddCertificate:
		f.changeApplication(ch.App, ch)
	case entra.RemoveCertificate:
		f.changeApplication(ch.App, ch)
	case entra.AddFederatedCredential:
		f.changeApplication(ch.App, ch)
	case entra.RemoveFederatedCredential:
		f.changeApplication(ch.App, ch)
	case entra.DeleteApplication:
		f.deleteApplication(ch)
	case entra.AddOwner:
		f.addOwner(ch)
	case entra.CreateServicePrincipal:
		f.createPrincipal(ch)
	case entra.UpdateServicePrincipal:
		f.updatePrincipal(ch)
	case entra.DeleteServicePrincipal:
		f.deletePrincipal(ch)
	case entra.CreateGrant:
		f.createGrant(ch)
	case entra.SetGrantScopes:
		f.changeGrants(func(g *entra.Grant) bool {
			if g.ID == ch.Grant {
				g.Scopes = slices.Clone(ch.Scopes)
			}
			return true
		})
	case entra.DeleteGrant:
		f.changeGrants(func(g *entra.Grant) bool { return g.ID != ch.Grant })
	}
	f.trySignInAgain()
	return f
}

// set replaces the value of a fact that is known and keeps where it came from.
func set[T any](fact *Fact[T], value T) {
	if fact.Known() {
		*fact = Known(value, fact.From)
	}
}

// app is the registration, where it is known and there is one.
func (f *Facts) app() *entra.Application { return f.Application.Or(nil) }

// createApplication: the integration would be given the new client ID, so
// only a registration that was missing altogether comes into being here.
func (f *Facts) createApplication(ch entra.CreateApplication) {
	if f.app() != nil {
		return
	}
	made := ch.Apply(entra.Application{})
	made.ClientID, made.Created = entra.ClientID(f.Given.ClientID), f.Now
	set(&f.Application, &made)
	if ch.Secret != nil {
		f.secretIsNew()
	}
}

func (f *Facts) changeApplication(id entra.ObjectID, ch entra.ApplicationChange) bool {
	if f.app() == nil || f.app().ID != id {
		return false
	}
	changed := ch.Apply(*f.app())
	set(&f.Application, &changed)
	return true
}

func (f *Facts) addSecret(ch entra.AddSecret) {
	if f.changeApplication(ch.App, ch) {
		f.secretIsNew()
	}
}

// secretIsNew: the secret made last, which has no hint yet, takes the place of
// the one that was given.
func (f *Facts) secretIsNew() {
	made := &f.app().Secrets[len(f.app().Secrets)-1] // Apply gave the list a memory of its own
	made.Start = f.Now
	if f.Given.Secret.Given {
		f.Given.Secret = SecretGiven{Given: true, Shape: UsualShape}
	}
	if t := f.SecretTrial.Or(SecretTrial{}); secretRefused[t.AADSTS] {
		set(&f.SecretTrial, SecretTrial{Accepted: true})
	}
}

// secretRefused are the codes of a secret that is wrong, expired or missing.
var secretRefused = map[int]bool{7000215: true, 7000222: true, 7000218: true, 7000216: true}

// removeSecret: the given secret no longer works when it was the one removed.
func (f *Facts) removeSecret(ch entra.RemoveSecret) {
	before := f.app()
	if !f.changeApplication(ch.App, ch) {
		return
	}
	given := func(s entra.Secret) bool { return s.Hint == f.Given.Secret.Hint && !s.ExpiredAt(f.Now) }
	if slices.ContainsFunc(before.Secrets, given) && !slices.ContainsFunc(f.app().Secrets, given) && f.SecretTrial.Or(SecretTrial{}).Accepted {
		set(&f.SecretTrial, SecretTrial{AADSTS: 7000215, OAuth: "invalid_client"})
	}
}

// deleteApplication: its service principal at home goes with it.
func (f *Facts) deleteApplication(ch entra.DeleteApplication) {
	if f.app() == nil || f.app().ID != ch.App {
		return
	}
	set(&f.Application, nil)
	set(&f.Owners, nil)
	f.withoutPrincipal()
	if f.SecretTrial.Or(SecretTrial{}).Accepted {
		set(&f.SecretTrial, SecretTrial{AADSTS: 700016, OAuth: "unauthorized_client"})
	}
	if f.SignIn.Or(SignInProbe{}).Accepted {
		set(&f.SignIn, SignInProbe{OnPage: true, AADSTS: 700016, OAuth: "unauthorized_client"})
	}
}

func (f *Facts) addOwner(ch entra.AddOwner) {
	owns := func(p entra.Person) bool { return p.ID == ch.Owner.ID }
	if f.app() == nil || f.app().ID != ch.App || slices.ContainsFunc(f.Owners.Or(nil), owns) {
		return
	}
	set(&f.Owners, append(slices.Clone(f.Owners.Or(nil)), ch.Owner))
}

// createPrincipal: of the client itself, or of a resource it needs.
func (f *Facts) createPrincipal(ch entra.CreateServicePrincipal) {
	made := entra.ServicePrincipal{ClientID: ch.ClientID, DisplayName: ch.DisplayName, Enabled: true}
	if string(ch.ClientID) != f.Given.ClientID {
		made.Scopes = publishedScopes(ch.ClientID)
		resources := maps.Clone(f.Resources.Or(nil))
		if resources == nil {
			resources = map[entra.ClientID]entra.ServicePrincipal{}
		}
		resources[ch.ClientID] = made
		set(&f.Resources, resources)
		return
	}
	if app := f.app(); app != nil {
		made.Audience, made.Verified, made.OwnerTenant = app.Audience, app.Verified, f.Operator.Or(Operator{}).Tenant.ID
	}
	set(&f.Principal, &made)
	if f.SecretTrial.Or(SecretTrial{}).AADSTS == 7000229 {
		set(&f.SecretTrial, SecretTrial{Accepted: true})
	}
}

// publishedScopes are what the service principal of Azure DevOps publishes
// wherever it is made; of other resources nothing is known here.
func publishedScopes(id entra.ClientID) []entra.PublishedScope {
	if id != entra.AzureDevOps {
		return nil
	}
	var out []entra.PublishedScope
	for _, s := range entra.DevOpsScopes() {
		if s.Registrable() {
			out = append(out, entra.PublishedScope{ID: s.ID, Value: s.Value, Enabled: true})
		}
	}
	return out
}

func (f *Facts) updatePrincipal(ch entra.UpdateServicePrincipal) {
	if p := f.Principal.Or(nil); p != nil && p.ID == ch.ID {
		changed := ch.Apply(*p)
		set(&f.Principal, &changed)
		return
	}
	for id, p := range f.Resources.Or(nil) {
		if p.ID == ch.ID {
			resources := maps.Clone(f.Resources.Get())
			resources[id] = ch.Apply(p)
			set(&f.Resources, resources)
			return
		}
	}
}

func (f *Facts) deletePrincipal(ch entra.DeleteServicePrincipal) {
	if p := f.Principal.Or(nil); p != nil && p.ID == ch.ID {
		f.withoutPrincipal()
	}
}

// withoutPrincipal: the consents go with the service principal.
func (f *Facts) withoutPrincipal() {
	set(&f.Principal, nil)
	set(&f.Assignments, 0)
	f.changeGrants(func(*entra.Grant) bool { return false })
}
