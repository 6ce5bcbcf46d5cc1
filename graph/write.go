package graph

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/oauth2permissiongrants"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"

	"github.com/consentry/consentry/entra"
)

// Do sends the change: the request that ch.Request shows, once, but for 429.
// The error is a *entra.ServiceError when Graph or sign-in said no and a
// *entra.NoAnswerError when there was no usable answer; entra.OutcomeUnknown
// tells whether the change may have been made all the same.
//
// After CreateApplication with a secret, Created.SecretValue may be empty:
// Created.Secret is then a secret whose value nobody knows.
func (c *Client) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	switch ch := ch.(type) {
	case entra.CreateApplication:
		return c.createApplication(ctx, ch)
	case entra.UpdateApplication:
		return c.updateApplication(ctx, ch)
	case entra.AddSecret:
		return c.addSecret(ctx, ch)
	case entra.RemoveSecret:
		return c.removeSecret(ctx, ch)
	case entra.CreateServicePrincipal:
		return c.createServicePrincipal(ctx, ch)
	case entra.AddOwner:
		return c.addOwner(ctx, ch)
	case entra.UpdateServicePrincipal:
		return c.updateServicePrincipal(ctx, ch)
	case entra.CreateGrant:
		return c.createGrant(ctx, ch)
	case entra.SetGrantScopes:
		return c.setGrantScopes(ctx, ch)
	case entra.DeleteApplication:
		return c.deleteApplication(ctx, ch)
	case entra.DeleteServicePrincipal:
		return c.deleteServicePrincipal(ctx, ch)
	case entra.DeleteGrant:
		return c.deleteGrant(ctx, ch)
	case entra.AddCertificate:
		return c.addCertificate(ctx, ch)
	case entra.RemoveCertificate:
		return c.sendShown(ctx, ch, string(ch.App), string(ch.Key))
	case entra.AddFederatedCredential:
		return c.addFederatedCredential(ctx, ch)
	case entra.RemoveFederatedCredential:
		return c.removeFederatedCredential(ctx, ch)
	case entra.PutRegistration:
		return c.putRegistration(ctx, ch)
	case entra.AssignAppRole:
		return c.sendShown(ctx, ch, string(ch.Resource), string(ch.Who.ID), ch.Role.ID)
	}
	return entra.Created{}, refuse(ch, fmt.Errorf("the change %T is not one that can be sent", ch))
}

func (c *Client) createApplication(ctx context.Context, ch entra.CreateApplication) (entra.Created, error) {
	body, err := newApplicationBody(ch)
	if err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	made, ex, err := write(ctx, ch, func(ctx context.Context) (models.Applicationable, error) {
		return c.applications().Post(ctx, body, nil)
	})
	if err != nil {
		return entra.Created{}, err
	}
	if made == nil || str(made.GetId()) == "" || str(made.GetAppId()) == "" {
		return entra.Created{}, incomplete(ch, ex)
	}
	app := application(made)
	created := entra.Created{Application: &app, RequestID: ex.requestID()}
	if ch.Secret != nil {
		created.Secret, created.SecretValue = newestSecret(made.GetPasswordCredentials())
	}
	return created, nil
}

// newestSecret finds the secret that came with its value; failing that, any.
func newestSecret(all []models.PasswordCredentialable) (*entra.Secret, entra.Sensitive) {
	var found *entra.Secret
	for _, p := range present(all) {
		s, value := secret(p), entra.NewSensitive(str(p.GetSecretText()))
		if !value.IsZero() {
			return withHint(s, value), value
		}
		found = &s
	}
	return found, entra.Sensitive{}
}

// withHint completes an answer that leaves the hint out.
func withHint(s entra.Secret, value entra.Sensitive) *entra.Secret {
	if s.Hint == "" {
		s.Hint = value.Hint()
	}
	return &s
}

func (c *Client) updateApplication(ctx context.Context, ch entra.UpdateApplication) (entra.Created, error) {
	body, err := applicationPatch(ch)
	if err := errors.Join(err, valid(string(ch.App))); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		_, err := c.application(ch.App).Patch(ctx, body, nil)
		return err
	})
}

func (c *Client) addSecret(ctx context.Context, ch entra.AddSecret) (entra.Created, error) {
	if err := valid(string(ch.App)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	body := applications.NewItemAddPasswordPostRequestBody()
	body.SetPasswordCredential(passwordBody(ch.Secret))
	made, ex, err := write(ctx, ch, func(ctx context.Context) (models.PasswordCredentialable, error) {
		return c.application(ch.App).AddPassword().Post(ctx, body, nil)
	})
	if err != nil {
		return entra.Created{}, err
	}
	if made == nil || made.GetKeyId() == nil || str(made.GetSecretText()) == "" {
		return entra.Created{}, incomplete(ch, ex)
	}
	value := entra.NewSensitive(str(made.GetSecretText()))
	return entra.Created{Secret: withHint(secret(made), value), SecretValue: value, RequestID: ex.requestID()}, nil
}

func (c *Client) removeSecret(ctx context.Context, ch entra.RemoveSecret) (entra.Created, error) {
	key, err := uuid.Parse(string(ch.Key))
	if err := errors.Join(err, valid(string(ch.App))); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	body := applications.NewItemRemovePasswordPostRequestBody()
	body.SetKeyId(&key)
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.application(ch.App).RemovePassword().Post(ctx, body, nil)
	})
}

