package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// A demand is what a request asks of the sign-in itself.
type demand struct {
	prompt string
	hint   string
	// limited: the password must have been typed within maxAge.
	limited bool
	maxAge  time.Duration
}

// takes reports whether a sign-in of an earlier moment will do.
func (d demand) takes(since, now time.Time) bool {
	return d.prompt != promptLogin && (!d.limited || now.Sub(since) <= d.maxAge)
}

// An authentication is when a person typed their password, and whether the
// client asked to be told (claim auth_time).
type authentication struct {
	At   time.Time
	Told bool
}

// authTimeClaim is the one optional claim of ID tokens that is kept to.
const authTimeClaim = "auth_time"

// readMaxAge reads max_age and claims (OpenID Connect Core 3.1.2.1 and 5.5).
// Whoever sends a max_age is told how old the sign-in is.
func (v *visit) readMaxAge(req *authorizeRequest) *refusal {
	if raw := v.param("max_age"); raw != "" {
		seconds, err := strconv.Atoi(raw)
		if err != nil || seconds < 0 {
			return aadsts(90023, "parameter", "max_age")
		}
		req.limited, req.maxAge, req.tellTime = true, time.Duration(seconds)*time.Second, true
	}
	raw := v.param("claims")
	if raw == "" {
		return nil
	}
	var wanted struct {
		IDToken map[string]json.RawMessage `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(raw), &wanted); err != nil {
		return aadsts(90023, "parameter", "claims")
	}
	if _, asked := wanted.IDToken[authTimeClaim]; asked {
		req.tellTime = true
	}
	return nil
}

// authenticated is the sign-in that an interaction ends with.
func (g *authorizeGoal) authenticated(it *interaction) authentication {
	return authentication{it.browser.since[it.account], g.req.tellTime}
}

// goOnAs goes on as an account of the browser, by way of its password where
// the last time was too long ago.
func (v *visit) goOnAs(it *interaction, a account) *loginAnswer {
	if !it.demand.takes(it.browser.since[a], v.at) {
		it.name = v.userOf(a).UserPrincipalName
		return v.passwordPage(it, nil)
	}
	it.account = a
	return it.goal.proceed(v, it)
}

// tells reports whether the registration puts an optional claim into ID
// tokens.
func (a *application) tells(claim string) bool {
	return a.OptionalClaims != nil && slices.ContainsFunc(a.OptionalClaims.IDToken, func(entry any) bool {
		fields, _ := entry.(map[string]any)
		return fields["name"] == claim
	})
}

// authTime is the claim's value, 0 where it is left out.
func (g idGrant) authTime() int64 {
	if g.authenticated.At.IsZero() || !g.authenticated.Told && !g.client.tells(authTimeClaim) {
		return 0
	}
	return g.authenticated.At.Unix()
}

// rolesOf are the app roles that a person has at an app, by value: the claim
// roles of ID tokens for it as a client, and of access tokens to it.
func (t *tenant) rolesOf(u *user, appID string) []string {
	app := t.principalOf(appID)
	if app == nil {
		return nil
	}
	return t.roleValues(u.ID, app)
}
