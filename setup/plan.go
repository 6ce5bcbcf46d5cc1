package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

const (
	stepApplication StepID = "application"
	stepPrincipal   StepID = "service-principal"
	stepSecret      StepID = "secret"
	stepCertificate StepID = "certificate"
	stepFederated   StepID = "federated"
)

const (
	resourcePrefix   = "resource:"
	grantPrefix      = "grant:"
	lostSecretPrefix = "lost-secret:"
	oldSecretPrefix  = "old-secret:"
	nextSecretPrefix = "next-secret:"
	oldFederated     = "old-federated:"
)

func resourceStep(id entra.ClientID) StepID { return StepID(resourcePrefix + string(id)) }
func grantStep(id entra.ClientID) StepID    { return StepID(grantPrefix + string(id)) }
func lostSecretStep(id entra.KeyID) StepID  { return StepID(lostSecretPrefix + string(id)) }
func oldFederatedStep(name string) StepID   { return StepID(oldFederated + name) }
func nextSecretStep(id entra.KeyID) StepID  { return StepID(nextSecretPrefix + string(id)) }
func oldSecretStep(id entra.KeyID) StepID   { return StepID(oldSecretPrefix + string(id)) }

// resource is the client ID in a resource or grant step.
func (id StepID) resource() entra.ClientID {
	_, client, _ := strings.Cut(string(id), ":")
	return entra.ClientID(client)
}

// secret is the key in a step that removes a secret.
func (id StepID) secret() (entra.KeyID, bool) {
	for _, prefix := range []string{lostSecretPrefix, oldSecretPrefix} {
		if key, ok := strings.CutPrefix(string(id), prefix); ok {
			return entra.KeyID(key), true
		}
	}
	return "", false
}

// Who may do the steps
// [MicrosoftDocs/entra-docs, permissions-reference.md; learn: Create application].
const (
	applicationAdministrators = "Application Administrator, Cloud Application Administrator or Global Administrator"

	whoAddsResources = "an " + applicationAdministrators
	whoCreatesApps   = "an Application Developer, " + applicationAdministrators + ", or any member while the tenant lets users register applications"
	whoChangesApps   = "an owner of the app registration, or an " + applicationAdministrators
	whoConsents      = "a Privileged Role Administrator, " + applicationAdministrators
)

// clockAllowance is taken off a secret's lifetime: a clock that runs ahead of
// Microsoft's would otherwise overstep a policy that allows exactly that long.
const clockAllowance = 10 * time.Minute

// MakePlan compares what should be with what is there. It is pure. Entries
// are what the environment's operations recorded, oldest first: they tell
// which secrets of ours are lost. The error is a *ConflictError when several
// applications carry the marker; else a certificate that was given is not
// valid any more.
func MakePlan(want Desired, actual Actual, entries []Entry, now time.Time) (Plan, error) {
	if err := actual.conflict(want.Name); err != nil {
		return Plan{}, err
	}
	p := planner{want, actual, newHistory(entries), now}
	var steps []Step
	if actual.App == nil {
		steps = append(steps, p.createApplication())
	} else {
		steps = append(steps, p.updateApplication())
	}
	proves := p.credential()
	if err := p.outdated(proves); err != nil {
		return Plan{}, err
	}
	steps = append(steps, proves...)
	if want.Consent {
		steps = append(steps, p.resources()...)
	}
	steps = append(steps, p.servicePrincipal())
	if want.Consent {
		steps = append(steps, p.grants()...)
	}
	return Plan{Steps: steps}, nil
}

// A planner holds what the steps are decided from.
type planner struct {
	want    Desired
	actual  Actual
	history history
	now     time.Time
}

// step makes a step that sends c.
func step(id StepID, action Action, c entra.Change, who string, after ...StepID) Step {
	r := c.Request()
	return Step{ID: id, Action: action, Title: capital(c.Describe()), Request: &r, After: after, Who: who, change: c}
}

