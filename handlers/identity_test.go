package handlers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
)

// automation gives the console the application of the tenant's environment.
func (c *console) automation(scenario string) func(*handlers.Handlers) {
	return func(h *handlers.Handlers) {
		tenant := c.tenant(scenario)
		h.Browser = nil
		h.Ambient = &handlers.Ambient{Kind: handlers.Environment, Client: entra.ClientID(tenant.Automation.ClientID), Tenant: tenant.ID,
			Token: func(ctx context.Context) (entra.Sensitive, time.Time, error) {
				t, err := h.OAuth.ClientCredentials(ctx, tenant.ID, entra.ClientID(tenant.Automation.ClientID),
					entra.NewSensitive(tenant.Automation.ClientSecret), "https://graph.microsoft.com/.default")
				return t.Access, t.Expires, err
			}}
	}
}

func TestAnApplicationIsShownAndThenUsed(t *testing.T) {
	c := newConsole(t)
	c.restartWith(c.automation("healthy"))
	b, tenant := c.browser(), c.tenant("healthy")
	mark := c.mark()
	b.get("/sign-in").want(200, "With the application of the environment", tenant.Automation.ClientID, tenant.ID, "in its own name and not in yours")
	if n := len(c.since(mark)); n != 0 {
		t.Errorf("%d requests were sent before anybody chose it", n)
	}
	b.post("/sign-in/identity", nil).want(200, "Is this the identity to use?", "Automation", "Application.ReadWrite.All", "A test consent is a person")
	if n := c.asked(mark, "GET", "/v1.0/") + c.asked(mark, "POST", "/v1.0/"); n != 0 || b.signedIn() {
		t.Errorf("%d requests to Microsoft Graph before anybody said so", n)
	}
	b.post("/sign-in/identity/use", nil).want(200)
	if !b.signedIn() {
		t.Fatal("nobody is signed in")
	}
	path := b.environment("frontegg", frontegg)
	b.get(path+"/setup/tenant").want(200, "Automation", "The application may create app registrations", "may consent for the whole tenant")
	b.get(path + "/setup/review").want(200).without("You may not")
}

// What is used is what was shown: where another identity is there meanwhile,
// that one is shown first.
func TestAnIdentityThatChangedIsShownAnew(t *testing.T) {
	c := newConsole(t)
	at, asked := "healthy", 0
	c.restartWith(func(h *handlers.Handlers) {
		c.automation("healthy")(h)
		first := h.Ambient.Token
		c.automation("expired secret")(h)
		second := h.Ambient.Token
		h.Ambient.Token = func(ctx context.Context) (entra.Sensitive, time.Time, error) {
			asked++
			if at == "healthy" {
				return first(ctx)
			}
			return second(ctx)
		}
	})
	b := c.browser()
	b.post("/sign-in/identity/use", nil).want(200, "Is this the identity to use?", c.tenant("healthy").ID)
	at = "expired secret"
	b.post("/sign-in/identity/use", nil).want(200, "Is this the identity to use?", c.tenant("expired secret").ID)
	if b.signedIn() {
		t.Fatal("the one that was not shown is signed in")
	}
	b.post("/sign-in/identity/use", nil)
	if !b.signedIn() {
		t.Fatal("nobody is signed in")
	}
	path := b.environment("frontegg", frontegg)
	asked = 0
	b.get(path+"/setup/review").want(200, "Litware")
	b.get(path+"/setup/review").want(200, "Litware")
	if asked > 1 {
		t.Errorf("asked for a token %d times within a minute", asked)
	}
	at = "healthy" // and now another one than was chosen
	c.later(time.Minute)
	if p := b.get(path + "/setup/review"); p.at.Path != "/sign-in" {
		t.Errorf("led to %s: %s", p.at, p.text())
	}
}

func TestAnIdentityThatIsNotThere(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) {
		h.Ambient = &handlers.Ambient{Kind: handlers.ManagedIdentity, Token: func(context.Context) (entra.Sensitive, time.Time, error) {
			return entra.Sensitive{}, time.Time{}, errors.New("canary of the endpoint")
		}}
	})
	b := c.browser()
	b.post("/sign-in/identity", nil).want(502, "Azure gave no token for a managed identity").without("canary")
	if p := b.get("/sign-in/identity"); p.at.Path != "/sign-in" {
		t.Errorf("led to %s", p.at)
	}
}
