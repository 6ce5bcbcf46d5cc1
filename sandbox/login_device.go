package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	deviceCodeLifetime = 15 * time.Minute
	devicePollSeconds  = 5
	userCodeLength     = 9
	userCodeAlphabet   = "BCDFGHJKLMNPQRSTVWXYZ23456789"
)

// A deviceSignIn is one device waiting for a person to sign in elsewhere.
type deviceSignIn struct {
	userCode string
	clientID string
	segment  tenantSegment
	scope    scopeRequest
	v1       bool
	expires  time.Time
	state    deviceState
	held     heldGrant // once approved
}

type deviceState int

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDeclined
	deviceRedeemed
)

// deviceBody is the answer of the device code endpoint.
type deviceBody struct {
	UserCode        string `json:"user_code"`
	DeviceCode      string `json:"device_code"`
	VerificationURI string `json:"verification_uri"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int    `json:"interval"`
	Message         string `json:"message"`
}

// deviceCode is POST /{tenant}/oauth2/v2.0/devicecode.
func (v *visit) deviceCode() *loginAnswer {
	d, e := v.newDevice()
	if e != nil {
		return v.errorJSON(e)
	}
	v.world.login.sweep(v.at)
	code, at := opaque("1.DSANDBOX", 96), v.origin+"/devicelogin"
	v.world.login.devices[code] = d
	body := deviceBody{
		UserCode: d.userCode, DeviceCode: code, VerificationURI: at,
		ExpiresIn: int(deviceCodeLifetime / time.Second), Interval: devicePollSeconds,
		Message: fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", at, d.userCode),
	}
	if v.v1 {
		return v.json(http.StatusOK, body.v1())
	}
	return v.json(http.StatusOK, body)
}

func (v *visit) newDevice() (*deviceSignIn, *refusal) {
	if m := v.request.Method; m != http.MethodPost {
		return nil, aadsts(900561, "validVerbs", "POST", "verb", m)
	}
	at, e := v.segment()
	if e != nil {
		return nil, e
	}
	if v.param("client_id") == "" {
		return nil, aadsts(900144, "parameter", "client_id")
	}
	c, e := v.findClient(v.param("client_id"), at)
	switch {
	case e != nil:
		return nil, e
	case at.shared == segmentCommon && c.SignInAudience != audienceAndPersonal:
		return nil, aadsts(90133)
	case !v.deviceV1() && strings.TrimSpace(v.param("scope")) == "":
		return nil, aadsts(900144, "parameter", "scope")
	}
	scope, e := v.requestedScope()
	return &deviceSignIn{
		userCode: newUserCode(), clientID: c.AppID, segment: at, scope: scope, v1: v.v1, expires: v.at.Add(deviceCodeLifetime),
	}, e
}

// deviceV1 notes the endpoint without "v2.0", which takes a resource.
func (v *visit) deviceV1() bool {
	v.v1 = !strings.Contains(v.request.URL.Path, "/v2.0/")
	return v.v1
}

// newUserCode has no letters or digits that look alike.
func newUserCode() string {
	b := make([]byte, userCodeLength)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	for i := range b {
		b[i] = userCodeAlphabet[int(b[i])%len(userCodeAlphabet)]
	}
	return string(b)
}

// deviceLogin is the page where a person types the device's code.
func (v *visit) deviceLogin() *loginAnswer {
	if v.request.Method != http.MethodPost {
		return v.deviceCodePage(nil)
	}
	d := v.world.login.deviceWith(v.param("otc"))
	switch {
	case d == nil, d.state != devicePending:
		return v.deviceCodePage(aadsts(70018))
	case !v.at.Before(d.expires):
		return v.deviceCodePage(aadsts(70019))
	}
	c, e := v.findClient(d.clientID, d.segment)
	if e != nil {
		return v.errorPage(e)
	}
	return v.begin(&deviceGoal{device: d, client: c}, d.segment, demand{prompt: promptSelect})
}

func (s *loginState) deviceWith(userCode string) *deviceSignIn {
	for _, d := range s.devices {
		if strings.EqualFold(d.userCode, strings.TrimSpace(userCode)) {
			return d
		}
	}
	return nil
}

// deviceGoal signs in for a device.
type deviceGoal struct {
	device    *deviceSignIn
	client    client
	confirmed bool // the person said it is the app they mean
}

func (g *deviceGoal) app() client { return g.client }

func (g *deviceGoal) proceed(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it)
	switch {
	case e != nil:
		return v.errorPage(e)
	case !g.confirmed:
		return v.confirmPage(it, a.subject)
	case a.verdict == approvalNeeded:
		return v.approvalPage(it, a.subject, a.refusal)
	case a.verdict == consentNeeded:
		return v.consentPage(it, a)
	}
	return g.approve(v, it, a)
}

func (g *deviceGoal) accept(v *visit, it *interaction) *loginAnswer {
	if !g.confirmed {
		g.confirmed = true
		return g.proceed(v, it)
	}
	a, e := g.assess(v, it)
	switch {
	case e != nil:
		return v.errorPage(e)
	case a.verdict == approvalNeeded:
		return v.approvalAnswer(it, a.subject, a.refusal)
	}
	v.recordConsent(g.client, a, false)
	return g.approve(v, it, a)
}

func (g *deviceGoal) assess(v *visit, it *interaction) (assessment, *refusal) {
	s, e := v.subjectAt(it.account, it.at, g.client)
	if e != nil {
		return assessment{}, e
	}
	return v.assess(g.client, s, g.device.scope, g.device.v1, false)
}

func (g *deviceGoal) approve(v *visit, it *interaction, a assessment) *loginAnswer {
	v.done(it)
	a.subject.tenant.ensurePrincipal(g.client)
	g.device.state = deviceApproved
	g.device.held = heldGrant{it.account, a.subject.tenant.ID, a.wanted, g.device.scope.oidc, authentication{At: it.browser.since[it.account]}}
	return v.messagePage(g.client.DisplayName, "You have signed in to the "+g.client.DisplayName+" application on your device. You may now close this window.")
}

func (g *deviceGoal) decline(v *visit, it *interaction) *loginAnswer { return g.cancel(v, it) }

func (g *deviceGoal) cancel(v *visit, _ *interaction) *loginAnswer {
	g.device.state = deviceDeclined
	return v.messagePage(g.client.DisplayName, "The sign-in on your device was canceled. You may now close this window.")
}

// redeemDevice is the polling of the device.
func (v *visit) redeemDevice(req tokenRequest) (*tokenBody, *refusal) {
	p := v.platformOf(req)
	acr, e := v.authenticateClient(req, p, 7000218)
	if e != nil {
		return nil, e
	}
	d, e := v.checkDevice(req)
	if e != nil {
		return nil, e
	}
	body, e := v.issueFor(req, d.held, tokenIntent{acr: acr, platform: p})
	if e == nil {
		d.state = deviceRedeemed
	}
	return body, e
}

func (v *visit) checkDevice(req tokenRequest) (*deviceSignIn, *refusal) {
	name := "device_code"
	if v.v1 && v.param(name) == "" {
		name = "code"
	}
	if v.param(name) == "" {
		return nil, aadsts(900144, "parameter", name)
	}
	d := v.world.login.devices[v.param(name)]
	switch {
	case d == nil, d.clientID != req.client.AppID:
		return nil, aadsts(70018)
	case d.state == deviceRedeemed:
		return nil, aadsts(54005)
	case d.state == deviceDeclined:
		return nil, aadsts(65004).as("authorization_declined")
	case !v.at.Before(d.expires):
		return nil, aadsts(70020)
	case d.state == devicePending:
		return nil, aadsts(70016)
	}
	return d, nil
}
