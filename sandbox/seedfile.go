package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// parseSeed reads the JSON of --seed. The error says where it is wrong and
// what to write.
func parseSeed(data []byte) (seedFile, error) {
	var f seedFile
	if len(bytes.TrimSpace(data)) == 0 {
		return f, nil
	}
	if err := decodeStrict(data, &f); err != nil {
		return f, fmt.Errorf("seed file: %w", err)
	}
	if err := f.check(builtin()); err != nil {
		return f, fmt.Errorf("seed file: %w", err)
	}
	return f, nil
}

// decodeStrict reads one JSON value without fields that v does not have.
func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("not the JSON that is expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}

var (
	seedDomain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+invalid$`)
	seedName   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	seedSlug   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?$`)
)

// people are the users' names by domain.
func (f *seedFile) people() map[string][]string {
	names := map[string][]string{}
	for _, t := range f.Tenants {
		for _, u := range t.Users {
			names[t.Domain] = append(names[t.Domain], u.Name)
		}
		names[t.Domain] = append(names[t.Domain], "") // known, even without people
	}
	return names
}

// check holds a file against itself and what there is before it.
func (f *seedFile) check(before seedFile) error {
	all := seedFile{slices.Concat(before.Tenants, f.Tenants), slices.Concat(before.Organizations, f.Organizations)}
	people := all.people()
	for i, t := range f.Tenants {
		if err := t.check(people[t.Domain], all); err != nil {
			return fmt.Errorf("tenants[%d]: %w", i, err)
		}
		if known := all.seen(t.Domain, len(before.Tenants)+i); !known && (t.Name == "" || t.Scenario == "") {
			return fmt.Errorf(`tenants[%d]: "name" and "scenario" are needed for the new tenant %s`, i, t.Domain)
		}
	}
	for i, o := range f.Organizations {
		if err := o.check(people, all); err != nil {
			return fmt.Errorf("organizations[%d]: %w", i, err)
		}
	}
	return nil
}

// seen reports whether a tenant exists before the i-th entry of the file.
func (f *seedFile) seen(domain string, i int) bool {
	return slices.ContainsFunc(f.Tenants[:i], func(t seedTenant) bool { return t.Domain == domain })
}

func (t seedTenant) check(people []string, all seedFile) error {
	if !seedDomain.MatchString(t.Domain) || slices.Contains([]string{firstPartyClients.Domain, consoleHome.Domain}, t.Domain) {
		return fmt.Errorf(`"domain" is %q: give a lower-case name that ends in .invalid, such as adatum.sandbox.invalid`, t.Domain)
	}
	for i, u := range t.Users {
		if err := u.check(); err != nil {
			return fmt.Errorf("users[%d]: %w", i, err)
		}
	}
	if err := t.Policies.check(people); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	if t.ReplicationReads < 0 {
		return fmt.Errorf(`"replication_reads" is %d: give the number of lookups that miss a write, or leave it out`, t.ReplicationReads)
	}
	for i, a := range t.Apps {
		if err := a.check(people); err != nil {
			return fmt.Errorf("apps[%d]: %w", i, err)
		}
	}
	for _, id := range t.WithoutPrincipals {
		if firstPartyPrincipal(id) == nil {
			return fmt.Errorf(`"without_principals" has %q: give %s (Azure DevOps), %s (Microsoft Graph) or %s (Azure Resource Manager)`, id, devopsAppID, graphAppID, managementAppID)
		}
	}
	for i, a := range t.EnterpriseApps {
		if err := a.check(t.Domain, people, all); err != nil {
			return fmt.Errorf("enterprise_apps[%d]: %w", i, err)
		}
	}
	for i, a := range t.LegacyApps {
		if err := a.check(); err != nil {
			return fmt.Errorf("legacy_apps[%d]: %w", i, err)
		}
	}
	if t.Connection != nil {
		if err := t.Connection.check(t.Domain, all); err != nil {
			return fmt.Errorf("connection: %w", err)
		}
	}
	return nil
}

func (p *seedPolicies) check(people []string) error {
	if p == nil {
		return nil
	}
	if p.SecretMaxDays < 0 {
		return fmt.Errorf(`"secret_max_days" is %d: give 1 or more, or 0 for no limit`, p.SecretMaxDays)
	}
	for i, id := range p.RiskyApps {
		if !isGUID(id) {
			return fmt.Errorf(`"risky_apps"[%d] is %q: give a client ID`, i, id)
		}
	}
	for i, r := range p.AccessRules {
		if err := r.check(people); err != nil {
			return fmt.Errorf("access_rules[%d]: %w", i, err)
		}
	}
	return nil
}

