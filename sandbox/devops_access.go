package sandbox

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// The access levels of a member.
const (
	accessBasic       = "basic"
	accessStakeholder = "stakeholder"
	accessNone        = "none"
)

// noTenant is the tenant of an organization that personal accounts back.
const noTenant = "00000000-0000-0000-0000-000000000000"

// organization looks a slug up; letter case does not matter.
func (w *world) organization(slug string) *organization { return w.orgs[strings.ToLower(slug)] }

func (o *organization) resourceTenant() string {
	if o.TenantID == "" {
		return noTenant
	}
	return o.TenantID
}

// hasPublicProject reports whether the organization answers nobody in
// particular.
func (o *organization) hasPublicProject() bool {
	for _, p := range o.projects {
		if p.Visibility == visibilityPublic {
			return true
		}
	}
	return false
}

// An admission is who came in: nobody where the public is welcome.
type admission struct {
	caller *caller
	member *member
}

// admit lets members in whose token is of the organization's tenant and whom
// its policies do not keep out. A refusal is written after the lock has been
// given back.
func (w *world) admit(r *http.Request, org *organization, path string) (admission, func(http.ResponseWriter)) {
	if asksForLocations(r, path) {
		return admission{}, nil
	}
	who, fault := w.authenticate(r)
	if fault != nil {
		if org.hasPublicProject() && publicPath(path) {
			return admission{}, nil
		}
		return admission{}, func(rw http.ResponseWriter) { challenge(rw, r, org) }
	}
	m := org.members[who.ObjectID]
	switch {
	case who.TenantID != org.TenantID, m == nil, m.AccessLevel == accessNone, w.keepsOut(org, who):
		return admission{}, func(rw http.ResponseWriter) { refuseStranger(rw, who) }
	case org.policies.ConditionalAccess:
		return admission{}, func(rw http.ResponseWriter) { refuseByConditionalAccess(rw, r) }
	}
	return admission{who, m}, nil
}

// keepsOut applies the organization's policies on guests, and on apps of
// Azure DevOps's own OAuth. The latter leaves Microsoft Entra's apps alone.
func (w *world) keepsOut(org *organization, who *caller) bool {
	u := w.tenants[org.TenantID].users[who.ObjectID]
	return org.policies.GuestsRefused && u != nil && u.Guest || who.legacy && !org.policies.ThirdPartyOAuth
}

// asksForLocations reports whether a client asks where resources stand, which
// anybody may. That the public service asks for no token either is not
// sourced; clients that send none would not get further.
func asksForLocations(r *http.Request, path string) bool {
	first, _ := cutSegment(path)
	return r.Method == http.MethodOptions && strings.EqualFold(first, "_apis")
}

// publicPath reports whether an organization with a public project answers
// this to nobody.
func publicPath(path string) bool {
	return strings.EqualFold(path, "_apis/connectionData") || strings.EqualFold(path, "_apis/projects")
}

// refuseStranger answers a good token of somebody who does not belong here:
// no member, no licence, of another tenant than the organization's, or kept
// out by a policy.
func refuseStranger(rw http.ResponseWriter, who *caller) {
	refuseAccess(rw, errDevOpsUnauthorized.with(who.ObjectID))
}

// refuseAccess is the refusal of a token.
func refuseAccess(rw http.ResponseWriter, e *devopsError) {
	rw.Header().Set("WWW-Authenticate", "TFS-Federated, Bearer")
	explain(rw.Header(), e)
	writeDevOpsError(rw, e)
}

// refuseByConditionalAccess answers programs in JSON and browsers with a page
// of the same words.
func refuseByConditionalAccess(rw http.ResponseWriter, r *http.Request) {
	e := errDevOpsConditionalAccess.with()
	explain(rw.Header(), e)
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		writeHTML(rw, e.status, refusalPage, e.message)
		return
	}
	writeDevOpsError(rw, e)
}

