package diagnose

import (
	"context"
	"errors"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// graphDefault asks for what the app holds of Microsoft Graph, which may be
// nothing: a token comes all the same. The resource has this name in every
// cloud.
const graphDefault = "https://graph.microsoft.com/.default"

// secretTrial asks for a token of the app's own, which is thrown away. The
// service looks at the secret before anything that the app may lack.
func (a Access) secretTrial(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if a.Secret.IsZero() {
		return nil, notGiven("No client secret was given.", secretWould)
	}
	id, err := clientID(f)
	if err != nil {
		return nil, err
	}
	tenant := trialTenant(f)
	if tenant == "" {
		return nil, gap("In which tenant to try the secret is not known.", "Give the tenant: its ID or one of its domains.")
	}
	trial := checks.SecretTrial{Accepted: true}
	_, err = a.SignIn.ClientCredentials(ctx, string(tenant), id, a.Secret, graphDefault)
	var no *entra.ServiceError
	switch {
	case errors.As(err, &no) && no.Status < 500 && no.Status != 429:
		trial = checks.SecretTrial{AADSTS: no.AADSTS, OAuth: no.Code, Text: no.Message}
	case err != nil:
		return nil, unanswered("whether the secret is right", "", err)
	}
	from := "POST " + a.Cloud.Login + "/" + string(tenant) + "/oauth2/v2.0/token"
	return func(f *checks.Facts) { f.SecretTrial = checks.Known(trial, from) }, nil
}

// trialTenant is where an app's own token can be asked for: the tenant that
// was named, else that of whoever is signed in, else the organization's.
func trialTenant(f checks.Facts) entra.TenantID {
	for _, id := range []entra.TenantID{
		f.Tenant.Or(checks.TenantLookup{}).ID,
		f.Operator.Or(checks.Operator{}).Tenant.ID,
		f.Organization.Or(entra.DevOpsOrganization{}).Tenant,
	} {
		if id != "" {
			return id
		}
	}
	return ""
}
