package handlers_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

// proven is an environment whose new secret is handed over and proven.
func proven(t *testing.T, c *console) (b *browser, path, first, second string) {
	t.Helper()
	b, path, first = added(t, c)
	second = b.reveal(path)
	b.hand(path)
	b.submit(b.get(path+"/rotate"), "Prove it now", nil)
	b.eventually(path+"/rotate", "Microsoft gave a token")
	return b, path, first, second
}

// byHand removes a secret of the environment's app as somebody would in the
// portal.
func (c *console) byHand(b *browser, path, hint string) {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range c.secretsOf(b, path) {
		if s.Hint == hint {
			c.directory(home, "POST", "/applications/"+string(env.Result.App.ID)+"/removePassword", map[string]any{"keyId": string(s.KeyID)})
		}
	}
}

// The old secret goes only while the new one is there, however long ago it was
// proven: an app with neither stops what it is for.
func TestTheOldSecretStaysWhereSomebodyRemovedTheNewOneByHand(t *testing.T) {
	removing := sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications/*/removePassword", Times: 1}
	t.Run("before a retirement that failed goes on", func(t *testing.T) {
		c := newConsole(t, hurried)
		b, path, first, second := proven(t, c)
		refusal := removing
		refusal.Action = sandbox.Action{Status: 403, Body: json.RawMessage(`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)}
		c.faults(refusal)
		p := b.eventually(b.submit(b.get(path+"/rotate"), "Retire", nil).at.Path, "stopped with an error")
		c.byHand(b, path, second[:3])
		b.submit(p, "Go on where it stopped", nil).want(409, "The new client secret is not there any more", "the old one stays")
		if err := c.works(path, first); err != nil || len(c.secretsOf(b, path)) != 1 {
			t.Errorf("the app's last secret: %v", err)
		}
		b.get(path+"/rotate").want(200, "Add the next secret")
	})
	t.Run("before a retirement that waits begins", func(t *testing.T) {
		c := newConsole(t, hurried)
		b, path, first, second := proven(t, c)
		if err := c.queue.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		op := b.submit(b.get(path+"/rotate"), "Retire", nil).at.Path
		c.byHand(b, path, second[:3])
		if err := c.handlers.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.get(op).want(200, "The new client secret is not there any more")
		if err := c.works(path, first); err != nil || len(c.secretsOf(b, path)) != 1 {
			t.Errorf("the app's last secret: %v", err)
		}
	})
	t.Run("and it leaked", func(t *testing.T) {
		c := newConsole(t, hurried)
		b, path, first, second := proven(t, c)
		if err := c.queue.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.post(path+"/rotate/retire", url.Values{"at_once": {"yes"}, "old": {b.get(path+"/rotate").doc().Find("form[action$='/retire'] input[name=old]").AttrOr("value", "")}})
		c.byHand(b, path, second[:3])
		if err := c.handlers.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.works(path, first) == nil {
			t.Error("the leaked secret still works")
		}
	})
}

// Whoever takes back that the new one is entered where it is used has the old
// one kept, also by a retirement that goes on.
func TestARetirementDoesNotGoOnOnceTheHandOverIsTakenBack(t *testing.T) {
	c := newConsole(t, hurried)
	b, path, first, _ := proven(t, c)
	c.faults(sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications/*/removePassword", Times: 1,
		Action: sandbox.Action{Status: 403, Body: json.RawMessage(`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)}})
	p := b.eventually(b.submit(b.get(path+"/rotate"), "Retire", nil).at.Path, "stopped with an error")
	key := b.get(path+"/rotate").doc().Find("form[action$='/handed'] input[name=new]").AttrOr("value", "")
	b.post(path+"/rotate/handed", url.Values{"new": {key}}).want(200)
	b.submit(p, "Go on where it stopped", nil).want(200, "Hand it over")
	if err := c.works(path, first); err != nil {
		t.Errorf("the old secret: %v", err)
	}
}
