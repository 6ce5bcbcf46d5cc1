package setup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/consentry/consentry/entra"
)

// TestApplyThenPlanIsQuiet holds, from many starting points, that one apply
// leaves nothing to do and takes nothing away.
func TestApplyThenPlanIsQuiet(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t)
		want := randomStart(w, rng)
		before := w.dir.now.clone()
		w.mustApply(want)
		w.checkQuiet(want)
		if lost := takenAway(before, w.dir.now); lost != "" {
			t.Errorf("seed %d: %s is gone", seed, lost)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// randomStart puts some of what an environment needs, and other things, into
// the tenant.
func randomStart(w *world, rng *rand.Rand) Desired {
	want := wanted()
	maybe := func() bool { return rng.IntN(2) == 0 }
	want.Consent = maybe()
	want.RedirectURIs = append(want.RedirectURIs, entra.RedirectURI{URI: "https://b.example", Platform: entra.Web})
	if maybe() {
		w.dir.now.principals = w.dir.now.principals[rng.IntN(3):]
	}
	if maybe() {
		return want
	}
	app := entra.Application{ID: "app-0", ClientID: "client-0", DisplayName: "Something", Tags: []string{"theirs"},
		Audience: []entra.Audience{entra.SingleTenant, entra.AnyOrganization, entra.AnyAccount, entra.PersonalOnly}[rng.IntN(4)]}
	if want.Adopt = app.ClientID; maybe() {
		want.Adopt, app.Tags = "", append(app.Tags, want.Marker)
	}
	for _, u := range []string{want.RedirectURIs[0].URI, "https://c.example/cb", "https://b.example/"} {
		if maybe() {
			app.RedirectURIs = append(app.RedirectURIs, entra.RedirectURI{URI: u, Platform: []entra.Platform{entra.Web, entra.SPA}[rng.IntN(2)]})
		}
	}
	if maybe() {
		app.Permissions = []entra.Permission{{Resource: entra.AzureDevOps, ID: entra.UserImpersonationID, Kind: entra.Scope}, {Resource: "r", ID: "x", Kind: entra.Role}}
	}
	if maybe() {
		app.Secrets = []entra.Secret{{KeyID: "k", Name: "by hand", End: w.clock.Now().AddDate(1, 0, 0)}}
	}
	w.dir.now.apps = []entra.Application{app}
	if maybe() {
		w.dir.now.principals = append(w.dir.now.principals, entra.ServicePrincipal{ID: "sp-0", ClientID: app.ClientID})
		for i, s := range [][]string{{"vso.work"}, {"User.Read", "openid"}} {
			kind := []entra.ConsentType{entra.AllPrincipals, entra.Principal}[rng.IntN(2)]
			w.dir.now.grants = append(w.dir.now.grants, entra.Grant{ID: fmt.Sprint("g", i), Client: "sp-0",
				Resource: []entra.ObjectID{"sp-devops", "sp-graph"}[i], Type: kind, Scopes: s})
		}
	}
	return want
}

// takenAway names something that was there before and is no longer.
func takenAway(before, after state) string {
	for i, a := range before.apps {
		b := after.apps[i]
		for _, u := range a.RedirectURIs {
			if !slices.ContainsFunc(b.RedirectURIs, func(o entra.RedirectURI) bool { return withSlash(o.URI) == withSlash(u.URI) }) {
				return u.URI
			}
		}
		for _, p := range a.Permissions {
			if !slices.Contains(b.Permissions, p) {
				return "permission " + p.ID
			}
		}
		for _, s := range a.Secrets {
			if !slices.Contains(b.Secrets, s) {
				return "secret " + string(s.KeyID)
			}
		}
		for _, tag := range a.Tags {
			if !slices.Contains(b.Tags, tag) {
				return "tag " + tag
			}
		}
	}
	for i, g := range before.grants {
		for _, s := range g.Scopes {
			if !slices.Contains(after.grants[i].Scopes, s) {
				return "consent to " + s
			}
		}
	}
	return ""
}
