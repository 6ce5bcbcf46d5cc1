package explain

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// Entities are the values recognised in a paste, masked as the paste is; empty
// ones were not found.
type Entities struct {
	ClientID      string   `json:"client_id,omitempty"` // GUID, lower case
	Tenant        string   `json:"tenant,omitempty"`    // GUID or domain, lower case
	RedirectURI   string   `json:"redirect_uri,omitempty"`
	Scopes        []string `json:"scopes"`
	Resource      string   `json:"resource,omitempty"` // the API asked for, as it was named
	Organization  string   `json:"organization,omitempty"`
	Project       string   `json:"project,omitempty"`
	CorrelationID string   `json:"correlation_id,omitempty"`
	TraceID       string   `json:"trace_id,omitempty"`
	RequestID     string   `json:"request_id,omitempty"`
	Timestamp     string   `json:"timestamp,omitempty"` // as Microsoft wrote it
}

// field returns a value by its JSON name, for texts that name it.
func (e Entities) field(name string) string {
	switch name {
	case "client_id":
		return e.ClientID
	case "tenant":
		return e.Tenant
	case "redirect_uri":
		return e.RedirectURI
	case "scopes":
		return strings.Join(e.Scopes, " ")
	case "resource":
		return e.Resource
	case "organization":
		return e.Organization
	case "project":
		return e.Project
	}
	return ""
}

// A value is one value of the paste and its place in the view.
type value struct {
	text string
	at   span
}

// values are what stands where a value is expected, right or wrong: the facts
// look for placeholders and misspellings in them.
type values struct {
	clients, tenants, redirects, scopes, resources, secrets []value
	correlations, traces, requests, timestamps              []value
	organizations                                           []string
}

// A lead is a text after which a value stands.
type lead struct {
	text string
	// into is the list the value belongs to.
	into func(*values) *[]value
	// read returns the value at the beginning of the text, and how many bytes
	// it takes; 0 when there is none.
	read func([]byte) (from, to int)
}

// leads stand in order of how well the text behind them is known.
var leads = []lead{
	{"application with identifier", clientsOf, readWord}, {"configured for the application", clientsOf, readWord},
	{"client application", clientsOf, readGUID}, {"client app id:", clientsOf, readWord}, {"application with id '", clientsOf, readUpTo(`'"`)},
	{"cannot access the application", clientsOf, readWord}, {"for app ", clientsOf, readGUID}, {"application '", clientsOf, readGUID},
	{"appid:", clientsOf, readGUID}, {"app id:", clientsOf, readGUID}, {"application (client) id", clientsOf, readGUID},
	{"client_id", clientsOf, readAssigned}, {"clientid", clientsOf, readAssigned}, {"client-id", clientsOf, readAssigned}, {"application ‘", clientsOf, readGUID},
	{"('", clientsOf, readGUID}, // behind the name of an app
	{"in the directory", tenantsOf, readWord}, {"in the tenant named", tenantsOf, readWord}, {"in the tenant", tenantsOf, readGUID},
	{"tenant identifier", tenantsOf, readWord}, {"tenant '", tenantsOf, readUpTo(`'"`)}, {"aadsts90002: tenant ", tenantsOf, readWord}, {"that your organization '", tenantsOf, readGUID},
	{"in tenant ", tenantsOf, readWord}, {"tenantid", tenantsOf, readAssigned}, {"tenant_id", tenantsOf, readAssigned}, {"tenant", tenantsOf, readAssigned},
	{"login.microsoftonline.com/", tenantsOf, readSegment}, {"login.microsoftonline.us/", tenantsOf, readSegment}, {"login.windows.net/", tenantsOf, readSegment},
	{"sts.windows.net/", tenantsOf, readSegment},
	{"redirect uri '", redirectsOf, readUpTo(`'"`)}, {"reply url '", redirectsOf, readUpTo(`'"`)}, {"reply address '", redirectsOf, readUpTo(`'"`)},
	{"redirect_uri", redirectsOf, readAssigned}, {"redirecturi", redirectsOf, readAssigned}, {"redirecturl", redirectsOf, readAssigned}, {"for this redirect-url", redirectsOf, readWord},
	{"asked for scope", scopesOf, readWord}, {"the scope '", scopesOf, readUpTo(`'`)}, {"the scope ", scopesOf, readScopes}, {"for scope ", scopesOf, readScopes},
	{"scope=", scopesOf, readParameter}, {`scope"`, scopesOf, readQuoted}, {"scope:", scopesOf, readQuoted}, {"scope =", scopesOf, readQuoted}, {"scopes:", scopesOf, readQuoted}, {"scope is not valid because it contains more than one resource. scope", scopesOf, readScopes},
	{"resource principal named", resourcesOf, readWord}, {"on the resource", resourcesOf, readWord}, {"for resource '", resourcesOf, readUpTo(`'"`)}, {"resource value from request:", resourcesOf, readWord}, {"trying to access a service", resourcesOf, readWord}, {"to access '", resourcesOf, readGUID},
	{"correlation id:", correlationsOf, readGUID}, {"correlation_id", correlationsOf, readGUID}, {"correlationid", correlationsOf, readGUID}, {"correlation id", correlationsOf, readGUID}, {"client-request-id", correlationsOf, readGUID},
	{"trace id:", tracesOf, readGUID}, {"trace_id", tracesOf, readGUID}, {"traceid", tracesOf, readGUID},
	{"request id:", requestsOf, readGUID}, {"request-id", requestsOf, readGUID}, {"requestid", requestsOf, readGUID},
	{"timestamp", timestampsOf, readTime},
	{"client_secret", secretsOf, readAssigned}, {"clientsecret", secretsOf, readAssigned}, {"client-secret", secretsOf, readAssigned}, {"client secret", secretsOf, readAssigned},
}

