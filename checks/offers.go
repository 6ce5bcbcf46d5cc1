package checks

import "github.com/consentry/consentry/entra"

// OfferSecret makes a client secret that lasts as planned, or as long as the
// tenant's policy lets it; nil where there is no registration to make it for
// or the policy lets none be made.
func (f *Facts) OfferSecret() entra.Change {
	if f.app() == nil {
		return nil
	}
	return f.newSecret()
}

// OfferConsent consents for the whole tenant to what the integration asks for;
// nil where one of the parties is not known.
func (f *Facts) OfferConsent() entra.Change {
	if !f.Principal.Known() || !f.Resources.Known() || !f.Grants.Known() {
		return nil
	}
	return f.consentForAll(f.consentScopes())
}
