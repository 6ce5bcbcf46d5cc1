package sandbox

import "strings"

// A client is an app registration with the tenant it lives in.
type client struct {
	*application
	home *tenant
}

// findClient looks a client ID up and holds it against where it is used.
func (v *visit) findClient(appID string, at tenantSegment) (client, *refusal) {
	home, app := v.findApp(strings.ToLower(appID))
	if app = v.view.registered(home, app); app == nil {
		return client{}, aadsts(700016, "appId", appID, "tenant", at.name())
	}
	c := client{app, home}
	if at.tenant != nil {
		return c, c.admittedBy(at.tenant)
	}
	return c, c.admittedAt(at.shared)
}

// admittedBy says whether one tenant knows the client: its own does, any
// other does when the audience reaches beyond.
func (c client) admittedBy(t *tenant) *refusal {
	principal := t.principalOf(c.AppID)
	switch {
	case c.SignInAudience == audiencePersonalOnly:
		return aadsts(700016, "appId", c.AppID, "tenant", t.DisplayName)
	case t != c.home && c.SignInAudience == audienceSingleTenant && principal != nil:
		return aadsts(650059, "appId", c.AppID, "tenantId", t.ID)
	case t != c.home && c.SignInAudience == audienceSingleTenant:
		return aadsts(700016, "appId", c.AppID, "tenant", t.DisplayName)
	}
	return c.enabledIn(t)
}

// enabledIn refuses an app that Microsoft, its owner or the tenant disabled.
func (c client) enabledIn(t *tenant) *refusal {
	principal := t.principalOf(c.AppID)
	if isTrue(c.IsDisabled) || c.DisabledByMicrosoftStatus != nil || principal != nil && !principal.AccountEnabled {
		return aadstsApp(7000112, c.application)
	}
	return nil
}

// admittedAt says whether the client may be used without naming a tenant.
func (c client) admittedAt(shared string) *refusal {
	personal := c.SignInAudience == audienceAndPersonal || c.SignInAudience == audiencePersonalOnly
	switch {
	case shared == segmentConsumers && !personal:
		return aadstsApp(90130, c.application)
	case c.SignInAudience == audienceSingleTenant:
		return aadstsApp(50194, c.application)
	}
	return nil
}

// verified reports whether the publisher is.
func (c client) verified() bool { return c.VerifiedPublisher.VerifiedPublisherID != nil }

// firstParty reports whether the app is one of Microsoft's own.
func (c client) firstParty() bool { return c.home.ID == microsoftTenantID }

func isTrue(b *bool) bool { return b != nil && *b }
