package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/consentry/consentry/entra"
)

// addCertificate is answered without content: what was added is what was
// sent. The private key was made by us and is given back with it, as Graph
// does with a secret's value.
func (c *Client) addCertificate(ctx context.Context, ch entra.AddCertificate) (entra.Created, error) {
	if len(ch.Certificate.DER) == 0 {
		return entra.Created{}, refuse(ch, errors.New("there is no certificate yet"))
	}
	created, err := c.sendShown(ctx, ch, string(ch.App), string(ch.Certificate.KeyID))
	if err != nil {
		return entra.Created{}, err
	}
	row := ch.Certificate.Row()
	created.Certificate, created.SecretValue = &row, ch.Certificate.Private
	return created, nil
}

func (c *Client) addFederatedCredential(ctx context.Context, ch entra.AddFederatedCredential) (entra.Created, error) {
	if err := ch.Credential.Validate(); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	created, err := c.sendShown(ctx, ch, string(ch.App))
	if err != nil {
		return entra.Created{}, err
	}
	created.Federated = &ch.Credential
	return created, nil
}

// removeFederatedCredential names it by its name, which Graph takes in the
// place of its id.
func (c *Client) removeFederatedCredential(ctx context.Context, ch entra.RemoveFederatedCredential) (entra.Created, error) {
	if err := errors.Join(valid(string(ch.App)), valid(ch.Name)); err != nil {
		return entra.Created{}, refuse(ch, err)
	}
	return c.change(ctx, ch, func(ctx context.Context) error {
		return c.application(ch.App).FederatedIdentityCredentials().ByFederatedIdentityCredentialId(ch.Name).Delete(ctx, nil)
	})
}

// FederatedCredentials lists those of an application, by its object ID.
func (c *Client) FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error) {
	path := fmt.Sprintf("/applications/%s/federatedIdentityCredentials", app)
	if err := valid(string(app)); err != nil {
		return nil, unsent(http.MethodGet, path, err)
	}
	all, err := pages(ctx, path, true, func(ctx context.Context, next string) (page[models.FederatedIdentityCredentialable], error) {
		return get[page[models.FederatedIdentityCredentialable]](ctx, c, path, nil, next, models.CreateFederatedIdentityCredentialCollectionResponseFromDiscriminatorValue)
	})
	return converted(all, federated), err
}

func federated(m models.FederatedIdentityCredentialable) entra.FederatedCredential {
	f := entra.FederatedCredential{ID: str(m.GetId()), Name: str(m.GetName()), Issuer: str(m.GetIssuer()), Subject: str(m.GetSubject())}
	if audiences := m.GetAudiences(); len(audiences) > 0 {
		f.Audience = audiences[0] // there is exactly one
	}
	return f
}
