package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
)

const deviceAnswer = `{"user_code":"BCDF-GHJK","device_code":"canary-device","verification_uri":"https://login.example.com/device","expires_in":900,"interval":7,"message":"To sign in…"}`

// A deviceLogin answers device codes, and polls in turn.
type deviceLogin struct {
	*oauth.Client
	clock time.Time
	polls []string     // error codes still to be answered; "" is tokens, "500" a failure of the service
	asked atomic.Int32 // also of connections that end without an answer
}

func startDevice(t *testing.T, answer string, polls ...string) *deviceLogin {
	t.Helper()
	d := &deviceLogin{clock: began, polls: polls}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/devicecode") {
			fmt.Fprint(w, answer)
			return
		}
		if r.FormValue("device_code") != "canary-device" || r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || r.FormValue("client_id") != string(testClient) {
			t.Errorf("poll %v", r.Form)
		}
		said := d.polls[d.asked.Add(1)-1]
		switch said {
		case "":
			fmt.Fprint(w, goodAnswer)
		case "500":
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{}`)
		case "lost":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":%q,"error_description":"AADSTS70016: later"}`, said)
		}
	}))
	t.Cleanup(s.Close)
	d.Client = &oauth.Client{Cloud: entra.Cloud{Login: s.URL, Authorize: s.URL}, HTTP: s.Client(), Now: func() time.Time { return d.clock }}
	return d
}

