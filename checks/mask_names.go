package checks

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/consentry/consentry/entra"
)

// NewMask collects what names somebody in the facts.
func NewMask(f Facts) *Mask {
	c := collector{mask: &Mask{hints: map[string]string{}, standIns: map[string]bool{}}, taken: map[string]string{}, count: map[string]int{}}
	c.organization(f)
	c.tenants(f)
	c.people(f)
	c.projects(f)
	c.name(f.Given.Environment, "environment-"+c.letter("environment"))
	c.hints(f)
	sortLongestFirst(c.mask.names)
	return c.mask
}

// A collector gives every value its stand-in.
type collector struct {
	mask  *Mask
	taken map[string]string // the stand-in of a value, in lower case
	count map[string]int
}

// letter counts the values of a kind: a, b, … z, aa.
func (c *collector) letter(kind string) string {
	n := c.count[kind]
	c.count[kind]++
	return strings.Repeat(string(rune('a'+n%26)), 1+n/26)
}

// add registers a value, unless it has a stand-in already.
func (c *collector) add(value string, n standIn) {
	key := strings.ToLower(value)
	if _, ok := c.taken[key]; ok || strings.TrimSpace(value) == "" {
		return
	}
	c.taken[key] = n.with
	n.find, n.lower, n.short = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(value)), key, len(value) < 3
	c.mask.names = append(c.mask.names, n)
}

// name registers the name of something, as it is and as an address has it.
func (c *collector) name(value, with string) {
	c.add(value, standIn{with: with})
	c.add(url.PathEscape(value), standIn{with: url.PathEscape(with)})
}

// id registers a GUID, or a domain, which are nothing else anywhere.
func (c *collector) id(value, with string) { c.add(value, standIn{with: with, everywhere: true}) }

func (c *collector) domain(value string) string {
	if with, ok := c.taken[strings.ToLower(value)]; ok || value == "" {
		return with
	}
	with := "tenant-" + c.letter("domain") + ".example"
	if strings.HasSuffix(strings.ToLower(value), ".onmicrosoft.com") {
		with = strings.TrimSuffix(with, "example") + "onmicrosoft.com"
	}
	c.add(value, standIn{with: with, everywhere: true, inDomains: true})
	return with
}

// organization: what was typed may be no organization at all, and has to stay
// wrong in the same way.
func (c *collector) organization(f Facts) {
	slug, _, err := entra.ParseOrganization(f.Given.Organization)
	if err != nil {
		for _, part := range strings.FieldsFunc(f.Given.Organization, func(r rune) bool { return strings.ContainsRune("/.:@", r) }) {
			if !addressWords[strings.ToLower(part)] && !isSample(part) {
				c.name(part, blurred(part))
			}
		}
	}
	for _, name := range []string{slug, f.Organization.Or(entra.DevOpsOrganization{}).Slug} {
		if name != "" && c.taken[name] == "" && !isSample(name) {
			c.name(name, "org-"+c.letter("organization"))
		}
	}
}

// addressWords stand in addresses of every organization.
var addressWords = map[string]bool{
	"https": true, "http": true, "dev": true, "azure": true, "com": true, "visualstudio": true, "vssps": true,
	"app": true, "www": true, "ssh": true, "v3": true, "_git": true, "git": true, "microsoft": true, "portal": true,
}

// blurred keeps the form of a value: letters become a, digits 0.
func blurred(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return 'A'
		case unicode.IsLetter(r):
			return 'a'
		case unicode.IsDigit(r):
			return '0'
		}
		return r
	}, s)
}

// Tenants of Microsoft's own, which name nobody.
var publicTenants = map[entra.TenantID]bool{
	"9188040d-6c67-4c5b-b112-36a304b66dad": true, // personal accounts
	"f8cdef31-a31e-4b4a-93e4-5f571e91255a": true, // Microsoft's services
	"72f988bf-86f1-41af-91ab-2d7cd011db47": true, // Microsoft itself
}

func (c *collector) tenants(f Facts) {
	operator := f.Operator.Or(Operator{})
	for _, id := range slices.Concat([]entra.TenantID{
		operator.Tenant.ID, operator.Person.Tenant, f.Tenant.Or(TenantLookup{}).ID,
		f.Organization.Or(entra.DevOpsOrganization{}).Tenant, f.Token.Or(TokenFacts{}).Tenant, f.Token.Or(TokenFacts{}).Person.Tenant,
		ownerTenant(f.Principal.Or(nil)),
	}, f.Restrictions.Or(nil)) {
		c.tenant(id)
	}
	for _, id := range guidIn.FindAllString(f.Token.Or(TokenFacts{}).Issuer, -1) {
		c.tenant(entra.TenantID(id))
	}
	c.name(operator.Tenant.DisplayName, "Tenant-"+strings.ToUpper(c.letter("name"))) // without a blank: the name may stand in a host
	for _, d := range append([]string{operator.Tenant.DefaultDomain}, operator.Tenant.Domains...) {
		c.domain(d)
	}
	if app := f.Application.Or(nil); app != nil {
		c.domain(app.PublisherDomain)
	}
	c.typedTenant(f.Given.Tenant)
}

