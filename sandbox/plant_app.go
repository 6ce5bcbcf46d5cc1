package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// plantApp registers an app and gives it its service principal at home.
func (w *world) plantApp(t *tenant, s seedApp) {
	a := newApplication(t, s.Name, s.audience(), w.now().AddDate(0, -6, 0))
	a.ID = stableID("app", t.Domain, s.Name)
	a.AppID = cmp.Or(s.ClientID, stableID("client", t.Domain, s.Name))
	a.RequiredResourceAccess, a.AppRoles = s.required(), s.appRoles(a.AppID)
	a.PasswordCredentials = append(a.PasswordCredentials, w.plantedSecrets(a, s)...)
	s.platforms(a)
	s.standing(a)
	s.claims(a)
	a.settle(nil)
	for _, name := range slices.Concat([]string{s.Owner}, s.CoOwners) {
		if u := t.userNamed(name); u != nil {
			a.owners = addMissing(a.owners, u.ID)
			a.createdBy = cmp.Or(a.createdBy, u.ID)
		}
	}
	t.addApp(a)
	t.plantHomePrincipal(a, s)
}

func (s seedApp) audience() string {
	if s.MultiTenant {
		return audienceMultitenant
	}
	return audienceSingleTenant
}

// platforms puts the redirect URIs where they belong.
func (s seedApp) platforms(a *application) {
	if s.PublicClient {
		yes := true
		a.IsFallbackPublicClient = &yes
		a.PublicClient.RedirectURIs = append(a.PublicClient.RedirectURIs, s.RedirectURIs...)
		return
	}
	a.Web.RedirectURIs = append(a.Web.RedirectURIs, s.RedirectURIs...)
}

// standing is what its owner and Microsoft say about the app.
func (s seedApp) standing(a *application) {
	yes := true
	if s.Disabled {
		a.IsDisabled = &yes
	}
	if s.PropertyLock {
		a.PrincipalLock = &principalLock{IsEnabled: true, AllProperties: &yes}
	}
	if s.VerifiedPublisher != "" {
		id, since := publisherID(s.VerifiedPublisher), a.CreatedDateTime
		a.VerifiedPublisher = verifiedPublisher{DisplayName: &s.VerifiedPublisher, VerifiedPublisherID: &id, AddedDateTime: &since}
	}
}

// publisherID has the form of a partner's number: seven digits.
func publisherID(name string) string {
	n, _ := strconv.ParseUint(hexDigest("publisher", name)[:8], 16, 32) // hexadecimal by construction
	return fmt.Sprintf("%07d", n%10_000_000)
}

// plantHomePrincipal gives the app its service principal with what the
// tenant's administrators decided.
func (t *tenant) plantHomePrincipal(a *application, s seedApp) {
	sp := newPrincipal(a, t)
	sp.ID, sp.owners = stableID("principal", t.ID, a.AppID), a.owners
	sp.AccountEnabled, sp.AppRoleAssignmentRequired = !s.SignInDisabled, s.AssignmentRequired
	t.addPrincipal(sp)
	if graph := t.principalOf(graphAppID); graph != nil {
		t.holdRoles(sp, graph, s.ApplicationGranted, t.Created)
	}
	for _, name := range s.Assigned {
		t.assignRole(t.userNamed(name).principal(), sp, defaultRole, t.Created)
	}
	t.giveRoles(sp, s.RoleAssignments)
	t.consentForAll(seedApp{Delegated: s.Consented}, a.AppID)
	if s.ConsentedForAll {
		t.consentForAll(s, a.AppID)
	}
}

// allSecrets are the one that the app's users hold and the further ones.
func (s seedApp) allSecrets() []seedSecret {
	var list []seedSecret
	if s.Secret != "" {
		list = append(list, seedSecret{Name: "made by hand", Value: s.Secret, Days: s.SecretDays})
	}
	return append(list, s.Secrets...)
}

func (w *world) plantedSecrets(a *application, s seedApp) []passwordCredential {
	var list []passwordCredential
	for i, secret := range s.allSecrets() {
		p := w.plantedSecret(secret)
		p.KeyID = stableID("secret", a.ID, strconv.Itoa(i))
		list = append(list, p)
	}
	return list
}

// plantedSecret was made two months ago, or two months before it ran out.
func (w *world) plantedSecret(s seedSecret) passwordCredential {
	today := w.now().UTC().Truncate(time.Second)
	start := today.AddDate(0, -2, 0)
	end := start.AddDate(2, 0, 0)
	if s.Days != 0 {
		end = today.AddDate(0, 0, s.Days)
	}
	if !end.After(start) {
		start = end.AddDate(0, -2, 0)
	}
	return passwordCredential{
		DisplayName: &s.Name, StartDateTime: start, EndDateTime: end, Hint: s.Value[:3], value: s.Value,
	}
}
