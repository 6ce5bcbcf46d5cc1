package sandbox

import (
	"embed"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed pages/*.html
var pageFiles embed.FS

// loginPages are the pages by name, each within the layout.
var loginPages = parsePages("accounts", "username", "password", "confirm", "consent", "approval",
	"requested", "devicecode", "message", "error", "formpost")

func parsePages(names ...string) map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range names {
		pages[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html"))
	}
	return pages
}

// consentOnBehalf is the check box that turns an administrator's consent into
// the tenant's.
const consentOnBehalf = "consentOnBehalf"

// A pageView is what the pages show; each uses what it needs.
type pageView struct {
	Title, Message string

	// The form.
	Action, FlowToken, Step string
	Name                    string // user name
	Alert                   *errorView
	AlertText               string

	App       string
	Publisher string // domain
	Verified  bool
	Accounts  []accountView
	Items     []permissionView
	OnBehalf  bool // the check box is offered
	ForTenant string
	Workflow  bool // approval can be asked for here
	Error     errorView
}

type accountView struct{ Index, Name, UserPrincipalName string }

// A permissionView is one line of the consent page.
type permissionView struct{ Title, Description, Resource string }

// formView fills in what every page of an interaction needs.
func (v *visit) formView(it *interaction, step string, e *refusal) pageView {
	view := pageView{
		Action: v.origin + "/" + it.path + "/login", FlowToken: it.token, Step: step,
		App: it.goal.app().DisplayName, Name: it.name,
	}
	if e != nil {
		view.alert(v, e)
	}
	return view
}

// alertTexts say in plain words what the form wants.
var alertTexts = map[int]string{
	50034: "This username may be incorrect. Make sure you typed it correctly. Otherwise, contact your admin.",
	50057: "Your account has been locked. Contact your support person to unlock it, then try again.",
	50126: "Your account or password is incorrect. If you don't remember your password, ask your admin to reset it.",
	70018: "That code didn't work. Check the code and try again.",
	70019: "That code has expired. Start again on your device.",
	90014: "Please fill in this field.",
}

func (p *pageView) alert(v *visit, e *refusal) {
	view := v.errorView(e)
	p.Alert, p.AlertText = &view, alertTexts[e.code]
}

func (v *visit) userNamePage(it *interaction, e *refusal) *loginAnswer {
	return v.page(http.StatusOK, "username", v.formView(it, stepUserName, e))
}

func (v *visit) passwordPage(it *interaction, e *refusal) *loginAnswer {
	return v.page(http.StatusOK, "password", v.formView(it, stepPassword, e))
}

func (v *visit) accountsPage(it *interaction) *loginAnswer {
	view := v.formView(it, stepAccounts, nil)
	for i, a := range it.browser.accounts {
		if u := v.userOf(a); u != nil {
			view.Accounts = append(view.Accounts, accountView{strconv.Itoa(i), u.DisplayName, u.UserPrincipalName})
		}
	}
	return v.page(http.StatusOK, "accounts", view)
}

// decisionForm is formView for the pages after sign-in.
func (v *visit) decisionForm(it *interaction, s *subject) pageView {
	view := v.formView(it, stepDecision, nil)
	c := it.goal.app()
	view.Name, view.Verified = s.user.UserPrincipalName, c.verified() || c.firstParty()
	if c.PublisherDomain != nil {
		view.Publisher = *c.PublisherDomain
	}
	return view
}

func (v *visit) consentPage(it *interaction, a assessment) *loginAnswer {
	view := v.decisionForm(it, a.subject)
	view.Items = permissionViews(a.subject.tenant, a.missing)
	view.OnBehalf = mayConsentForAll(a.subject.user)
	return v.page(http.StatusOK, "consent", view)
}

// adminConsentPage is the consent page that is for the organization anyway.
func (v *visit) adminConsentPage(it *interaction, a assessment, roles []listedRole) *loginAnswer {
	view := v.decisionForm(it, a.subject)
	view.ForTenant = a.subject.tenant.DisplayName
	view.Items = permissionViews(a.subject.tenant, a.missing)
	for _, r := range roles {
		view.Items = append(view.Items, permissionView{
			Title: r.role.DisplayName, Description: r.role.Value + " (application permission)", Resource: r.resource.DisplayName,
		})
	}
	return v.page(http.StatusOK, "consent", view)
}

func (v *visit) confirmPage(it *interaction, s *subject) *loginAnswer {
	return v.page(http.StatusOK, "confirm", v.decisionForm(it, s))
}

// approvalPage is "Need admin approval", where the app hears nothing.
func (v *visit) approvalPage(it *interaction, s *subject, e *refusal) *loginAnswer {
	view := v.decisionForm(it, s)
	view.Workflow, view.Error = e.code == 90095, v.errorView(e)
	return v.page(http.StatusOK, "approval", view)
}

// approvalAnswer takes what approvalPage offers: to ask an administrator.
func (v *visit) approvalAnswer(it *interaction, s *subject, e *refusal) *loginAnswer {
	if e.code != 90095 {
		return v.approvalPage(it, s, e)
	}
	return v.page(http.StatusOK, "requested", v.decisionForm(it, s))
}

func (v *visit) deviceCodePage(e *refusal) *loginAnswer {
	view := pageView{Action: v.origin + "/devicelogin"}
	if e != nil {
		view.alert(v, e)
	}
	return v.page(http.StatusOK, "devicecode", view)
}

func (v *visit) messagePage(title, message string) *loginAnswer {
	return v.page(http.StatusOK, "message", pageView{Title: title, Message: message})
}

// signInTexts are the words for the scopes of the sign-in itself.
var signInTexts = map[string]permissionView{
	"openid":         {Title: "Sign you in", Description: "Lets you sign in to the app with your work or school account."},
	"profile":        {Title: "View your basic profile", Description: "The app can see your name and user name."},
	"email":          {Title: "View your email address", Description: "The app can read your primary email address."},
	"offline_access": {Title: "Maintain access to data you have given it access to", Description: "The app keeps this access even when you are not using it."},
}

func permissionViews(t *tenant, missing []asked) []permissionView {
	var views []permissionView
	for _, a := range missing {
		resource := t.principalOf(a.resource)
		if resource == nil {
			continue
		}
		for _, name := range a.names {
			views = append(views, permissionViewOf(resource, name))
		}
	}
	return views
}

func permissionViewOf(resource *servicePrincipal, name string) permissionView {
	view, ok := signInTexts[name]
	if s := resource.scopeCalled(name); !ok && s != nil {
		view = permissionView{Title: s.AdminConsentDisplayName, Description: s.Value}
		if s.UserConsentDisplayName != nil && *s.UserConsentDisplayName != "" {
			view.Title = *s.UserConsentDisplayName
		}
	}
	view.Resource = resource.DisplayName
	return view
}
