package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/consentry/consentry/entra"
)

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 5 * time.Minute

// tokens keeps the credential's token: the Azure CLI starts a process for
// each one it is asked for.
type tokens struct {
	cred azcore.TokenCredential
	now  func() time.Time
	// each: the credential decides about every request, so none is kept.
	each bool
	turn chan struct{} // holds one element while nobody is asking
	kept azcore.AccessToken
}

func newTokens(cred azcore.TokenCredential, now func() time.Time, each bool) *tokens {
	t := &tokens{cred: cred, now: now, each: each, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// GetToken implements azcore.TokenCredential. The scope is always Graph's,
// and claims challenges are not answered: see answer.response.
func (t *tokens) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	select {
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	case <-t.turn:
	}
	defer func() { t.turn <- struct{}{} }()
	if !t.each && t.kept.Token != "" && t.now().Add(tokenMargin).Before(t.kept.ExpiresOn) {
		return t.kept, nil
	}
	token, err := t.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		return azcore.AccessToken{}, signInError(err)
	}
	if token.Token == "" {
		return azcore.AccessToken{}, errors.New("the credential gave no token")
	}
	t.kept = token
	return token, nil
}

// forget drops a token that Graph refused.
func (t *tokens) forget() {
	<-t.turn
	t.kept = azcore.AccessToken{}
	t.turn <- struct{}{}
}

// claims are those of a Graph access token that we read. The token is not for
// us and its form not promised, so each claim may be missing; nothing is
// allowed on their account.
type claims struct {
	Tenant  entra.TenantID `json:"tid"`
	Object  entra.ObjectID `json:"oid"`
	Kind    string         `json:"idtyp"` // "app" for an application's own token
	AppName string         `json:"app_displayname"`
	AppID   string         `json:"appid"`
	Roles   *[]string      `json:"wids"`
}

func (t *tokens) claims(ctx context.Context) (claims, error) {
	token, err := t.GetToken(ctx, policy.TokenRequestOptions{})
	if err != nil {
		return claims{}, err
	}
	return claimsOf(token.Token), nil
}

func claimsOf(token string) (c claims) {
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			// An opaque token simply tells nothing.
			_ = json.Unmarshal(payload, &c)
		}
	}
	return c
}

// signInError turns azidentity's error, whose text holds the whole answer,
// into the sign-in service's own words.
func signInError(err error) error {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return err
	}
	e := &entra.ServiceError{Service: "sign-in", Status: failed.RawResponse.StatusCode}
	var body struct {
		Error       text      `json:"error"`
		Description text      `json:"error_description"`
		Codes       list[int] `json:"error_codes"`
		SubError    text      `json:"suberror"`
		TraceID     text      `json:"trace_id"`
	}
	if data, readErr := runtime.Payload(failed.RawResponse); readErr == nil && json.Unmarshal(data, &body) == nil {
		e.Code, e.SubError, e.RequestID = string(body.Error), string(body.SubError), string(body.TraceID)
		e.Message = firstLine(string(body.Description))
		if len(body.Codes) > 0 {
			e.AADSTS = body.Codes[0]
		}
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.Status)
	}
	return fmt.Errorf("no token for Microsoft Graph: %w", e)
}

// firstLine leaves out the trace lines that follow a description.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return bounded(strings.TrimSpace(line))
}

// SignInError turns a credential's error, whose text may hold the whole answer
// of the sign-in service, into that service's own words.
func SignInError(err error) error { return signInError(err) }
