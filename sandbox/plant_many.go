package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// plantMany fills the first scenario's tenant with registrations of no
// interest, each with its service principal: what large tenants are like.
// They have secrets of all ages and owners of all kinds, the same in every
// sandbox.
func (w *world) plantMany(n int) {
	if n == 0 {
		return
	}
	t := w.tenantOf(builtin().Tenants[0].Domain)
	c := crowd{
		tenant: t, today: w.now().UTC().Truncate(time.Second),
		app:  newApplication(t, "", audienceSingleTenant, w.now()),
		owns: ownersInTurn(t),
	}
	c.app.RequiredResourceAccess = seedApp{Delegated: []string{"User.Read"}}.required()
	c.principal = newPrincipal(c.app, t)
	t.makeRoom(n)
	apps, principals := make([]application, n), make([]servicePrincipal, n)
	for i := range n {
		c.plant(i, &apps[i], &principals[i])
	}
}

// makeRoom saves the tenant's maps from growing step by step.
func (t *tenant) makeRoom(n int) {
	t.apps, t.appsByClientID = roomier(t.apps, n), roomier(t.appsByClientID, n)
	t.principals, t.principalsByClientID = roomier(t.principals, n), roomier(t.principalsByClientID, n)
	t.appOrder, t.spOrder = slices.Grow(t.appOrder, n), slices.Grow(t.spOrder, n)
}

func roomier[V any](m map[string]V, n int) map[string]V {
	larger := make(map[string]V, len(m)+n)
	maps.Copy(larger, m)
	return larger
}

// A crowd is many registrations that differ in little: copies of one of each
// kind are made in a fraction of the time that new ones take.
type crowd struct {
	tenant    *tenant
	today     time.Time
	app       *application
	principal *servicePrincipal
	owns      [][]string
}

// ownersInTurn are nobody, one person after the other, and two at once.
func ownersInTurn(t *tenant) [][]string {
	turns := [][]string{nil}
	for _, name := range []string{"admin", "developer", "user"} {
		if u := t.userNamed(name); u != nil {
			turns = append(turns, []string{u.ID})
		}
	}
	if last := len(turns) - 1; last > 1 {
		turns = append(turns, []string{turns[1][0], turns[last][0]})
	}
	return turns
}

func (c *crowd) plant(i int, a *application, sp *servicePrincipal) {
	*a = *c.app
	a.DisplayName = fmt.Sprintf("Line of business %05d", i+1)
	sum := digest([]string{"one of many", c.tenant.Domain, a.DisplayName})
	a.ID, a.AppID = formatGUID([16]byte(sum[:16])), formatGUID([16]byte(sum[16:]))
	a.CreatedDateTime = c.today.Add(-time.Duration(i*17%(crowdAge*24)) * time.Hour)
	a.Web.RedirectURIs = []string{fmt.Sprintf("https://app-%05d.example.com/signin-oidc", i+1)}
	a.Web.RedirectURISettings = []redirectURISetting{{URI: a.Web.RedirectURIs[0]}}
	a.PasswordCredentials = c.secrets(a, i)
	a.owners = c.owns[i%len(c.owns)]
	c.tenant.addApp(a)

	*sp = *c.principal
	sp.ID, sp.AppID = stableID("principal", c.tenant.ID, a.AppID), a.AppID
	sp.owners = a.owners
	sp.follow(a)
	c.tenant.addPrincipal(sp)
}

// In days: how old registrations are at most, how long a secret is valid, and
// where the secrets' ends lie.
const (
	crowdAge         = 2 * 365
	crowdLifetime    = 180
	crowdEndsFrom    = -crowdLifetime
	crowdEndsWithin  = 2 * crowdLifetime
	crowdMostSecrets = 3
)

// secrets are none to two, from long expired to made today.
func (c *crowd) secrets(a *application, i int) []passwordCredential {
	list := make([]passwordCredential, 0, crowdMostSecrets-1)
	for n := range i % crowdMostSecrets {
		name, value := crowdSecretNames[n], a.AppID[:3]+"8Q~sandbox."+a.AppID[4:]
		end := c.today.AddDate(0, 0, crowdEndsFrom+(i*7+n*90)%(crowdEndsWithin+1))
		list = append(list, passwordCredential{
			DisplayName: &name, StartDateTime: end.AddDate(0, 0, -crowdLifetime), EndDateTime: end,
			Hint: value[:3], KeyID: stableID("secret", a.ID, name), value: value,
		})
	}
	return list
}

var crowdSecretNames = [...]string{"first", "second"}
