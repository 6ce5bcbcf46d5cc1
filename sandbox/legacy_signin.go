package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// legacyCookie keeps a browser signed in to Azure DevOps itself.
const legacyCookie = "UserAuthentication"

// signedInPath is where the sign-in service sends people of Azure DevOps.
const signedInPath = "/_signedin"

// A legacySession is one browser at Azure DevOps.
type legacySession struct {
	cookie  string
	form    string // that a form of its pages carries, against forgery
	nonce   string // of the sign-in under way
	back    string // where it leads back to
	account account
	ends    time.Time
}

// A legacyVisit is one request of a browser to the retired OAuth.
type legacyVisit struct {
	*world
	r       *http.Request
	form    url.Values
	cookies []*http.Cookie
}

// A legacyAnswer is what a legacyVisit ends with: a page or a redirect.
type legacyAnswer struct {
	status int
	page   string // of legacyPages
	data   any
	to     string // Location
}

// legacyPage runs a handler under the world's lock and writes what it answers
// after.
func legacyPage(handle func(*legacyVisit) legacyAnswer) vsspsPageFunc {
	return func(w *world, rw http.ResponseWriter, r *http.Request) {
		v := &legacyVisit{world: w, r: r}
		if err := r.ParseForm(); err != nil {
			legacyAnswer{status: http.StatusBadRequest, page: "legacyerror", data: "The form cannot be read."}.write(rw)
			return
		}
		v.form = r.Form
		var answer legacyAnswer
		w.locked(func() { answer = handle(v) })
		for _, c := range v.cookies {
			http.SetCookie(rw, c)
		}
		answer.write(rw)
	}
}

// session is the browser that the request comes from; a new one gets its
// cookie with the answer.
func (v *legacyVisit) session() *legacySession {
	if c, err := v.r.Cookie(legacyCookie); err == nil {
		if s := v.legacy.sessions[c.Value]; s != nil && v.now().Before(s.ends) {
			return s
		}
	}
	v.legacy.sweep(v.now())
	s := &legacySession{cookie: opaque("", 32), form: opaque("", 24), ends: v.now().Add(legacySessionLifetime)}
	v.remember(s)
	return s
}

func (v *legacyVisit) remember(s *legacySession) {
	v.legacy.sessions[s.cookie] = s
	secure, sameSite := strings.HasPrefix(originOf(v.r), "https://"), http.SameSiteLaxMode
	if secure {
		sameSite = http.SameSiteNoneMode // the sign-in service posts its answer here
	}
	v.cookies = append(v.cookies, &http.Cookie{
		Name: legacyCookie, Value: s.cookie, Path: "/", HttpOnly: true, Secure: secure, SameSite: sameSite,
	})
}

// signIn sends a browser to the sign-in service, and from there back.
func (v *legacyVisit) signIn(s *legacySession) legacyAnswer {
	s.nonce, s.back = opaque("", 24), originOf(v.r)+v.r.URL.RequestURI()
	return legacyAnswer{status: http.StatusFound, to: siblingOrigin(v.r, serviceLogin) + "/common/oauth2/authorize?" + url.Values{
		"client_id": {devopsAppID}, "response_type": {"id_token"}, "response_mode": {modeFormPost}, "scope": {"openid"},
		"redirect_uri": {siblingOrigin(v.r, serviceVSSPS) + signedInPath}, "nonce": {s.nonce}, "state": {s.form},
	}.Encode()}
}

// signedIn takes the answer of the sign-in service.
func (v *legacyVisit) signedIn() legacyAnswer {
	s := v.session()
	if v.r.Method != http.MethodPost || v.form.Get("state") != s.form || s.nonce == "" {
		return legacyFailure(http.StatusBadRequest, "This sign-in was not begun here. Go back to the application and start again.")
	}
	nonce := s.nonce
	s.nonce = ""
	var claims idClaims
	reason := v.login.signed(v.form.Get("id_token"), &claims)
	if reason != "" || claims.Audience != devopsAppID || claims.Nonce != nonce || claims.Expires <= v.now().Unix() {
		return legacyFailure(http.StatusUnauthorized, "You are not signed in. Go back to the application and start again.")
	}
	delete(v.legacy.sessions, s.cookie) // a new cookie for who is now somebody
	s.cookie, s.account = opaque("", 32), account{claims.Tenant, claims.ObjectID}
	v.remember(s)
	return legacyAnswer{status: http.StatusFound, to: s.back}
}

// user is the person signed in in a browser, or nil.
func (v *legacyVisit) user(s *legacySession) *user { return v.userOf(s.account) }

// devopsGoal signs a person in to Azure DevOps itself. That is no app of the
// directory that anybody could register or consent to.
type devopsGoal struct {
	client client
	target redirectTarget
	nonce  string
}

// devopsSignIn is authorize for Azure DevOps itself. It may send people to
// this cloud's Azure DevOps only.
func (v *visit) devopsSignIn() *loginAnswer {
	at, e := v.segment()
	if uri := siblingOrigin(v.request, serviceVSSPS) + signedInPath; e == nil && v.param("redirect_uri") != uri {
		e = aadsts(50011, "redirectUri", v.param("redirect_uri"), "appId", devopsAppID)
	}
	if e != nil {
		return v.errorPage(e)
	}
	g := &devopsGoal{
		client: client{&application{AppID: devopsAppID, DisplayName: "Azure DevOps"}, v.tenants[microsoftTenantID]},
		target: redirectTarget{uri: v.param("redirect_uri"), mode: modeFormPost, state: v.param("state")}, nonce: v.param("nonce"),
	}
	prompt := v.param("prompt")
	if !slices.Contains([]string{promptLogin, promptSelect}, prompt) {
		prompt = ""
	}
	return v.begin(g, at, demand{prompt: prompt, hint: v.param("login_hint")})
}

func (g *devopsGoal) app() client { return g.client }

func (g *devopsGoal) proceed(v *visit, it *interaction) *loginAnswer {
	s, e := v.subjectAt(it.account, it.at, g.client)
	if e != nil {
		return v.errorPage(e)
	}
	v.done(it)
	token := v.idToken(idGrant{v1: true, client: g.client, subject: s, nonce: g.nonce})
	return v.send(g.target, withState([]field{{"id_token", token}}, g.target.state)...)
}

func (g *devopsGoal) accept(v *visit, it *interaction) *loginAnswer { return g.proceed(v, it) }

func (g *devopsGoal) decline(v *visit, it *interaction) *loginAnswer { return g.cancel(v, it) }

func (g *devopsGoal) cancel(v *visit, _ *interaction) *loginAnswer { return v.sendCanceled(g.target) }