func (c *Client) createServicePrincipal(ctx context.Context, ch entra.CreateServicePrincipal) (entra.Created, error) {
	if err := valid(string(ch.ClientID)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	body := models.NewServicePrincipal()
	body.SetOdataType(nil)
	body.SetAppId(new(string(ch.ClientID)))
	if len(ch.Tags) > 0 {
		body.SetTags(ch.Tags)
	}
	made, ex, err := write(ctx, ch, func(ctx context.Context) (models.ServicePrincipalable, error) {
		return c.principals().Post(ctx, body, nil)
	})
	if err != nil {
		return entra.Created{}, err
	}
	if made == nil || str(made.GetId()) == "" {
		return entra.Created{}, incomplete(ch, ex)
	}
	p := principal(made)
	return entra.Created{Principal: &p, RequestID: ex.requestID()}, nil
}

func (c *Client) updateServicePrincipal(ctx context.Context, ch entra.UpdateServicePrincipal) (entra.Created, error) {
	if err := valid(string(ch.ID)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		_, err := c.principals().ByServicePrincipalId(string(ch.ID)).Patch(ctx, principalPatch(ch), nil)
		return err
	})
}

// addOwner sends the owner's address as the change shows it: below the base
// that it names, which must be this cloud's.
func (c *Client) addOwner(ctx context.Context, ch entra.AddOwner) (entra.Created, error) {
	err := errors.Join(valid(string(ch.App)), valid(string(ch.Owner.ID)))
	if c.adapter.GetBaseUrl() != ch.Graph+"/v1.0" {
		err = errors.Join(err, fmt.Errorf("the owner's address is below %q, which is not this cloud's Microsoft Graph", ch.Graph))
	}
	if err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	body := models.NewReferenceCreate()
	body.SetOdataId(new(ch.Graph + "/v1.0/directoryObjects/" + string(ch.Owner.ID)))
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.application(ch.App).Owners().Ref().Post(ctx, body, nil)
	})
}

func (c *Client) createGrant(ctx context.Context, ch entra.CreateGrant) (entra.Created, error) {
	err := errors.Join(valid(string(ch.Client)), valid(string(ch.Resource)))
	if ch.Type == entra.Principal {
		err = errors.Join(err, valid(string(ch.Principal)))
	}
	if err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	made, ex, err := write(ctx, ch, func(ctx context.Context) (models.OAuth2PermissionGrantable, error) {
		return c.grants().Post(ctx, grantBody(ch), nil)
	})
	if err != nil {
		return entra.Created{}, err
	}
	if made == nil || str(made.GetId()) == "" {
		return entra.Created{}, incomplete(ch, ex)
	}
	g := grant(made)
	return entra.Created{Grant: &g, RequestID: ex.requestID()}, nil
}

func (c *Client) setGrantScopes(ctx context.Context, ch entra.SetGrantScopes) (entra.Created, error) {
	if err := valid(ch.Grant); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		_, err := c.grants().ByOAuth2PermissionGrantId(ch.Grant).Patch(ctx, scopesBody(ch.Scopes), nil)
		return err
	})
}

func (c *Client) deleteApplication(ctx context.Context, ch entra.DeleteApplication) (entra.Created, error) {
	if err := valid(string(ch.App)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.application(ch.App).Delete(ctx, nil)
	})
}

func (c *Client) deleteServicePrincipal(ctx context.Context, ch entra.DeleteServicePrincipal) (entra.Created, error) {
	if err := valid(string(ch.ID)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.principals().ByServicePrincipalId(string(ch.ID)).Delete(ctx, nil)
	})
}

func (c *Client) deleteGrant(ctx context.Context, ch entra.DeleteGrant) (entra.Created, error) {
	if err := valid(ch.Grant); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.grants().ByOAuth2PermissionGrantId(ch.Grant).Delete(ctx, nil)
	})
}

// write sends a change whose answer matters.
func write[T any](ctx context.Context, ch entra.Change, send func(context.Context) (T, error)) (T, *exchange, error) {
	r := ch.Request()
	return call(ctx, r.Method, r.Path, send)
}

// change sends one that is answered without content.
func (c *Client) change(ctx context.Context, ch entra.Change, send func(context.Context) error) (entra.Created, error) {
	_, ex, err := write(ctx, ch, func(ctx context.Context) (struct{}, error) { return struct{}{}, send(ctx) })
	if err != nil {
		return entra.Created{}, err
	}
	return entra.Created{RequestID: ex.requestID()}, nil
}

func refuse(ch entra.Change, err error) error {
	r := ch.Request()
	return unsent(r.Method, r.Path, err)
}

func incomplete(ch entra.Change, ex *exchange) error {
	r := ch.Request()
	return ex.noAnswer(r.Method, r.Path, errIncomplete)
}

// idPattern covers GUIDs and the ids of grants. An empty id would address the
// collection, and a placeholder of a plan is no id.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func valid(id string) error {
	if !idPattern.MatchString(id) {
		return fmt.Errorf("%q is not an id", id)
	}
	return nil
}

func (c *Client) applications() *applications.ApplicationsRequestBuilder {
	return applications.NewApplicationsRequestBuilderInternal(map[string]string{}, c.adapter)
}

func (c *Client) application(id entra.ObjectID) *applications.ApplicationItemRequestBuilder {
	return c.applications().ByApplicationId(string(id))
}

func (c *Client) principals() *serviceprincipals.ServicePrincipalsRequestBuilder {
	return serviceprincipals.NewServicePrincipalsRequestBuilderInternal(map[string]string{}, c.adapter)
}

func (c *Client) grants() *oauth2permissiongrants.Oauth2PermissionGrantsRequestBuilder {
	return oauth2permissiongrants.NewOauth2PermissionGrantsRequestBuilderInternal(map[string]string{}, c.adapter)
}
