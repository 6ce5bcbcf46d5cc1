package setup

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

const (
	// maxDisplayName is Microsoft's limit for an application's name
	// [MicrosoftDocs/entra-docs, supported-accounts-validation.md].
	maxDisplayName = 120
	// maxDescription leaves room for the marker beside it.
	maxDescription = 60
	// maxLifetimeDays is the longest the portal offers: 24 months.
	maxLifetimeDays = 730
)

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// ValidateName checks the name of an environment: 1 to 40 lower-case letters,
// digits and hyphens, no hyphen at either end. The name marks the app
// registration, so it is the same from every machine.
func ValidateName(name string) error {
	if name == "" {
		return errors.New("the environment has no name: give one such as frontegg-production")
	}
	if !namePattern.MatchString(name) {
		return errors.New("the environment's name may have up to 40 lower-case letters, digits and hyphens, and begins and ends with a letter or digit, such as frontegg-production")
	}
	return nil
}

// Resolve checks the spec against its integration and fills in the defaults.
// Without errors the result is complete; with errors it is the zero Desired,
// and each error names its field and the mend.
func (s Spec) Resolve(p preset.Preset) (Desired, []FieldError) {
	c := &checker{}
	c.check("environment", ValidateName(s.Name))
	if s.Integration != p.ID {
		c.refuse("integration", "The integration is %q, and these are the rules of %q: choose one of them.", s.Integration, p.ID)
	}
	c.place(s)
	d := Desired{
		Name:         s.Name,
		Marker:       entra.Marker(s.Name),
		DisplayName:  c.displayName(s, p),
		Audience:     c.audience(s, p),
		RedirectURIs: c.redirectURIs(s, p),
		Permissions:  c.permissions(s, p),
		Secret:       c.secret(s, p),
		Adopt:        c.adopt(s),
		Consent:      !s.SkipConsent,
	}
	c.credential(s, p, &d)
	if len(c.errs) > 0 {
		return Desired{}, c.errs
	}
	return d, nil
}

// A checker collects what is wrong with a spec.
type checker struct{ errs []FieldError }

func (c *checker) refuse(field, format string, args ...any) {
	c.errs = append(c.errs, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) check(field string, err error) {
	if err != nil {
		c.refuse(field, "%s", sentence(err))
	}
}

// place checks where the integration works: tenant, organization, project.
func (c *checker) place(s Spec) {
	if s.Tenant != "" {
		_, err := entra.ParseTenant(s.Tenant)
		c.check("tenant", err)
	}
	if s.Organization != "" {
		_, _, err := entra.ParseOrganization(s.Organization)
		c.check("organization", err)
	}
	if s.Project != "" {
		c.check("project", entra.ValidateProject(s.Project))
	}
}

// displayName is empty, which leaves the name alone, for an adopted
// application unless the person gave one.
func (c *checker) displayName(s Spec, p preset.Preset) string {
	name := strings.TrimSpace(s.DisplayName)
	if problem := lineProblem(name, maxDisplayName); problem != "" {
		c.refuse("displayName", "The application's name %s.", problem)
	}
	if name == "" && s.Adopt == "" {
		return p.AppName
	}
	return name
}

func (c *checker) audience(s Spec, p preset.Preset) entra.Audience {
	switch s.Audience {
	case "":
		return p.Audience
	case entra.SingleTenant, entra.AnyOrganization:
		return s.Audience
	case entra.AnyAccount, entra.PersonalOnly:
		c.refuse("audience", "Azure DevOps takes no tokens of personal Microsoft accounts: choose %s (any organizational directory) or %s (this tenant only).", entra.AnyOrganization, entra.SingleTenant)
	default:
		c.refuse("audience", "The audience %q is none: choose %s (any organizational directory) or %s (this tenant only).", s.Audience, entra.AnyOrganization, entra.SingleTenant)
	}
	return ""
}

func (c *checker) redirectURIs(s Spec, p preset.Preset) []entra.RedirectURI {
	known := make([]string, len(p.Inputs))
	for i, in := range p.Inputs {
		known[i] = in.Name
	}
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			c.refuse("inputs."+name, "%s takes no inputs: remove it.", p.Name)
		default:
			c.refuse("inputs."+name, "%s takes %s only: correct the name or remove it.", p.Name, strings.Join(known, ", "))
		}
	}
	uris, bad := p.RedirectURIs(s.Inputs)
	for _, b := range bad {
		c.check(b.Field, errors.New(b.Message))
	}
	return uris
}

// permissions are those of Azure DevOps, as chosen or as the integration
// recommends, and User.Read of Microsoft Graph, which the portal adds to every
// new registration.
func (c *checker) permissions(s Spec, p preset.Preset) []ResourceScopes {
	wanted := s.Scopes
	if len(wanted) == 0 {
		wanted = p.Registered
	}
	devops := ResourceScopes{Resource: entra.AzureDevOps, Name: resourceNames[entra.AzureDevOps]}
	for i, typed := range wanted {
		found, err := entra.RegistrableScope(typed)
		if err != nil {
			c.check(fmt.Sprintf("scopes[%d]", i), err)
			continue
		}
		named := NamedScope{ID: found.ID, Value: found.Value}
		if !slices.Contains(devops.Scopes, named) {
			devops.Scopes = append(devops.Scopes, named)
		}
	}
	devops.Asked = askedBeyond(p, wanted)
	return []ResourceScopes{devops, {
		Resource: entra.MicrosoftGraph, Name: resourceNames[entra.MicrosoftGraph],
		Scopes: []NamedScope{{ID: entra.UserReadID, Value: entra.UserRead}},
	}}
}

// askedBeyond are the Azure DevOps scopes that a sign-in of the integration
// asks for and that are not among the permissions by name.
func askedBeyond(p preset.Preset, permissions []string) []string {
	var out []string
	for _, s := range p.AskedScopes(permissions) {
		ref := entra.ParseScope(s)
		if ref.Resource == entra.AzureDevOps && !slices.Contains(permissions, ref.Name) {
			out = append(out, ref.Name)
		}
	}
	return out
}

// resourceNames are the display names of the resources' service principals.
var resourceNames = map[entra.ClientID]string{
	entra.AzureDevOps:    "Azure DevOps",
	entra.MicrosoftGraph: "Microsoft Graph",
}

func (c *checker) secret(s Spec, p preset.Preset) SecretSpec {
	out := SecretSpec{Description: strings.TrimSpace(s.Secret.Description), LifetimeDays: s.Secret.LifetimeDays}
	if problem := lineProblem(out.Description, maxDescription); problem != "" {
		c.refuse("secret.description", "The secret's description %s.", problem)
	}
	if out.Description == "" {
		out.Description = p.Name
	}
	switch {
	case out.LifetimeDays == 0:
		out.LifetimeDays = DefaultLifetimeDays
	case out.LifetimeDays < 0 || out.LifetimeDays > maxLifetimeDays:
		c.refuse("secret.lifetime", "The secret's lifetime must be 1 to %d days (24 months): give for example 180d.", maxLifetimeDays)
	}
	return out
}

func (c *checker) adopt(s Spec) entra.ClientID {
	if s.Adopt == "" {
		return ""
	}
	id, err := entra.ParseClientID(string(s.Adopt))
	c.check("adopt", err)
	return id
}

// lineProblem says what keeps s from being one readable line; empty when
// nothing does.
func lineProblem(s string, most int) string {
	switch {
	case utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("is longer than %d characters: shorten it", most)
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return "holds a character that cannot be shown: type it by hand"
	}
	return ""
}

// sentence makes a whole sentence of an error's text.
func sentence(err error) string {
	text := capital(err.Error())
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}
