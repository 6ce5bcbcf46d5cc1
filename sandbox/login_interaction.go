package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The values of prompt.
const (
	promptNone         = "none"
	promptLogin        = "login"
	promptConsent      = "consent"
	promptSelect       = "select_account"
	promptAdminConsent = "admin_consent" // only without "v2.0"
)

const (
	sessionCookie       = "ESTSAUTH"
	interactionLifetime = time.Hour
)

// A goal is what a person signs in for. Its methods run under the world's
// lock and end with a page or a redirect.
type goal interface {
	// app is the client that the pages name.
	app() client
	// proceed goes on for a person who has signed in.
	proceed(v *visit, it *interaction) *loginAnswer
	// accept takes the person's agreement to what proceed showed.
	accept(v *visit, it *interaction) *loginAnswer
	// decline leaves the page that proceed showed.
	decline(v *visit, it *interaction) *loginAnswer
	// cancel leaves the sign-in pages.
	cancel(v *visit, it *interaction) *loginAnswer
}

// An interaction is one person's way through the pages. The form token and
// the cookie together lead back to it.
type interaction struct {
	token   string
	browser *browser
	goal    goal
	at      tenantSegment
	path    string // {tenant} of the forms
	demand  demand
	name    string // the user name typed or hinted
	account account
	expires time.Time
}

// begin shows the first page there is need for.
func (v *visit) begin(g goal, at tenantSegment, d demand) *loginAnswer {
	b := v.browser()
	if d.prompt == promptNone {
		return v.silent(g, at, b, d)
	}
	it := v.newInteraction(b, g, at)
	it.demand, it.name = d, d.hint
	signedIn := v.accountsOf(b, d.hint)
	switch {
	case d.prompt == promptLogin || len(signedIn) == 0 && d.prompt != promptSelect:
		return v.askWho(it)
	case d.prompt == promptSelect && len(b.accounts) > 0, len(signedIn) > 1:
		return v.accountsPage(it)
	case len(signedIn) == 0:
		return v.askWho(it)
	}
	return v.goOnAs(it, signedIn[0])
}

// askWho asks for the user name, or with one given for the password.
func (v *visit) askWho(it *interaction) *loginAnswer {
	if it.name == "" {
		return v.userNamePage(it, nil)
	}
	return v.enterUserName(it)
}

// silent answers without showing a page.
func (v *visit) silent(g goal, at tenantSegment, b *browser, d demand) *loginAnswer {
	req := g.(*authorizeGoal).req // only authorize takes a prompt
	signedIn := slices.DeleteFunc(v.accountsOf(b, d.hint), func(a account) bool { return !d.takes(b.since[a], v.at) })
	switch len(signedIn) {
	case 0:
		return v.sendRefusal(req.target, aadsts(50058))
	case 1:
		return g.proceed(v, &interaction{browser: b, goal: g, at: at, account: signedIn[0]})
	}
	return v.sendRefusal(req.target, aadsts(16000))
}

// accountsOf lists the accounts signed in in a browser, of one user name if
// one is given.
func (v *visit) accountsOf(b *browser, name string) []account {
	var list []account
	for _, a := range b.accounts {
		if u := v.userOf(a); u != nil && (name == "" || strings.EqualFold(u.UserPrincipalName, name)) {
			list = append(list, a)
		}
	}
	return list
}

func (w *world) userOf(a account) *user {
	if t := w.tenants[a.tenantID]; t != nil {
		return t.users[a.userID]
	}
	return nil
}

func (v *visit) newInteraction(b *browser, g goal, at tenantSegment) *interaction {
	v.world.login.sweep(v.at)
	it := &interaction{
		token: opaque("AQABIQEAAAD", 48), browser: b, goal: g, at: at, path: segmentCommon,
		expires: v.at.Add(interactionLifetime),
	}
	if path := v.request.PathValue("tenant"); path != "" {
		it.path = path
	}
	v.world.login.interactions[it.token] = it
	return it
}

