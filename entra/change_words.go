package entra

import (
	"fmt"
	"strings"
	"time"
)

// Describe names the registration to be made.
func (c CreateApplication) Describe() string {
	return fmt.Sprintf("create the app registration %q", c.DisplayName)
}

// Describe lists what is changed.
func (c UpdateApplication) Describe() string {
	var parts []string
	for _, p := range []struct {
		changed bool
		name    string
	}{
		{c.DisplayName != nil, "name"},
		{c.Audience != nil, "supported account types"},
		{c.Tags != nil, "tags"},
		{c.RedirectURIs != nil, "redirect URIs"},
		{c.Permissions != nil, "API permissions"},
		{c.ImplicitGrant != nil, "implicit grant"},
		{c.PropertyLock != nil, "property lock"},
	} {
		if p.changed {
			parts = append(parts, p.name)
		}
	}
	if len(parts) == 0 {
		return "change nothing of the app registration"
	}
	return "change the " + andList(parts) + " of the app registration"
}

// Describe names the new owner.
func (c AddOwner) Describe() string {
	return fmt.Sprintf("make %s an owner of the app registration", c.Owner.called())
}

// called is the name people know, with the object ID as the last resort.
func (p Person) called() string {
	for _, name := range []string{p.DisplayName, p.UPN} {
		if name != "" {
			return name
		}
	}
	return string(p.ID)
}

// Describe names the secret and its last day.
func (c AddSecret) Describe() string {
	return fmt.Sprintf("add the client secret %q, valid until %s", c.Secret.Name, c.Secret.End.UTC().Format(time.DateOnly))
}

// Describe names the secret by its ID.
func (c RemoveSecret) Describe() string { return "remove the client secret with ID " + string(c.Key) }

// Describe names the application.
func (c CreateServicePrincipal) Describe() string {
	name := c.DisplayName
	if name == "" {
		name = string(c.ClientID)
	}
	return fmt.Sprintf("create the service principal (enterprise application) of %q", name)
}

// Describe says what the enterprise application lets happen afterwards.
func (c UpdateServicePrincipal) Describe() string {
	var parts []string
	if c.Enabled != nil {
		parts = append(parts, choose(*c.Enabled, "let users sign in to", "keep users from signing in to"))
	}
	if c.AssignmentRequired != nil {
		parts = append(parts, choose(*c.AssignmentRequired, "require assignment to", "require no assignment to"))
	}
	if len(parts) == 0 {
		parts = []string{"change nothing of"}
	}
	return fmt.Sprintf("%s the service principal (enterprise application) of %q", andList(parts), c.DisplayName)
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// Describe says for whom consent is given, to what and for which resource.
func (c CreateGrant) Describe() string {
	whom := "the whole tenant"
	if c.Type == Principal {
		whom = "one user"
	}
	return fmt.Sprintf("consent for %s to %s of %s", whom, andList(c.Scopes), resourceName(c.ResourceName))
}

// Describe says which scopes the consent covers afterwards.
func (c SetGrantScopes) Describe() string {
	return fmt.Sprintf("change the consent for %s to %s", resourceName(c.ResourceName), andList(c.Scopes))
}

// Describe names what is deleted.
func (c DeleteApplication) Describe() string {
	return fmt.Sprintf("delete the app registration %q", c.DisplayName)
}

// Describe names what is deleted and what goes with it.
func (c DeleteServicePrincipal) Describe() string {
	return fmt.Sprintf("delete the service principal (enterprise application) of %q with its consents", c.DisplayName)
}

// Describe says for which resource consent is withdrawn.
func (c DeleteGrant) Describe() string {
	return "withdraw the consent for " + resourceName(c.ResourceName)
}

func resourceName(name string) string {
	if name == "" {
		return "the resource"
	}
	return name
}

// andList joins words the way a sentence does: "a, b and c".
func andList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
