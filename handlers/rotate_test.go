package handlers_test

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// hurried waits for nothing but what the machine itself needs.
func hurried(h *handlers.Handlers) {
	h.Sleep = func(ctx context.Context, d time.Duration) error { return sleep(ctx, min(d, 20*time.Millisecond)) }
}

// added is an environment whose first secret was taken, with another added.
func added(t *testing.T, c *console) (b *browser, path, first string) {
	t.Helper()
	b = c.browser()
	b.signIn("healthy", "admin")
	path = b.connected()
	first = b.reveal(path)
	op := b.submit(b.get(path+"/rotate"), "Add the next secret", nil)
	b.done(op.at.Path)
	return b, path, first
}

// secretsOf are the live secrets of the environment's app, as the directory
// has them.
func (c *console) secretsOf(b *browser, path string) []entra.Secret {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	d, err := c.handlers.NewDirectory(func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		t := c.tokens(c.person("healthy", "admin"))
		return t.Access, t.Expires, nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	app, err := d.Application(c.t.Context(), env.Result.App.ClientID)
	if err != nil {
		c.t.Fatal(err)
	}
	return app.Secrets
}

// works asks for a token with a secret's value.
func (c *console) works(path, value string) error {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = c.handlers.OAuth.ClientCredentials(c.t.Context(), string(env.Tenant), env.Result.App.ClientID, entra.NewSensitive(value), trial.ProofScope)
	return err
}

func (b *browser) hand(path string) page {
	b.t.Helper()
	p := b.get(path + "/rotate")
	return b.submit(p, "Save", url.Values{"handed": {p.doc().Find("input[name=handed]").AttrOr("value", "")}})
}

func TestARotationLeadsFromTheOldSecretToTheNewOne(t *testing.T) {
	c := newConsole(t, hurried)
	mark := c.mark()
	b, path, first := added(t, c)
	b.get(path+"/rotate").want(200, "Take the new secret").without("Retire " + first[:3])
	b.get(path).want(200, "being rotated", "Finish rotating")
	second := b.reveal(path)
	if second == first || c.works(path, first) != nil {
		t.Fatalf("the old secret stopped working, or is the new one: %v", c.works(path, first))
	}
	b.hand(path).want(200, "said")
	b.submit(b.get(path+"/rotate"), "Prove it now", nil)
	b.eventually(path+"/rotate", "Microsoft gave a token").want(200, "Retire "+first[:3]).without(second)
	op := b.submit(b.get(path+"/rotate"), "Retire", nil)
	b.done(op.at.Path)
	over := b.get(path+"/rotate").want(200, "The last rotation is over", second[:3])
	if next := over.doc().Find("main a.btn-primary").First().AttrOr("href", ""); next != path || over.doc().Find("main details:not([open]) button:contains('Add the next secret')").Length() != 1 {
		t.Errorf("a rotation that is over leads to %q, or offers the next one at once", next)
	}
	if c.works(path, second) != nil || c.works(path, first) == nil {
		t.Errorf("afterwards: the new one %v, the old one %v", c.works(path, second), c.works(path, first))
	}
	if secrets := c.secretsOf(b, path); len(secrets) != 1 || secrets[0].Hint != second[:3] {
		t.Errorf("left are %+v", secrets)
	}
	if add, remove := c.asked(mark, "POST", "/addPassword"), c.asked(mark, "POST", "/removePassword"); add != 1 || remove != 1 {
		t.Errorf("%d secrets were added and %d removed", add, remove)
	}
	b.get(path).want(200, "set up and proven")
	b.get(path+"/setup/review").want(200, "Nothing is left to do")
	// And the next one begins anew.
	b.done(b.submit(b.get(path+"/rotate"), "Add the next secret", nil).at.Path)
	b.get(path+"/rotate").want(200, "Take the new secret")
}

func TestARotationGoesOnInAnotherBrowserAfterARestart(t *testing.T) {
	c := newConsole(t, hurried)
	_, path, _ := added(t, c)
	c.restartWith(hurried)
	other := c.browser()
	other.signIn("healthy", "developer")
	other.get(path+"/rotate").want(200, "only that person can see it").without("Take the new secret")
	b := c.browser()
	b.signIn("healthy", "admin")
	b.reveal(path)
	b.hand(path)
	other.submit(other.get(path+"/rotate"), "Prove it now", nil).want(422, "Paste the new client secret's value")
	b.submit(b.get(path+"/rotate"), "Prove it now", nil)
	b.eventually(path+"/rotate", "Retire ")
}

func TestASecondRotationLeadsToTheOpenOne(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	b.reveal(path)
	form := b.get(path + "/rotate")
	mark := c.mark()
	var all sync.WaitGroup
	for range 5 { // more at once are held back
		all.Go(func() { b.submitOnce(form, "Add the next secret", nil) })
	}
	all.Wait()
	until(t, "the end of all operations", func() bool {
		ops, err := c.store.Operations(t.Context(), envID(path))
		if err != nil {
			t.Fatal(err)
		}
		return !slices.ContainsFunc(ops, func(o store.Operation) bool { return o.State == store.OperationRunning })
	})
	for range 2 {
		if p := b.submitOnce(form, "Add the next secret", nil); !strings.HasSuffix(p.location, path+"/rotate") {
			t.Errorf("led to %s (%d)", p.location, p.status)
		}
	}
	if n := c.asked(mark, "POST", "/addPassword"); n != 1 {
		t.Errorf("%d secrets were asked for", n)
	}
	if secrets := c.secretsOf(b, path); len(secrets) != 2 {
		t.Errorf("there are %d secrets", len(secrets))
	}
}

// The POST is never sent again before the directory was looked at, and what it
// made is removed before another is made.
func TestAnAddPasswordWhoseAnswerIsLostIsNotSentAgainBlindly(t *testing.T) {
	for name, action := range map[string]sandbox.Action{"the answer is lost": {CommitThenDrop: true}, "503 after the work was done": {CommitThenStatus: 503}} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(t, hurried)
			b := c.browser()
			b.signIn("healthy", "admin")
			path := b.connected()
			first := b.reveal(path)
			c.faults(sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications/*/addPassword", Times: 1, Action: action})
			mark := c.mark()
			b.done(b.submit(b.get(path+"/rotate"), "Add the next secret", nil).at.Path)
			var order []string
			for _, r := range c.since(mark) {
				if at := strings.LastIndex(r.Path, "/"); r.Method == "POST" && strings.HasSuffix(r.Path, "Password") {
					order = append(order, r.Path[at+1:])
				}
			}
			if strings.Join(order, " ") != "addPassword removePassword addPassword" {
				t.Errorf("sent %v", order)
			}
			if secrets := c.secretsOf(b, path); len(secrets) != 2 || c.works(path, first) != nil {
				t.Errorf("%d secrets; the old one: %v", len(secrets), c.works(path, first))
			}
			if second := b.reveal(path); c.works(path, second) != nil {
				t.Error("the one that is shown does not work")
			}
		})
	}
}

func TestTheOldSecretStaysUntilTheNewOneIsProvenOrItIsRevoked(t *testing.T) {
	c := newConsole(t, hurried)
	b, path, first := added(t, c)
	old := b.get(path+"/rotate").doc().Find("form[action$='/retire'] input[name=old]").AttrOr("value", "")
	b.post(path+"/rotate/retire", url.Values{"old": {old}}).want(409, "not handed over and proven yet")
	b.post(path+"/rotate/retire", url.Values{"old": {"00000000-0000-0000-0000-000000000000"}, "at_once": {"yes"}}).want(409, "not there any more")
	if len(c.secretsOf(b, path)) != 2 {
		t.Fatal("something was removed")
	}
	p := b.get(path+"/rotate").want(200, "refused at its next sign-in or token renewal", "90 minutes")
	b.done(b.submit(p, "Revoke "+first[:3], nil).at.Path)
	if c.works(path, first) == nil {
		t.Error("the leaked secret still works")
	}
	b.get(path+"/rotate").want(200, "Take the new secret").without("Revoke")
}

// A new secret is refused for some seconds; that is not held against it.
func TestANewSecretThatIsNotKnownEverywhereIsProvenAllTheSame(t *testing.T) {
	c := newConsole(t, hurried)
	b, path, _ := added(t, c)
	refusal := json.RawMessage(`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}`)
	c.faults(sandbox.Fault{Service: "login", Method: "POST", Path: "**/token", Times: 3, Action: sandbox.Action{Status: 401, Body: refusal}})
	mark := c.mark()
	b.submit(b.get(path+"/rotate"), "Prove it now", nil)
	b.eventually(path+"/rotate", "Microsoft gave a token").want(200, "4 requests")
	if n := c.asked(mark, "POST", "/token"); n != 4 {
		t.Errorf("%d requests", n)
	}
	proof := c.proof(path)
	data, err := json.Marshal(proof)
	if err != nil || proof.Lifetime == 0 || proof.By.UPN == "" || strings.Contains(string(data), "eyJ") {
		t.Errorf("kept %s, %v", data, err)
	}
}

// proof is the last of the environment's newest secret.
func (c *console) proof(path string) trial.Proof {
	c.t.Helper()
	known, err := c.store.Credentials(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, k := range known {
		if k.Proof != nil {
			return *k.Proof
		}
	}
	c.t.Fatal("no proof is kept")
	return trial.Proof{}
}

func TestAPastedValueProvesTheNewSecretOnly(t *testing.T) {
	c := newConsole(t, hurried)
	b, path, first := added(t, c)
	second := b.reveal(path)
	kept, err := c.store.Secrets(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		if err := c.store.DropSecret(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}
	p := b.get(path+"/rotate").want(200, "The new secret's value")
	for value, says := range map[string]string{
		"": "Paste the new", first: "it is another one", "11111111-2222-3333-4444-555555555555": "secret's ID", "short": "16 to 64",
	} {
		b.submit(p, "Prove it now", url.Values{"secret": {value}}).want(422, says).without(first)
	}
	wrong := second[:3] + "~not-the-value-of-it-0123456789"
	b.submit(p, "Prove it now", url.Values{"secret": {wrong}})
	// The clock of the console moves on, so that the minute is over soon.
	until(t, "the wrong value to be refused", func() bool {
		c.later(10 * time.Second)
		return c.proof(path).State == trial.Refuted
	})
	b.get(path+"/rotate").want(200, "refused", "AADSTS7000215").without(wrong)
	b.submit(b.get(path+"/rotate"), "Prove it again", url.Values{"secret": {second}})
	b.eventually(path+"/rotate", "Microsoft gave a token").without(second)
}

func TestATestConsentProvesTheSecretItsCodeWasRedeemedWith(t *testing.T) {
	c := newConsole(t, hurried)
	b, path, _ := added(t, c)
	b.reveal(path)
	test := b.prepared(path, nil)
	b.consent(test, "healthy", "user")
	b.eventually(test, "works")
	b.eventually(path+"/rotate", "A test consent redeemed its code with it")
	if p := c.proof(path); p.State != trial.Proven || "/tests/"+p.Trial != test {
		t.Errorf("%+v", p)
	}
}

func TestTheTenantsPolicyBoundsTheNextSecret(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("lifetime policy", "admin")
	path := b.environment("frontegg", frontegg)
	b.done(b.post(path+"/apply", nil).at.Path)
	// The policy became stricter since: the environment wants more than it lets.
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	env.Spec.Secret.LifetimeDays = 365
	if _, err := c.store.SaveEnvironment(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	p := b.get(path+"/rotate").want(200, "policy lets a client secret last")
	mark := c.mark()
	b.done(b.submit(p, "Add the next secret", nil).at.Path)
	if n := c.asked(mark, "POST", "/addPassword"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestWhereSecretsAreForbiddenNoneIsAskedFor(t *testing.T) {
	c := newConsole(t, hurried)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	c.restartWith(hurried, func(h *handlers.Handlers) {
		real := h.NewDirectory
		h.NewDirectory = func(f handlers.TokenFunc) (handlers.Directory, error) {
			d, err := real(f)
			return strict{d}, err
		}
	})
	b = c.browser()
	b.signIn("healthy", "admin")
	mark := c.mark()
	b.get(path+"/rotate").want(200, "forbids new client secrets").without("Add the next secret</button>")
	b.post(path+"/rotate", url.Values{})
	if n := c.asked(mark, "POST", "Password"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// strict is a tenant that forbids client secrets from today on.
type strict struct{ handlers.Directory }

func (strict) Policies(context.Context) (entra.Policies, error) {
	return entra.Policies{SecretsForbidden: new(true)}, nil
}

func TestWithoutAnAppThereIsNothingToRotate(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	b.get(path+"/rotate").want(409, "set it up first")
	mark := c.mark()
	b.post(path+"/rotate", nil).want(409, "set it up first")
	if n := c.asked(mark, "POST", "/v1.0/"); n != 0 {
		t.Errorf("%d requests changed something", n)
	}
}