func (u seedUser) check() error {
	if !seedName.MatchString(u.Name) {
		return fmt.Errorf(`"name" is %q: give the part before the @, in lower case`, u.Name)
	}
	if u.Password == "" {
		return errors.New(`"password" is missing`)
	}
	for _, role := range u.Roles {
		if !knownRole(role) {
			return fmt.Errorf(`"roles" has %q: the sandbox knows %s`, role, strings.Join(roleNames(), ", "))
		}
	}
	return nil
}

func knownRole(name string) bool {
	return slices.ContainsFunc(roleNames(), func(r string) bool { return strings.EqualFold(r, name) })
}

func roleNames() []string {
	var names []string
	for _, name := range directoryRoleNames {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (a seedApp) check(people []string) error {
	switch {
	case a.Name == "":
		return errors.New(`"name" is missing`)
	case a.ClientID != "" && !isGUID(a.ClientID):
		return fmt.Errorf(`"client_id" is %q: give a GUID, or leave it out`, a.ClientID)
	case !slices.Contains(people, a.Owner):
		return fmt.Errorf(`"owner" is %q: give the name of a user of the tenant, or leave it out`, a.Owner)
	case a.Secret != "" && len(a.Secret) < minSecret:
		return fmt.Errorf(`"secret" is too short: give at least %d characters`, minSecret)
	}
	for i, s := range a.Secrets {
		if s.Name == "" || len(s.Value) < minSecret {
			return fmt.Errorf(`secrets[%d]: "name" is missing, or "value" shorter than %d characters`, i, minSecret)
		}
	}
	if err := checkPeople("co_owners", a.CoOwners, people); err != nil {
		return err
	}
	if err := checkPeople("assigned", a.Assigned, people); err != nil {
		return err
	}
	if err := checkRoles(a.RoleAssignments, people, a.AppRoles); err != nil {
		return err
	}
	if err := (seedApp{Delegated: a.Consented}).checkPermissions(); err != nil {
		return err
	}
	return a.checkPermissions()
}

// minSecret is how long a seeded client secret must be.
const minSecret = 16

// checkPeople holds a field's names to the users of the tenant.
func checkPeople(field string, names, people []string) error {
	for _, name := range names {
		if name == "" || !slices.Contains(people, name) {
			return fmt.Errorf("%q has %q: give names of users of the tenant", field, name)
		}
	}
	return nil
}

// checkPermissions holds the app to permissions that the resources publish.
func (a seedApp) checkPermissions() error {
	for resource, values := range a.listed() {
		for _, v := range values {
			if scopeIDs()[resource][v] == "" {
				return fmt.Errorf("the delegated permission %q does not exist", v)
			}
		}
	}
	for _, v := range a.ApplicationGranted {
		if !slices.ContainsFunc(microsoftGraphPrincipal().AppRoles, func(r appRole) bool { return r.Value == v }) {
			return fmt.Errorf(`"application_granted" has %q, which is no application permission the sandbox knows`, v)
		}
	}
	return nil
}

func (o seedOrganization) check(people map[string][]string, all seedFile) error {
	if !seedSlug.MatchString(o.Slug) {
		return fmt.Errorf(`"slug" is %q: give letters, digits and hyphens, at most 50`, o.Slug)
	}
	if _, known := people[o.Tenant]; o.Tenant != "" && !known {
		return fmt.Errorf(`"tenant" is %q: give the domain of a tenant, or leave it out for personal accounts`, o.Tenant)
	}
	for i, m := range o.Members {
		switch {
		case m.App != "" && (m.User != "" || !all.hasApp(o.Tenant, m.App)):
			return fmt.Errorf(`members[%d]: "app" is %q: give the name of an app of the organization's tenant, without "user"`, i, m.App)
		case m.App == "" && (m.User == "" || !slices.Contains(people[o.Tenant], m.User)):
			return fmt.Errorf(`members[%d]: "user" is %q: give the name of a user of the organization's tenant`, i, m.User)
		case !slices.Contains([]string{accessBasic, accessStakeholder, accessNone}, m.Access):
			return fmt.Errorf(`members[%d]: "access" is %q: give basic, stakeholder or none`, i, m.Access)
		}
	}
	for i, p := range o.Projects {
		if p.Name == "" || len(p.Name) > 64 || strings.ContainsAny(p.Name, `/:\~&%;@'"?<>|#$*}{,+=[]`) {
			return fmt.Errorf(`projects[%d]: "name" is %q: give 1 to 64 characters without / : \ ~ & %% ; @ ' " ? < > | # $ * } { , + = [ ]`, i, p.Name)
		}
	}
	return nil
}