func ownerTenant(p *entra.ServicePrincipal) entra.TenantID {
	if p == nil {
		return ""
	}
	return p.OwnerTenant
}

func (c *collector) tenant(id entra.TenantID) {
	key := strings.ToLower(string(id))
	if id != "" && !isSample(key) && !publicTenants[entra.TenantID(key)] && c.taken[key] == "" {
		c.count["tenant"]++
		c.id(string(id), fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", c.count["tenant"]))
	}
}

var (
	guidIn   = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
	domainIn = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	// microsoftHost are hosts and mail providers that name no tenant.
	microsoftHost = regexp.MustCompile(`(?i)(^|\.)(microsoft\.com|microsoftonline\.(com|us)|windows\.net|azure\.com|visualstudio\.com|outlook\.com|hotmail\.com|live\.com|gmail\.com|onmicrosoft\.com)$`)
)

// typedTenant: what was typed may be an ID or a domain with something around
// it, or neither; then its form is what is wrong with it.
func (c *collector) typedTenant(typed string) {
	found := false
	for _, id := range guidIn.FindAllString(typed, -1) {
		c.tenant(entra.TenantID(id))
		found = true
	}
	for _, d := range domainIn.FindAllString(typed, -1) {
		if found = true; !microsoftHost.MatchString(d) || isOnMicrosoft(d) {
			c.domain(d)
		}
	}
	if bare := strings.TrimSpace(typed); !found && !isSample(bare) && !slices.Contains([]string{"organizations", "common", "consumers"}, strings.ToLower(bare)) {
		c.name(bare, blurred(bare))
	}
}

func isOnMicrosoft(domain string) bool {
	label, ok := strings.CutSuffix(strings.ToLower(domain), ".onmicrosoft.com")
	return ok && label != ""
}

func (c *collector) people(f Facts) {
	token, operator := f.Token.Or(TokenFacts{}), f.Operator.Or(Operator{})
	for _, p := range append([]entra.Person{operator.Person, token.Person}, f.Owners.Or(nil)...) {
		c.person(p)
	}
	for _, g := range f.Grants.Or(nil) {
		c.person(entra.Person{ID: g.Principal})
	}
	for _, r := range f.Consents.Or(nil) {
		c.person(entra.Person{DisplayName: r.By})
	}
	c.person(entra.Person{DisplayName: f.Connection.Or(Connection{}).As})
}

// person gives ID, account and name of one person the same letter, whichever
// of them was met before.
func (c *collector) person(p entra.Person) {
	if strings.Contains(p.DisplayName, "@") && p.UPN == "" {
		p.UPN, p.DisplayName = p.DisplayName, ""
	}
	known := cmp.Or(c.taken[strings.ToLower(string(p.ID))], c.taken[strings.ToLower(p.UPN)], c.taken[strings.ToLower(p.DisplayName)])
	if p == (entra.Person{Tenant: p.Tenant}) || known != "" && p.UPN == "" {
		return
	}
	letter := c.letter("person")
	c.id(string(p.ID), fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", c.count["person"]))
	c.account(p.UPN, letter)
	c.name(p.DisplayName, "Person "+strings.ToUpper(letter))
}

// account keeps what tells a guest's account, and the domain's stand-in.
func (c *collector) account(upn, letter string) {
	name, domain, ok := strings.Cut(upn, "@")
	if !ok {
		return
	}
	with := "person-" + letter
	if strings.Contains(strings.ToUpper(name), "#EXT#") {
		with += "#EXT#"
	}
	with += "@" + c.domain(domain)
	c.mask.standIns[with] = true
	c.id(upn, with)
}

func (c *collector) projects(f Facts) {
	look := f.Project.Or(ProjectLookup{})
	for _, name := range append([]string{f.Given.Project}, look.Others...) {
		switch {
		case name == "" || c.taken[strings.ToLower(name)] != "":
		case entra.ValidateProject(name) != nil:
			c.name(name, blurred(name))
		default:
			c.name(name, "Project "+strings.ToUpper(c.letter("project")))
		}
	}
}

func (c *collector) hints(f Facts) {
	all := []string{f.Given.Secret.Hint}
	if app := f.Application.Or(nil); app != nil {
		for _, s := range app.Secrets {
			all = append(all, s.Hint)
		}
	}
	for _, h := range all {
		if _, ok := c.mask.hints[h]; !ok && h != "" {
			c.mask.hints[h] = fmt.Sprintf("*%02d", len(c.mask.hints)+1)
		}
	}
}