func (p planner) createApplication() Step {
	c := entra.CreateApplication{
		DisplayName:  p.want.DisplayName,
		Audience:     p.want.Audience,
		Tags:         []string{p.want.Marker},
		RedirectURIs: p.want.RedirectURIs,
	}
	if p.want.Credential == entra.ClientSecretKind || p.want.Credential == "" {
		c.Secret = new(p.newSecret())
	}
	_, uris := mergeRedirectURIs(nil, p.want.RedirectURIs)
	permissions, named := mergePermissions(nil, p.permissions())
	c.Permissions = permissions
	s := step(stepApplication, Create, c, whoCreatesApps)
	s.Diffs = slices.Concat(
		[]Diff{{Field: "name", New: c.DisplayName}, {Field: "audience", New: string(c.Audience)}}, uris, named,
		[]Diff{{Field: "tag", New: p.want.Marker}})
	return s
}

func (p planner) updateApplication() Step {
	app := *p.actual.App
	c := entra.UpdateApplication{App: app.ID}
	var diffs []Diff
	if name := p.want.DisplayName; name != "" && name != app.DisplayName {
		c.DisplayName = &name
		diffs = append(diffs, Diff{"name", app.DisplayName, name})
	}
	if wider := widen(app.Audience, p.want.Audience); wider != app.Audience {
		c.Audience = &wider
		diffs = append(diffs, Diff{"audience", string(app.Audience), string(wider)})
	}
	// An adopted application is not marked: it was not made here and must not
	// be taken for ours when the environment is removed.
	if p.want.Adopt == "" && !slices.Contains(app.Tags, p.want.Marker) {
		c.Tags = append(slices.Clone(app.Tags), p.want.Marker)
		diffs = append(diffs, Diff{Field: "tag", New: p.want.Marker})
	}
	if uris, added := mergeRedirectURIs(app.RedirectURIs, p.want.RedirectURIs); len(added) > 0 {
		c.RedirectURIs = uris
		diffs = append(diffs, added...)
	}
	if permissions, added := mergePermissions(app.Permissions, p.permissions()); len(added) > 0 {
		c.Permissions = permissions
		diffs = append(diffs, added...)
	}
	if len(diffs) == 0 {
		return Step{ID: stepApplication, Action: Keep, Title: fmt.Sprintf("Keep the app registration %q", app.DisplayName), Note: p.audienceNote()}
	}
	s := step(stepApplication, Update, c, whoChangesApps)
	s.Diffs, s.Note = diffs, p.audienceNote()
	return s
}

func (p planner) audienceNote() string {
	have := p.actual.App.Audience
	if wider := widen(have, p.want.Audience); wider != p.want.Audience && wider == have {
		return fmt.Sprintf("Its audience %s is wider than %s and stays: narrowing it could shut people out.", have, p.want.Audience)
	}
	return ""
}

// permission is one entry of the registration with its name for people.
type permission struct {
	entra.Permission
	name string
}

// permissions takes the ids the tenant's own service principals publish, and
// the known ones where a resource is not there yet.
func (p planner) permissions() []permission {
	var out []permission
	for _, r := range p.want.Permissions {
		published := p.actual.Resources[r.Resource].Scopes
		for _, s := range r.Scopes {
			id := s.ID
			if at := slices.IndexFunc(published, func(o entra.PublishedScope) bool { return o.Value == s.Value }); at >= 0 {
				id = published[at].ID
			}
			out = append(out, permission{entra.Permission{Resource: r.Resource, ID: id, Kind: entra.Scope}, r.Name + " " + s.Value})
		}
	}
	return out
}

// servicePrincipal needs the application's client ID.
func (p planner) servicePrincipal() Step {
	if p.actual.PrincipalExists {
		return Step{ID: stepPrincipal, Action: Keep, Title: "Keep the service principal (enterprise application)"}
	}
	c := entra.CreateServicePrincipal{DisplayName: p.want.DisplayName, Tags: []string{entra.EnterpriseAppTag}}
	if p.actual.App != nil {
		c.ClientID, c.DisplayName = p.actual.App.ClientID, p.actual.App.DisplayName
	}
	return step(stepPrincipal, Create, c, whoChangesApps, stepApplication)
}

// resources makes the service principals of resources that the tenant has
// never used.
func (p planner) resources() []Step {
	var out []Step
	for _, r := range p.want.Permissions {
		if _, ok := p.actual.Resources[r.Resource]; !ok {
			s := step(resourceStep(r.Resource), Create, entra.CreateServicePrincipal{ClientID: r.Resource, DisplayName: r.Name}, whoAddsResources)
			s.Note = "The tenant has never used " + r.Name + ", so it is not in its directory yet."
			out = append(out, s)
		}
	}
	return out
}