// challenge answers a request without a good token: programs that say so get
// a 401, everybody else is sent to sign in.
func challenge(rw http.ResponseWriter, r *http.Request, org *organization) {
	nobody := errDevOpsUnauthorized.with(anonymousID)
	switch {
	case strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), "basic "):
		rw.Header().Set("WWW-Authenticate", basicChallenge)
		rw.WriteHeader(http.StatusUnauthorized)
	case suppressed(r):
		writeChallenge(rw.Header(), r, org)
		explain(rw.Header(), nobody)
		writeDevOpsError(rw, nobody)
	case r.Method == http.MethodPatch:
		refuseAccess(rw, nobody)
	default:
		redirectToSignIn(rw, r, org)
	}
}

// suppressed reports whether the caller asked for a 401 in place of the
// redirect to sign-in.
func suppressed(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("X-TFS-FedAuthRedirect"), "Suppress")
}

func redirectToSignIn(rw http.ResponseWriter, r *http.Request, org *organization) {
	back := originOf(r) + r.URL.RequestURI()
	target := signInOrigin(r) + "/_signin?" + url.Values{
		"realm":    {"dev.azure.com"},
		"reply_to": {back},
		"redirect": {"1"},
		"hid":      {org.ID},
		"context":  {"eyJodCI6Mn0="},
	}.Encode() + "#ctx=" + stableID("context", org.Slug)
	rw.Header().Set("Location", target)
	writeHTML(rw, http.StatusFound, objectMoved, target)
}

// signInHost is the public host of Azure DevOps's own sign-in page.
const signInHost = "https://spsprodcus1.vssps.visualstudio.com"

func signInOrigin(r *http.Request) string {
	if host := callerHost(r); isPublicHost(host) {
		return signInHost + publicPort(host)
	}
	return siblingOrigin(r, serviceVSSPS)
}

// The pages that programs should never take for data.
var (
	objectMoved = template.Must(template.New("").Parse(
		`<html><head><title>Object moved</title></head><body><h2>Object moved to <a href="{{.}}">here</a>.</h2></body></html>`))
	signInPage = template.Must(template.New("").Parse(
		`<!DOCTYPE html><html lang="en"><head><title>Azure DevOps Services | Sign In</title></head><body><h1>Sign in to Azure DevOps</h1><p>This is the sandbox: {{.}}</p></body></html>`))
	refusalPage = template.Must(template.New("").Parse(
		`<!DOCTYPE html><html lang="en"><head><title>{{.}}</title></head><body><h1>403 - Uh-oh, you do not have access.</h1><p>{{.}}</p></body></html>`))
	organizationPage = template.Must(template.New("").Parse(
		`<!DOCTYPE html><html lang="en"><head><title>Projects - Home</title></head><body><h1>{{.Slug}}</h1><ul>{{range .Projects}}<li>{{.}}</li>{{end}}</ul></body></html>`))
)

func writeHTML(rw http.ResponseWriter, status int, page *template.Template, data any) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_ = page.Execute(rw, data) // a caller that left has no use for it
}

// writeNoSuchResource is the answer for an organization that does not exist.
func writeNoSuchResource(rw http.ResponseWriter) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(http.StatusNotFound)
	_, _ = rw.Write([]byte("The resource cannot be found.")) // a caller that left has no use for it
}

// serveOrganizationPage is the organization's own page in a browser.
func (w *world) serveOrganizationPage(rw http.ResponseWriter, r *http.Request, slug string) {
	var org *organization
	var projects []string
	refusal := writeNoSuchResource
	w.locked(func() {
		if org = w.organization(slug); org == nil {
			return
		}
		announce(rw.Header(), r, org)
		_, refusal = w.admit(r, org, "")
		for _, p := range org.projects {
			projects = append(projects, p.Name)
		}
	})
	if refusal != nil {
		refusal(rw)
		return
	}
	writeHTML(rw, http.StatusOK, organizationPage, map[string]any{"Slug": org.Slug, "Projects": projects})
}