func (d *deviceLogin) begin(t *testing.T) oauth.DeviceFlow {
	t.Helper()
	f, err := d.BeginDevice(t.Context(), homeTenant, testClient, []string{"openid", "https://graph.microsoft.com/User.Read"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestADeviceAsksAsOftenAsItMay(t *testing.T) {
	d := startDevice(t, deviceAnswer, "authorization_pending", "slow_down", "500", "lost", "authorization_pending", "")
	f := d.begin(t)
	if f.UserCode != "BCDF-GHJK" || f.Address != "https://login.example.com/device" || f.Interval != 7*time.Second || !f.Ends.Equal(began.Add(15*time.Minute)) {
		t.Errorf("flow %#v, address %s, interval %v, ends %v", f, f.Address, f.Interval, f.Ends)
	}
	// The wait after each answer: the interval of 7 s, 5 s more after slow_down,
	// and twice as long after an answer that cannot be used, or none.
	for i, next := range []time.Duration{7, 12, 24, 48, 48} {
		d.clock = f.Next.Add(-time.Second)
		if _, err := d.PollDevice(t.Context(), &f); !errors.Is(err, oauth.ErrDevicePending) || int(d.asked.Load()) != i {
			t.Fatalf("too early: %v, asked %d times", err, d.asked.Load())
		}
		d.clock = f.Next
		if _, err := d.PollDevice(t.Context(), &f); !errors.Is(err, oauth.ErrDevicePending) || int(d.asked.Load()) != i+1 {
			t.Fatalf("poll %d: %v, asked %d times", i, err, d.asked.Load())
		}
		if got := f.Next.Sub(d.clock); got != next*time.Second {
			t.Errorf("after poll %d: next in %v, want %d s", i, got, next)
		}
	}
	d.clock = f.Next
	tokens, err := d.PollDevice(t.Context(), &f)
	if err != nil || tokens.Access.Reveal() != "canary-access" || !slices.Equal(tokens.Asked, f.Scopes) {
		t.Errorf("tokens %v, %v", tokens.Asked, err)
	}
}

func TestADeviceStopsAsking(t *testing.T) {
	for said, want := range map[string]error{
		"authorization_declined": oauth.ErrDeviceDeclined, "access_denied": oauth.ErrDeviceDeclined, "expired_token": oauth.ErrDeviceEnded,
	} {
		d := startDevice(t, deviceAnswer, said)
		f := d.begin(t)
		d.clock = f.Next
		if _, err := d.PollDevice(t.Context(), &f); !errors.Is(err, want) {
			t.Errorf("%s: %v", said, err)
		}
	}
	d := startDevice(t, deviceAnswer, "invalid_client")
	f := d.begin(t)
	d.clock = f.Next
	var no *entra.ServiceError
	if _, err := d.PollDevice(t.Context(), &f); !errors.As(err, &no) || no.Code != "invalid_client" {
		t.Errorf("refused: %v", err)
	}
	d.clock = f.Ends
	if _, err := d.PollDevice(t.Context(), &f); !errors.Is(err, oauth.ErrDeviceEnded) || int(d.asked.Load()) != 1 {
		t.Errorf("after its end: %v, asked %d times", err, d.asked.Load())
	}
}

func TestDeviceCodesThatAreNone(t *testing.T) {
	for situation, answer := range map[string]string{
		"nothing":             `{}`,
		"no code":             `{"user_code":"A","verification_uri":"https://x.example.com","expires_in":900}`,
		"no end":              `{"user_code":"A","device_code":"canary","verification_uri":"https://x.example.com"}`,
		"an address to run":   `{"user_code":"A","device_code":"canary","verification_uri":"javascript:alert(1)","expires_in":900}`,
		"an address in clear": `{"user_code":"A","device_code":"canary","verification_uri":"http://x.example.com","expires_in":900}`,
		"a name before it":    `{"user_code":"A","device_code":"canary","verification_uri":"https://login.microsoft.com@x.example.com","expires_in":900}`,
		"not JSON":            `<html>canary`,
	} {
		d := startDevice(t, answer)
		_, err := d.BeginDevice(t.Context(), homeTenant, testClient, []string{"openid"})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", situation, err)
		}
	}
	d := startDevice(t, strings.Replace(strings.Replace(deviceAnswer, `"interval":7`, `"interval":0`, 1), "900", "99999999", 1))
	if f := d.begin(t); f.Interval != 5*time.Second || f.Ends.Sub(began) != time.Hour {
		t.Errorf("interval %v, ends %v", f.Interval, f.Ends)
	}
	if f := d.begin(t); strings.Contains(fmt.Sprintf("%v %+v %#v %s", f, f, f, f), "canary") {
		t.Errorf("printed: %#v", f)
	}
}

func TestAPersonSignsInElsewhere(t *testing.T) {
	r := aRegistration(t)
	c := r.client(nil)
	clock := time.Now()
	c.Now = func() time.Time { return clock }
	person := r.tenant.Users[1]
	f, err := c.BeginDevice(t.Context(), r.tenant.ID, sandbox.ConsoleClientID, []string{"openid", "profile", "offline_access", "https://graph.microsoft.com/User.Read"})
	if err != nil {
		t.Fatal(err)
	}
	clock = f.Next
	if _, err := c.PollDevice(t.Context(), &f); !errors.Is(err, oauth.ErrDevicePending) {
		t.Errorf("before anybody typed the code: %v", err)
	}
	typeCode(t, f, person)
	clock = f.Next
	tokens, err := c.PollDevice(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.IdentifyDevice(t.Context(), f, tokens.ID)
	if err != nil || id.Person.UPN != person.UserPrincipalName || string(id.Person.Tenant) != r.tenant.ID {
		t.Errorf("who: %+v, %v", id, err)
	}
	if who := entra.TokenIdentity(tokens.Access); who.AppOnly || who.ID != id.Person.ID || who.Client != sandbox.ConsoleClientID {
		t.Errorf("the token carries %+v", who)
	}
	if _, err := c.IdentifyDevice(t.Context(), f, entra.Sensitive{}); err == nil {
		t.Error("no ID token was taken")
	}
	again := f
	clock = clock.Add(f.Interval)
	var no *entra.ServiceError
	if _, err := c.PollDevice(t.Context(), &again); !errors.As(err, &no) || no.AADSTS != 54005 {
		t.Errorf("a second time: %v", err)
	}
}

// typeCode is what the person does in a browser of their own.
func typeCode(t *testing.T, f oauth.DeviceFlow, user sandbox.ReadyUser) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	resp, err := browser.Get(f.Address)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page.Find("main").Text(), "You have signed in") {
			return
		}
		values := url.Values{"otc": {f.UserCode}, "loginfmt": {user.UserPrincipalName}, "passwd": {user.Password}, "action": {"accept"}}
		for _, name := range []string{"flowToken", "step"} {
			if value, ok := page.Find("input[name=" + name + "]").Attr("value"); ok {
				values.Set(name, value)
			}
		}
		action, _ := page.Find("form").Attr("action")
		if resp, err = browser.PostForm(action, values); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the pages of the device sign-in do not end")
}
