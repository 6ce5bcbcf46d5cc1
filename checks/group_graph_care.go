package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
)

var careChecks = []*Check{
	ofRegistration(&Check{
		ID:       "owner-present",
		Title:    "A person owns the app registration",
		Why:      "Without an owner only administrators can renew the secret or correct an address, and none of them may know what the app is for.",
		Severity: Advises,
		Cites:    citeOwners,
		Needs:    []Need{NeedOwners},
		Evaluate: nobodyOwns,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seeOwners("")}
		},
	}),
	ofRegistration(&Check{
		ID:       "owners-at-least-two",
		Title:    "At least two people own the app registration",
		Why:      "When the only owner is away or leaves, nobody is left who renews the secret in time.",
		Severity: Advises,
		Cites:    citeOwners,
		Needs:    []Need{NeedOwners},
		After:    []string{"owner-present"},
		Evaluate: oneOwner,
	}),
	ofRegistration(&Check{
		ID:       "no-single-point-of-failure",
		Title:    "The integration does not hang on one person and one secret",
		Why:      "One secret with a last day, and one person who can replace it: on the wrong day nobody can connect, and nobody can mend it.",
		Severity: Advises,
		Cites:    citeAppSecurity,
		Needs:    []Need{NeedOwners},
		After:    []string{"owner-present", "secret-present"},
		Evaluate: oneOfEach,
	}),
	ofRegistration(&Check{
		ID:       "properties-locked",
		Title:    "Other tenants cannot add credentials to their copy of the app",
		Why:      "Without the app instance property lock an administrator of any customer, or whoever breaks in there, can add a secret to the app as it is in that tenant and act in its name.",
		Severity: Advises,
		Cites:    citePropertyLock,
		Concerns: func(f *Facts) bool { return f.app().Audience != entra.SingleTenant },
		Evaluate: unlocked,
	}),
	ofRegistration(&Check{
		ID:       "implicit-grant-off",
		Title:    "No tokens are given out without a code",
		Why:      "With the implicit grant tokens travel in the browser's address, where they leak. The integration signs in with a code and needs none of it.",
		Severity: Advises,
		Cites:    citeImplicit,
		Evaluate: implicitGrant,
	}),
}

// people are the owners that are persons; a service principal has no user
// principal name.
func (f *Facts) people() []entra.Person {
	return slices.DeleteFunc(slices.Clone(f.Owners.Get()), func(p entra.Person) bool { return p.UPN == "" })
}

func personName(p entra.Person) string {
	if p.DisplayName != "" {
		return p.DisplayName
	}
	return p.UPN
}

func (f *Facts) seeOwners(want string) Evidence {
	var names []string
	for _, p := range f.Owners.Get() {
		names = append(names, personName(p))
	}
	e := f.seeApp(entra.PortalOwners, "owners of the app registration", orNone(names), want)
	e.Command = f.graphCommand("applications(appId='" + f.clientID() + "')/owners")
	return e
}

// ownMore makes whoever is signed in an owner; nil when they are one already,
// or of another tenant.
func (f *Facts) ownMore() entra.Change {
	who := f.Operator.Or(Operator{}).Person
	owns := slices.ContainsFunc(f.Owners.Get(), func(p entra.Person) bool { return p.ID == who.ID })
	if who.ID == "" || who.UPN == "" || owns {
		return nil
	}
	return entra.AddOwner{App: f.app().ID, Owner: who, Graph: f.Cloud.Graph}
}

var ownerSteps = []string{
	"Under Owners, Add owners, choose a colleague who knows the integration.",
	"Write down in the internal notes what the app is for and where its secret is.",
}

func (f *Facts) moreOwners(say string) Remedy {
	return Remedy{Say: say, Who: entra.AppOwner, Portal: f.portal(entra.PortalOwners), Steps: ownerSteps, Change: f.ownMore()}
}

func nobodyOwns(f *Facts) []Finding {
	if len(f.people()) > 0 {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("No person owns the registration of %s.", f.called()),
		Shown:   []Evidence{f.seeOwners("two people")},
		Mend:    f.moreOwners("Make somebody an owner who knows the integration."),
	}}
}

func oneOwner(f *Facts) []Finding {
	people := f.people()
	if len(people) > 1 {
		return nil
	}
	var name string
	for _, p := range people {
		name = personName(p)
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s is the only person who owns the registration of %s.", orElse(name, "Nobody"), f.called()),
		Shown:   []Evidence{f.seeOwners("two people")},
		Mend:    f.moreOwners("Make a second person an owner."),
	}}
}

// oneOfEach is about the two together: either alone is what many apps have.
func oneOfEach(f *Facts) []Finding {
	people, live := f.people(), f.live()
	if len(people) != 1 || len(live) != 1 {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("Everything hangs on %s and on one client secret that ends on %s.", personName(people[0]), live[0].End.UTC().Format(time.DateOnly)),
		Due:     live[0].End,
		Shown:   append(secretsShown(f), f.seeOwners("two people")),
		Mend:    f.moreOwners("Make a second person an owner, who can renew the secret as well."),
	}}
}

func unlocked(f *Facts) []Finding {
	app := f.app()
	if app.PropertyLock.Complete() {
		return nil
	}
	got := "off"
	if app.PropertyLock.Enabled {
		got = "on, but not for all properties"
	}
	return []Finding{{
		Summary: fmt.Sprintf("The app instance property lock of %s is %s.", f.called(), got),
		Shown:   []Evidence{f.seeApp(entra.PortalAuthentication, "app instance property lock (servicePrincipalLockConfiguration)", got, "on for all properties")},
		Mend: Remedy{
			Say: "Turn the property lock on for all properties.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps:  []string{"Under Authentication, App instance property lock, Configure, turn it on and choose all properties.", "What customers added before stays; the lock stops new credentials."},
			Change: entra.UpdateApplication{App: app.ID, PropertyLock: &entra.PropertyLock{Enabled: true, All: true}},
		},
	}}
}

func implicitGrant(f *Facts) []Finding {
	app := f.app()
	if !app.ImplicitGrant.On() {
		return nil
	}
	var kinds []string
	if app.ImplicitGrant.AccessTokens {
		kinds = append(kinds, "access tokens")
	}
	if app.ImplicitGrant.IDTokens {
		kinds = append(kinds, "ID tokens")
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s may be given %s without a code.", f.called(), list(kinds)),
		Shown:   []Evidence{f.seeApp(entra.PortalAuthentication, "implicit grant and hybrid flows", list(kinds), "neither")},
		Mend: Remedy{
			Say: "Turn the implicit grant off.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps:  []string{"Make sure that nothing else uses this registration with the implicit or hybrid flow.", "Under Authentication, Implicit grant and hybrid flows, clear both boxes."},
			Change: entra.UpdateApplication{App: app.ID, ImplicitGrant: &entra.ImplicitGrant{}},
		},
	}}
}
