package handlers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// addForeign adds a secret to the environment's app as another console would.
func (c *console) addForeign(path, operation string) entra.KeyID {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	tokens := c.tokens(c.person("healthy", "admin"))
	d, err := c.handlers.NewDirectory(func(context.Context) (entra.Sensitive, time.Time, error) { return tokens.Access, tokens.Expires, nil })
	if err != nil {
		c.t.Fatal(err)
	}
	name := entra.SecretName("Frontegg", env.Name, operation)
	created, err := d.Do(c.t.Context(), entra.AddSecret{App: env.Result.App.ID, Secret: entra.NewSecret{Name: name, End: time.Now().AddDate(0, 3, 0)}})
	if err != nil {
		c.t.Fatal(err)
	}
	return created.Secret.KeyID
}

// A secret that an earlier version, or a console that is gone, left behind is
// listed, and can be cleaned up.
func TestAnOrphanSecretIsListedAndCleanedUp(t *testing.T) {
	s := newScene(t)
	s.b.reveal(s.path)
	orphan := s.addForeign(s.path, "gone")
	p := s.b.submit(s.b.get(s.path+"/checks"), "Run the checks", nil)
	p = s.b.ended(p.at.Path)
	if !strings.Contains(p.text(), "there is no record of it here") {
		t.Fatalf("it says %s", p.text())
	}
	preview := s.b.preview(p, "secrets-accounted-for").want(200, string(orphan))
	s.b.confirmed(preview)
	for _, left := range s.secretsOf(s.b, s.path) {
		if left.KeyID == orphan {
			t.Error("it is still there")
		}
	}
	// What the console made itself is none.
	p = s.b.submit(s.b.get(s.path+"/checks"), "Run the checks", nil)
	if p = s.b.ended(p.at.Path); strings.Contains(p.text(), "there is no record of it here") {
		t.Errorf("it says %s", p.text())
	}
}
