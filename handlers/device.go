package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// DeviceSignIn signs a person in who types a code in another browser, with an
// app registration of the operator's choosing.
type DeviceSignIn struct {
	ClientID entra.ClientID
	Name     string // what the page calls that registration
	Tenant   string // "organizations", a tenant ID or a domain
}

// device is the sign-in with a code; nil in a shared console, where somebody
// could bring others to type a code of theirs.
func (h *Handlers) device() *DeviceSignIn {
	if h.Shared != nil {
		return nil
	}
	return h.Device
}

// devicePage shows the code and waits.
type devicePage struct {
	web.Base
	ID       string
	Device   *DeviceSignIn
	UserCode string
	Address  string
	Host     string // of Address
	Ends     time.Time
	Seconds  int // until Microsoft may be asked again
	Pending  bool
}

// deviceKey holds the sign-in with a code that this browser has under way: one
// at a time.
const deviceKey = "device"

type pendingDevice struct {
	ID   string           `json:"id"`
	Flow oauth.DeviceFlow `json:"flow"`
	Back string           `json:"back"`
	Need level            `json:"need"`
}

func deviceAddress(id string) string { return "/sign-in/device/" + id }

// startDevice asks Microsoft for a code.
func (h *Handlers) startDevice(c *gin.Context) (web.Response, error) {
	d := h.device()
	if d == nil {
		return nil, web.NotFound("device sign-in")
	}
	need, _ := parseLevel(c.PostForm("for"))
	p := pendingDevice{ID: rand.Text(), Back: localPath(c.PostForm("return")), Need: max(need, h.firstLevel())}
	scopes := p.Need.scopes()
	if who, in := person(c); in {
		scopes = max(p.Need, h.reachedBy(c.Request.Context(), who)).scopes()
	}
	var err error
	if p.Flow, err = h.OAuth.BeginDevice(c.Request.Context(), d.Tenant, d.ClientID, scopes); err != nil {
		return nil, h.noDevice(err)
	}
	if err := web.SessionOf(c).Set(deviceKey, p); err != nil {
		return nil, err
	}
	return web.SeeOther(deviceAddress(p.ID)), nil
}

// noDevice says why there is no code.
func (h *Handlers) noDevice(err error) error {
	words := "Microsoft gave no code to sign in with: " + sentence(err)
	var no *entra.ServiceError
	if errors.As(err, &no) && no.AADSTS != 0 {
		words = "Microsoft gave no code to sign in with. " + trial.Explain(no.AADSTS, no.Code).Cause
	}
	return &web.Error{Status: http.StatusBadGateway, Err: err, Next: signInAgain, Public: words}
}

// pendingDeviceOf is the sign-in of the address, which only the browser that
// began it knows.
func (h *Handlers) pendingDeviceOf(c *gin.Context) (p pendingDevice, err error) {
	if h.device() == nil || !web.SessionOf(c).Get(deviceKey, &p) || p.ID != c.Param("id") {
		return p, web.NotFound("device sign-in")
	}
	return p, nil
}

func (h *Handlers) showDevice(c *gin.Context) (web.Response, error) {
	p, err := h.pendingDeviceOf(c)
	if err != nil {
		return nil, err
	}
	page := &devicePage{ID: p.ID, Device: h.device(), UserCode: p.Flow.UserCode, Address: p.Flow.Address, Host: hostOf(p.Flow.Address), Ends: p.Flow.Ends,
		Seconds: h.secondsUntil(p.Flow.Next), Pending: c.Query("pending") != ""}
	page.Title = "Sign in with a code"
	return web.Page("device.html", page), nil
}

// secondsUntil is a moment's distance, rounded up, and one at least.
func (h *Handlers) secondsUntil(t time.Time) int {
	return max(int((t.Sub(h.Now())+time.Second-1)/time.Second), 1)
}

// pollDevice asks Microsoft once whether the person has signed in, if it may
// be asked already. The page's script gets JSON: where to go, or when to ask
// again.
func (h *Handlers) pollDevice(c *gin.Context) (web.Response, error) {
	h.polling.Lock()
	defer h.polling.Unlock()
	p, err := h.pendingDeviceOf(c)
	if err != nil {
		return nil, err
	}
	sess := web.SessionOf(c)
	tokens, err := h.OAuth.PollDevice(c.Request.Context(), &p.Flow)
	if errors.Is(err, oauth.ErrDevicePending) {
		if err := sess.Set(deviceKey, p); err != nil {
			return nil, err
		}
		if wantsJSON(c) {
			return web.JSON(http.StatusOK, map[string]int{"again": h.secondsUntil(p.Flow.Next)}), nil
		}
		return web.SeeOther(deviceAddress(p.ID) + "?pending=1"), nil
	}
	sess.Delete(deviceKey) // over, whatever comes of it
	if err != nil {
		return h.deviceFailed(c, p, err)
	}
	return h.deviceSignedIn(c, p, tokens)
}

// deviceFailed leads back to the sign-in page, which says why.
func (h *Handlers) deviceFailed(c *gin.Context, p pendingDevice, err error) (web.Response, error) {
	words := "The sign-in with a code came to nothing: " + sentence(err)
	switch {
	case errors.Is(err, oauth.ErrDeviceDeclined):
		words = "The sign-in was turned down where the code was typed. Nobody is signed in by it."
	case errors.Is(err, oauth.ErrDeviceEnded):
		words = "The code was not used in time. Get a new one."
	}
	if err := web.SessionOf(c).Say(words); err != nil {
		return nil, err
	}
	return deviceLeads(c, signInPath(p.Need, false, p.Back)), nil
}

func (h *Handlers) deviceSignedIn(c *gin.Context, p pendingDevice, tokens oauth.Tokens) (web.Response, error) {
	ctx := context.WithoutCancel(c.Request.Context()) // the code is used up: what came for it must be kept
	id, err := h.OAuth.IdentifyDevice(ctx, p.Flow, tokens.ID)
	if err != nil {
		return nil, h.refuse(c, entra.Person{}, "the ID token was refused", unproven(err))
	}
	if err := h.saveTokens(ctx, id, tokens); err != nil {
		return nil, err
	}
	if _, err := h.welcome(c, id.Person, visit{Proved: id.Authenticated, Checked: h.Now(), Way: "device code"}, p.Back); err != nil {
		return nil, err
	}
	return deviceLeads(c, p.Back), nil
}

// deviceLeads leads on, by the page's script or without.
func deviceLeads(c *gin.Context, to string) web.Response {
	if wantsJSON(c) {
		return web.JSON(http.StatusOK, map[string]string{"go": to})
	}
	return web.SeeOther(to)
}