// login is POST /{tenant}/login: every form of the pages comes here.
func (v *visit) login() *loginAnswer {
	it := v.world.login.interactions[v.param("flowToken")]
	if v.request.Method != http.MethodPost || it == nil || v.at.After(it.expires) || v.browser() != it.browser {
		return v.errorPage(aadsts(165000))
	}
	if v.param("action") == "cancel" {
		v.done(it)
		return it.goal.cancel(v, it)
	}
	switch v.param("step") {
	case stepAccounts:
		return v.chooseAccount(it)
	case stepUserName:
		it.name = v.param("loginfmt")
		return v.enterUserName(it)
	case stepPassword:
		return v.enterPassword(it)
	case stepDecision:
		return v.decide(it)
	}
	return v.errorPage(aadsts(90013))
}

// The steps that forms name.
const (
	stepAccounts = "accounts"
	stepUserName = "username"
	stepPassword = "password"
	stepDecision = "decision"
)

// done forgets an interaction: its pages cannot be sent again.
func (v *visit) done(it *interaction) { delete(v.world.login.interactions, it.token) }

func (v *visit) chooseAccount(it *interaction) *loginAnswer {
	if v.param("account") == "other" {
		it.name = ""
		return v.userNamePage(it, nil)
	}
	i, err := strconv.Atoi(v.param("account"))
	if err != nil || i < 0 || i >= len(it.browser.accounts) || v.userOf(it.browser.accounts[i]) == nil {
		return v.accountsPage(it)
	}
	return v.goOnAs(it, it.browser.accounts[i])
}

// enterUserName goes on to the password. A form that carries both is taken
// at once.
func (v *visit) enterUserName(it *interaction) *loginAnswer {
	if v.param("passwd") != "" {
		return v.enterPassword(it)
	}
	if _, u := v.findAccount(it.name); u == nil {
		return v.userNamePage(it, v.noSuchUser(it))
	}
	return v.passwordPage(it, nil)
}

func (v *visit) noSuchUser(it *interaction) *refusal {
	if strings.TrimSpace(it.name) == "" {
		return aadsts(90014, "field", "username")
	}
	return aadsts(50034, "EmailHidden", it.name, "tenant", it.at.name())
}

func (v *visit) enterPassword(it *interaction) *loginAnswer {
	if v.param("action") == "back" {
		return v.userNamePage(it, nil)
	}
	if name := v.param("loginfmt"); name != "" {
		it.name = name
	}
	a, u := v.findAccount(it.name)
	switch password := v.param("passwd"); {
	case u == nil:
		return v.userNamePage(it, v.noSuchUser(it))
	case password == "":
		return v.passwordPage(it, aadsts(90014, "field", "password"))
	case password != u.Password:
		return v.passwordPage(it, aadsts(50126))
	case u.Disabled:
		return v.passwordPage(it, aadsts(50057))
	}
	v.signIn(it.browser, a)
	it.account = a
	return it.goal.proceed(v, it)
}

// decide takes the answer to what proceed showed.
func (v *visit) decide(it *interaction) *loginAnswer {
	if v.userOf(it.account) == nil {
		return v.errorPage(aadsts(165000))
	}
	switch v.param("action") {
	case "accept":
		return it.goal.accept(v, it)
	case "switch":
		it.name = ""
		return v.userNamePage(it, nil)
	}
	v.done(it)
	return it.goal.decline(v, it)
}

// browser is the cookie jar that the request comes from; a new one gets its
// cookie with the answer.
func (v *visit) browser() *browser {
	if c, err := v.request.Cookie(sessionCookie); err == nil {
		if b := v.world.login.browsers[c.Value]; b != nil {
			b.seen = v.at
			return b
		}
	}
	b := &browser{seen: v.at, since: map[account]time.Time{}}
	v.renew(b)
	return b
}

// signIn adds an account to a browser, under a new cookie value.
func (v *visit) signIn(b *browser, a account) {
	b.accounts = append(slices.DeleteFunc(b.accounts, func(o account) bool { return o == a }), a)
	b.since[a] = v.at
	v.renew(b)
}

func (v *visit) renew(b *browser) {
	delete(v.world.login.browsers, b.cookie)
	b.cookie = opaque("0.A", 48)
	v.world.login.browsers[b.cookie] = b
	v.setCookie(b.cookie, 0)
}

func (v *visit) setCookie(value string, maxAge int) {
	secure, sameSite := strings.HasPrefix(v.origin, "https://"), http.SameSiteLaxMode
	if secure {
		sameSite = http.SameSiteNoneMode
	}
	v.cookies = append(v.cookies, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: secure, SameSite: sameSite,
	})
}
