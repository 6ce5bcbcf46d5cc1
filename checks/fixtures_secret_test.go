package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// refused: the request with the secret brought a code.
func refused(aadsts int, oauth string) func(*Facts) {
	return func(f *Facts) {
		f.SecretTrial = Known(SecretTrial{AADSTS: aadsts, OAuth: oauth, Text: "the service's own words"}, "POST /{tenant}/oauth2/v2.0/token")
	}
}

// younger makes the registration's only secret so old.
func younger(age time.Duration) func(*Facts) {
	return app(func(a *entra.Application) {
		a.Secrets = []entra.Secret{{KeyID: paragonKey, Name: "Paragon", Hint: "k9X", Start: fixedNow.Add(-age), End: fixedNow.AddDate(0, 5, 0)}}
	})
}

var failingSecret = []fixture{
	{Check: "app-in-tenant", Name: "no such app", Change: refused(700016, "unauthorized_client"), Summary: "has no app " + string(paragonID)},
	{Check: "app-in-tenant", Name: "no service principal", Change: refused(7000229, "invalid_client"), Summary: "nobody there has consented"},
	{Check: "app-in-tenant", Name: "disabled", Change: refused(7000112, "unauthorized_client"), Summary: "is disabled"},

	{Check: "secret-not-expired", Name: "it has expired", Change: refused(7000222, "invalid_client"), Summary: "it has expired"},

	{Check: "client-confidential", Name: "a public client", Change: refused(700025, "invalid_client"), Summary: "public client"},

	{Check: "secret-active", Name: "made half a minute ago", Change: both(refused(7000215, "invalid_client"), younger(30*time.Second)), Summary: "begins with k9X was made 30 seconds ago"},
	{Check: "secret-active", Name: "made by a clock ahead of ours", Change: both(refused(7000215, "invalid_client"), younger(-3*time.Second)), Summary: "1 second ago"},

	{Check: "secret-accepted", Name: "a wrong one", Change: refused(7000215, "invalid_client"), Summary: "not one of the app's"},
	{Check: "secret-accepted", Name: "none arrived", Change: refused(7000216, "invalid_client"), Summary: "AADSTS7000216"},
	{Check: "secret-accepted", Name: "an assertion that is not valid yet", Change: refused(700024, "invalid_client"), Summary: "AADSTS700024"},
	{Check: "secret-accepted", Name: "a policy of the tenant blocks it", Change: refused(53003, "interaction_required"), Summary: "AADSTS53003"},
	{Check: "secret-accepted", Name: "no number in the answer", Change: refused(0, "invalid_client"), Summary: "invalid_client"},
}
