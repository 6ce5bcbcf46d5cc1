package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// The times of a device sign-in where the service leaves them out, and what
// slow_down adds to the interval (RFC 8628, 3.2 and 3.5).
const (
	deviceInterval = 5 * time.Second
	slowerBy       = 5 * time.Second
	longestDevice  = time.Hour
)

// A DeviceFlow is a sign-in that a person carries out elsewhere: they open an
// address, type a code there, and mean this console. Its JSON holds the device
// code in clear: store it encrypted only. Printed through fmt it shows nothing
// secret.
type DeviceFlow struct {
	DeviceCode string         `json:"deviceCode"`
	UserCode   string         `json:"userCode"`
	Address    string         `json:"address"` // where the code is typed
	Tenant     string         `json:"tenant"`
	ClientID   entra.ClientID `json:"clientId"`
	Scopes     []string       `json:"scopes"`
	Interval   time.Duration  `json:"interval"`
	// Next is when the token endpoint may be asked again, Ends when it is no
	// use any more.
	Next time.Time `json:"next"`
	Ends time.Time `json:"ends"`
}

// Format prints a flow without its codes, for every verb.
func (f DeviceFlow) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "oauth.DeviceFlow{"+string(f.ClientID)+" in "+f.Tenant+"}")
}

// What a poll says besides tokens: not yet, and never.
var (
	ErrDevicePending  = errors.New("nobody has finished this sign-in yet")
	ErrDeviceDeclined = errors.New("the sign-in was turned down where the code was typed")
	ErrDeviceEnded    = errors.New("the code was not used in time")
)

// BeginDevice asks for a code that a person types elsewhere. The client must
// be a public one.
func (c *Client) BeginDevice(ctx context.Context, tenant string, id entra.ClientID, scopes []string) (DeviceFlow, error) {
	resp, a, err := c.post(ctx, "/"+url.PathEscape(tenant)+"/oauth2/v2.0/devicecode", url.Values{
		"client_id": {string(id)}, "scope": {strings.Join(scopes, " ")},
	})
	if err != nil {
		return DeviceFlow{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return DeviceFlow{}, serviceError(resp, a.Body)
	}
	var body struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		Address    string `json:"verification_uri"`
		ExpiresIn  int64  `json:"expires_in"`
		Interval   int64  `json:"interval"`
	}
	if err := json.Unmarshal(a.Body, &body); err != nil || body.DeviceCode == "" || body.UserCode == "" || body.ExpiresIn <= 0 {
		return DeviceFlow{}, unusable(a, resp.Request, errors.New("what came back is no device code"))
	}
	if !c.mayBeOpened(body.Address) {
		return DeviceFlow{}, unusable(a, resp.Request, errors.New("the address to type the code at is none to open"))
	}
	f := DeviceFlow{
		DeviceCode: body.DeviceCode, UserCode: entra.ForeignText(body.UserCode), Address: body.Address,
		Tenant: tenant, ClientID: id, Scopes: scopes, Interval: time.Duration(body.Interval) * time.Second,
	}
	if f.Interval <= 0 {
		f.Interval = deviceInterval
	}
	f.Next, f.Ends = c.now().Add(f.Interval), c.now().Add(min(time.Duration(body.ExpiresIn)*time.Second, longestDevice))
	return f, nil
}

// mayBeOpened keeps to addresses of the web, and of this cloud where it has
// none of those.
func (c *Client) mayBeOpened(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	own, err := url.Parse(c.Cloud.Authorize)
	return u.Scheme == "https" || err == nil && u.Scheme == own.Scheme && u.Host == own.Host
}

// PollDevice asks once whether the person has signed in, and notes in f when
// it may be asked again: before that it asks nobody and answers
// ErrDevicePending. The service says how often (interval, slow_down), and a
// request without answer makes it rarer, too.
func (c *Client) PollDevice(ctx context.Context, f *DeviceFlow) (Tokens, error) {
	switch now := c.now(); {
	case !now.Before(f.Ends):
		return Tokens{}, ErrDeviceEnded
	case now.Before(f.Next):
		return Tokens{}, ErrDevicePending
	}
	t, err := c.grant(ctx, f.Tenant, f.ClientID, entra.Sensitive{}, nil, url.Values{
		"grant_type":  {"urn:ietf:params:oauth:grant-type:device_code"},
		"device_code": {f.DeviceCode},
	})
	if err == nil {
		t.Asked = f.Scopes
		return t, nil
	}
	return Tokens{}, f.after(err, c.now())
}

// after reads what the poll was answered.
func (f *DeviceFlow) after(err error, now time.Time) error {
	var no *entra.ServiceError
	var lost *entra.NoAnswerError
	switch {
	case errors.As(err, &no) && no.Code == "slow_down":
		f.Interval += slowerBy
	case errors.As(err, &no) && no.Code == "authorization_pending":
	case errors.As(err, &no) && (no.Code == "authorization_declined" || no.Code == "access_denied"):
		return ErrDeviceDeclined
	case errors.As(err, &no) && no.Code == "expired_token":
		return ErrDeviceEnded
	case errors.As(err, &no) && no.Status == http.StatusTooManyRequests:
		f.Interval = max(f.Interval+slowerBy, no.RetryAfter)
	case errors.As(err, &lost), no != nil && no.Status >= http.StatusInternalServerError:
		f.Interval = min(2*f.Interval, time.Minute)
	default:
		return err
	}
	f.Next = now.Add(f.Interval)
	return ErrDevicePending
}

// IdentifyDevice is Identify for the ID token of a device sign-in, which has
// no nonce: it came from the token endpoint for a code of ours.
func (c *Client) IdentifyDevice(ctx context.Context, f DeviceFlow, raw entra.Sensitive) (Identity, error) {
	if raw.IsZero() {
		return Identity{}, errors.New("ID token: none came with the sign-in")
	}
	id, _, err := c.identify(ctx, f.Tenant, f.ClientID, raw)
	return id, err
}

// post sends a form to the sign-in service, once.
func (c *Client) post(ctx context.Context, path string, form url.Values) (*http.Response, outbound.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Cloud.Login+path, strings.NewReader(form.Encode()))
	if err == nil {
		err = admit(req.URL, c.Cloud.Login)
	}
	if err != nil {
		return nil, outbound.Answer{}, &entra.NoAnswerError{Service: service, Method: http.MethodPost, Path: path, Err: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := outbound.Send(c.carrier(), req, outbound.MaxTokenBody)
	if a.Err == nil {
		a.Err = a.JSON()
	}
	resp, err := responseTo(req, a)
	if err != nil {
		return nil, a, unanswered(req.Method, req.URL.Path, err)
	}
	return resp, a, nil
}
