package sandbox

import (
	"strings"
	"testing"
	"time"
)

func TestManyAppsHaveSecretsOfAllAgesAndOwners(t *testing.T) {
	w, err := newWorld(Options{Apps: 1000}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	home := w.tenantOf("contoso.sandbox.invalid")
	owned, ends, ids := map[int]int{}, map[string]int{}, map[string]bool{}
	for _, id := range home.appOrder {
		a := home.apps[id]
		if !strings.HasPrefix(a.DisplayName, "Line of business ") {
			continue
		}
		owned[len(a.owners)]++
		ids[a.ID], ids[a.AppID] = true, true
		if sp := home.principalOf(a.AppID); sp == nil || sp.AppDisplayName != a.DisplayName || len(sp.ReplyURLs) != 1 {
			t.Fatalf("the service principal of %s is %+v", a.DisplayName, sp)
		}
		if a.CreatedDateTime.After(now) {
			t.Errorf("%s was created at %v", a.DisplayName, a.CreatedDateTime)
		}
		if len(a.PasswordCredentials) == 0 {
			ends["none"]++
		}
		for _, s := range a.PasswordCredentials {
			ids[s.KeyID] = true
			switch left := s.EndDateTime.Sub(now); {
			case s.StartDateTime.After(now):
				t.Errorf("a secret of %s begins at %v", a.DisplayName, s.StartDateTime)
			case left < 0:
				ends["expired"]++
			case left < 30*24*time.Hour:
				ends["soon"]++
			default:
				ends["later"]++
			}
		}
	}
	for _, kind := range []string{"none", "expired", "soon", "later"} {
		if ends[kind] < 50 {
			t.Errorf("%d secrets %s", ends[kind], kind)
		}
	}
	for n := range 3 {
		if owned[n] < 100 {
			t.Errorf("%d apps with %d owners", owned[n], n)
		}
	}
	if secrets := ends["expired"] + ends["soon"] + ends["later"]; len(ids) != 2000+secrets {
		t.Errorf("%d different ids, want %d", len(ids), 2000+secrets)
	}
}

// Who has many apps to look after must still be able to register one.
func TestManyAppsDoNotUseUpAnybodysQuota(t *testing.T) {
	g := contoso(t)
	g.w.plantMany(2000)
	g.create(g.person("developer", allScopes...), wizardBody)
}
