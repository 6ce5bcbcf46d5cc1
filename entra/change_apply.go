package entra

import (
	"slices"
	"time"
)

// Apply makes the application from nothing; app is not looked at.
func (c CreateApplication) Apply(Application) Application {
	out := Application{
		DisplayName:  c.DisplayName,
		Audience:     c.Audience,
		Tags:         slices.Clone(c.Tags),
		RedirectURIs: slices.Clone(c.RedirectURIs),
		Permissions:  slices.Clone(c.Permissions),
		PropertyLock: PropertyLock{Enabled: true, All: true},
	}
	if c.Secret != nil {
		out.Secrets = []Secret{c.Secret.row()}
	}
	return out
}

// Apply replaces what the change names.
func (c UpdateApplication) Apply(app Application) Application {
	if c.DisplayName != nil {
		app.DisplayName = *c.DisplayName
	}
	if c.Audience != nil {
		app.Audience = *c.Audience
	}
	if c.Tags != nil {
		app.Tags = slices.Clone(c.Tags)
	}
	if c.RedirectURIs != nil {
		app.RedirectURIs = slices.Clone(c.RedirectURIs)
	}
	if c.Permissions != nil {
		app.Permissions = slices.Clone(c.Permissions)
	}
	if c.ImplicitGrant != nil {
		app.ImplicitGrant = *c.ImplicitGrant
	}
	if c.PropertyLock != nil {
		app.PropertyLock = *c.PropertyLock
	}
	return app
}

// Apply returns what the service principal is afterwards; p stays as it is.
func (c UpdateServicePrincipal) Apply(p ServicePrincipal) ServicePrincipal {
	if c.Enabled != nil {
		p.Enabled = *c.Enabled
	}
	if c.AssignmentRequired != nil {
		p.AssignmentRequired = *c.AssignmentRequired
	}
	return p
}

// Apply adds the secret's row, without the ID that Graph will give it.
func (c AddSecret) Apply(app Application) Application {
	app.Secrets = append(slices.Clone(app.Secrets), c.Secret.row())
	return app
}

// Apply takes the secret's row away.
func (c RemoveSecret) Apply(app Application) Application {
	app.Secrets = slices.DeleteFunc(slices.Clone(app.Secrets), func(s Secret) bool { return s.KeyID == c.Key })
	return app
}

func (s NewSecret) row() Secret {
	return Secret{Name: s.Name, End: s.End.UTC().Truncate(time.Second)}
}