func clientsOf(v *values) *[]value      { return &v.clients }
func tenantsOf(v *values) *[]value      { return &v.tenants }
func redirectsOf(v *values) *[]value    { return &v.redirects }
func scopesOf(v *values) *[]value       { return &v.scopes }
func resourcesOf(v *values) *[]value    { return &v.resources }
func correlationsOf(v *values) *[]value { return &v.correlations }
func tracesOf(v *values) *[]value       { return &v.traces }
func requestsOf(v *values) *[]value     { return &v.requests }
func timestampsOf(v *values) *[]value   { return &v.timestamps }
func secretsOf(v *values) *[]value      { return &v.secrets }

// mostValues is how many values of one kind are kept.
const mostValues = 8

// pickValues reads what stands behind each lead; found are their signs.
func (s *signs) pickValues(found []int) values {
	var v values
	for i, l := range leads {
		list := l.into(&v)
		for _, at := range s.hits[found[i]] {
			if from, to := l.read(s.text[at.to:]); to > from {
				from, to = from+at.to, to+at.to
				*list = append(*list, value{string(s.text[from:to]), span{from, to}})
			}
		}
	}
	v.organizations = s.organizations()
	return v
}

// organizations reads the addresses of Azure DevOps, as they stand in the
// paste (a project may hold an encoded blank) and decoded.
func (s *signs) organizations() (out []string) {
	for _, host := range []string{"dev.azure.com/", ".visualstudio.com"} {
		each(s.lower, host, func(i int) {
			if len(out) < mostValues {
				at := span{i, i + len(host)}
				out = append(out, around(s.paste, s.inPaste(at)), string(around(s.text, at)))
			}
		})
	}
	return out
}

// entities keeps of each kind the first value that can be one.
func (v values) entities() Entities {
	e := Entities{
		ClientID:      first(v.clients, clientID),
		Tenant:        first(v.tenants, tenant),
		RedirectURI:   Mask(first(v.redirects, address)),
		Resource:      Mask(first(v.resources, plain)),
		CorrelationID: first(v.correlations, guid),
		TraceID:       first(v.traces, guid),
		RequestID:     first(v.requests, guid),
		Timestamp:     first(v.timestamps, plain),
		Scopes:        []string{},
	}
	for _, o := range v.organizations {
		slug, project, err := entra.ParseOrganization(o)
		if err == nil && !placeholder(slug) && !ownHost(slug) {
			e.Organization, e.Project = slug, Mask(project)
			break
		}
	}
	for _, list := range v.scopes {
		for _, one := range splitScopes(Mask(list.text)) {
			if !slices.Contains(e.Scopes, one) && len(e.Scopes) < mostValues {
				e.Scopes = append(e.Scopes, one)
			}
		}
	}
	return e
}

// ownHost reports whether the first label of a host is a server of Microsoft's
// and no organization.
func ownHost(slug string) bool {
	return strings.HasPrefix(slug, "spsprod") || strings.HasPrefix(slug, "tfsprod") || strings.HasPrefix(slug, "vssps")
}

func first(all []value, accept func(string) string) string {
	for _, v := range all {
		if text := accept(v.text); text != "" {
			return text
		}
	}
	return ""
}

func guid(s string) string {
	if !entra.IsGUID(s) {
		return ""
	}
	return strings.ToLower(s)
}

// clientID leaves out the two APIs, which are asked for and ask for nothing.
func clientID(s string) string {
	id, err := entra.ParseClientID(s)
	if err != nil || id == entra.AzureDevOps || id == entra.MicrosoftGraph {
		return ""
	}
	return string(id)
}

func tenant(s string) string {
	t, err := entra.ParseTenant(s)
	if err != nil || strings.Trim(t, "0-") == "" {
		return ""
	}
	return t
}

func address(s string) string {
	if !strings.Contains(s, "://") || len(s) > entra.MaxRedirectURI {
		return ""
	}
	return s
}

func plain(s string) string { return s }

// splitScopes takes a list of scopes apart, whatever separates them.
func splitScopes(list string) []string {
	var out []string
	for _, one := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" +,;", r) }) {
		if one = strings.Trim(one, `'".`); one != "" && one != "***" && !strings.ContainsAny(one, "<>{}") {
			out = append(out, one)
		}
	}
	return out
}
